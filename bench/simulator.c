/* fleet - simulates a fleet of agents for a source-job, and what befalls one.
 *
 *     fleet --agents 500                       real agents (bench/agents.h)
 *     fleet --peers 10000 --processes 2        stand-ins (bench/peers.h)
 *     fleet --peers 1000 --rate flood          as many rows as credit allows
 *     fleet --subscribers 100 --query "..."    who ask, and count the rows
 *     fleet --peers 1000 --key-file F --server-key F     stand-ins with a key
 *
 * Nobody is killed, or goes (--churn), before a query is live. Once a second
 * it says on standard error how it stands; when --for is over, or a line or
 * the end of standard input has come, one line of JSON goes to standard
 * output. Agents then say goodbye and hand over what they have. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/agents.h"
#include "bench/bench.h"
#include "bench/peers.h"
#include "common/clock.h"
#include "common/options.h"

static const struct option_usage usage = {
	.prog = "fleet",
	.synopsis = "[options]",
	.about = "Simulates a fleet for a source-job.",
};

static struct {
	const char *to, *asked, *query, *rate, *events, *key, *server;
	uint64_t    agents, peers, subscribers, processes, batch, groups, pace;
	uint64_t    churn;
	int64_t     ms, kills, faults;
	bool        large;
} opt;

enum { TURN_MS = 50, TELL_MS = 1000 };

static struct agents *agents;
static struct peers  *peers, *subscribers;
static struct wire_keys *keys; /* of stand-ins; NULL: none */
static bool           calm; /* no faults any more */

static bool
parse(int argc, char **argv)
{
	const struct option table[] = {
		{ "to", 0, OPTION_STRING, "ENDPOINT", "tcp://127.0.0.1:7400",
		  "where agents connect", &opt.to },
		{ "from", 0, OPTION_STRING, "ENDPOINT", "tcp://127.0.0.1:7401",
		  "where subscribers connect", &opt.asked },
		{ "agents", 0, OPTION_UINT, "N", "0", "real ones", &opt.agents },
		{ "peers", 0, OPTION_UINT, "N", "0", "stand-ins", &opt.peers },
		{ "subscribers", 0, OPTION_UINT, "N", "0", "of --query",
		  &opt.subscribers },
		{ "query", 0, OPTION_STRING, "TEXT", "select *", "what they ask",
		  &opt.query },
		{ "processes", 0, OPTION_UINT, "N", "2",
		  "for agents, and for peers", &opt.processes },
		{ "events", 0, OPTION_STRING, "N", "100",
		  "a second, of each agent", &opt.events },
		{ "rate", 0, OPTION_STRING, "N|flood", "0",
		  "rows a second, of each peer", &opt.rate },
		{ "batch", 0, OPTION_UINT, "N", "100",
		  "rows in a message of a peer", &opt.batch },
		{ "groups", 0, OPTION_UINT, "N", "1000",
		  "in each window of a peer", &opt.groups },
		{ "pace", 0, OPTION_UINT, "N", "500",
		  "peers of a process that connect at once; 0: all",
		  &opt.pace },
		{ "churn", 0, OPTION_UINT, "N", "0",
		  "agents and peers of a process that go and come a second",
		  &opt.churn },
		{ "kills", 0, OPTION_DURATION, "DURATION", "0",
		  "kill -9 a process of agents so often; 0: never",
		  &opt.kills },
		{ "faults", 0, OPTION_DURATION, "DURATION", "0",
		  "so long after the first query nobody goes and nothing is "
		  "killed any more; 0: for ever", &opt.faults },
		{ "for", 0, OPTION_DURATION, "DURATION", "0",
		  "0: until standard input ends", &opt.ms },
		{ "key-file", 0, OPTION_STRING, "FILE", "",
		  "the secret key of peers and subscribers", &opt.key },
		{ "server-key", 0, OPTION_STRING, "FILE", "",
		  "the source-job's public key", &opt.server },
		{ "large", 0, OPTION_FLAG, NULL, NULL, "events of 3 KB",
		  &opt.large },
		{ 0 },
	};
	bool done = false;
	int nrest;

	if (options_parse(&usage, table, argc, argv, &nrest, &done) || nrest)
		exit(2);
	return !done;
}

static struct peers *
start_peers(enum peers_kind kind, const char *to, uint64_t n)
{
	const struct peers_options o = {
		.kind = kind, .endpoint = to, .n = (unsigned)n,
		.processes = (unsigned)opt.processes,
		.pace = (unsigned)opt.pace, .query = opt.query, .keys = keys,
	};
	struct peers *p;

	if (!n)
		return NULL;
	p = peers_start(&o);
	atomic_store(&peers_knobs(p)->batch, (uint32_t)opt.batch);
	atomic_store(&peers_knobs(p)->groups, (uint32_t)opt.groups);
	return p;
}

