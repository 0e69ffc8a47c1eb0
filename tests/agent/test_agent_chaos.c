/* test_agent_chaos.c - publishers at full speed, while queries come and go
 * every millisecond, the source-job dies and returns, and the link stands
 * still. Afterwards the books balance to the last event. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/agent/fixture.h"

enum {
	PUBLISHERS = 4, MOST = 2000, CHANGES = 20, /* a turn */
	LASTS_MS = 4000, CREDIT = 256 << 10,
	STALL_ODDS = 150,   /* one in so many turns */
	DEATH_MS = 500,     /* from one to the next */
	OUTAGE_MS = 150, STALL_MS = 60,
};

static struct fixture x;
static struct fake_query *guest[MOST];
static unsigned guests; /* of these, so many places */
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
		"select n where n %% 100 == %u and n < 1%09zu",
		"select n, pad where even and n %% 64 == %u and n < 1%09zu",
		"select * where n > 1000 and pad =~ /^0*%u/ and n < 1%09zu",
		"select n where n == %u and n < 1%09zu sample 10%%",
		"select nonsense(%u, 1%09zu)",
	};
	char query[128];
	const char *form = text[roll(sizeof text / sizeof *text)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	/* No two have one text: a source-job runs those as one. */
	snprintf(query, sizeof query, form, roll(1000), x.fake.nquery);
#pragma GCC diagnostic pop
	return fake_ask(&x.fake, query);
}

/* One guest comes or goes. */
static void
change(void)
{
	unsigned i = roll(guests);

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
turn(void)
{
	static int64_t dies_at;
	int64_t now = clock_mono_ms();

	for (int i = 0; i < CHANGES; i++)
		change();
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
		ck_assert_uint_ge(b->seen, b->matched + b->skipped);
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

static void
leave_all(void)
{
	for (unsigned i = 0; i < guests; i++)
		if (guest[i])
			fake_withdraw(&x.fake, guest[i]);
}

/* With so many places for guests, the half of them taken from the start on;
 * the witness asks for everything. */
static struct fake_query *
chaos(const struct mql_agent_options *opt, unsigned places,
      struct mql_agent_stats *st)
{
	struct fake_query *witness;
	pthread_t t[PUBLISHERS];
	int64_t end;

	guests = places;
	fake_init(&x.fake);
	x.fake.credit = CREDIT;
	x.fake.keep = false;
	x.fake.heartbeat_ms = places > 100 ? 200 : 20;
	fixture_open(&x, opt);
	witness = fixture_ask(&x, "select n");
	ck_assert_int_eq(witness->state, FAKE_LIVE);
	for (int i = 0; i < PUBLISHERS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, publish_on,
						NULL), 0);
	for (unsigned i = 0; i < places / 2; i++)
		guest[2 * i] = come();
	for (end = clock_mono_ms() + LASTS_MS; clock_mono_ms() < end;)
		turn();
	atomic_store(&over, true);
	for (int i = 0; i < PUBLISHERS; i++)
		pthread_join(t[i], NULL);
	leave_all();
	mql_agent_stats(x.agent, st);
	give();
	fake_give_credit(&x.fake, UINT64_C(1) << 40);
	FAKE_WAIT(&x.fake, x.fake.at_version == x.fake.set);
	fixture_end(&x, witness);
	FAKE_WAIT(&x.fake, !any_live());
	all_is_told();
	ck_assert_uint_gt(x.fake.hellos, 1);
	ck_assert_uint_gt(x.fake.nquery, 100);
	return witness;
}

static void
balance_to_the_last_event(const struct mql_agent_options *opt, unsigned places)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fake_query *witness = chaos(opt, places, &st);

	ck_assert_uint_eq(witness->books.seen, atomic_load(&published));
	ck_assert_uint_eq(witness->books.matched, atomic_load(&published));
	ck_assert_uint_eq(st.seen, atomic_load(&published));
	fixture_fini(&x);
}

START_TEST(books_balance_after_chaos)
{
	balance_to_the_last_event(NULL, 24);
}
END_TEST

START_TEST(books_balance_where_thousands_come_and_go)
{
	const struct mql_agent_options opt = {
		.size = sizeof opt, .max_queries = MOST + 100,
	};

	balance_to_the_last_event(&opt, MOST);
}
END_TEST

/* Throttled, suspended and tried again, while they come and go. */
START_TEST(books_balance_where_all_are_over_their_budget)
{
	const struct mql_agent_options opt = {
		.size = sizeof opt, .max_queries = MOST + 100,
	};
	struct mql_agent_stats st = { .size = sizeof st };

	unsetenv("MQL_AGENT_BUDGET");
	chaos(&opt, 200, &st);
	ck_assert_uint_gt(st.skipped, 0);
	ck_assert_uint_le(st.seen, atomic_load(&published));
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(agent_chaos, books_balance_after_chaos,
	  books_balance_where_thousands_come_and_go,
	  books_balance_where_all_are_over_their_budget)
