/* What may be told from raw bytes, and that no event is lost by it. */
#include "mql/pretest.h"

#include "mql/matcher.h"
#include "tests/check_main.h"
#include "tests/event/hostile.h"
#include "tests/mql/ask.h"

enum { EVENTS = 20000, MAX_EVENT = 65536 };

/* --- which queries have one -------------------------------------------------- */

/* The terms of `select * where <text>`: `key=value`, `|` between needles and a
 * space between terms. */
static void
check_terms(const char *where, const char *want)
{
	char text[300];
	struct buf b = BUF_INIT;
	struct pretest t = { .n = 0 };

	snprintf(text, sizeof text, "select * where %s", where);
	struct mql_query *q = ask_compile(text);
	pretest_add(&t, q);
	for (unsigned i = 0; i < t.query[0].n; i++) {
		const struct pretest_term *term = &t.query[0].term[i];
		for (unsigned k = 0; k < term->n; k++) {
			const struct needle *n = &term->needle[k];
			buf_printf(&b, "%s%.*s=%.*s", k ? "|" : i ? " " : "",
				   (int)n->key.len, n->key.ptr,
				   (int)n->value.len, n->value.ptr);
		}
	}
	ck_assert_msg(str_eq((struct str){ (char *)b.data, b.len },
			     str_of(want)),
		      "%s: want %s, got %.*s", where, want, (int)b.len,
		      (char *)b.data);
	ck_assert(t.useless == !*want);
	buf_fini(&b);
	mql_query_free(q);
}

START_TEST(pretest_takes_every_necessary_equality)
{
	check_terms("country == 'BR'", "country=BR");
	check_terms("'BR' == country", "country=BR");
	check_terms("a.b.c == 'x'", "c=x");
	check_terms("e['a']['b.c'] == 'x'", "b.c=x");
	check_terms("a[0].b == 'x'", "b=x");
	check_terms("a == 'x' and b > 5 and c == 'long'", "c=long a=x");
	check_terms("b > 5 and (c == 1 or d == 2) and a == 'x'", "a=x");
	check_terms("length(s) == 3 and a == 'x'", "a=x");
	check_terms("a in ('x', 'y')", "a=x|a=y");
	check_terms("a in ('x', 'y') and b == 'z'", "b=z a=x|a=y");
	check_terms("l[*] == 'x' and a == 'y'", "a=y");
	check_terms("a == 'x' and (b == 'long' and c == 'longer')",
		    "c=longer b=long a=x");
	check_terms("a == '1' and b == '22' and c == '333' and d == '4444'",
		    "d=4444 c=333 b=22");
}
END_TEST

START_TEST(pretest_takes_nothing_that_a_match_can_do_without)
{
	static const char *const none[] = {
		"a == 'x' or b == 'y'", "not (a == 'x')", "a != 'x'",
		"not (a == 'x' and b == 'y')", "a == 5", "a in ('x', 5)",
		"a == null", "a == ''", "a == 'caf\xc3\xa9'", "a == 'x/y'",
		"a[0] == 'x'", "l[*] == 'x'", "@app == 'x'", "a == b",
		"lower(a) == 'x'", "a like 'x%'", "a > 'x'", "a",
		"(a == 'x' and b > 1) or c", "(c or a == 'x') and b > 1",
		"not (not (a == 'x') and c) and b > 2",
		"a in ('1', '2', '3', '4', '5')",
		"if(a == 'x', b, c) == 5", "'x' == 'x'",
	};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		check_terms(none[i], "");
}
END_TEST

