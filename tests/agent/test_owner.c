/* test_owner.c - what the service's owner has said holds: no query gets what
 * is hidden, or asks a stream that is not allowed; and whoever asks hears
 * why. */
#include "tests/agent/owned.h"

static const char hidden_json[] =
	"{\"user\":{\"email\":\"x@y\",\"name\":\"Zoe\",\"id\":7},"
	"\"user.email\":\"flat\",\"items\":[{\"price\":5,\"n\":1}],\"ms\":3}";

static void
expect_row(struct fake *f, size_t i, const char *row)
{
	FAKE_WAIT(f, f->nrow > i);
	ck_assert_str_eq(f->row[i], row);
}

/* --- hidden fields ------------------------------------------------------------- */

START_TEST(a_query_that_names_a_denied_field_is_refused_by_its_name)
{
	static const char *const text[] = {
		"select user.email", "select * where user.email == 'x'",
		"select e['user']['email']", "select e['user.email']",
		"select * where user['email'] is null",
		"select ms where user.email.host == 1",
		"select ms where not (ms == 1 and user.email != 'x')",
		"select count(*) where user.email == 1 group by ms",
		"select ms, lower(user.email) as x",
		"select ms where exists(user.email)",
		("select * sample "
		 "{'strategy':'STICKY','keys':['user.email'],'threshold':1}"),
		"select user.EMAIL", "select * where user[*].email == 'x'",
	};
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	opt.deny = "user.email";
	open_with(&x, &opt);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct fake_query *q = fixture_ask(&x, text[i]);

		ck_assert_msg(q->state == FAKE_REFUSED, "%s", text[i]);
		ck_assert_msg(strstr(q->why, "is denied by the service's "
				     "owner"), "%s: %s", text[i], q->why);
		ck_assert_msg(strstr(q->why, "field 'user") != NULL, "%s",
			      q->why);
	}
	ck_assert(!mql_active(x.stream));
	fixture_fini(&x);
}
END_TEST

START_TEST(a_denied_field_is_in_no_row_of_a_text)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct fake_query *q;

	opt.deny = "user.email, items.price";
	open_with(&x, &opt);
	q = fixture_ask(&x, "select *");
	publish(x.stream, hidden_json);
	expect_row(&x.fake, 0, "{\"user\":{\"name\":\"Zoe\",\"id\":7},"
		   "\"items\":[{\"n\":1}],\"ms\":3}");
	fixture_end(&x, q);
	q = fixture_ask(&x, "select user, items[0] as i, "
			"concat(user, '') as j");
	publish(x.stream, hidden_json);
	expect_row(&x.fake, 1, "{\"user\":{\"name\":\"Zoe\",\"id\":7},"
		   "\"i\":{\"n\":1},"
		   "\"j\":\"{\\\"name\\\":\\\"Zoe\\\",\\\"id\\\":7}\"}");
	fixture_end(&x, q);
	q = fixture_ask(&x, "select e[^'us'], e[^'user.em'], ms");
	ck_assert_msg(q->state == FAKE_LIVE, "%s", q->why);
	publish(x.stream, hidden_json);
	expect_row(&x.fake, 2, "{\"user\":{\"name\":\"Zoe\",\"id\":7},"
		   "\"ms\":3}");
	fixture_end(&x, q);
	q = fixture_ask(&x, "select ms where user[*] == 'x@y' or "
			"items[*].n == 5 or user ==+ 'x@y'");
	publish(x.stream, hidden_json);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 1);
	ck_assert_uint_eq(q->books.matched, 0);
	fixture_fini(&x);
}
END_TEST

struct inner {
	const char *email, *name;
	int32_t     id;
};
struct request {
	struct inner user;
	const char  *items; /* JSON */
	const char  *flat;
	int32_t      ms;
};

static const struct mql_field inner_table[] = {
	{ .name = "email", .type = MQL_T_CSTR,
	  .offset = offsetof(struct inner, email) },
	{ .name = "name", .type = MQL_T_CSTR,
	  .offset = offsetof(struct inner, name) },
	{ .name = "id", .type = MQL_T_I32,
	  .offset = offsetof(struct inner, id) },
};
static const struct mql_field table[] = {
	{ .name = "user", .type = MQL_T_STRUCT, .fields = inner_table,
	  .nfields = 3 },
	{ .name = "user.email", .type = MQL_T_CSTR,
	  .offset = offsetof(struct request, flat) },
	{ .name = "items", .type = MQL_T_JSON,
	  .offset = offsetof(struct request, items) },
	{ .name = "ms", .type = MQL_T_I32,
	  .offset = offsetof(struct request, ms) },
};

