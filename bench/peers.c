/* peers.c - see peers.h: the processes, and what they share. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/peers_private.h"
#include "common/clock.h"

enum { BATCH = 100, GROUPS = 1000 };

struct peers {
	struct peers_shared *shared;
	pid_t    pid[PEERS_PROCESSES];
	unsigned n;
};

static struct sockaddr_in
address(const char *endpoint)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char host[32];
	unsigned port;

	if (sscanf(endpoint, "tcp://%31[0-9.]:%u", host, &port) != 2 ||
	    port > UINT16_MAX || inet_pton(AF_INET, host, &to.sin_addr) != 1)
		bench_die("'%s' is no tcp://ADDRESS:PORT", endpoint);
	to.sin_port = htons((uint16_t)port);
	return to;
}

__attribute__((noreturn))
static void
be_process(const struct peers_options *opt, struct peers_shared *shared,
	   unsigned k, unsigned processes)
{
	static const struct peer_role *const role[] = {
		[PEERS_AGENT] = &peer_agent,
		[PEERS_SUBSCRIBER] = &peer_subscriber,
		[PEERS_BARE] = &peer_bare,
	};
	const unsigned first = opt->n / processes * k;
	struct peers_process h = {
		.opt = opt, .knobs = &shared->knobs, .part = &shared->part[k],
		.role = role[opt->kind], .to = address(opt->endpoint),
		.n = k + 1 == processes ? opt->n - first : opt->n / processes,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN); /* a link that is lost is read to be so */
	h.at = calloc(h.n, sizeof *h.at);
	if (!h.at)
		bench_die("no memory for %u peers", h.n);
	for (unsigned i = 0; i < h.n; i++) {
		zmtp_init(&h.at[i].z, opt->keys);
		h.at[i].home = &h;
		h.at[i].index = first + i;
	}
	peers_run(&h);
}

struct peers *
peers_start(const struct peers_options *opt)
{
	struct peers *p = calloc(1, sizeof *p);

	if (p)
		p->shared = mmap(NULL, sizeof *p->shared,
				 PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!p || p->shared == MAP_FAILED)
		bench_die("no memory for peers");
	p->n = opt->processes ? opt->processes : 1;
	if (p->n > PEERS_PROCESSES)
		bench_die("more than %d processes", PEERS_PROCESSES);
	atomic_store(&p->shared->knobs.batch, BATCH);
	atomic_store(&p->shared->knobs.groups, GROUPS);
	atomic_store(&p->shared->knobs.pace, opt->pace);
	for (unsigned k = 0; k < p->n; k++) {
		if ((p->pid[k] = fork()) < 0)
			bench_die("cannot start a process");
		if (!p->pid[k])
			be_process(opt, p->shared, k, p->n);
	}
	return p;
}

void
peers_stop(struct peers *p)
{
	if (!p)
		return;
	for (unsigned k = 0; k < p->n; k++)
		kill(p->pid[k], SIGKILL);
	for (unsigned k = 0; k < p->n; k++)
		waitpid(p->pid[k], NULL, 0);
	munmap(p->shared, sizeof *p->shared);
	free(p);
}

struct peers_knobs *
peers_knobs(struct peers *p)
{
	return &p->shared->knobs;
}

struct peers_sum
peers_sum(const struct peers *p)
{
	struct peers_sum sum = { 0 };

	for (unsigned k = 0; k < p->n; k++) {
		const struct peers_part *from = &p->shared->part[k];
#define X(name, text) sum.name += atomic_load(&from->name);
		PEERS_COUNTERS(X)
#undef X
	}
	return sum;
}

bool
peers_await(const struct peers *p, unsigned greeted, int timeout_ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	const int64_t until = clock_mono_ms() + timeout_ms;

	while (peers_sum(p).greeted < greeted) {
		if (clock_mono_ms() > until)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}
