/* test_publish.c - events in, rows out: exactly those that were asked for, in
 * all three forms. */
#include "tests/agent/fixture.h"

static void
expect_rows(struct fake *f, const char *const *row, size_t n)
{
	FAKE_WAIT(f, f->nrow >= n);
	ck_assert_uint_eq(f->nrow, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(f->row[i], row[i]);
}

#define EXPECT(f, ...)                                                     \
	expect_rows(f, (const char *const[]){ __VA_ARGS__ },               \
		    sizeof((const char *const[]){ __VA_ARGS__ }) /         \
			    sizeof(char *))

START_TEST(publish_json_gives_the_matching_events)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select * where country == 'BR'");
	publish(x.stream, "{\"country\":\"BR\",\"n\":1}");
	publish(x.stream, "{\"country\":\"FR\",\"n\":2}");
	publish(x.stream, "{\"n\":3}");
	publish(x.stream, "{\"country\":\"BR\",\"big\":123456789012345678901}");
	EXPECT(&x.fake, "{\"country\":\"BR\",\"n\":1}",
	       "{\"country\":\"BR\",\"big\":123456789012345678901}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 4);
	ck_assert_uint_eq(q->books.matched, 2);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(what_went_into_rings_comes_out)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n where n > 0");
	mql_agent_stats(x.agent, &st);
	ck_assert_uint_eq(st.ring_in, 0);
	publish(x.stream, "{\"n\":1}");
	publish(x.stream, "{\"n\":0}");
	publish(x.stream, "{\"n\":2}");
	mql_agent_stats(x.agent, &st);
	ck_assert_uint_gt(st.ring_in, 0);
	ck_assert_uint_le(st.ring_out, st.ring_in);
	FAKE_WAIT(&x.fake, x.fake.nrow == 2);
	mql_agent_stats(x.agent, &st);
	ck_assert_uint_eq(st.ring_out, st.ring_in);
	fixture_end(&x, q);
	fixture_fini(&x);
}
END_TEST

struct playback {
	int32_t     latency;
	char        country[3];
	const char *title;
	bool        done;
};

START_TEST(publish_struct_gives_the_matching_events)
{
	static const struct mql_field fields[] = {
		{ .name = "latency", .type = MQL_T_I32,
		  .offset = offsetof(struct playback, latency) },
		{ .name = "country", .type = MQL_T_CHARS, .size = 3,
		  .offset = offsetof(struct playback, country) },
		{ .name = "title", .type = MQL_T_CSTR,
		  .offset = offsetof(struct playback, title) },
		{ .name = "done", .type = MQL_T_BOOL,
		  .offset = offsetof(struct playback, done) },
	};
	struct fixture x;
	struct mql_stream *s;
	struct fake_query *q;

	fixture_init(&x);
	ck_assert_int_eq(mql_stream_open_struct(x.agent, "playback", fields,
						4, &s), 0);
	q = fixture_ask(&x, "select title, latency from playback "
			    "where latency > 100 and country == 'BR'");
	mql_publish(s, &(struct playback){ 250, "BR", "Dark \"1\"", true });
	mql_publish(s, &(struct playback){ 50, "BR", "Fast", true });
	mql_publish(s, &(struct playback){ 300, "FR", "Far", true });
	mql_publish(s, &(struct playback){ 101, "BR", NULL, true });
	EXPECT(&x.fake, "{\"title\":\"Dark \\\"1\\\"\",\"latency\":250}",
	       "{\"latency\":101}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 4);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_built_gives_the_matching_events)
{
	struct fixture x;
	struct mql_event *e;
	struct fake_query *q;

	fixture_init(&x);
	ck_assert_ptr_null(mql_event_begin(x.stream));
	q = fixture_ask(&x, "select * where req.host == 'a' and ids[1] == 2");
	for (int i = 0; i < 2; i++) {
		e = mql_event_begin(x.stream);
		mql_event_int(e, "n", i);
		mql_event_object(e, "req");
		mql_event_str(e, "host", i ? "a" : "b");
		mql_event_end(e);
		mql_event_json(e, "ids", "[1, 2]", 6);
		mql_event_null(e, "none");
		mql_event_double(e, "half", 0.5);
		mql_event_publish(e);
	}
	FAKE_WAIT(&x.fake, x.fake.nrow == 1);
	ck_assert_ptr_nonnull(strstr(x.fake.row[0], "\"n\":1"));
	ck_assert_ptr_nonnull(strstr(x.fake.row[0],
				     "\"req\":{\"host\":\"a\"}"));
	ck_assert_ptr_nonnull(strstr(x.fake.row[0], "\"half\":0.5"));
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 2);
	ck_assert_uint_eq(q->books.matched, 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_counts_bad_events)
{
	struct fixture x;
	struct mql_event *e;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select *");
	publish(x.stream, "{\"broken\":");
	publish(x.stream, "[1]");
	mql_publish_json(x.stream, NULL, 5);
	mql_publish(x.stream, "a record where there are none");
	e = mql_event_begin(x.stream);
	mql_event_object(e, "open");
	mql_event_publish(e);
	e = mql_event_begin(x.stream);
	mql_event_json(e, "json", "{", 1);
	mql_event_publish(e);
	publish(x.stream, "{\"good\":1}");
	EXPECT(&x.fake, "{\"good\":1}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 1);
	ck_assert_uint_eq(q->books.bad, 6);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_writes_a_shared_row_once)
{
	struct fixture x;
	struct fake_query *a, *b, *c;

	fixture_init(&x);
	a = fixture_ask(&x, "select n where n > 1");
	b = fixture_ask(&x, "select n where n > 2");
	c = fixture_ask(&x, "select even where n > 3");
	for (unsigned n = 1; n <= 4; n++)
		publish_number(x.stream, n);
	/* 2 for a; 3 and 4 for a and b together; 4 for c in its own words */
	EXPECT(&x.fake, "{\"n\":2}", "{\"n\":3}", "{\"n\":4}",
	       "{\"even\":true}");
	ck_assert_uint_eq(a->rows, 3);
	ck_assert_uint_eq(b->rows, 2);
	ck_assert_uint_eq(c->rows, 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_knows_the_meta_fields)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	fake_init(&x.fake);
	opt.zone = "z1";
	fixture_open(&x, &opt);
	fixture_ask(&x, "select @app, @zone, @stream, @seq where @ts > 1");
	publish_number(x.stream, 1);
	publish_number(x.stream, 2);
	EXPECT(&x.fake, "{\"@app\":\"test\",\"@zone\":\"z1\","
	       "\"@stream\":\"requests\",\"@seq\":1}",
	       "{\"@app\":\"test\",\"@zone\":\"z1\","
	       "\"@stream\":\"requests\",\"@seq\":2}");
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_takes_the_time_of_an_event_that_was_before)
{
	static const char text[] = "{\"n\":1}";
	struct fixture x;

	fixture_init(&x);
	fixture_ask(&x, "select n, @ts as t where @ts < 2000");
	fixture_ask(&x, "select @ts as t, @seq as s, @app as a where @ts < 0");
	mql_publish_json_at(x.stream, text, sizeof text - 1, 1234);
	mql_publish_json_at(x.stream, text, sizeof text - 1, 2000);
	mql_publish_json(x.stream, text, sizeof text - 1);
	mql_publish_json_at(x.stream, text, sizeof text - 1, -5);
	EXPECT(&x.fake, "{\"n\":1,\"t\":1234}", "{\"n\":1,\"t\":-5}",
	       "{\"t\":-5,\"s\":4,\"a\":\"test\"}");
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_samples_and_counts_what_it_left_out)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n sample 25%");
	for (unsigned n = 0; n < 4000; n++)
		publish_number(x.stream, n);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.matched, 4000);
	ck_assert_uint_eq(q->books.sampled + q->rows + q->books.drop_ring,
			  4000);
	ck_assert_uint_gt(q->books.sampled, 2700); /* 3000 +- 11 sigma */
	ck_assert_uint_lt(q->books.sampled, 3300);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_drops_a_row_larger_than_the_ring_takes)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fake_query *q, *small;
	char text[4000];
	struct fixture x;

	fake_init(&x.fake);
	opt.ring_bytes = 4096;
	fixture_open(&x, &opt);
	q = fixture_ask(&x, "select *");
	small = fixture_ask(&x, "select n");
	snprintf(text, sizeof text, "{\"n\":1,\"pad\":\"%03000d\"}", 0);
	publish(x.stream, text);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.drop_large, 1);
	ck_assert(fake_balanced(q));
	FAKE_WAIT(&x.fake, small->rows == 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_that_waits_loses_nothing)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct fake_query *q;

	fake_init(&x.fake);
	opt.ring_bytes = 4096;
	opt.wait_when_full = true;
	fixture_open(&x, &opt);
	q = fixture_ask(&x, "select n");
	for (unsigned n = 0; n < 20000; n++)
		publish_number(x.stream, n);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.matched, 20000);
	ck_assert_uint_eq(q->rows, 20000);
	ck_assert_uint_eq(q->gap, 0);
	ck_assert_str_eq(x.fake.row[19999], "{\"n\":19999}");
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_does_nothing_while_nobody_asks)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;

	fixture_init(&x);
	fixture_end(&x, fixture_ask(&x, "select n from elsewhere"));
	publish(x.stream, "this is not even JSON");
	mql_publish_json_live(x.stream, "called directly", 15);
	mql_agent_stats(x.agent, &st);
	ck_assert_uint_eq(st.seen + st.bad + st.matched + st.dropped, 0);
	ck_assert(st.connected);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_counts_with_each_of_two_agents_by_turns)
{
	struct fixture x, y;
	struct fake_query *q, *r;

	fixture_init(&x);
	fixture_init(&y);
	q = fixture_ask(&x, "select n where even");
	r = fixture_ask(&y, "select n where even");
	for (unsigned i = 0; i < 30; i++) {
		publish_number(x.stream, i);
		if (i % 3 == 0)
			publish_number(y.stream, i);
	}
	fixture_end(&x, q);
	fixture_fini(&x);
	fixture_init(&x); /* perhaps where the other one was */
	q = fixture_ask(&x, "select n where even");
	publish_number(x.stream, 2);
	publish_number(y.stream, 2);
	fixture_end(&x, q);
	fixture_end(&y, r);
	ck_assert_uint_eq(q->books.seen, 1);
	ck_assert_uint_eq(q->books.matched, 1);
	ck_assert_uint_eq(r->books.seen, 11);
	ck_assert_uint_eq(r->books.matched, 6);
	fixture_fini(&x);
	fixture_fini(&y);
}
END_TEST

