/* Groups that are made in several places and put together: whatever the way,
 * the answer is that of one place. */
#include "mql/error.h"
#include "mql/fold.h"
#include "tests/check_main.h"
#include "tests/mql/stage_run.h"

enum { AGENTS = 3, EVENTS = 600, FOLD_BYTES = 1 << 20 };

/* An agent: filter and fold. */
struct agent {
	struct mql_query *q;
	struct fold      *fold;
	struct pathset   *paths;
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *slots;
	struct eval_counts counts;
};

static void
agent_begin(struct agent *a, const struct mql_query *q, size_t max_bytes)
{
	*a = (struct agent){ .q = ask_compile(query_fold_text(q)) };
	ck_assert(query_folds_as(q, a->q));
	ck_assert_int_eq(fold_new(a->q, max_bytes, &a->fold), 0);
	ck_assert_int_eq(pathset_new(NULL, &a->paths), 0);
	ck_assert_int_eq(reader_new(1 << 20, &a->reader), 0);
	ck_assert_int_eq(eval_new(&a->eval), 0);
	a->slots = calloc(query_paths(a->q) + 1, sizeof *a->slots);
	ck_assert_int_eq(query_link(a->q, a->paths, a->slots), 0);
}

static void
agent_end(struct agent *a)
{
	fold_free(a->fold);
	eval_free(a->eval);
	reader_free(a->reader);
	pathset_free(a->paths);
	free(a->slots);
	mql_query_free(a->q);
}

static int
agent_put(struct agent *a, unsigned side, const char *event, int64_t now)
{
	const struct event_meta meta = { .ts = now };
	const struct event ev = { .form = EVENT_JSON, .text = str_of(event),
				  .meta = &meta };

	ck_assert_int_eq(reader_begin(a->reader, a->paths, &ev), 0);
	if (!query_match(a->q, a->slots, a->eval, a->reader, &a->counts))
		return 0;
	return fold_event(a->fold, side, a->eval, a->reader, a->slots,
			  &a->counts, now);
}

/* Send what a side holds, in parts of about max bytes, into a stage. Returns
 * the number of events. */
static uint64_t
agent_send(struct agent *a, unsigned side, size_t max, struct stage *to,
	   int64_t now)
{
	const uint64_t left = fold_left(a->fold, side);
	struct partial *p;
	struct buf b = BUF_INIT;
	uint64_t events, all = 0;

	ck_assert_int_eq(partial_new(a->q, &p), 0);
	while ((events = fold_put(a->fold, side, max, &b))) {
		ck_assert_int_eq(b.err, 0);
		ck_assert_int_eq(partial_read(p, (struct str){
					 (char *)b.data, b.len }), 0);
		ck_assert_uint_eq(partial_events(p), events);
		ck_assert_int_eq(stage_partial(to, p, now), 0);
		all += events;
		ck_assert_uint_eq(fold_left(a->fold, side), left - all);
		buf_reset(&b);
	}
	ck_assert_uint_eq(all, left);
	fold_clear(a->fold, side, FOLD_BYTES);
	partial_free(p);
	buf_fini(&b);
	return all;
}

/* --- the same answer ---------------------------------------------------------- */

static uint64_t seed;

static unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(seed >> 33) % n;
}

static void
draw_event(char *to, size_t size)
{
	static const char *const key[] = {
		"\"a\"", "\"b\"", "1", "1.0", "null", "true", "[1, 2]",
		"{\"y\":1,\"x\":[]}", "\"\\u0000\"", "18446744073709551615",
	};
	unsigned x = draw(1000);

	snprintf(to, size, "{\"k\":%s,\"x\":%u,\"f\":%u.25,\"t\":%u,"
		 "\"s\":\"v%u\"}", key[draw(10)], x, draw(9),
		 1700000000 + draw(40), x % 7);
}

