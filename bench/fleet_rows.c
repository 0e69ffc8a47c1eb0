/* fleet_rows.c - rows through a source-job: taken in, handed on over both
 * hops, handed to a hundred subscribers; beside a process that moves the same
 * batches from ROUTER to ROUTER. And with more workers beside one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "bench/bench.h"
#include "bench/fleet_suite.h"
#include "common/clock.h"

enum {
	BATCH = 100, WARM_MS = 1500, RUN_MS = 2500,
	INGEST_AGENTS = 1000, SUBSCRIBERS = 100, HOP_AGENTS = 16,
	GAIN_SUBSCRIBERS = 16,
	SOURCES = 4, SOURCE_RATE = 2500, /* rows/s each */
};

static const char query[] = "select *";

static void
set_rate(struct peers *p, uint64_t rate)
{
	atomic_store(&peers_knobs(p)->batch, BATCH);
	atomic_store(&peers_knobs(p)->rate, rate);
}

/* --- taken in -------------------------------------------------------------------- */

static double
bare_ingest_ns(unsigned n)
{
	struct bare_router r;
	struct peers *p;
	int64_t from, to;
	uint64_t before, after;

	bare_router_start(&r, NULL);
	p = suite_bare_peers(&r, n, FLEET_PROCESSES, NULL);
	set_rate(p, PEERS_FLOOD);
	suite_sleep(WARM_MS);
	before = bare_router_batches(&r, &from);
	suite_sleep(RUN_MS);
	after = bare_router_batches(&r, &to);
	peers_stop(p);
	bare_router_stop(&r);
	return (double)(to - from) / (double)((after - before) * BATCH);
}

/* The books after that time, and when they came. What is not taken by us as
 * fast as it comes is dropped and counted, as for any subscriber. */
static uint64_t
sent_by_then(struct mql_tail *t, int ms, int64_t *at)
{
	const int64_t until = clock_mono_ms() + ms;
	struct mql_item item;

	for (;;) {
		if (mql_tail_next(t, 5000, &item) || item.kind == MQL_END)
			bench_die("no books come");
		*at = clock_mono_ns();
		if (item.kind == MQL_META && *at / 1000000 >= until)
			return item.books.sent;
	}
}

static double
our_ingest_ns(const char *dir, unsigned n)
{
	int64_t from, to;
	uint64_t before, after;
	struct daemon f;
	struct peers *p;
	struct mql_tail *t;

	daemon_start(&f, dir);
	p = suite_peers(PEERS_AGENT, f.agents, n, FLEET_PROCESSES, NULL);
	t = daemon_tail(&f, query, n);
	set_rate(p, PEERS_FLOOD);
	before = sent_by_then(t, WARM_MS, &from);
	after = sent_by_then(t, RUN_MS, &to);
	set_rate(p, 0);
	suite_end(t);
	peers_stop(p);
	daemon_stop(&f);
	return (double)(to - from) / (double)(after - before);
}

void
suite_ingest(const char *dir)
{
	const double bare = bare_ingest_ns(INGEST_AGENTS);

	bench_report("fleet", "ingest from 1,000 agents, a row",
		     our_ingest_ns(dir, INGEST_AGENTS), "ns", bare,
		     bare / 0.4);
}

/* --- over both hops --------------------------------------------------------------- */

static void
use_keys(void *s, const struct wire_keys *k)
{
	const struct { int option; const uint8_t *key; } of[] = {
		{ ZMQ_CURVE_SERVERKEY, wire_keys_server(k) },
		{ ZMQ_CURVE_PUBLICKEY, wire_keys_public(k) },
		{ ZMQ_CURVE_SECRETKEY, wire_keys_secret(k) },
	};

	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		zmq_setsockopt(s, of[i].option, of[i].key, WIRE_KEY_BYTES);
}

