/* change.c - what one query more costs the agent's thread, beside 10,000 that
 * are live: the message decoded, the query compiled, the matcher built, and
 * swapped under a thread that publishes; and what that thread notices of it.
 *
 * Figures are of the thread's processor time. With a number as a second
 * argument that many queries come and go and nothing is measured, for who
 * counts instructions in counted_more() and counted_less(); with a third one,
 * beside none, as most queries of a fleet do. There is no source-job and no
 * thread of the agent's: this one does its work. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/agent.h"
#include "bench/bench.h"
#include "bench/many.h"
#include "common/clock.h"

enum { LIVE = 10000, TEXTS = LIVE + 500, BATCH = 250, TIMED = 1000,
       SLICES = 400000, PERIOD_NS = 100000 };

enum part { DECODE, COMPILE, APPLY, ACK, PARTS };

struct suite {
	struct many       *many;
	struct mql_agent  *agent;
	struct mql_stream *stream;
	char              *text[TEXTS];
	uint32_t           oldest, newest; /* ids; text[id % TEXTS] */
	bool               alone;
	struct buf         delta;
	_Atomic bool       over;
	double             took[SLICES]; /* ns a publish */
	size_t             ntook;
	cpu_set_t          cpus;
};

static void
open_agent(struct suite *s)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;

	setenv("MQL_AGENT", "off", 1); /* no thread, no socket */
	opt.app = "bench";
	opt.max_queries = LIVE + BATCH;
	opt.cpu_permille = 1000000; /* the publisher does nothing else */
	if (mql_agent_open(&opt, &a) ||
	    (s->alone ? mql_stream_open(a, "requests", &s->stream) :
	     mql_stream_open_struct(a, "requests", many_fields(), MANY_FIELDS,
				    &s->stream)) ||
	    pthread_key_create(&a->key, publisher_give_back) ||
	    run_table_init(a) || folds_init(a))
		bench_die("the agent does not open");
	a->has_key = true;
	rows_writer_init(&a->writer);
	a->link.state = LINK_LIVE;
	a->link.synced = true;
	s->agent = a;
}

/* --- changes -------------------------------------------------------------------- */

/* nadd queries more, and as many of the oldest less. */
static void
write_delta(struct suite *s, unsigned nadd, unsigned nremove)
{
	struct wire_query add[BATCH];
	uint32_t remove[BATCH];
	const struct wire_queries m = {
		.base = s->agent->link.version,
		.version = s->agent->link.version + 1,
		.add = add, .nadd = nadd, .remove = remove, .nremove = nremove,
	};

	for (unsigned i = 0; i < nadd; i++) {
		const uint32_t id = ++s->newest;

		add[i] = (struct wire_query){
			.id = id, .text = str_of(s->text[id % TEXTS]),
		};
	}
	for (unsigned i = 0; i < nremove; i++)
		remove[i] = ++s->oldest;
	buf_reset(&s->delta);
	wire_queries_encode(&m, &s->delta);
	if (s->delta.err)
		bench_die("out of memory");
}

/* As the agent's thread does it, from one look to the next. */
static void
change(struct suite *s, int64_t *at)
{
	struct mql_agent *a = s->agent;
	struct wire_queries m;
	struct str body;
	unsigned kind;

	at[DECODE] = clock_thread_ns();
	if (wire_get_header((char *)s->delta.data, s->delta.len, &kind,
			    &body) || wire_queries_decode(body, &m))
		bench_die("the delta is none");
	at[COMPILE] = clock_thread_ns();
	matchers_take(a, &m);
	arena_fini(&m.mem);
	at[APPLY] = clock_thread_ns();
	matchers_apply(a);
	at[ACK] = clock_thread_ns();
	report_send_ack(a);
	matchers_settle(a, clock_mono_ms());
	report_send_ack(a);
	at[PARTS] = clock_thread_ns();
}

__attribute__((noinline)) static void
counted_more(struct suite *s, int64_t *at)
{
	change(s, at);
	bench_barrier(); /* not by a jump */
}

/* Returns how many us it took. */
__attribute__((noinline)) static double
counted_less(struct suite *s)
{
	int64_t at[PARTS + 1];

	change(s, at);
	return (double)(at[PARTS] - at[0]) / 1e3;
}

/* What somebody asks of a fleet. */
static char *
fleet_query(unsigned i)
{
	char *text;

	if (asprintf(&text, "select * where country == \"BR\" and status == %u",
		     600 + i) < 0)
		bench_die("out of memory");
	return text;
}