static const char *const queries[] = {
	"select count(*), sum(x), avg(f), min(s), max(x), p99(x) where x > 10",
	"select k, count(*) as n, count(distinct s), sum(f) group by k "
	"having n > 3 order by n desc, k",
	"select k, top(s, 3), rate() group by k, s",
	"select s, k group by s",
	"select x % 3 as m, sum(x) / count(*) as mean group by x % 3 "
	"order by max(x) - min(x) limit 2",
	"select s, count(x), sum(x) window 10s grace 60s group by s",
	"select k, count(*) window 10s every 5s grace 60s group by k "
	"order by k",
	"select k, sum(x) window 7s on t grace 60s group by k order by 1 + "
	"count(*) desc, k",
	"select max(x) window 20s every 5s on t grace 60s",
	"select distinct s, k group by s, k",
	"select count(distinct k)",
	"select k group by k having count(*) > 10 order by k desc",
	"select sum(if(x > 500, 1, 0)) as big, s group by s",
};

/* One stage that sees every event, against agents that see some each. */
static void
compare(const char *query, size_t max)
{
	struct run one, merged;
	struct agent agent[AGENTS];
	unsigned side = 0;
	char event[256];
	uint64_t sent = 0;

	begin(&one, query, 0);
	begin(&merged, query, 0);
	ck_assert_msg(query_fold_text(one.q) != NULL, "%s", query);
	for (unsigned i = 0; i < AGENTS; i++)
		agent_begin(&agent[i], one.q, FOLD_BYTES);
	for (unsigned i = 0; i < EVENTS; i++) {
		const int64_t now = 1700000000000 + i * 60;

		draw_event(event, sizeof event);
		put(&one, event, now);
		ck_assert_int_eq(agent_put(&agent[draw(AGENTS)], side, event,
					   now), 0);
		if (i % 97)
			continue;
		for (unsigned j = 0; j < AGENTS; j++)
			sent += agent_send(&agent[j], side, max, merged.stage,
					   now);
		side = !side;
	}
	for (unsigned j = 0; j < 2 * AGENTS; j++)
		sent += agent_send(&agent[j / 2], j % 2, max, merged.stage,
				   1700000000000 + EVENTS * 60);
	stage_end(one.stage);
	stage_end(merged.stage);
	ck_assert_uint_eq(sent, stats(&one).events);
	ck_assert_uint_eq(stats(&merged).events, sent);
	ck_assert_uint_eq(stats(&merged).late, 0);
	char *want = strdup(text(&one));
	ck_assert_uint_gt(strlen(want), 2);
	const char *got = text(&merged);
	size_t same = 0;
	while (want[same] && want[same] == got[same])
		same++;
	ck_assert_msg(want[same] == got[same], "%s: ... %.80s, not ... %.80s",
		      query, got + same, want + same);
	free(want);
	for (unsigned i = 0; i < AGENTS; i++)
		agent_end(&agent[i]);
	end(&one);
	end(&merged);
}

START_TEST(what_agents_fold_is_what_one_place_folds)
{
	seed = 20261121;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		compare(queries[i], 1);
		compare(queries[i], 300);
		compare(queries[i], 1 << 20);
	}
}
END_TEST

/* --- what is folded ------------------------------------------------------------- */

START_TEST(only_what_can_be_put_together_is_folded)
{
	static const struct {
		const char *query, *fold;
	} c[] = {
		{ "select * where a == 1", NULL },
		{ "select distinct a", NULL },
		{ "select a order by a", NULL },
		{ "select a window 10s", NULL },
		{ "select count(*) window |10|", NULL },
		{ "select * group by a", NULL },
		{ "select count(*) as n having n > 2 limit 3",
		  "select count(*)" },
		{ "select a, count(*) as n where b > 1 group by a order by "
		  "sum(c) + n desc", "select count(*), sum(c) where b > 1 "
		  "group by a" },
		{ "select a group by a", "select a group by a" },
		{ "select b, max(c) window 10s grace 4s group by a",
		  "select first(b), max(c) group by a window 10s" },
		{ "select max(c) window 10s on t grace 4s sample 10% "
		  "at app == 'x'", "select max(c) window 10s on t grace 4s "
		  "sample 10% at app == 'x'" },
	};

	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct mql_query *q = ask_compile(c[i].query);
		const char *fold = query_fold_text(q);

		if (c[i].fold) {
			ck_assert_ptr_nonnull(fold);
			ck_assert_str_eq(fold, c[i].fold);
		} else {
			ck_assert_ptr_null(fold);
		}
		mql_query_free(q);
	}
}
END_TEST