static double
bare_hops_ns(const struct suite_keys *keys)
{
	struct bare_router r;
	struct peers *p;
	void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_DEALER);
	char hello[64] = { 'h' };
	int64_t began = 0, now, wait = clock_mono_ns() + WARM_MS * 1000000ll;
	uint64_t n = 0;
	zmq_msg_t m;

	suite_bare(&r, keys);
	p = suite_bare_peers(&r, HOP_AGENTS, 1, keys);
	zmq_setsockopt(s, ZMQ_LINGER, &(int){ 0 }, sizeof(int));
	if (keys)
		use_keys(s, keys->client);
	if (zmq_connect(s, r.out) || zmq_send(s, hello, sizeof hello, 0) < 0)
		bench_die("no bare subscriber");
	while (bare_router_hellos(&r) < HOP_AGENTS + 1)
		suite_sleep(1);
	set_rate(p, PEERS_FLOOD);
	zmq_msg_init(&m);
	do {
		if (zmq_msg_recv(&m, s, 0) < 0)
			bench_die("no batch comes");
		now = clock_mono_ns();
		if (!began && now >= wait)
			began = now;
		else if (began)
			n++;
	} while (!began || now - began < RUN_MS * 1000000ll);
	zmq_msg_close(&m);
	peers_stop(p);
	bare_router_stop(&r);
	zmq_close(s);
	zmq_ctx_term(context);
	return (double)(now - began) / (double)(n * BATCH);
}

/* ns for each row that came; after a while, for a while. */
static double
row_ns(struct mql_tail *t)
{
	int64_t began = 0, now = 0;
	const int64_t wait = clock_mono_ns() + WARM_MS * 1000000ll;
	struct mql_item item;
	uint64_t n = 0, seen = 0;

	do {
		if (mql_tail_next(t, 5000, &item) || item.kind == MQL_END)
			bench_die("no row comes");
		if (item.kind != MQL_ROW)
			continue;
		if (++seen % BATCH == 0)
			now = clock_mono_ns();
		if (began)
			n++;
		else if (now >= wait)
			began = now;
	} while (!began || now - began < RUN_MS * 1000000ll);
	return (double)(now - began) / (double)n;
}

static double
our_hops_ns(const char *dir, const struct suite_keys *keys)
{
	struct daemon f;
	struct peers *p;
	struct mql_tail *t;
	double ours;

	suite_daemon(&f, dir, keys);
	p = suite_peers(PEERS_AGENT, f.agents, HOP_AGENTS, 1, keys);
	t = daemon_tail(&f, query, HOP_AGENTS);
	set_rate(p, PEERS_FLOOD);
	ours = row_ns(t);
	set_rate(p, 0);
	suite_end(t);
	peers_stop(p);
	daemon_stop(&f);
	return ours;
}

void
suite_two_hops(const char *dir)
{
	const double bare = bare_hops_ns(NULL);
	const double ours = our_hops_ns(dir, NULL);

	bench_report("fleet", "over both hops to one, a row", ours, "ns",
		     bare, bare / 0.6 < 500 ? bare / 0.6 : 500);
}

void
suite_two_hops_keyed(const char *dir)
{
	struct suite_keys keys;
	double bare, ours;

	suite_keys_make(&keys);
	bare = bare_hops_ns(&keys);
	ours = our_hops_ns(dir, &keys);
	suite_keys_remove(&keys);
	bench_report("fleet", "over both hops with CURVE, a row", ours, "ns",
		     bare, bare / 0.9);
}

/* --- many subscribers --------------------------------------------------------------- */

/* ns of processor time of the one in the middle, for each row of the sources,
 * while takers take all of them. */
static double
cpu_a_row(pid_t middle, struct peers *sources, struct peers *takers,
	  unsigned n)
{
	struct peers_sum before, after, taken;
	double cpu;

	set_rate(sources, SOURCE_RATE);
	suite_sleep(500);
	before = peers_sum(sources);
	taken = peers_sum(takers);
	cpu = suite_cpu_ns(middle);
	suite_sleep(RUN_MS);
	cpu = suite_cpu_ns(middle) - cpu;
	after = peers_sum(sources);
	const uint64_t rows = after.rows - before.rows;
	const uint64_t got = peers_sum(takers).received - taken.received;
	if (got < rows * n * 9 / 10)
		bench_die("%u subscribers got %llu of %llu rows", n,
			  (unsigned long long)got,
			  (unsigned long long)rows * n);
	return cpu / (double)rows;
}

