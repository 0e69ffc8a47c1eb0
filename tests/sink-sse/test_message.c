/* test_message.c - what viewers are told: a hub without its thread, where the
 * test is the source-job. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "sink/sse/message.h"
#include "tests/check_main.h"

static struct config config = { .max_queries = 4, .replay = 64 << 10,
				.linger = 1000, .heartbeat = 1000 };
static struct hub hub;

static void
open_hub(void)
{
	hub = (struct hub){ .config = &config, .wakefd = -1 };
	TAILQ_INIT(&hub.subs);
	TAILQ_INIT(&hub.fresh);
	pthread_mutex_init(&hub.lock, NULL);
}

static void
close_hub(void)
{
	struct sub *s;

	while ((s = TAILQ_FIRST(&hub.fresh))) {
		TAILQ_REMOVE(&hub.fresh, s, entry);
		ck_assert_uint_eq(s->nsources, 0);
		sub_free(s);
	}
	ck_assert_uint_eq(hub.nviewers, 0);
	pthread_mutex_destroy(&hub.lock);
}

static int
join_at(struct viewer *v, size_t i, const char *query, uint64_t rate,
	const char *id)
{
	struct mql_query *q;
	struct position p;

	position_parse(str_of(id), &p, 1);
	ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	int err = hub_join(&hub, q, rate, id ? &p : NULL,
			   viewer_source(v, i));
	mql_query_free(q);
	return err;
}

static int
join(struct viewer *v, size_t i, const char *query, const char *id)
{
	return join_at(v, i, query, 0, id);
}

static struct viewer *
watch(const char *query, const char *id, struct viewer_options opt)
{
	struct viewer *v = viewer_new(&hub, 1, &opt);

	ck_assert_int_eq(join(v, 0, query, id), 0);
	return v;
}

static struct ring *
ring_of(struct viewer *v)
{
	return &v->source[0].sub->ring;
}

/* The source-job sends rows first ... first + n - 1. */
static void
send_rows(struct ring *r, unsigned first, unsigned n)
{
	char text[8192];
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"data: {\"n\":%u}\n", first + i);
	ring_append(r, batch_new(BATCH_ROWS, (struct str){ text, len }, n));
}

/* Everything that v says now, with a NUL; *m is why it stopped. */
static char *
said(struct viewer *v, enum message *m, size_t *len)
{
	struct buf b = BUF_INIT;

	while ((*m = message_next(v)) == MESSAGE_MADE) {
		for (unsigned i = 0; i < v->npiece; i++)
			buf_put(&b, v->piece[i].ptr, v->piece[i].len);
		batch_unref(v->body);
		v->body = NULL;
		v->npiece = 0;
	}
	*len = b.len;
	buf_put_u8(&b, 0);
	ck_assert_int_eq(b.err, 0);
	return (char *)b.data;
}

static void
assert_says(struct viewer *v, const char *want, enum message last)
{
	enum message m;
	size_t len;
	char *text = said(v, &m, &len);

	ck_assert_int_eq(m, last);
	ck_assert_str_eq(text, want);
	free(text);
}

/* want with the viewer's epoch in place of each E. */
static void
assert_says_of(struct viewer *v, const char *epoch, const char *want,
	       enum message last)
{
	char text[4096] = "";
	size_t n = 0;

	for (const char *p = want; *p; p++)
		n += (size_t)(*p == 'E' ?
			snprintf(text + n, sizeof text - n, "%s", epoch) :
			snprintf(text + n, sizeof text - n, "%c", *p));
	assert_says(v, text, last);
}

static const struct viewer_options plain;