START_TEST(another_query_does_not_fold_as_this_one)
{
	struct mql_query *q = ask_compile("select p50(a), sum(b) group by c");
	static const char *const other[] = {
		"select p51(a), sum(b) group by c",
		"select sum(b), p50(a) group by c",
		"select p50(a), sum(b) group by c, d",
		"select p50(a), sum(b), sum(c) group by c",
		"select p50(a), sum(b) group by c window 10s",
		"select c",
	};

	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct mql_query *o;

		if (mql_query_compile(other[i], &o, NULL))
			continue; /* no such percentile */
		ck_assert_msg(!query_folds_as(q, o), "%s", other[i]);
		mql_query_free(o);
	}
	ck_assert(query_folds_as(q, q));
	mql_query_free(q);
}
END_TEST

/* --- bounds ---------------------------------------------------------------------- */

START_TEST(a_fold_that_is_full_refuses_and_loses_nothing)
{
	struct run merged;
	struct agent a;
	char event[64];
	unsigned refused = 0;

	begin(&merged, "select id, count(*) as n group by id", 0);
	agent_begin(&a, merged.q, 64 << 10);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(event, sizeof event, "{\"id\":%u}", i);
		int err = agent_put(&a, 0, event, 1);
		ck_assert(!err || err == MQL_ELIMIT);
		refused += err != 0;
	}
	ck_assert_uint_gt(refused, 1000);
	ck_assert_uint_lt(refused, 5000);
	/* What is there still counts. */
	ck_assert_int_eq(agent_put(&a, 0, "{\"id\":0}", 1), 0);
	ck_assert_uint_eq(agent_send(&a, 0, 1000, merged.stage, 1),
			  5001 - refused);
	ck_assert_int_eq(agent_put(&a, 0, "{\"id\":4999}", 1), 0);
	agent_end(&a);
	end(&merged);
}
END_TEST

START_TEST(an_event_without_a_time_is_refused)
{
	struct run merged;
	struct agent a;

	begin(&merged, "select count(*) window 10s on t", 0);
	agent_begin(&a, merged.q, FOLD_BYTES);
	ck_assert_int_eq(agent_put(&a, 1, "{\"t\":\"soon\"}", 1), MQL_EINVAL);
	ck_assert_int_eq(agent_put(&a, 1, "{}", 1), MQL_EINVAL);
	ck_assert_int_eq(agent_put(&a, 1, "{\"t\":1}", 1), 0);
	agent_end(&a);
	end(&merged);
}
END_TEST

/* --- at the merge ------------------------------------------------------------------ */

START_TEST(a_window_that_all_have_told_need_not_wait_for_the_grace)
{
	struct run merged;
	struct agent a;

	begin(&merged, "select count(*) as n window 10s grace 1h", 0);
	agent_begin(&a, merged.q, FOLD_BYTES);
	ck_assert_int_eq(agent_put(&a, 0, "{}", 1000), 0);
	ck_assert_int_eq(agent_put(&a, 0, "{}", 10000), 0);
	agent_send(&a, 0, 1000, merged.stage, 12000);
	stage_tick(merged.stage, 12000);
	ck_assert_str_eq(text(&merged), "");
	stage_complete(merged.stage, 9999);
	ck_assert_str_eq(text(&merged), "");
	stage_complete(merged.stage, 10000);
	ck_assert_str_eq(text(&merged), "0 {\"n\":1}\n");
	/* Another one was late. */
	ck_assert_int_eq(agent_put(&a, 0, "{}", 9000), 0);
	ck_assert_int_eq(agent_put(&a, 0, "{}", 9500), 0);
	ck_assert_int_eq(agent_put(&a, 0, "{}", 11000), 0);
	agent_send(&a, 0, 1000, merged.stage, 13000);
	ck_assert_uint_eq(stats(&merged).late, 2);
	stage_complete(merged.stage, 20000);
	ck_assert_str_eq(text(&merged), "10000 {\"n\":2}\n");
	agent_end(&a);
	end(&merged);
}
END_TEST

