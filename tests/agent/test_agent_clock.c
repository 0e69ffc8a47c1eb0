/* test_agent_clock.c - a day in an agent's life, with clocks that the test
 * turns: the wall clock jumps, counters pass the end of 64 bits, and a day of
 * heartbeats goes by. Linked with --wrap for both clocks. */
#include "agent/agent.h"
#include "tests/agent/fixture.h"

enum {
	STEP_MS = 30 * 1000, DAY_MS = 24 * 3600 * 1000,
	LONG_MS = 600 * 1000, /* what a welcome may ask for at most */
};

static _Atomic int64_t mono_ahead, wall_ahead;

int64_t __real_clock_mono_ms(void);
int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_wall_ms(void);

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + atomic_load(&mono_ahead);
}

int64_t
__wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + atomic_load(&wall_ahead);
}

/* As FAKE_WAIT, by the clock that nobody turns. */
static void
pump_until_rows(struct fixture *x, const struct fake_query *q, uint64_t rows)
{
	int64_t end = __real_clock_mono_ms() + 10000;

	while (q->rows < rows && __real_clock_mono_ms() < end)
		fake_pump(&x->fake, 5);
	ck_assert_uint_eq(q->rows, rows);
}

/* Every counter of a publisher is about to pass the end of its 64 bits. */
static void
age(struct publisher *p, unsigned nslot)
{
	const uint64_t old = UINT64_MAX - 1000;

	for (unsigned i = 0; i < nslot; i++) {
		struct tally *t = &p->tally[i];

		atomic_store(&t->matched.n, old);
		atomic_store(&t->sampled.n, old);
		atomic_store(&t->drop_ring.n, old);
		atomic_store(&t->drop_large.n, old);
		atomic_store(&t->skipped.n, old);
		atomic_store(&t->rows.n, old);
		atomic_store(&t->bytes.n, old);
		atomic_store(&p->counts[i].mismatches, old);
		atomic_store(&p->counts[i].ns, old);
	}
	for (unsigned i = 0; i < STREAM_MAX; i++)
		atomic_store(&p->rest[i].n, old);
	for (unsigned i = 0; i < 2 * STREAM_MAX; i++) {
		atomic_store(&p->seen[i].n, old);
		atomic_store(&p->bad[i].n, old);
	}
}

static void
open_patiently(struct fixture *x)
{
	fake_init(&x->fake);
	x->fake.silence_ms = x->fake.lease_ms = 600000;
	fixture_open(x, NULL);
	FAKE_WAIT(&x->fake, x->fake.at_version == x->fake.set &&
		  x->fake.heartbeats);
}

START_TEST(day_of_counters_that_wrap_loses_no_event)
{
	struct fixture x;
	struct fake_query *q, *odd;
	uint64_t n = 0;
	unsigned beats;

	open_patiently(&x);
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 0);
	fixture_end(&x, q); /* this thread has a publisher now */
	age(publisher_first(x.agent), x.agent->max_queries);
	q = fixture_ask(&x, "select n");
	odd = fixture_ask(&x, "select n where not even");
	beats = x.fake.heartbeats;
	for (int64_t at = 0; at < DAY_MS; at += STEP_MS) {
		atomic_fetch_add(&mono_ahead, STEP_MS);
		atomic_fetch_add(&wall_ahead, STEP_MS);
		fake_give_credit(&x.fake, x.fake.credit); /* a sign of life */
		publish_number(x.stream, (unsigned)n++);
		pump_until_rows(&x, q, n);
	}
	ck_assert_uint_ge(x.fake.heartbeats, beats + DAY_MS / STEP_MS / 2);
	fixture_end(&x, q);
	fixture_end(&x, odd);
	ck_assert_uint_eq(n, 2880); /* well past the end of 64 bits */
	ck_assert_uint_eq(q->books.seen, n);
	ck_assert_uint_eq(q->books.matched, n);
	ck_assert_uint_eq(q->books.sent, n);
	ck_assert_uint_eq(odd->books.seen, n);
	ck_assert_uint_eq(odd->books.matched, n / 2);
	ck_assert(fake_balanced(q) && fake_balanced(odd));
	ck_assert_uint_eq(x.fake.hellos, 1); /* never lost */
	fixture_fini(&x);
}
END_TEST

START_TEST(wall_clock_that_jumps_changes_nothing_but_ts)
{
	static const int64_t jump[] = { -400LL * DAY_MS, 0, 400LL * DAY_MS };
	struct fixture x;
	struct fake_query *q;

	open_patiently(&x);
	x.fake.keep = true;
	q = fixture_ask(&x, "select n, @ts as at");
	for (unsigned i = 0; i < 3; i++) {
		const char *text;
		int64_t at, now;

		atomic_store(&wall_ahead, jump[i]);
		publish_number(x.stream, i);
		pump_until_rows(&x, q, i + 1);
		now = clock_wall_ms();
		text = strstr(x.fake.row[i], "\"at\":");
		ck_assert_ptr_nonnull(text);
		at = strtoll(text + 5, NULL, 10);
		ck_assert_int_le(at, now);
		ck_assert_int_gt(at, now - 60000);
	}
	atomic_store(&wall_ahead, 0);
	fixture_end(&x, q);
	ck_assert(fake_balanced(q));
	ck_assert_uint_eq(x.fake.hellos, 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(wall_clock_that_is_set_back_puts_off_no_group)
{
	struct fixture x;
	struct fake_query *q;

	open_patiently(&x);
	q = fake_ask_fold(&x.fake, "select count(*) as c window 1s grace 1h");
	FAKE_WAIT(&x.fake, q->state == FAKE_LIVE);
	publish_number(x.stream, 0);
	pump_until_rows(&x, q, 1);
	atomic_store(&wall_ahead, -400LL * DAY_MS);
	publish_number(x.stream, 1);
	pump_until_rows(&x, q, 2);
	atomic_store(&wall_ahead, 0);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->folded, 2);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(sign_of_life_is_answered_when_a_heartbeat_is_half_due)
{
	struct fake_query *q;
	struct fixture x;

	fake_init(&x.fake);
	x.fake.heartbeat_ms = x.fake.silence_ms = LONG_MS;
	fixture_open(&x, NULL);
	q = fixture_ask(&x, "select n"); /* the link is live */
	for (unsigned i = 1; i <= 3; i++) {
		atomic_fetch_add(&mono_ahead, LONG_MS / 2);
		fake_give_credit(&x.fake, x.fake.credit);
		FAKE_WAIT(&x.fake, x.fake.heartbeats == i);
	}
	fixture_end(&x, q);
	ck_assert_uint_eq(x.fake.hellos, 1);
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(agent_clock, wall_clock_that_is_set_back_puts_off_no_group,
	  day_of_counters_that_wrap_loses_no_event,
	  wall_clock_that_jumps_changes_nothing_but_ts,
	  sign_of_life_is_answered_when_a_heartbeat_is_half_due)