START_TEST(rows_come_with_their_number)
{
	open_hub();
	struct viewer *v = watch("select n", NULL, plain);
	const char *epoch = v->source[0].epoch;

	assert_says(v, "", MESSAGE_NONE);
	send_rows(ring_of(v), 1, 2);
	send_rows(ring_of(v), 3, 1);
	assert_says_of(v, epoch,
		       "data: {\"n\":1}\ndata: {\"n\":2}\nid: E-2\n\n"
		       "data: {\"n\":3}\nid: E-3\n\n", MESSAGE_NONE);
	ck_assert_uint_eq(v->source[0].sent, 3);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(same_queries_share_a_subscription_from_now_on)
{
	open_hub();
	struct viewer *v = watch("select n where n > 1", NULL, plain);

	send_rows(ring_of(v), 1, 5);
	struct viewer *w = watch("SELECT  n WHERE n>1", NULL, plain);
	struct viewer *other = watch("select n where n > 2", NULL, plain);
	ck_assert_ptr_eq(v->source[0].sub, w->source[0].sub);
	ck_assert_ptr_ne(v->source[0].sub, other->source[0].sub);
	assert_says(w, "", MESSAGE_NONE);
	send_rows(ring_of(v), 6, 1);
	assert_says_of(w, w->source[0].epoch, "data: {\"n\":6}\nid: E-6\n\n",
		       MESSAGE_NONE);
	viewer_free(v);
	viewer_free(w);
	viewer_free(other);
	close_hub();
}
END_TEST

/* Ten rows were asked for: who joins at the seventh wants ten as well. */
START_TEST(viewers_share_only_what_has_the_same_rate)
{
	struct viewer *v;

	open_hub();
	v = viewer_new(&hub, 4, &plain);
	ck_assert_int_eq(join_at(v, 0, "select n", 5, NULL), 0);
	ck_assert_int_eq(join_at(v, 1, "select n", 0, NULL), 0);
	ck_assert_int_eq(join_at(v, 2, "select n", 5, NULL), 0);
	ck_assert_int_eq(join_at(v, 3, "select n", 5, v->source[1].epoch), 0);
	ck_assert_ptr_ne(v->source[0].sub, v->source[1].sub);
	ck_assert_ptr_eq(v->source[0].sub, v->source[2].sub);
	ck_assert_ptr_eq(v->source[0].sub, v->source[3].sub);
	ck_assert_uint_eq(v->source[0].sub->rate, 5);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(who_joins_a_limit_gets_it_whole_or_its_own)
{
	open_hub();
	struct viewer *v = watch("select n limit 10", NULL, plain);

	send_rows(ring_of(v), 1, 2);
	struct viewer *w = watch("select n limit 10", NULL, plain);
	ck_assert_ptr_eq(v->source[0].sub, w->source[0].sub);
	assert_says_of(w, w->source[0].epoch,
		       "data: {\"n\":1}\ndata: {\"n\":2}\nid: E-2\n\n",
		       MESSAGE_NONE);
	ring_lose(ring_of(v), 1); /* its beginning is gone */
	struct viewer *late = watch("select n limit 10", NULL, plain);
	ck_assert_ptr_ne(v->source[0].sub, late->source[0].sub);
	viewer_free(v);
	viewer_free(w);
	viewer_free(late);
	close_hub();
}
END_TEST

START_TEST(a_limit_of_the_viewer_cuts_and_ends)
{
	open_hub();
	struct viewer *v = watch("select n", NULL,
				 (struct viewer_options){ .limit = 3 });
	const char *epoch = v->source[0].epoch;

	send_rows(ring_of(v), 1, 2);
	send_rows(ring_of(v), 3, 5);
	assert_says_of(v, epoch,
		       "data: {\"n\":1}\ndata: {\"n\":2}\nid: E-2\n\n"
		       "data: {\"n\":3}\nid: E-3\n\n"
		       "event: end\ndata: {\"why\":\"limit\",\"failed\":false,"
		       "\"again\":false,\"viewer\":{\"sent\":3,\"waiting\":4,"
		       "\"dropped\":0}}\nid: E-end\n\n", MESSAGE_END);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(a_slow_viewer_is_told_and_the_fast_one_loses_none)
{
	char id[64];
	unsigned n = 0;

	open_hub();
	struct viewer *slow = watch("select n", NULL, plain);
	struct viewer *fast = watch("select n", NULL, plain);
	uint64_t got = 0;
	for (; n < 40000; n += 100) {
		enum message m;
		size_t len;
		send_rows(ring_of(slow), n + 1, 100);
		free(said(fast, &m, &len));
		got += 100;
	}
	ck_assert_uint_eq(fast->source[0].sent, got);
	ck_assert_uint_eq(fast->source[0].dropped, 0);
	ck_assert_int_eq(message_next(slow), MESSAGE_MADE);
	uint64_t missed = slow->source[0].dropped;
	ck_assert_uint_gt(missed, 0);
	char want[200];
	snprintf(want, sizeof want, "event: gap\ndata: {\"rows\":%" PRIu64
		 ",\"why\":\"this viewer was slow\",\"ms\":null}\n", missed);
	ck_assert(!memcmp(slow->piece[0].ptr, want, strlen(want)));
	snprintf(id, sizeof id, "id: %s-%" PRIu64 "\n\n",
		 slow->source[0].epoch, missed);
	ck_assert(!memcmp(slow->piece[1].ptr, id, strlen(id)));
	enum message m;
	size_t len;
	free(said(slow, &m, &len));
	ck_assert_uint_eq(slow->source[0].sent + missed, n);
	viewer_free(slow);
	viewer_free(fast);
	close_hub();
}
END_TEST

START_TEST(who_comes_back_goes_on_behind_its_id)
{
	char id[64];

	open_hub();
	struct viewer *v = watch("select n", NULL, plain);
	send_rows(ring_of(v), 1, 4);
	send_rows(ring_of(v), 5, 2);
	/* In the middle of a batch, too: an id that we have not told. */
	for (unsigned at = 0; at <= 6; at += 3) {
		char want[512] = "";
		snprintf(id, sizeof id, "%s-%u", v->source[0].epoch, at);
		struct viewer *w = watch("select n", id, plain);
		for (unsigned n = at + 1; n <= 6; n++) {
			size_t len = strlen(want);
			snprintf(want + len, sizeof want - len,
				 "data: {\"n\":%u}\n%s", n, n == 4 || n == 6 ?
				 n == 4 ? "id: E-4\n\n" : "id: E-6\n\n" : "");
		}
		assert_says_of(w, v->source[0].epoch, want, MESSAGE_NONE);
		viewer_free(w);
	}
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(who_comes_back_too_late_is_told_how_much_is_gone)
{
	char id[64], want[256];

	open_hub();
	struct viewer *v = watch("select n", NULL, plain);
	for (unsigned n = 0; n < 40000; n += 100)
		send_rows(ring_of(v), n + 1, 100);
	uint64_t first = ring_first(ring_of(v)).rows;
	ck_assert_uint_gt(first, 5);
	snprintf(id, sizeof id, "%s-5", v->source[0].epoch);
	struct viewer *w = watch("select n", id, plain);
	ck_assert_int_eq(message_next(w), MESSAGE_MADE);
	snprintf(want, sizeof want, "event: gap\ndata: {\"rows\":%" PRIu64
		 ",\"why\":\"the replay does not go back so far\","
		 "\"ms\":null}\n", first - 5);
	ck_assert(!memcmp(w->piece[0].ptr, want, strlen(want)));
	viewer_free(w);
	/* Another epoch, or another query: nobody knows. */
	w = watch("select n", "000000000000-5", plain);
	assert_says_of(w, v->source[0].epoch,
		       "event: gap\ndata: {\"rows\":null,"
		       "\"why\":\"the subscription is gone\",\"ms\":null}\n"
		       "id: E-40000\n\n", MESSAGE_NONE);
	viewer_free(w);
	w = watch("select m", id, plain);
	ck_assert_int_eq(w->source[0].gap, GAP_GONE);
	viewer_free(w);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(an_id_from_the_future_is_now)
{
	char id[64];

	open_hub();
	struct viewer *v = watch("select n", NULL, plain);
	send_rows(ring_of(v), 1, 3);
	snprintf(id, sizeof id, "%s-4611686018427387904.9",
		 v->source[0].epoch);
	struct viewer *w = watch("select n", id, plain);
	assert_says(w, "", MESSAGE_NONE);
	ck_assert_uint_eq(w->source[0].at.rows, 3);
	viewer_free(w);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(several_queries_are_named_by_their_index)
{
	char want[1024];

	open_hub();
	struct viewer *v = viewer_new(&hub, 3, &plain);
	ck_assert_int_eq(join(v, 0, "select a", NULL), 0);
	ck_assert_int_eq(join(v, 2, "select count(*) window 1s", NULL), 0);
	v->source[1].error = batch_new(BATCH_TEXT, STR("data: {}\n"), 0);
	send_rows(&v->source[0].sub->ring, 1, 1);
	send_rows(&v->source[2].sub->ring, 2, 1);
	ring_append(&v->source[2].sub->ring,
		    batch_new(BATCH_WINDOW, STR("data: {\"start\":0}\n"), 0));
	const char *a = v->source[0].epoch, *c = v->source[2].epoch;
	snprintf(want, sizeof want,
		 "event: rows.0\ndata: {\"n\":1}\nid: %s-1,error,%s-0\n\n"
		 "event: error.1\ndata: {}\nid: %s-1,error,%s-0\n\n"
		 "event: rows.2\ndata: {\"n\":2}\nid: %s-1,error,%s-1\n\n"
		 "event: window.2\ndata: {\"start\":0}\n"
		 "id: %s-1,error,%s-1.1\n\n", a, c, a, c, a, c, a, c);
	assert_says(v, want, MESSAGE_NONE);
	viewer_free(v);
	close_hub();
}
END_TEST

START_TEST(meta_comes_first_and_when_it_is_new)
{
	enum message m;
	size_t len;

	open_hub();
	struct viewer *v = watch("select n where t == 'a\"\\\xc3\xbc'", NULL,
				 plain);
	sub_tell(v->source[0].sub, 1);
	send_rows(ring_of(v), 1, 1);
	char *text = said(v, &m, &len);
	ck_assert(!strncmp(text, "event: meta\ndata: {\"query\":"
			   "\"select n where t == ", 48));
	ck_assert_ptr_nonnull(strstr(text, "\"balanced\":true"));
	ck_assert_ptr_nonnull(strstr(text, ",\"viewer\":{\"sent\":0,"
				     "\"waiting\":1,\"dropped\":0}}\n\ndata:"));
	free(text);
	assert_says(v, "", MESSAGE_NONE);
	viewer_free(v);
	close_hub();
}
END_TEST

/* The same words, compressed with what all viewers share. */
START_TEST(a_compressed_stream_is_valid_to_its_trailer)
{
	struct viewer_options opt = { .limit = 550, .gzip = true };
	enum message m;
	size_t nplain, nsmall;

	open_hub();
	struct viewer *v = watch("select n", NULL, opt);
	opt.gzip = false;
	struct viewer *w = watch("select n", NULL, opt);
	sub_tell(v->source[0].sub, 1);
	for (unsigned n = 0; n < 600; n += 100)
		send_rows(ring_of(v), n + 1, 100);
	char *small = said(v, &m, &nsmall);
	ck_assert_int_eq(m, MESSAGE_END);
	char *text = said(w, &m, &nplain);
	ck_assert_uint_lt(nsmall, nplain);
	char *undone = malloc(nplain + 1);
	z_stream z = { .next_in = (Bytef *)small, .avail_in = (uInt)nsmall,
		       .next_out = (Bytef *)undone,
		       .avail_out = (uInt)nplain + 1 };
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_uint_eq(z.total_out, nplain);
	ck_assert(!memcmp(undone, text, nplain));
	inflateEnd(&z);
	free(undone);
	free(small);
	free(text);
	viewer_free(v);
	viewer_free(w);
	close_hub();
}
END_TEST

START_TEST(queries_are_limited)
{
	static const char *const q[] = { "select a", "select b", "select c",
					 "select d" };
	struct viewer *v[4];

	open_hub();
	for (int i = 0; i < 4; i++)
		v[i] = watch(q[i], NULL, plain);
	struct viewer *w = viewer_new(&hub, 1, &plain);
	ck_assert_int_eq(join(w, 0, "select e", NULL), MQL_ELIMIT);
	ck_assert_int_eq(join(w, 0, "select d", NULL), 0);
	viewer_free(w);
	for (int i = 0; i < 4; i++)
		viewer_free(v[i]);
	close_hub();
}
END_TEST

START_TEST(a_heartbeat_breaks_the_silence)
{
	open_hub();
	struct viewer *v = watch("select n", NULL, plain);

	viewer_tick(v, &hub, v->wrote + config.heartbeat - 1);
	assert_says(v, "", MESSAGE_NONE);
	viewer_tick(v, &hub, v->wrote + config.heartbeat);
	assert_says(v, ":\n\n", MESSAGE_NONE);
	viewer_free(v);
	close_hub();
}
END_TEST

TEST_MAIN(message, viewers_share_only_what_has_the_same_rate,
	  rows_come_with_their_number,
	  same_queries_share_a_subscription_from_now_on,
	  who_joins_a_limit_gets_it_whole_or_its_own,
	  a_limit_of_the_viewer_cuts_and_ends,
	  a_slow_viewer_is_told_and_the_fast_one_loses_none,
	  who_comes_back_goes_on_behind_its_id,
	  who_comes_back_too_late_is_told_how_much_is_gone,
	  an_id_from_the_future_is_now,
	  several_queries_are_named_by_their_index,
	  meta_comes_first_and_when_it_is_new,
	  a_compressed_stream_is_valid_to_its_trailer, queries_are_limited,
	  a_heartbeat_breaks_the_silence)
