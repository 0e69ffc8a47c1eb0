/* A share, or history, is asked for: of a source-job that knows of groups, and
 * of one that knows of neither. */
#include "tests/check_main.h"

#include <poll.h>
#include <pthread.h>

#include "mql/client.h"
#include "wire/message.h"
#include "wire/socket.h"

/* Takes one subscription, and says that it is one of this group. */
struct old {
	struct wire_context *context;
	struct wire_router  *router;
	struct str           group;
	pthread_t            thread;
	char                 asked[3][64]; /* group, key, member */
	char                 query[256];
	struct wire_subscribe m; /* numbers only */
};

static void
copy(char *to, struct str s)
{
	snprintf(to, 64, "%.*s", (int)s.len, s.len ? s.ptr : "");
}

static void
answer(struct old *o, const struct wire_peer *from, struct str body)
{
	struct wire_subscribe m;
	struct wire_accepted a = { .query_id = 1, .lease_ms = 60000,
				   .group = o->group };
	struct buf out = BUF_INIT;

	if (!wire_subscribe_decode(body, &m)) {
		copy(o->asked[0], m.group);
		copy(o->asked[1], m.key);
		copy(o->asked[2], m.member);
		snprintf(o->query, sizeof o->query, "%.*s", (int)m.query.len,
			 m.query.ptr);
		o->m = m;
		a.id = m.id;
		wire_accepted_encode(&a, &out);
		wire_router_send(o->router, from, out.data, out.len);
	}
	arena_fini(&m.mem);
	buf_fini(&out);
}

static void *
serve(void *arg)
{
	struct old *o = arg;
	struct pollfd fd = { .fd = wire_router_fd(o->router),
			     .events = POLLIN };
	struct wire_peer from;
	struct str msg, body;
	unsigned kind = 0;

	while (kind != WIRE_SUBSCRIBE && poll(&fd, 1, 10000) > 0)
		while (wire_router_recv(o->router, &from, &msg) == 1)
			if (!wire_get_header(msg.ptr, msg.len, &kind, &body) &&
			    kind == WIRE_SUBSCRIBE)
				answer(o, &from, body);
	return NULL;
}

static int
ask(struct old *o, const struct mql_tail_options *how, struct mql_diag *diag)
{
	struct mql_tail_options opt = *how;
	struct mql_tail *t;
	char why[160];

	ck_assert_int_eq(wire_context_new(1, &o->context), 0);
	ck_assert_int_eq(wire_router_open(o->context, "tcp://127.0.0.1:0",
					  WIRE_ROLE_SUBSCRIBER,
					  &o->router, why, sizeof why), 0);
	pthread_create(&o->thread, NULL, serve, o);
	opt.source_job = wire_router_endpoint(o->router);
	int err = mql_tail_open(&opt, &t, diag);
	pthread_join(o->thread, NULL);
	mql_tail_close(t);
	wire_router_close(o->router, 0);
	wire_context_free(o->context);
	return err;
}

START_TEST(group_key_and_name_are_asked_for)
{
	struct old o = { .group = STR("sinks") };
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;

	opt.query = "select a";
	opt.group = "sinks";
	opt.group_key = "a";
	ck_assert_int_eq(ask(&o, &opt, NULL), 0);
	ck_assert_str_eq(o.asked[0], "sinks");
	ck_assert_str_eq(o.asked[1], "a");
	ck_assert_uint_eq(strlen(o.asked[2]), 16); /* at random */
	opt.member = "one";
	ck_assert_int_eq(ask(&o, &opt, NULL), 0);
	ck_assert_str_eq(o.asked[2], "one");
}
END_TEST

START_TEST(a_source_job_that_does_not_share_is_left_by_name)
{
	struct old o = { 0 };
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };

	opt.query = "select a";
	opt.group = "sinks";
	ck_assert_int_eq(ask(&o, &opt, &diag), MQL_EUNSUP);
	ck_assert_ptr_nonnull(strstr(diag.text, "too old"));
}
END_TEST

START_TEST(a_source_job_that_knows_no_history_is_left_by_name)
{
	struct old o = { 0 };
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };

	opt.query = "select count(*) window 10s";
	opt.replay = true;
	opt.since = 1700000000000;
	opt.until_end = true;
	ck_assert_int_eq(ask(&o, &opt, &diag), MQL_EUNSUP);
	ck_assert_ptr_nonnull(strstr(diag.text, "too old"));
	ck_assert(o.m.replay && o.m.until_end);
	ck_assert_uint_eq(o.m.since, 1700000000000);
	ck_assert_uint_eq(o.m.credit, 0); /* no row until all is clear */
	ck_assert_str_eq(o.query, "select count(*) window 10s on @ts");
}
END_TEST

START_TEST(a_key_needs_a_group)
{
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };
	struct mql_tail *t;

	opt.query = "select a";
	opt.group_key = "a";
	ck_assert_int_eq(mql_tail_open(&opt, &t, &diag), MQL_EINVAL);
	ck_assert_ptr_null(t);
	opt.group_key = NULL;
	opt.group = "sinks";
	opt.query = "select count(*) group by a";
	opt.source_job = "tcp://127.0.0.1:1,tcp://127.0.0.1:2";
	ck_assert_int_eq(mql_tail_open(&opt, &t, &diag), MQL_EUNSUP);
}
END_TEST

TEST_MAIN(shared, group_key_and_name_are_asked_for,
	  a_source_job_that_does_not_share_is_left_by_name,
	  a_source_job_that_knows_no_history_is_left_by_name,
	  a_key_needs_a_group)