static void
set_churn(uint32_t churn)
{
	if (peers)
		atomic_store(&peers_knobs(peers)->churn, churn);
	if (agents)
		atomic_store(&agents_knobs(agents)->churn, churn);
}

static void
start(void)
{
	const struct agents_options o = {
		.source_job = opt.to, .n = (unsigned)opt.agents,
		.processes = (unsigned)opt.processes,
		.rate = strtoull(opt.events, NULL, 10), .large = opt.large,
	};
	char why[240];

	if (wire_keys_load_both(opt.key, opt.server, &keys, why, sizeof why))
		bench_die("%s", why);
	peers = start_peers(PEERS_AGENT, opt.to, opt.peers);
	if (opt.agents)
		agents = agents_start(&o);
	if (peers)
		atomic_store(&peers_knobs(peers)->rate,
			     !strcmp(opt.rate, "flood") ? PEERS_FLOOD :
			     strtoull(opt.rate, NULL, 10));
	subscribers = start_peers(PEERS_SUBSCRIBER, opt.asked,
				  opt.subscribers);
}

static void
tell_peers(FILE *to, const char *who, const struct peers *p)
{
	const struct peers_sum s = peers_sum(p);

	fprintf(to, ",\"%s\":{\"greeted\":%llu", who,
		(unsigned long long)s.greeted);
#define X(name, text)                                                      \
	if (s.name && strcmp(#name, "greeted"))                            \
		fprintf(to, ",\"" #name "\":%llu", (unsigned long long)s.name);
	PEERS_COUNTERS(X)
#undef X
	fputc('}', to);
}

static void
tell(FILE *to, int64_t ms)
{
	fprintf(to, "{\"ms\":%lld%s", (long long)ms,
		calm ? ",\"calm\":true" : "");
	if (agents) {
		const struct agents_sum s = agents_sum(agents);

		fprintf(to, ",\"agents\":{\"opened\":%llu,\"closed\":%llu,"
			"\"published\":%llu}", (unsigned long long)s.opened,
			(unsigned long long)s.closed,
			(unsigned long long)s.published);
	}
	if (peers)
		tell_peers(to, "peers", peers);
	if (subscribers)
		tell_peers(to, "subscribers", subscribers);
	fputs("}\n", to);
	fflush(to);
}

/* False when the input says that it is over. */
static bool
wait_until(int64_t until)
{
	struct pollfd in = { .fd = opt.ms ? -1 : STDIN_FILENO,
			     .events = POLLIN };
	int64_t left = until - clock_mono_ms();

	return poll(&in, 1, left > 0 ? (int)left : 0) <= 0;
}

/* --- faults -------------------------------------------------------------------- */

struct times {
	int64_t began, told, killed, asked; /* asked: by the first query */
};

static bool
is_asked(void)
{
	return (peers && peers_sum(peers).live) ||
	       (agents && agents_sum(agents).published);
}

static void
disturb(struct times *t, int64_t now)
{
	if (!t->asked && !is_asked())
		return;
	if (!t->asked) {
		set_churn((uint32_t)opt.churn);
		t->asked = t->killed = now;
	}
	calm = calm || (opt.faults && now - t->asked >= opt.faults);
	if (calm) {
		set_churn(0);
	} else if (agents && opt.kills && now - t->killed >= opt.kills) {
		agents_kill(agents, (unsigned)random() %
				    (unsigned)opt.processes);
		t->killed = now;
	}
}

static void
run(struct times *t)
{
	int64_t now = t->began;

	while ((!opt.ms || now - t->began < opt.ms) &&
	       wait_until(now + TURN_MS)) {
		now = clock_mono_ms();
		disturb(t, now);
		if (now - t->told < TELL_MS)
			continue;
		tell(stderr, now - t->began);
		t->told = now;
	}
}

int
main(int argc, char **argv)
{
	const int64_t now = clock_mono_ms();
	struct times t = { .began = now, .told = now, .killed = now };

	if (!parse(argc, argv))
		return 0;
	start();
	run(&t);
	if (peers) /* no row is on its way when they go */
		atomic_store(&peers_knobs(peers)->rate, 0);
	tell(stdout, clock_mono_ms() - t.began);
	agents_stop(agents);
	peers_stop(subscribers);
	peers_stop(peers);
	wire_keys_free(keys);
	return 0;
}
