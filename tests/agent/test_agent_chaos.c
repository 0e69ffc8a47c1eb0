/* test_agent_chaos.c - publishers at full speed, while queries come and go
 * every millisecond, the source-job dies and returns, and the link stands
 * still. Afterwards the books balance to the last event. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/agent/fixture.h"

enum {
	PUBLISHERS = 4, GUESTS = 24, CHANGES = 20, /* a turn */
	LASTS_MS = 6000, CREDIT = 256 << 10,
	STALL_ODDS = 150,   /* one in so many turns */
	DEATH_MS = 500,     /* from one to the next */
	OUTAGE_MS = 150, STALL_MS = 60,
};

static struct fixture x;
static _Atomic bool over;
static _Atomic uint64_t published;
static uint64_t dice = 88172645463325252u;

static unsigned
roll(unsigned n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice % n);
}

static void *
publish_on(void *arg)
{
	unsigned n = 0;

	(void)arg;
	for (; !atomic_load_explicit(&over, memory_order_relaxed); n++)
		publish_number(x.stream, n);
	atomic_fetch_add(&published, n);
	return NULL;
}

static void
stand_still(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)ms * 1000000 }, NULL);
}

static struct fake_query *
come(void)
{
	static const char *const text[] = {
		"select n where n %% 100 == %u",
		"select n, pad where even and n %% 64 == %u",
		"select * where n > 1000 and pad =~ /^0*%u/",
		"select n where n == %u sample 10%%",
		"select nonsense(%u)",
	};
	char query[128];
	const char *form = text[roll(sizeof text / sizeof *text)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(query, sizeof query, form, roll(1000));
#pragma GCC diagnostic pop
	return fake_ask(&x.fake, query);
}

/* One guest comes or goes. */
static void
change(struct fake_query *guest[GUESTS])
{
	unsigned i = roll(GUESTS);

	if (guest[i]) {
		fake_withdraw(&x.fake, guest[i]);
		guest[i] = NULL;
	} else if (x.fake.nquery < FAKE_QUERIES) {
		guest[i] = come();
	}
}

/* So much a turn, and no more: or taking it in would never end. Credit counts
 * from the welcome. */
static void
give(void)
{
	static unsigned hellos;
	static uint64_t credit;

	if (hellos != x.fake.hellos)
		credit = x.fake.credit;
	hellos = x.fake.hellos;
	credit += CREDIT;
	fake_give_credit(&x.fake, credit);
}

/* The last word of those that are leaving may be lost with the link. */
static void
die(void)
{
	for (size_t i = 0; i < x.fake.nquery; i++)
		if (!x.fake.query[i].listed &&
		    x.fake.query[i].state == FAKE_LIVE)
			x.fake.query[i].state = FAKE_ASKED;
	fake_die(&x.fake);
	stand_still(roll(OUTAGE_MS));
	fake_listen(&x.fake);
}

static void
turn(struct fake_query *guest[GUESTS])
{
	static int64_t dies_at;
	int64_t now = clock_mono_ms();

	for (int i = 0; i < CHANGES; i++)
		change(guest);
	give();
	fake_pump(&x.fake, 1);
	if (!roll(STALL_ODDS))
		stand_still(roll(STALL_MS));
	if (now < dies_at)
		return;
	if (dies_at)
		die();
	dies_at = now + DEATH_MS;
}

static void
all_is_told(void)
{
	for (size_t i = 0; i < x.fake.nquery; i++) {
		const struct fake_query *q = &x.fake.query[i];
		const struct books_agent *b = &q->books;

		if (q->state != FAKE_ENDED)
			continue;
		ck_assert_uint_eq(b->queued, 0);
		ck_assert_uint_eq(b->matched, b->sampled + b->sent +
				  books_agent_dropped(b));
		ck_assert_uint_ge(b->seen, b->matched);
		ck_assert_uint_le(q->rows, b->sent);
	}
}

static bool
any_live(void)
{
	for (size_t i = 0; i < x.fake.nquery; i++)
		if (x.fake.query[i].state == FAKE_LIVE)
			return true;
	return false;
}

START_TEST(books_balance_after_chaos)
{
	struct fake_query *guest[GUESTS] = { NULL }, *witness;
	struct mql_agent_stats st = { .size = sizeof st };
	pthread_t t[PUBLISHERS];
	int64_t end;

	fake_init(&x.fake);
	x.fake.credit = CREDIT;
	x.fake.keep = false;
	fixture_open(&x, NULL);
	witness = fixture_ask(&x, "select n");
	ck_assert_int_eq(witness->state, FAKE_LIVE);
	for (int i = 0; i < PUBLISHERS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, publish_on,
						NULL), 0);
	for (end = clock_mono_ms() + LASTS_MS; clock_mono_ms() < end;)
		turn(guest);
	atomic_store(&over, true);
	for (int i = 0; i < PUBLISHERS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < GUESTS; i++)
		if (guest[i])
			fake_withdraw(&x.fake, guest[i]);
	mql_agent_stats(x.agent, &st);
	give();
	fake_give_credit(&x.fake, UINT64_C(1) << 40);
	FAKE_WAIT(&x.fake, x.fake.at_version == x.fake.set);
	fixture_end(&x, witness);
	FAKE_WAIT(&x.fake, !any_live());
	all_is_told();
	ck_assert_uint_eq(witness->books.seen, atomic_load(&published));
	ck_assert_uint_eq(witness->books.matched, atomic_load(&published));
	ck_assert_uint_eq(st.seen, atomic_load(&published));
	ck_assert_uint_gt(x.fake.hellos, 1);
	ck_assert_uint_gt(x.fake.nquery, 100);
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(agent_chaos, books_balance_after_chaos)