/* Built and struct events, most of which a guard refuses. */
START_TEST(publish_sees_what_is_refused_at_a_look)
{
	static const struct mql_field field = {
		.name = "n", .type = MQL_T_I32, .offset = 0,
	};
	struct fixture x;
	struct mql_stream *s;
	struct fake_query *q;

	fixture_init(&x);
	ck_assert_int_eq(mql_stream_open_struct(x.agent, "structs", &field, 1,
						&s), 0);
	q = fixture_ask(&x, "select n, word where n == 70 and word != 'no'");
	for (int32_t n = 0; n < 100; n++) {
		struct mql_event *e = mql_event_begin(x.stream);

		mql_event_int(e, n % 10 ? "n" : "m", n);
		mql_event_str(e, "word", "yes");
		mql_event_int(e, "n", n);
		mql_event_publish(e);
		mql_publish(s, &n);
	}
	EXPECT(&x.fake, "{\"n\":70,\"word\":\"yes\"}", "{\"n\":70}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 200);
	ck_assert_uint_eq(q->books.matched, 2);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_numbers_events_that_nobody_matches_too)
{
	static const struct mql_field field = {
		.name = "n", .type = MQL_T_I32, .offset = 0,
	};
	struct fixture x;
	struct mql_stream *s;
	struct fake_query *q;

	fixture_init(&x);
	ck_assert_int_eq(mql_stream_open_struct(x.agent, "structs", &field, 1,
						&s), 0);
	q = fixture_ask(&x, "select @seq where n == 7");
	for (int32_t n = 0; n < 10; n++)
		mql_publish(s, &n);
	EXPECT(&x.fake, "{\"@seq\":8}");
	fixture_end(&x, q);
	fixture_fini(&x);
}
END_TEST

START_TEST(publish_is_in_the_stats)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n where n < 3");
	for (unsigned n = 0; n < 10; n++)
		publish_number(x.stream, n);
	publish(x.stream, "bad");
	FAKE_WAIT(&x.fake, q->rows == 3);
	/* The agent counts a row when it has handed it over. */
	FAKE_WAIT(&x.fake, (mql_agent_stats(x.agent, &st), st.sent == 3));
	ck_assert_uint_eq(st.seen, 10);
	ck_assert_uint_eq(st.bad, 1);
	ck_assert_uint_eq(st.matched, 3);
	ck_assert_uint_eq(st.dropped, 0);
	ck_assert_uint_eq(st.queries, 1);
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(publish,
	  what_went_into_rings_comes_out,
	  publish_json_gives_the_matching_events,
	  publish_struct_gives_the_matching_events,
	  publish_built_gives_the_matching_events, publish_counts_bad_events,
	  publish_writes_a_shared_row_once, publish_knows_the_meta_fields,
	  publish_takes_the_time_of_an_event_that_was_before,
	  publish_samples_and_counts_what_it_left_out,
	  publish_drops_a_row_larger_than_the_ring_takes,
	  publish_that_waits_loses_nothing,
	  publish_does_nothing_while_nobody_asks, publish_is_in_the_stats,
	  publish_counts_with_each_of_two_agents_by_turns,
	  publish_sees_what_is_refused_at_a_look,
	  publish_numbers_events_that_nobody_matches_too)