START_TEST(pretest_serves_few_queries_that_all_have_one)
{
	static const char *const text[] = {
		"select * where a == 'x'", "select * where b in ('x', 'y')",
		"select * where c == 'z'", "select * where d == 'z'",
		"select * where d > 5",
	};
	struct mql_query *q[5];
	struct pretest few = { .n = 0 }, many, mixed;

	for (int i = 0; i < 5; i++)
		q[i] = ask_compile(text[i]);
	pretest_add(&few, q[0]);
	pretest_add(&few, q[1]);
	mixed = few;
	pretest_add(&few, q[2]);
	many = few;
	pretest_add(&many, q[3]);
	pretest_add(&mixed, q[4]);
	ck_assert(!few.useless && few.n == 3 && few.needles == 4);
	ck_assert(many.useless && mixed.useless);
	struct luck l = { .left = 0 };
	ck_assert(!pretest_passes(&few, &l, STR("{\"a\":\"y\"}")));
	ck_assert(pretest_passes(&few, &l, STR("{\"b\":\"y\"}")));
	ck_assert(pretest_passes(&few, &l, STR("{\"c\":\"z\"}")));
	ck_assert(pretest_passes(&many, &l, STR("{}")));
	for (int i = 0; i < 5; i++)
		mql_query_free(q[i]);
}
END_TEST

/* --- what is learnt ------------------------------------------------------------ */

/* Share of n events of one text that pass. */
static double
share(const struct pretest *t, struct luck *l, const char *text, int n)
{
	int passed = 0;

	for (int i = 0; i < n; i++)
		passed += pretest_passes(t, l, str_of(text));
	return (double)passed / n;
}

START_TEST(pretest_asks_for_the_value_that_is_rare)
{
	struct mql_query *q = ask_compile(
		"select * where a == 'common' and b == 'rare'");
	struct pretest t = { .n = 0 };
	struct luck l = { .left = 0 };

	pretest_add(&t, q);
	/* The guess is the longer one; it proves wrong. */
	ck_assert(pretest_passes(&t, &l, STR("{\"a\":\"common\"}")));
	share(&t, &l, "{\"a\":\"common\",\"b\":\"x\"}", 2000);
	ck_assert(share(&t, &l, "{\"a\":\"common\",\"b\":\"x\"}", 2000) < .01);
	ck_assert(pretest_passes(&t, &l, STR("{\"b\":\"rare\"}")));
	mql_query_free(q);
}
END_TEST

START_TEST(pretest_that_tells_nothing_rests_and_is_tried_again)
{
	static const char common[] = "{\"a\":\"x\"}", other[] = "{\"a\":\"y\"}";
	struct mql_query *q = ask_compile("select * where a == 'x'");
	struct pretest t = { .n = 0 };
	struct luck l = { .left = 0 };

	pretest_add(&t, q);
	ck_assert(share(&t, &l, other, 100) < .01);
	share(&t, &l, common, 2000);
	ck_assert(share(&t, &l, other, 100) > .99); /* nobody looks */
	share(&t, &l, other, 100 * 1000);
	ck_assert(share(&t, &l, other, 100) < .01);
	mql_query_free(q);
}
END_TEST

/* --- nothing is lost ------------------------------------------------------------ */

static const char *const asked[] = {
	"select * where country == 'BR'",
	"select * where geo.country == 'BR'",
	"select * where e['geo']['country'] == 'BR' and device == 'ipad'",
	"select * where device in ('ipad', 'US') and country != null",
	"select * where e['geo.country'] == 'BR' or device == 'ipad'",
	"select * where country == 'BR' and not (device == 'ipad')",
	"select * where e[''] == 'ipad'",
};
enum { ASKED = sizeof asked / sizeof *asked };

struct run {
	struct mql_query *q[3];
	struct matcher   *m;
	struct pretest    t;
	struct luck       luck; /* the matcher's */
	unsigned          hits, skipped;
};

/* One query, or three. */
static void
set_up(struct run *r, unsigned first, unsigned n)
{
	struct matcher_query of[3] = { { .id = 0 } };
	bool refused[3];

	*r = (struct run){ .hits = 0 };
	for (unsigned i = 0; i < n; i++) {
		r->q[i] = ask_compile(asked[(first + i) % ASKED]);
		of[i] = (struct matcher_query){
			.q = r->q[i], .id = (uint16_t)i,
		};
		pretest_add(&r->t, r->q[i]);
	}
	ck_assert_int_eq(matcher_new(NULL, of, n, refused, &r->m), 0);
}

