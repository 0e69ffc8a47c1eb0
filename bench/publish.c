/* publish.c - what publishing costs the thread that serves a request, each
 * figure beside the least that does the same by hand: while nobody asks, with
 * a live query of two terms that nothing matches, in each form of event, on
 * many threads, and with a row of ten columns for each event. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/rcu.h"
#include "agent/ring.h"
#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/request.h"
#include "common/clock.h"

enum { OFTEN = 32, THREADS = 8, EACH = 4 << 20, ROWS = 20000, PACE_NS = 20000 };

static const char none[] = "select * where country=='BR' and device=='ipad'";
static const char ten[] = "select customer_id, country, device, title, "
	"episode, latency_ms, status, is_kids, cdn, request_id "
	"where status == 200 and episode >= 0";

struct suite {
	struct mql_stream *structs, *built, *texts;
	struct requests    all;
	void              *queries; /* what a publisher by hand looks at */
	size_t             hits;
};

/* --- a query that lives as long as somebody reads ------------------------------ */

struct asked { /* the reader has the tail */
	struct mql_tail *tail;
	_Atomic bool     over;
	pthread_t        reader;
};

static void *
read_all(void *asked)
{
	struct asked *a = asked;
	struct mql_item item;

	while (!atomic_load(&a->over))
		mql_tail_next(a->tail, 10, &item);
	daemon_end(a->tail);
	return NULL;
}

static void
ask(struct asked *a, const struct daemon *f, const char *query)
{
	a->tail = daemon_tail(f, query, 1);
	atomic_init(&a->over, false);
	if (pthread_create(&a->reader, NULL, read_all, a))
		bench_die("no reader");
}

static void
end(struct asked *a)
{
	atomic_store(&a->over, true);
	pthread_join(a->reader, NULL);
}

/* --- while nobody asks ------------------------------------------------------ */

static void
loop_empty(void *arg, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		bench_barrier();
}

static void
loop_publish(void *arg, size_t n)
{
	const struct suite *s = arg;
	struct mql_stream *stream = s->structs;

	for (size_t i = 0; i < n; i++) {
		mql_publish(stream, &s->all.at[i % REQUESTS]);
		bench_barrier();
	}
}

static void
loop_publish_json(void *arg, size_t n)
{
	const struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		mql_publish_json(s->texts, s->all.text[i % REQUESTS],
				 s->all.len[i % REQUESTS]);
		bench_barrier();
	}
}

/* --- one query, no match ---------------------------------------------------- */

/* Load what is live, read side, predicate. */
static void
loop_by_hand(void *arg, size_t n)
{
	const rcu_thread *self = rcu_self_light();
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		const struct request *r = &s->all.at[i % REQUESTS];
		const char *c = r->country;
		rcu_hold hold;

		if (!__atomic_load_n(&s->queries, __ATOMIC_ACQUIRE))
			continue;
		hold = rcu_try(self);
		s->hits += c[0] == 'B' && c[1] == 'R' && !c[2] &&
			   !strcmp(r->device, "ipad");
		rcu_done(hold);
		bench_barrier();
	}
}

/* The builder keeps its fields until the next begin, so that an event can be
 * published more than once, and one publish be told from the setting. */
static void
build_publish(struct suite *s, size_t n, int times)
{
	for (size_t i = 0; i < n; i++) {
		struct mql_event *e = request_build(s->built,
						&s->all.at[i % REQUESTS]);

		for (int k = 0; k < times; k++)
			mql_event_publish(e);
		bench_barrier();
	}
}

static void
loop_build_publish(void *arg, size_t n)
{
	build_publish(arg, n, 1);
}

static void
loop_build_publish_often(void *arg, size_t n)
{
	build_publish(arg, n, 1 + OFTEN);
}

/* Keys are interned, so that they are compared as pointers. The events are
 * there before: to make them is no part of it. */
struct pair { const char *key, *value; };
enum { PAIRS = 7 };
static const char key_country[] = "country", key_device[] = "device";
static struct pair pairs[REQUESTS][PAIRS];

static void
make_pairs(const struct requests *all)
{
	static const char other[PAIRS][8];

	for (size_t i = 0; i < REQUESTS; i++) {
		for (size_t k = 0; k < PAIRS - 1; k++)
			pairs[i][k] = (struct pair){ other[k], "" };
		pairs[i][1] = (struct pair){ key_country, all->at[i].country };
		pairs[i][2] = (struct pair){ key_device, all->at[i].device };
	}
}

static const char *
find(const struct pair *e, const char *key)
{
	while (e->key && e->key != key)
		e++;
	return e->value;
}

static void
loop_search_by_hand(void *arg, size_t n)
{
	const rcu_thread *self = rcu_self_light();
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		const struct pair *e = pairs[i % REQUESTS];
		rcu_hold hold;
		const char *c;

		if (!__atomic_load_n(&s->queries, __ATOMIC_ACQUIRE))
			continue;
		hold = rcu_try(self);
		c = find(e, key_country);
		s->hits += c[0] == 'B' && c[1] == 'R' && !c[2] &&
			   !strcmp(find(e, key_device), "ipad");
		rcu_done(hold);
		bench_barrier();
	}
}

/* The least that any scanner of text does: look at each byte once. */
static void
loop_memchr(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		s->hits += memchr(s->all.text[i % REQUESTS], '\n',
				  s->all.len[i % REQUESTS]) != NULL;
		bench_barrier();
	}
}