static const struct request request = {
	.user = { "x@y", "Zoe", 7 }, .flat = "flat", .ms = 3,
	.items = "[{\"price\":5,\"n\":1}]",
};

static void
publish_built(struct mql_stream *s)
{
	struct mql_event *e = mql_event_begin(s);

	mql_event_object(e, "user");
	mql_event_str(e, "email", "x@y");
	mql_event_str(e, "name", "Zoe");
	mql_event_int(e, "id", 7);
	mql_event_end(e);
	mql_event_str(e, "user.email", "flat");
	mql_event_json(e, "items", request.items, strlen(request.items));
	mql_event_int(e, "ms", 3);
	mql_event_publish(e);
}

/* The same event in all three forms gives the same rows. */
START_TEST(all_forms_of_an_event_show_the_same)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_stream *mapped;
	struct fake_query *q;
	struct fixture x;

	opt.deny = "user.email";
	opt.mask = "user.name";
	opt.hash = "items.price";
	opt.hash_secret = "fleet";
	open_with(&x, &opt);
	ck_assert_int_eq(mql_stream_open_struct(x.agent, "mapped", table, 4,
						&mapped), 0);
	q = fixture_ask(&x, "select * where user.name == '***' and "
			"items[*].price != 5");
	publish(x.stream, hidden_json);
	publish_built(x.stream);
	mql_publish(mapped, &request);
	FAKE_WAIT(&x.fake, x.fake.nrow == 3);
	for (int i = 0; i < 3; i++) {
		const char *row = x.fake.row[i];

		ck_assert_ptr_nonnull(strstr(row, "{\"user\":{\"name\":\"***\","
					     "\"id\":7},\"items\":[{\"price\":"
					     "\""));
		ck_assert_ptr_null(strstr(row, "x@y"));
		ck_assert_ptr_null(strstr(row, "flat"));
		ck_assert_ptr_null(strstr(row, ":5"));
		ck_assert_str_eq(row, x.fake.row[0]);
	}
	fixture_end(&x, q);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(a_masked_field_cannot_be_probed)
{
	static const char *const probe[] = {
		"select ms where user.name == 'Zoe'",
		"select ms where user.name =~ /Z/",
		"select ms where user.name like 'Z%'",
		"select ms where user.name in ('Zoe', 'Ann')",
		"select ms where user.name > 'Y'",
		"select ms where length(user.name) != 3",
		"select ms where user[*] == 'Zoe'",
		"select ms where user ==+ 'Zoe'",
		"select ms where user =~ /Zoe/",
		"select ms where user.name.x is not null",
		"select ms where e['user']['name'] == 'Zoe'",
	};
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	opt.mask = "user.name";
	open_with(&x, &opt);
	for (size_t i = 0; i < sizeof probe / sizeof *probe; i++) {
		struct fake_query *q = fixture_ask(&x, probe[i]);

		ck_assert_msg(q->state == FAKE_LIVE, "%s: %s", probe[i],
			      q->why);
		publish(x.stream, hidden_json);
		publish_built(x.stream);
		fixture_end(&x, q);
		ck_assert_uint_eq(q->books.seen, 2);
		ck_assert_msg(!q->books.matched, "%s", probe[i]);
	}
	fixture_fini(&x);
}
END_TEST

START_TEST(a_hash_joins_and_does_not_tell)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct fake_query *q, *probe;

	opt.hash = "id";
	opt.hash_secret = "fleet";
	open_with(&x, &opt);
	probe = fixture_ask(&x, "select ms where id == 'ab'");
	q = fixture_ask(&x, "select id");
	publish(x.stream, "{\"id\":\"ab\"}");
	publish(x.stream, "{\"id\":\"\\u0061b\"}");
	publish(x.stream, "{\"id\":\"ac\"}");
	FAKE_WAIT(&x.fake, x.fake.nrow == 3);
	ck_assert_uint_eq(strlen(x.fake.row[0]), 32 + strlen("{\"id\":\"\"}"));
	ck_assert_str_eq(x.fake.row[0], x.fake.row[1]);
	ck_assert_str_ne(x.fake.row[0], x.fake.row[2]);
	fixture_end(&x, q);
	fixture_end(&x, probe);
	ck_assert_uint_eq(probe->books.matched, 0);
	fixture_fini(&x);
}
END_TEST

