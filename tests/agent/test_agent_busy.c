/* test_agent_busy.c - what a query costs on a machine that is busy with other
 * things: the wall clock runs on while our thread does not. Linked with --wrap
 * for the clocks that time an event, which the test turns on its own thread. */
#include "tests/agent/fixture.h"

enum {
	BURST = 10,           /* events, between two looks at the fake */
	BEATS = 75,           /* of 20 ms: 15 looks at the costs */
	CALL_NS = 100,        /* between two looks at a clock */
	STOLEN_NS = 5000000,  /* sometimes */
	ODDS = 11,            /* calls: at most once an event */
};

static _Thread_local bool here;
static bool runs; /* our thread does, in the stolen time */
static int64_t wall, cpu;
static unsigned calls;

int64_t __real_clock_mono_ns(void);
int64_t __real_clock_thread_ns(void);
int64_t __wrap_clock_mono_ns(void);
int64_t __wrap_clock_thread_ns(void);

static void
pass(void)
{
	const int64_t stolen = ++calls % ODDS ? 0 : STOLEN_NS;

	wall += CALL_NS + stolen;
	cpu += CALL_NS + (runs ? stolen : 0);
}

int64_t
__wrap_clock_mono_ns(void)
{
	if (!here)
		return __real_clock_mono_ns();
	pass();
	return wall;
}

int64_t
__wrap_clock_thread_ns(void)
{
	if (!here)
		return __real_clock_thread_ns();
	pass();
	return cpu;
}

static struct fixture *
open_fixture(void)
{
	static struct fixture x;

	unsetenv("MQL_AGENT_BUDGET");
	fake_init(&x.fake);
	fixture_open(&x, NULL); /* 1% of a core */
	return &x;
}

static void
publish_some(struct fixture *x)
{
	static unsigned n;

	here = true;
	for (unsigned i = 0; i < BURST; i++)
		publish_number(x->stream, n++);
	here = false;
	fake_pump(&x->fake, 5);
}

START_TEST(a_busy_machine_is_no_query_s_fault)
{
	struct fixture *x = open_fixture();
	struct fake_query *q = fixture_ask(x, "select n where n == -1");
	struct fake_query *r = fixture_ask(x, "select n where even");

	while (x->fake.heartbeats < BEATS) {
		publish_some(x);
		ck_assert_uint_le(q->every, 1);
		ck_assert_uint_le(r->every, 1);
	}
	fixture_end(x, q);
	ck_assert_uint_eq(q->books.skipped, 0);
	ck_assert_uint_gt(q->books.seen, BEATS);
	fixture_fini(x);
}
END_TEST

START_TEST(a_query_for_which_the_thread_does_run_pays)
{
	struct fixture *x = open_fixture();
	struct fake_query *q = fixture_ask(x, "select n where n == -1");
	int64_t end = clock_mono_ms() + 20000;

	runs = true;
	while (q->every <= 1 && !q->suspended && clock_mono_ms() < end)
		publish_some(x);
	ck_assert_str_eq(q->limit, "over 1% of a core");
	fixture_end(x, q);
	fixture_fini(x);
}
END_TEST

TEST_MAIN(agent_busy, a_busy_machine_is_no_query_s_fault,
	  a_query_for_which_the_thread_does_run_pays)
