/* Which of the events that match are kept. */
#include "mql/query.h"
#include "tests/mql/ask.h"
#include "tests/check_main.h"

/* A query on one event after the other, at times that the test gives. */
struct bench {
	struct mql_query *q;
	struct pathset   *ps;
	struct reader    *r;
	struct sampler    s;
	uint16_t          slots[8];
};

static void
set_up(struct bench *b, const char *text)
{
	b->q = ask_compile(text);
	ck_assert_uint_le(query_paths(b->q), 8);
	ck_assert_int_eq(pathset_new(NULL, &b->ps), 0);
	ck_assert_int_eq(query_link(b->q, b->ps, b->slots), 0);
	ck_assert_int_eq(reader_new(65536, &b->r), 0);
	sampler_init(&b->s, 1);
}

static void
tear_down(struct bench *b)
{
	reader_free(b->r);
	pathset_free(b->ps);
	mql_query_free(b->q);
}

static bool
kept(struct bench *b, const char *event, int64_t now)
{
	static const struct event_meta meta;
	const struct event ev = {
		.form = EVENT_JSON, .text = str_of(event), .meta = &meta,
	};

	ck_assert_int_eq(reader_begin(b->r, b->ps, &ev), 0);
	return query_sample(b->q, &b->s, b->r, b->slots, now);
}

START_TEST(sample_percent_keeps_its_share)
{
	struct bench b;
	int n = 0;

	set_up(&b, "select * sample 10%");
	for (int i = 0; i < 10000; i++)
		n += kept(&b, "{}", 0);
	ck_assert_msg(n > 850 && n < 1150, "%d", n);
	tear_down(&b);

	set_up(&b, "select *");
	for (int i = 0; i < 100; i++)
		ck_assert(kept(&b, "{}", 0));
	tear_down(&b);
}
END_TEST

/* Of events that come every `every` ms for ten seconds. */
static int
kept_in_ten_seconds(const char *text, int64_t per_ms, int64_t every)
{
	struct bench b;
	int n = 0;

	set_up(&b, text);
	for (int64_t ms = 0; ms < 10000; ms += every)
		for (int64_t i = 0; i < per_ms; i++)
			n += kept(&b, "{}", 1700000000000 + ms);
	tear_down(&b);
	return n;
}

START_TEST(sample_rate_keeps_as_many_as_it_says)
{
	int n = kept_in_ten_seconds("select * sample 100/s", 1, 1);
	ck_assert_msg(n >= 1000 && n <= 1002, "%d", n);
	n = kept_in_ten_seconds("select * sample 300/s", 1, 1);
	ck_assert_msg(n >= 2999 && n <= 3002, "%d", n);
	n = kept_in_ten_seconds("select * sample 5000/s", 20, 1);
	ck_assert_msg(n >= 49990 && n <= 50010, "%d", n);
	n = kept_in_ten_seconds("select * sample 100/s", 1, 50);
	ck_assert_int_eq(n, 200); /* all of them */
}
END_TEST

START_TEST(sample_rate_is_spread_over_the_second)
{
	struct bench b;
	int tenth[10] = { 0 };

	set_up(&b, "select * sample 50/s");
	for (int ms = 0; ms < 1000; ms++)
		tenth[ms / 100] += kept(&b, "{}", ms);
	for (int i = 0; i < 10; i++)
		ck_assert_msg(tenth[i] >= 4 && tenth[i] <= 6, "%d: %d", i,
			      tenth[i]);
	tear_down(&b);
}
END_TEST

START_TEST(sample_rate_saves_nothing_up_and_survives_a_clock_set_back)
{
	struct bench b;
	int n = 0;

	set_up(&b, "select * sample 10/s");
	ck_assert(kept(&b, "{}", 1000));
	for (int i = 0; i < 100; i++)
		n += kept(&b, "{}", 3600000);
	ck_assert_int_le(n, 2);
	n = 0;
	for (int ms = 0; ms < 1000; ms++)
		n += kept(&b, "{}", 1000000 + ms);
	ck_assert_msg(n >= 9 && n <= 12, "%d", n);
	tear_down(&b);
}
END_TEST

START_TEST(sample_sticky_keeps_what_mantis_keeps)
{
	static const char *const event[] = {
		"{\"zipcode\":100001,\"state\":\"NY\"}",
		"{\"zipcode_alt\":100001,\"state\":\"NY\"}",
		"{\"zipcode\":100001,\"zipcode_alt\":100001,\"state\":\"NY\"}",
		"{\"other\":1}",
	};
	struct bench b;

	set_up(&b, "select * sample {'strategy':'STICKY','keys':['zipcode',"
		   "'zipcode_alt','state'],'threshold':5000,'factor':10000,"
		   "'salt':1}");
	for (int round = 0; round < 3; round++) {
		ck_assert(kept(&b, event[0], 0));
		ck_assert(kept(&b, event[1], 0));
		ck_assert(!kept(&b, event[2], 0));
		ck_assert(!kept(&b, event[3], 0));
	}
	tear_down(&b);
}
END_TEST

START_TEST(sample_sticky_splits_keys_and_sees_escapes_as_their_characters)
{
	struct bench b;
	int n = 0;

	set_up(&b, "select * sample {'strategy':'STICKY','keys':['k'],"
		   "'threshold':2500,'factor':10000}");
	for (int i = 0; i < 4000; i++) {
		char event[64];

		snprintf(event, sizeof event, "{\"k\":\"customer-%d\"}", i);
		n += kept(&b, event, 0);
	}
	ck_assert_msg(n > 850 && n < 1150, "%d", n);
	for (int i = 0; i < 64; i++) {
		char plain[64], escaped[64];

		snprintf(plain, sizeof plain, "{\"k\":\"\xf0\x9f\x98\x80%d\"}",
			 i);
		snprintf(escaped, sizeof escaped,
			 "{\"k\":\"\\ud83d\\ude00%d\"}", i);
		ck_assert(kept(&b, plain, 0) == kept(&b, escaped, 0));
	}
	tear_down(&b);
}
END_TEST

TEST_MAIN(sample, sample_percent_keeps_its_share,
	  sample_rate_keeps_as_many_as_it_says,
	  sample_rate_is_spread_over_the_second,
	  sample_rate_saves_nothing_up_and_survives_a_clock_set_back,
	  sample_sticky_keeps_what_mantis_keeps,
	  sample_sticky_splits_keys_and_sees_escapes_as_their_characters)