/* Live all of them, some at a time. */
static void
fill(struct suite *s)
{
	int64_t at[PARTS + 1];

	for (unsigned i = 0; i < TEXTS; i++)
		s->text[i] = s->alone ? fleet_query(i) :
			     many_query(s->many, MANY_SELECTIVE);
	for (unsigned i = 0; !s->alone && i < LIVE; i += BATCH) {
		write_delta(s, BATCH, 0);
		change(s, at);
	}
	if (s->agent->runs.n[RUN_LIVE] != (s->alone ? 0 : LIVE) ||
	    mql_active(s->stream) == s->alone)
		bench_die("%u queries are live", s->agent->runs.n[RUN_LIVE]);
}

/* --- a thread of the service ------------------------------------------------------ */

static void *
publish_on(void *arg)
{
	struct suite *s = arg;
	int64_t now = clock_mono_ns(), then;

	for (size_t i = 0; !atomic_load(&s->over); i++) {
		mql_publish(s->stream, many_event(s->many, i));
		then = clock_mono_ns();
		s->took[s->ntook++ % SLICES] = (double)(then - now);
		for (then += PERIOD_NS; (now = clock_mono_ns()) < then;)
			;
	}
	return NULL;
}

/* The i-th of the processors that there are; none: all of them. */
static cpu_set_t
processor(const struct suite *s, int i)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &s->cpus) && i-- == 0)
			CPU_SET(cpu, &one);
	return CPU_COUNT(&one) ? one : s->cpus;
}

/* On another processor than ours, so that both run at the same time. */
static void
publish(struct suite *s, pthread_t *t)
{
	const cpu_set_t theirs = processor(s, 1), ours = processor(s, 0);
	pthread_attr_t attr;

	atomic_store(&s->over, false);
	s->ntook = 0;
	if (pthread_attr_init(&attr) ||
	    pthread_attr_setaffinity_np(&attr, sizeof theirs, &theirs) ||
	    sched_setaffinity(0, sizeof ours, &ours) ||
	    pthread_create(t, &attr, publish_on, s))
		bench_die("no thread");
	pthread_attr_destroy(&attr);
}

/* The 99th percentile of its publishes, in us. */
static double
stop(struct suite *s, pthread_t t)
{
	atomic_store(&s->over, true);
	pthread_join(t, NULL);
	return bench_percentile(s->took, s->ntook < SLICES ? s->ntook : SLICES,
				99) / 1e3;
}

static void
rest_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void
measure(struct suite *s)
{
	static const char *const name[PARTS + 2] = {
		"10,000 live, one more: decoded", "... compiled",
		"... built and swapped", "... acknowledged",
		"10,000 live, one more: in all", "... and one less",
	};
	static double us[PARTS + 2][TIMED];
	int64_t at[PARTS + 1];
	pthread_t t;
	double calm, busy;

	if (sched_getaffinity(0, sizeof s->cpus, &s->cpus))
		bench_die("no processors");
	publish(s, &t);
	rest_ms(TIMED * 2);
	calm = stop(s, t);
	publish(s, &t);
	for (unsigned i = 0; i < TIMED; i++) {
		write_delta(s, 1, 0);
		change(s, at);
		for (unsigned k = 0; k < PARTS; k++)
			us[k][i] = (double)(at[k + 1] - at[k]) / 1e3;
		us[PARTS][i] = (double)(at[PARTS] - at[0]) / 1e3;
		write_delta(s, 0, 1);
		us[PARTS + 1][i] = counted_less(s);
	}
	busy = stop(s, t);
	for (unsigned k = 0; k < PARTS + 2; k++)
		bench_report("change", name[k],
			     bench_percentile(us[k], TIMED, 50), "us", NONE,
			     k < PARTS ? NONE : 50);
	bench_report("change", "publish meanwhile, p99", busy, "us", calm,
		     2 * calm);
}

int
main(int argc, char **argv)
{
	static struct suite s;
	int64_t at[PARTS + 1];

	if (argc < 2 || argc > 4)
		bench_die("usage: %s BUILD-DIRECTORY [CHANGES [alone]]",
			  argv[0]);
	s.alone = argc == 4;
	s.many = many_new();
	open_agent(&s);
	fill(&s);
	for (int i = argc > 2 ? atoi(argv[2]) : 0; i > 0; i--) {
		write_delta(&s, 1, 0);
		counted_more(&s, at);
		write_delta(&s, 0, 1);
		counted_less(&s);
	}
	if (argc == 2)
		measure(&s);
	buf_fini(&s.delta);
	for (unsigned i = 0; i < TEXTS; i++)
		free(s.text[i]);
	suspects_clear(s.agent);
	mql_agent_close(s.agent, 100);
	many_free(s.many);
	return 0;
}