/* --- threads ---------------------------------------------------------------- */

/* ns of its own processor time per event: what another process takes away is
 * not the agent's fault. */
static void *
publish_many(void *arg)
{
	double *ns = malloc(sizeof *ns);
	struct timespec t0, t1;

	if (!ns)
		bench_die("out of memory");
	loop_publish(arg, 1000);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
	loop_publish(arg, EACH);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
	*ns = (double)((t1.tv_sec - t0.tv_sec) * 1000000000 +
		       t1.tv_nsec - t0.tv_nsec) / EACH;
	return ns;
}

/* The median over n threads at once. */
static double
threads_ns(struct suite *s, size_t n)
{
	pthread_t thread[THREADS];
	double ns[THREADS];
	void *result;

	for (size_t i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, publish_many, s))
			bench_die("no thread");
	for (size_t i = 0; i < n; i++) {
		pthread_join(thread[i], &result);
		ns[i] = *(double *)result;
		free(result);
	}
	return bench_percentile(ns, n, 50);
}

/* --- a row for each event ----------------------------------------------------- */

/* The time of each call, PACE_NS apart, without that of the clock. */
static void
paced(void (*call)(void *arg, size_t i), void *arg, double *ns)
{
	int64_t next = clock_mono_ns(), clock = INT64_MAX;

	for (int i = 0; i < 1000; i++) {
		int64_t t = clock_mono_ns(), d = clock_mono_ns() - t;

		clock = d < clock ? d : clock;
	}
	for (size_t i = 0; i < ROWS; i++) {
		int64_t t;

		for (next += PACE_NS; (t = clock_mono_ns()) < next;)
			;
		t = clock_mono_ns();
		call(arg, i);
		ns[i] = (double)(clock_mono_ns() - t - clock);
		if (clock_mono_ns() > next + 10 * PACE_NS)
			next = clock_mono_ns(); /* we were put aside */
	}
}

static void
publish_one(void *arg, size_t i)
{
	struct suite *s = arg;

	mql_publish(s->structs, &s->all.at[i % REQUESTS]);
}

static void
push_one(void *arg, size_t i)
{
	static char row[250];
	struct ring *r = arg;

	ring_push(r, row, sizeof row);
	if (i % 64 == 0)
		ring_release(r, atomic_load(&r->head));
}

static void
measure_rows(struct suite *s, const struct daemon *f)
{
	static double ns[ROWS], limit[ROWS];
	struct ring ring = { 0 };
	double p50, p99;
	struct asked a;

	ask(&a, f, ten);
	if (ring_init(&ring, 256 * 1024))
		bench_die("no ring");
	paced(push_one, &ring, limit);
	paced(publish_one, s, ns);
	end(&a);
	ring_fini(&ring);
	p50 = bench_percentile(limit, ROWS, 50);
	p99 = bench_percentile(limit, ROWS, 99);
	bench_report("publish", "a row of 10 columns, p50",
		     bench_percentile(ns, ROWS, 50), "ns", p50, 400);
	bench_report("publish", "a row of 10 columns, p99",
		     bench_percentile(ns, ROWS, 99), "ns", p99, 1000);
}

/* ------------------------------------------------------------------------------ */

static void
measure_idle(struct suite *s)
{
	double empty = bench_ns(loop_empty, s);

	bench_report("publish", "struct, nobody asks",
		     bench_ns(loop_publish, s), "ns", empty, empty + 2);
	bench_report("publish", "JSON text, nobody asks",
		     bench_ns(loop_publish_json, s), "ns", empty, empty + 2);
}

static void
measure_unmatched(struct suite *s, const struct daemon *f)
{
	double hand, one, build;
	struct asked a;

	ask(&a, f, none);
	s->queries = &a;
	make_pairs(&s->all);
	rcu_enter(); /* so that this thread is known */
	rcu_leave();
	hand = bench_ns(loop_by_hand, s);
	one = bench_ns(loop_publish, s);
	bench_report("publish", "struct, one query, no match", one, "ns", hand,
		     2.5 * hand > 10 ? 2.5 * hand : 10);
	build = bench_ns(loop_build_publish, s);
	bench_report("publish", "built event, one query, no match",
		     (bench_ns(loop_build_publish_often, s) - build) / OFTEN,
		     "ns", bench_ns(loop_search_by_hand, s), 1.3 * one);
	bench_report("publish", "built event, with setting ten fields", build,
		     "ns", NONE, NONE);
	bench_report("publish", "JSON text, one query, no match",
		     bench_ns(loop_publish_json, s), "ns",
		     bench_ns(loop_memchr, s), NONE);
	one = threads_ns(s, 1);
	bench_report("publish", "struct, 8 threads at once, each",
		     threads_ns(s, THREADS), "ns", one, 1.5 * one);
	end(&a);
}

int
main(int argc, char **argv)
{
	static struct suite s;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct daemon f;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	daemon_start(&f, argv[1]);
	requests_fill(&s.all);
	opt.app = "bench";
	opt.source_job = f.agents;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "built", &s.built) ||
	    mql_stream_open(agent, "texts", &s.texts))
		bench_die("the agent does not open");
	s.structs = requests_stream(agent, "structs");
	measure_idle(&s);
	measure_unmatched(&s, &f);
	measure_rows(&s, &f);
	mql_agent_close(agent, 100);
	daemon_stop(&f);
	return 0;
}