START_TEST(groups_that_find_no_room_are_counted_by_their_events)
{
	struct run merged;
	struct agent a;
	char event[64];

	begin(&merged, "select id, count(*) as n group by id", 100 << 10);
	agent_begin(&a, merged.q, FOLD_BYTES);
	for (unsigned i = 0; i < 4000; i++) {
		snprintf(event, sizeof event, "{\"id\":%u}", i / 2);
		ck_assert_int_eq(agent_put(&a, 0, event, 1), 0);
	}
	agent_send(&a, 0, 1 << 20, merged.stage, 1);
	const struct stage_stats st = stats(&merged);
	ck_assert_uint_eq(st.events, 4000);
	ck_assert_uint_eq(st.overflow, 2 * (2000 - st.groups));
	ck_assert_uint_gt(st.overflow, 0);
	ck_assert_uint_gt(st.groups, 100);
	agent_end(&a);
	end(&merged);
}
END_TEST

/* --- bytes that nobody vouches for --------------------------------------------------- */

/* A partial with all kinds of keys and several panes. */
static void
make_partial(struct agent *a, struct buf *b)
{
	char event[256];

	seed = 7;
	for (unsigned i = 0; i < 60; i++) {
		draw_event(event, sizeof event);
		ck_assert_int_eq(agent_put(a, 0, event, 0), 0);
	}
	ck_assert_uint_eq(fold_put(a->fold, 0, 1 << 20, b), 60);
}

START_TEST(a_partial_that_is_cut_or_altered_is_refused_or_harmless)
{
	struct run merged;
	struct agent a;
	struct partial *p;
	struct buf b = BUF_INIT;

	begin(&merged, "select k, s, sum(x), p50(x), top(s, 2), last(f) "
	      "window 10s on t grace 1h group by k, s", 0);
	agent_begin(&a, merged.q, FOLD_BYTES);
	make_partial(&a, &b);
	ck_assert_int_eq(partial_new(a.q, &p), 0);
	for (size_t n = 1; n < b.len; n++) {
		int err = partial_read(p, (struct str){ (char *)b.data, n });
		/* Between two panes it is whole. */
		ck_assert(!err || err == MQL_EBADFRAME);
		ck_assert_uint_lt(partial_events(p), err ? 1 : 60);
	}
	unsigned refused = 0;
	for (size_t n = 0; n < b.len; n++) {
		b.data[n] ^= (uint8_t)(1 + n % 255);
		int err = partial_read(p, (struct str){ (char *)b.data,
							b.len });
		ck_assert(!err || err == MQL_EBADFRAME);
		refused += err != 0;
		if (!err)
			ck_assert_int_eq(stage_partial(merged.stage, p, 0), 0);
		b.data[n] ^= (uint8_t)(1 + n % 255);
	}
	ck_assert_uint_gt(refused, b.len / 4);
	stage_end(merged.stage);
	ck_assert_int_eq(partial_read(p, (struct str){ (char *)b.data,
						       b.len }), 0);
	partial_free(p);
	buf_fini(&b);
	agent_end(&a);
	end(&merged);
}
END_TEST

TEST_MAIN("fold", what_agents_fold_is_what_one_place_folds,
	  only_what_can_be_put_together_is_folded,
	  another_query_does_not_fold_as_this_one,
	  a_fold_that_is_full_refuses_and_loses_nothing,
	  an_event_without_a_time_is_refused,
	  a_window_that_all_have_told_need_not_wait_for_the_grace,
	  groups_that_find_no_room_are_counted_by_their_events,
	  a_partial_that_is_cut_or_altered_is_refused_or_harmless)
