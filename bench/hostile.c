/* hostile.c - what queries that mean ill take from a service that serves
 * 10,000 requests a second, with the budgets that an owner gets unasked.
 *
 * For each query the service first publishes unasked; then the query comes,
 * and its first second, in which the agent finds out what it costs, is told
 * apart from what follows. 1% of a core is 1 us a request on average there,
 * and so at most 100 us at the 99th percentile. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/request.h"
#include "common/buf.h"
#include "common/clock.h"

enum {
	RATE = 10000, PERIOD_NS = 1000000000 / RATE, WORK = 4000,
	UNASKED_MS = 500, ASKED_MS = 2200, FIRST_NS = 1000000000,
	TERMS = 1000, COLUMNS = 500,
	BUDGET_PERCENT = 1, BUDGET_P99_US = 100, TOLD_MS = 1000,
};

/* --- the service ----------------------------------------------------------- */

enum when { UNASKED, FIRST, THEN, WHENS };

struct part {
	double  us[3 * RATE]; /* that a publish took */
	size_t  n;
	double  cpu;          /* ns of the thread in them, and in the clock */
	int64_t began, ended;
};

struct service {
	struct mql_agent  *agent;
	struct mql_stream *stream;
	struct requests    all;
	atomic_bool        stop;
	struct part        part[WHENS];
	unsigned           sum;
};

static double
thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static struct part *
part_of(struct service *s, int64_t now)
{
	int64_t asked = s->part[FIRST].began;

	if (asked)
		return &s->part[now - asked < FIRST_NS ? FIRST : THEN];
	return &s->part[mql_active(s->stream) ? FIRST : UNASKED];
}

/* Some microseconds of honest work, and an event about it, with an id that no
 * other one has. */
static void
serve_one(struct service *s, uint64_t i)
{
	struct request r = s->all.at[i % REQUESTS];
	int64_t began, ended;
	struct part *p;
	double cpu;

	for (unsigned k = 0; k < WORK; k++)
		s->sum = s->sum * 31 + (unsigned char)r.title[k % 12] + k;
	r.customer_id = i;
	p = part_of(s, clock_mono_ns());
	cpu = thread_ns();
	began = clock_mono_ns();
	mql_publish(s->stream, &r);
	ended = clock_mono_ns();
	p->cpu += thread_ns() - cpu;
	p->began = p->began ? p->began : began;
	p->ended = ended;
	if (p->n < sizeof p->us / sizeof p->us[0])
		p->us[p->n++] = (double)(ended - began) / 1000;
}

static void *
serve(void *service)
{
	struct service *s = service;
	int64_t due = clock_mono_ns(), now;

	for (uint64_t i = 0; !atomic_load(&s->stop); i++) {
		for (due += PERIOD_NS; (now = clock_mono_ns()) < due;)
			;
		if (now - due > 50 * PERIOD_NS)
			due = now; /* somebody else had our core */
		serve_one(s, i);
	}
	return NULL;
}

/* --- who asks ---------------------------------------------------------------- */

/* Read what comes for a while. When it was told about the budget, ms from
 * now; 0: it was not. */
static double
listen_for(struct mql_tail *t, int ms)
{
	int64_t began = clock_mono_ms(), now, told = 0;
	struct mql_item item;

	for (; (now = clock_mono_ms()) - began < ms;) {
		if (mql_tail_next(t, 10, &item))
			continue;
		if (item.kind == MQL_END)
			bench_die("the query ended: %s", item.why);
		if (!told && item.kind != MQL_ROW && item.limited)
			told = now;
	}
	return told ? (double)(told - began) : 0;
}

/* % of a core, less what it takes to measure: what it was unasked. */
static double
share(const struct service *s, enum when when)
{
	const struct part *p = &s->part[when], *none = &s->part[UNASKED];
	double clocks = none->cpu / (double)none->n * (double)p->n;
	double net = p->cpu > clocks ? p->cpu - clocks : 0;

	return 100 * net / (double)(p->ended - p->began);
}

static double
p99(struct service *s, enum when when)
{
	return bench_percentile(s->part[when].us, s->part[when].n, 99);
}

static void
report(const char *query, const char *figure, double value, const char *unit,
       double baseline, double target)
{
	char name[64];

	snprintf(name, sizeof name, "%s, %s", query, figure);
	bench_report("hostile", name, value, unit, baseline, target);
}

static void
run(const struct daemon *f, struct service *s, const char *name,
    const char *query)
{
	struct timespec pause = { .tv_nsec = UNASKED_MS * 1000000L };
	struct mql_tail *t;
	pthread_t thread;
	double told, none;

	memset(s->part, 0, sizeof s->part);
	atomic_store(&s->stop, false);
	if (pthread_create(&thread, NULL, serve, s))
		bench_die("no thread");
	nanosleep(&pause, NULL);
	t = daemon_tail(f, query, 1);
	told = listen_for(t, ASKED_MS);
	atomic_store(&s->stop, true);
	pthread_join(thread, NULL);
	daemon_end(t);
	if (!s->part[UNASKED].n || !s->part[THEN].n)
		bench_die("%s was never there", name);
	none = p99(s, UNASKED);
	if (told > 0)
		report(name, "told after", told, "ms", NONE, TOLD_MS);
	else /* there is nothing to tell, or else it is missed */
		report(name, "not told: of a core", share(s, FIRST), "%", NONE,
		       BUDGET_PERCENT);
	report(name, "1st s, of a core", share(s, FIRST), "%", NONE, NONE);
	report(name, "then, of a core", share(s, THEN), "%", NONE,
	       BUDGET_PERCENT);
	report(name, "1st s, publish p99", p99(s, FIRST), "us", none, NONE);
	report(name, "then, publish p99", p99(s, THEN), "us", none,
	       BUDGET_P99_US);
}

/* --- the queries ---------------------------------------------------------------- */

/* head, n times each with its number in it, what is between, tail. */
static char *
many(const char *head, unsigned n, const char *each, const char *between,
     const char *tail)
{
	struct buf b = BUF_INIT;
	char number[16];

	buf_puts(&b, head);
	for (unsigned i = 0; i < n; i++) {
		snprintf(number, sizeof number, "%u", i);
		buf_puts(&b, i ? between : "");
		buf_puts(&b, each);
		buf_puts(&b, number);
	}
	buf_puts(&b, tail);
	buf_put(&b, "", 1);
	if (b.err)
		bench_die("no memory");
	return (char *)b.data;
}

static void
measure(const struct daemon *f, struct service *s)
{
	char *terms = many("select * where ", TERMS,
			   "latency_ms * episode == -1 - ", " or ", "");
	char *columns = many("select ", COLUMNS, "request_id as c", ", ", "");

	run(f, s, "regex",
	    "select * where request_id =~ /([0-9a-f]|[0-9a-f-]+)+[g-z]/");
	run(f, s, "1,000 terms", terms);
	run(f, s, "unique groups",
	    "select customer_id, request_id, count(*) as n "
	    "group by customer_id, request_id window 1s");
	run(f, s, "500 columns", columns);
	free(terms);
	free(columns);
}

int
main(int argc, char **argv)
{
	static struct service s;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct daemon f;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	unsetenv("MQL_AGENT_BUDGET"); /* see bench.c */
	daemon_start(&f, argv[1]);
	requests_fill(&s.all);
	opt.app = "bench";
	opt.source_job = f.agents;
	if (mql_agent_open(&opt, &s.agent))
		bench_die("the agent does not open");
	s.stream = requests_stream(s.agent, "structs");
	measure(&f, &s);
	mql_agent_close(s.agent, 100);
	daemon_stop(&f);
	return 0;
}