static double
bare_cpu(unsigned n)
{
	struct bare_router r;
	struct peers *from, *to;
	double ns;

	bare_router_start(&r, NULL);
	to = suite_peers(PEERS_BARE, r.out, n, 1, NULL);
	from = suite_bare_peers(&r, SOURCES, 1, NULL);
	while (bare_router_hellos(&r) < n + SOURCES)
		suite_sleep(1);
	ns = cpu_a_row(r.pid, from, to, n);
	peers_stop(from);
	peers_stop(to);
	bare_router_stop(&r);
	return ns;
}

/* A source-job with n subscribers to the same rows of so many agents. */
static void
start_fan(struct daemon *f, const char *dir, unsigned n, unsigned agents,
	  const char *asked, struct peers **from, struct peers **to)
{
	struct peers_options opt = { .kind = PEERS_SUBSCRIBER, .n = n,
				     .query = asked };

	daemon_start(f, dir);
	*from = suite_peers(PEERS_AGENT, f->agents, agents, 1, NULL);
	opt.endpoint = f->subscribers;
	*to = peers_start(&opt);
	if (!peers_await(*to, n, 10000))
		bench_die("%u subscribers are not accepted", n);
	while (peers_sum(*from).live < agents)
		suite_sleep(1);
}

static double
our_cpu(const char *dir, unsigned n)
{
	struct daemon f;
	struct peers *from, *to;
	double ns;

	start_fan(&f, dir, n, SOURCES, query, &from, &to);
	ns = cpu_a_row(f.pid, from, to, n);
	peers_stop(to);
	peers_stop(from);
	daemon_stop(&f);
	return ns;
}

void
suite_subscribers(const char *dir)
{
	const unsigned n = SUBSCRIBERS;
	const double bare = (bare_cpu(n) - bare_cpu(1)) / (n - 1);
	const double ours = (our_cpu(dir, n) - our_cpu(dir, 1)) / (n - 1);

	bench_report("fleet", "CPU a row and subscriber, of 100", ours, "ns",
		     bare, 1.1 * bare);
}

/* --- more workers ------------------------------------------------------------------- */

/* As fast as that goes, ns for each row that any of n subscribers of this query
 * gets, or that is put into the stage of one. */
static double
our_fan_ns(const char *dir, unsigned n, const char *asked, bool staged)
{
	struct peers *from, *to;
	struct peers_sum before, after;
	struct daemon f;
	int64_t began;

	start_fan(&f, dir, n, HOP_AGENTS, asked, &from, &to);
	set_rate(from, PEERS_FLOOD);
	suite_sleep(WARM_MS);
	before = peers_sum(staged ? from : to);
	began = clock_mono_ns();
	suite_sleep(RUN_MS);
	after = peers_sum(staged ? from : to);
	began = clock_mono_ns() - began;
	peers_stop(to);
	peers_stop(from);
	daemon_stop(&f);
	return (double)began / (double)(staged ?
		(after.rows - before.rows) * n :
		after.received - before.received);
}

static double
our_delivery_ns(const char *dir, unsigned n)
{
	return our_fan_ns(dir, n, query, false);
}

/* Agents cannot make rows distinct, so each stage gets all of them. */
static double
our_stages_ns(const char *dir, unsigned n)
{
	return our_fan_ns(dir, n, "select distinct country, device", true);
}

/* The baseline is one worker, so the ratio is the gain. It has no target: where
 * there are no more cores than here the peers want them, too. */
static void
gain(const char *dir, double (*measure)(const char *dir, unsigned n),
     unsigned n, const char *what)
{
	static const char *const workers[] = { "1", "2", "4" };
	double one = NONE;
	char name[64];

	for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
		setenv("MQL_WORKERS", workers[i], 1);
		const double ns = measure(dir, n);
		if (i) {
			snprintf(name, sizeof name, "%s, %s workers for 1",
				 what, workers[i]);
			bench_report("fleet", name, ns, "ns", one, NONE);
		} else {
			one = ns;
		}
	}
	unsetenv("MQL_WORKERS");
}

void
suite_workers(const char *dir)
{
	gain(dir, our_ingest_ns, INGEST_AGENTS, "ingest");
	gain(dir, our_delivery_ns, GAIN_SUBSCRIBERS, "to 16 subscribers");
	gain(dir, our_stages_ns, GAIN_SUBSCRIBERS, "to 16 stages");
}
