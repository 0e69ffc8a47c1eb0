/* agents.c - see agents.h. */
#include "bench/agents.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "bench/agents_loop.h"
#include "bench/request.h"

enum {
	TICK_NS = 1000000,
	REST_NS = 20000000, /* while there is nothing to publish */
	CLOSE_MS = 2000, RING_BYTES = 64 << 10,
};

struct part {
	_Atomic uint64_t published, opened, closed;
};

struct shared {
	struct agents_knobs knobs;
	_Atomic bool        over;
	_Alignas(64) struct part part[AGENTS_PROCESSES];
};

struct agents {
	struct agents_options opt;
	char           source_job[128];
	struct shared *shared;
	pid_t          pid[AGENTS_PROCESSES];
};

/* --- a service ------------------------------------------------------------------ */

struct service {
	struct mql_agent  *agent;
	struct mql_stream *stream;
};

struct process {
	const struct agents *all;
	struct part    *part;
	struct service *at;
	struct agents_loop *loop;
	unsigned        n, first, next;
	uint64_t        event; /* that is next */
	double          owed;  /* events */
};

static union {
	struct requests request;
	struct corpus   corpus;
} events;

static void
open_service(struct process *p, unsigned i)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	char host[32], zone[32];

	snprintf(host, sizeof host, "agent-%u", p->first + i);
	snprintf(zone, sizeof zone, "zone-%u", (p->first + i) % 4);
	opt.app = "fleet";
	opt.host = host;
	opt.zone = zone;
	opt.source_job = p->all->source_job;
	opt.ring_bytes = RING_BYTES;
	if (agent_open_in(&opt, agents_loop_of(p->loop),
			  &p->at[i].agent) ||
	    mql_stream_open(p->at[i].agent, "requests", &p->at[i].stream))
		bench_die("agent %u does not open", p->first + i);
	atomic_fetch_add(&p->part->opened, 1);
}

static void
close_service(struct process *p, unsigned i)
{
	mql_agent_close(p->at[i].agent, CLOSE_MS);
	atomic_fetch_add(&p->part->closed, 1);
}

static void
publish(struct process *p, struct mql_stream *s)
{
	const uint64_t k = p->event++;
	struct str t;

	if (!mql_active(s))
		return;
	if (p->all->opt.large)
		t = corpus_event(&events.corpus, k);
	else
		t = (struct str){ events.request.text[k % REQUESTS],
				  events.request.len[k % REQUESTS] };
	mql_publish_json(s, t.ptr, t.len);
	atomic_fetch_add(&p->part->published, 1);
}

/* Services that publish nothing do not wake up either. */
static long
tick_ns(const struct agents_knobs *k)
{
	return atomic_load(&k->rate) || atomic_load(&k->churn) ? TICK_NS :
								 REST_NS;
}

static void
tick(struct process *p, long ns)
{
	const struct agents_knobs *k = &p->all->shared->knobs;
	const double s = (double)ns / 1e9;

	p->owed += (double)(atomic_load(&k->rate) * p->n) * s;
	for (; p->owed >= 1; p->owed--)
		publish(p, p->at[p->next++ % p->n].stream);
	if (random() % 1000000 >= (long)(1e6 * s * atomic_load(&k->churn)))
		return;
	unsigned i = (unsigned)random() % p->n;
	close_service(p, i);
	open_service(p, i);
}

static void
work(struct process *p)
{
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	while (!atomic_load(&p->all->shared->over)) {
		const long ns = tick_ns(&p->all->shared->knobs);

		tick(p, ns);
		due.tv_nsec += ns;
		due.tv_sec += due.tv_nsec / 1000000000;
		due.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
}

__attribute__((noreturn))
static void
be_process(const struct agents *all, unsigned k)
{
	const struct agents_options *opt = &all->opt;
	struct process p = {
		.all = all, .part = &all->shared->part[k],
		.first = opt->n / opt->processes * k,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	p.n = k + 1 == opt->processes ? opt->n - p.first :
					opt->n / opt->processes;
	p.at = calloc(p.n + 1, sizeof *p.at);
	if (!p.at)
		bench_die("no memory");
	p.loop = agents_loop_start(p.n);
	srandom((unsigned)getpid());
	for (unsigned i = 0; i < p.n; i++)
		open_service(&p, i);
	if (p.n)
		work(&p);
	for (unsigned i = 0; i < p.n; i++)
		close_service(&p, i);
	_exit(0); /* the loop goes with us */
}

/* --- all of them ------------------------------------------------------------------ */

static void
start(struct agents *a, unsigned k)
{
	if ((a->pid[k] = fork()) < 0)
		bench_die("cannot start a process");
	if (!a->pid[k])
		be_process(a, k);
}

struct agents *
agents_start(const struct agents_options *opt)
{
	struct agents *a = calloc(1, sizeof *a);

	if (a)
		a->shared = mmap(NULL, sizeof *a->shared,
				 PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!a || a->shared == MAP_FAILED)
		bench_die("no memory for agents");
	a->opt = *opt;
	if (!a->opt.processes || a->opt.processes > AGENTS_PROCESSES)
		bench_die("1 to %d processes", AGENTS_PROCESSES);
	if (opt->n / opt->processes > AGENTS_IN_PROCESS)
		bench_die("%u agents take %u processes at least", opt->n,
			  (opt->n + AGENTS_IN_PROCESS - 1) /
			  AGENTS_IN_PROCESS);
	snprintf(a->source_job, sizeof a->source_job, "%s", opt->source_job);
	if (opt->large)
		corpus_fill(&events.corpus, CORPUS_EARLY);
	else
		requests_fill(&events.request);
	atomic_store(&a->shared->knobs.rate, opt->rate);
	for (unsigned k = 0; k < a->opt.processes; k++)
		start(a, k);
	return a;
}

struct agents_knobs *
agents_knobs(struct agents *a)
{
	return &a->shared->knobs;
}

struct agents_sum
agents_sum(const struct agents *a)
{
	struct agents_sum sum = { 0 };

	for (unsigned k = 0; k < a->opt.processes; k++) {
		const struct part *from = &a->shared->part[k];

		sum.published += atomic_load(&from->published);
		sum.opened += atomic_load(&from->opened);
		sum.closed += atomic_load(&from->closed);
	}
	return sum;
}

void
agents_kill(struct agents *a, unsigned k)
{
	kill(a->pid[k], SIGKILL);
	waitpid(a->pid[k], NULL, 0);
	start(a, k);
}

void
agents_stop(struct agents *a)
{
	if (!a)
		return;
	atomic_store(&a->shared->over, true);
	for (unsigned k = 0; k < a->opt.processes; k++)
		waitpid(a->pid[k], NULL, 0);
	munmap(a->shared, sizeof *a->shared);
	free(a);
}