/* A look at the raw text, which does not know the mask, must not decide. */
START_TEST(a_mask_is_found_however_many_events_have_it)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct fake_query *q;

	opt.mask = "name";
	open_with(&x, &opt);
	q = fixture_ask(&x, "select n where name == '***'");
	for (int i = 0; i < 5000; i++)
		publish(x.stream, "{\"n\":1,\"name\":\"Zoe\"}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.matched, 5000);
	fixture_fini(&x);
}
END_TEST

START_TEST(the_environment_forbids_besides_the_options)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	opt.deny = "a";
	setenv("MQL_AGENT_DENY", "b", 1);
	setenv("MQL_AGENT_MASK", "a, c", 1);
	open_with(&x, &opt);
	ck_assert_int_eq(fixture_ask(&x, "select a")->state, FAKE_REFUSED);
	ck_assert_int_eq(fixture_ask(&x, "select b")->state, FAKE_REFUSED);
	ck_assert_int_eq(fixture_ask(&x, "select *")->state, FAKE_LIVE);
	publish(x.stream, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}");
	expect_row(&x.fake, 0, "{\"c\":\"***\",\"d\":4}");
	fixture_fini(&x);
}
END_TEST

START_TEST(a_list_that_cannot_be_read_hides_everything)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent_stats st = { .size = sizeof st };
	struct mql_agent *a;
	struct mql_stream *s;
	char line[LINES] = "";

	opt.app = "test";
	opt.log = keep_line;
	opt.log_arg = line;
	opt.deny = "a..b";
	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EINVAL);
	ck_assert_ptr_null(a);
	ck_assert_ptr_nonnull(strstr(line, "'a..b' names no field"));
	opt.deny = NULL;
	setenv("MQL_AGENT_DENY", "user.[", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	ck_assert_ptr_nonnull(strstr(line, "MQL_AGENT_DENY"));
	ck_assert_int_eq(mql_stream_open(a, "s", &s), 0);
	ck_assert(!mql_active(s));
	mql_agent_stats(a, &st);
	ck_assert_ptr_nonnull(strstr(st.reason, "MQL_AGENT_DENY"));
	mql_agent_close(a, 0);
}
END_TEST

/* --- streams ---------------------------------------------------------------------- */

START_TEST(a_stream_that_is_not_allowed_is_never_asked)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct mql_stream *audit;
	struct fake_query *q;

	opt.streams = "requests, errors";
	open_with(&x, &opt);
	ck_assert_int_eq(mql_stream_open(x.agent, "audit", &audit), 0);
	q = fixture_ask(&x, "select * from audit");
	ck_assert_int_eq(q->state, FAKE_REFUSED);
	ck_assert_str_eq(q->why, "stream 'audit' is not allowed by the "
			 "service's owner");
	q = fixture_ask(&x, "select * from requests, audit");
	ck_assert_int_eq(q->state, FAKE_REFUSED);
	q = fixture_ask(&x, "select * from requests");
	ck_assert_int_eq(q->state, FAKE_LIVE);
	q = fixture_ask(&x, "select *");
	ck_assert_int_eq(q->state, FAKE_LIVE);
	ck_assert(mql_active(x.stream));
	ck_assert(!mql_active(audit));
	fixture_fini(&x);
}
END_TEST

START_TEST(a_stream_must_be_allowed_by_options_and_environment)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	opt.streams = "requests,errors";
	setenv("MQL_AGENT_STREAMS", "errors", 1);
	open_with(&x, &opt);
	ck_assert_int_eq(fixture_ask(&x, "select * from requests")->state,
			 FAKE_REFUSED);
	ck_assert_int_eq(fixture_ask(&x, "select * from errors")->state,
			 FAKE_LIVE);
	ck_assert(!mql_active(x.stream));
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(owner, a_query_that_names_a_denied_field_is_refused_by_its_name,
	  a_denied_field_is_in_no_row_of_a_text,
	  all_forms_of_an_event_show_the_same, a_masked_field_cannot_be_probed,
	  a_hash_joins_and_does_not_tell,
	  a_mask_is_found_however_many_events_have_it,
	  the_environment_forbids_besides_the_options,
	  a_list_that_cannot_be_read_hides_everything,
	  a_stream_that_is_not_allowed_is_never_asked,
	  a_stream_must_be_allowed_by_options_and_environment)