static void
tear_down(struct run *r)
{
	matcher_free(r->m);
	for (int i = 0; i < 3; i++)
		mql_query_free(r->q[i]);
}

static void
try_event(struct run *r, struct reader *reader, struct eval *e, struct str t)
{
	static const struct event_meta meta;
	static struct eval_counts counts[3];
	const struct event ev = {
		.form = EVENT_JSON, .text = t, .meta = &meta,
	};
	/* Whatever was learnt: any term. */
	struct luck any = {
		.of = &r->t, .left = 2, .asked = (uint8_t)draw(PRETEST_TERMS),
	};
	const bool may = pretest_passes(&r->t, &any, t) &&
			 matcher_may_match(r->m, &r->luck, t);
	uint16_t hit[3];
	size_t n;

	ck_assert_int_eq(reader_begin(reader, matcher_paths(r->m), &ev), 0);
	n = matcher_match(r->m, e, reader, counts, NULL, hit);
	ck_assert_msg(may || !n, "%s: %.*s",
		      mql_query_text(matcher_query(r->m, 0)), (int)t.len,
		      t.ptr);
	r->hits += n > 0;
	r->skipped += !may;
}

/* matcher_match() is held to jansson by tests/event and test_differential. */
START_TEST(pretest_loses_no_hostile_event)
{
	static struct run run[2 * ASKED];
	struct buf text = BUF_INIT, clean = BUF_INIT;
	struct reader *reader;
	struct eval *e;
	unsigned hits = 0, skipped = 0;

	ck_assert(!reader_new(MAX_EVENT, &reader) && !eval_new(&e));
	for (unsigned i = 0; i < 2 * ASKED; i++)
		set_up(&run[i], i % ASKED, i < ASKED ? 1 : 3);
	for (int i = 0; i < EVENTS; i++) {
		buf_reset(&text);
		buf_reset(&clean);
		put_object(&text, &clean, 0);
		for (unsigned k = 0; k < 2 * ASKED; k++)
			try_event(&run[k], reader, e, (struct str){
				  (char *)text.data, text.len });
	}
	for (unsigned i = 0; i < 2 * ASKED; i++) {
		hits += run[i].hits;
		skipped += run[i].skipped;
		tear_down(&run[i]);
	}
	ck_assert_uint_gt(hits, EVENTS / 10);
	ck_assert_uint_gt(skipped, EVENTS / 10);
	reader_free(reader);
	eval_free(e);
	buf_fini(&text);
	buf_fini(&clean);
}
END_TEST

START_TEST(runner_counts_as_bad_what_it_counted_before)
{
	struct mql_query *q = ask_compile("select * where a == 'x'");
	struct mql_runner *r;
	const char *row;
	size_t len;

	ck_assert_int_eq(mql_runner_new(q, 20, &r), 0);
#define PUT(text) mql_runner_event(r, text, sizeof text - 1, &row, &len)
	ck_assert_int_eq(PUT("[1]"), MQL_EBADEVENT);
	ck_assert_int_eq(PUT(""), MQL_EBADEVENT);
	ck_assert_int_eq(PUT("{\"a\":\"y\""), MQL_EBADEVENT);
	ck_assert_int_eq(PUT("{\"a\":\"more than 20 bytes\"}"), MQL_EBADEVENT);
	ck_assert_int_eq(PUT("{\"a\":\"x\",}"), MQL_EBADEVENT);
	ck_assert_int_eq(PUT("{\"a\":\"y\",}"), 0); /* nobody looked */
	ck_assert_int_eq(PUT("{\"a\":\"x\"}"), 0);
	ck_assert(row && len == 9);
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

TEST_MAIN(pretest, pretest_takes_every_necessary_equality,
	  pretest_takes_nothing_that_a_match_can_do_without,
	  pretest_serves_few_queries_that_all_have_one,
	  pretest_asks_for_the_value_that_is_rare,
	  pretest_that_tells_nothing_rests_and_is_tried_again,
	  pretest_loses_no_hostile_event,
	  runner_counts_as_bad_what_it_counted_before)
