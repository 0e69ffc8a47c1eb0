#include "source-job/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/process.h"
#include "common/prom.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/kafka/source.h"
#include "source-job/threads.h"

/* One counter of both hops. */
static void
hops(struct buf *out, const char *name, const char *help,
     const _Atomic uint64_t *agents, const _Atomic uint64_t *subscribers)
{
	prom_family(out, name, "counter", help);
	buf_printf(out,
		   "mql_%s{side=\"agents\"} %" PRIu64 "\n"
		   "mql_%s{side=\"subscribers\"} %" PRIu64 "\n",
		   name, counter_get(agents), name, counter_get(subscribers));
}

/* The job's and all workers'. */
static void
add_counters(const struct job_counters *from, struct job_counters *to)
{
#define X(name, help) counter_add(&to->name, counter_get(&from->name));
	JOB_COUNTERS(X)
	JOB_DROPS(X)
#undef X
#define X(name, help) latency_sum(&from->name##_latency, &to->name##_latency);
	JOB_LATENCIES(X)
#undef X
}

static void
write_drops(const struct job *j, const struct job_counters *c, struct buf *out)
{
	const struct books_agent *a = &j->agents_all;
	const struct {
		const char *at, *cause;
		uint64_t    v;
	} drop[] = {
		{ "agent", "ring_full", a->drop_ring },
		{ "agent", "over_budget", a->drop_budget },
		{ "agent", "rate_cap", a->drop_rate },
		{ "agent", "link_down", a->drop_link },
		{ "agent", "row_too_large", a->drop_large },
#define X(name, cause) { "source_job", cause, counter_get(&c->name) },
		JOB_DROPS(X)
#undef X
	};

	prom_family(out, "dropped_total", "counter",
		    "Rows dropped, by where and why");
	for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
		buf_printf(out, "mql_dropped_total{at=\"%s\",cause=\"%s\"} %"
			   PRIu64 "\n", drop[i].at, drop[i].cause, drop[i].v);
	prom_put(out, "skipped_total", "counter", "Events on which agents did "
		 "not try a query over its budget", a->skipped);
}

static void
write_rows(const struct job *j, struct buf *out)
{
	struct job_counters c = { 0 };

	add_counters(&j->counters, &c);
	for (unsigned i = 0; i < j->nworker; i++)
		add_counters(&j->worker[i].counters, &c);
#define X(name, help)                                                    \
	prom_put(out, #name "_total", "counter", help, counter_get(&c.name));
	JOB_COUNTERS(X)
#undef X
	write_drops(j, &c, out);
#define X(name, help)                                                    \
	prom_family(out, #name "_latency_seconds", "histogram", help);   \
	latency_write(&c.name##_latency, #name "_latency", out);
	JOB_LATENCIES(X)
#undef X
}

static void
add_hop(const struct hop *from, struct hop *to)
{
	counter_add(&to->received, counter_get(&from->received));
	counter_add(&to->sent, counter_get(&from->sent));
	counter_add(&to->bytes_in, counter_get(&from->bytes_in));
	counter_add(&to->bytes_out, counter_get(&from->bytes_out));
	counter_add(&to->bad, counter_get(&from->bad));
}

static void
write_hops(const struct job *j, struct buf *out)
{
	const struct hop *s = &j->subscriber_hop;
	struct hop a = { 0 };

	for (unsigned i = 0; i < j->nworker; i++)
		add_hop(&j->worker[i].hop, &a);
	hops(out, "messages_in_total", "Messages received", &a.received,
	     &s->received);
	hops(out, "messages_out_total", "Messages sent", &a.sent, &s->sent);
	hops(out, "bytes_in_total", "Bytes received", &a.bytes_in,
	     &s->bytes_in);
	hops(out, "bytes_out_total", "Bytes sent", &a.bytes_out,
	     &s->bytes_out);
	hops(out, "bad_frames_total", "Messages that could not be taken",
	     &a.bad, &s->bad);
	hops(out, "unheard_total", "Messages of peers that said too much",
	     &a.unheard, &s->unheard);
	hops(out, "links_cut_total", "Links of keys that were taken away",
	     &a.cut, &s->cut);
	prom_put(out, "links", "gauge", "Connections at both doors",
		 wire_context_links(j->context));
	prom_put(out, "links_refused_total", "counter",
		 "Connections that were cut, since they were too many",
		 wire_context_turned_away(j->context));
	prom_put(out, "keys_refused_total", "counter",
		 "Peers turned away for their keys",
		 wire_context_refused(j->context));
}

/* What may wait at the agents' sockets, and what waits for subscribers. */
static void
write_queues(const struct job *j, struct buf *out)
{
	uint64_t rows = 0, bytes = 0, longest = 0, ahead = 0;
	const struct link *l;
	const struct sub *s;

	LIST_FOREACH(l, &j->subscribers.links, entry)
		LIST_FOREACH(s, &l->subs, of_link) {
			rows += s->queue.rows;
			bytes += s->queue.bytes;
			if (s->queue.bytes > longest)
				longest = s->queue.bytes;
		}
	for (unsigned i = 0; i < j->nworker; i++)
		ahead += counter_get(&j->worker[i].agents.ahead);
	prom_put(out, "agents_ahead_bytes", "gauge",
		 "Bytes that agents may send before any is read", ahead);
	prom_put(out, "queue_rows", "gauge", "Rows that wait for subscribers",
		 rows);
	prom_put(out, "queue_bytes", "gauge", "Bytes of them", bytes);
	prom_put(out, "queue_longest_bytes", "gauge",
		 "Bytes that wait for the slowest", longest);
}

/* Those of ours are named without what all of them begin with; the job's is the
 * process's own. */
static const char *
thread_name(const struct thread_cpu *t)
{
	if (!strcmp(t->name, program_invocation_short_name))
		return "job";
	return t->name + (strncmp(t->name, "mql-", 4) ? 0 : 4);
}

/* What each thread has done, and what waits between them. */
static void
write_threads(const struct job *j, struct buf *out)
{
	struct thread_cpu cpu[THREADS_MAX];
	const size_t n = threads_cpu(cpu);

	prom_family(out, "thread_cpu_seconds_total", "counter",
		    "Processor time by thread");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "mql_thread_cpu_seconds_total{thread=\"%s\"} "
			   "%.3f\n", thread_name(&cpu[i]), cpu[i].seconds);
	prom_family(out, "worker_agents", "gauge",
		    "Agents that are connected, by worker");
	for (unsigned i = 0; i < j->nworker; i++)
		buf_printf(out, "mql_worker_agents{worker=\"%u\"} %" PRIu64
			   "\n", i,
			   counter_get(&j->worker[i].agents.connected));
	prom_family(out, "channel_depth", "gauge", "Messages between threads "
		    "that wait, by worker and direction");
	for (unsigned i = 0; i < j->nworker; i++)
		buf_printf(out, "mql_channel_depth{worker=\"%u\",to=\"job\"} "
			   "%zu\nmql_channel_depth{worker=\"%u\","
			   "to=\"worker\"} %zu\n", i,
			   channel_depth(&j->worker[i].out), i,
			   channel_depth(&j->worker[i].in));
}

/* Names of groups need no quoting: see crew.c. */
static void
write_groups(const struct job *j, struct buf *out)
{
#define X(field, metric, type, help)                                       \
	prom_family(out, "group_" metric, type, help);                   \
	LIST_FOREACH(q, &j->queries.all, entry)                            \
		LIST_FOREACH(g, &q->crews, entry)                          \
			buf_printf(out, "mql_group_" metric "{group=\"%s\","\
				   "query=\"%u\"} %" PRIu64 "\n", g->name,  \
				   q->id, crew_sum(g).field);
	const struct query *q;
	const struct crew *g;

	CREW_SUMS(X)
#undef X
}

void
metrics_write(const struct job *j, struct buf *out)
{
	prom_family(out, "build_info", "gauge", "The version that runs");
	buf_puts(out, "mql_build_info{version=\"" MQL_VERSION "\"} 1\n");
	prom_family(out, "uptime_seconds", "gauge", "Since the start");
	buf_printf(out, "mql_uptime_seconds %.3f\n",
		   (double)(j->now - j->started) / 1000);
	prom_put(out, "draining", "gauge",
		 "1 while the daemon is shutting down", job_draining(j));
	prom_put(out, "evaluation_off", "gauge",
		 "1 while an operator has switched it off", j->power.off);
	prom_put(out, "agents", "gauge", "Agents that are connected",
		 job_agents(j));
	prom_put(out, "agents_gone", "gauge",
		 "Agents lost within the last minute",
		 job_agents_known(j) - job_agents(j));
	prom_put(out, "queries", "gauge", "Queries that run",
		 j->queries.n - j->queries.nclosing);
	prom_put(out, "subscribers", "gauge", "Subscriptions",
		 j->subscribers.n);
	write_hops(j, out);
	process_metrics(out);
	write_threads(j, out);
	write_queues(j, out);
	write_groups(j, out);
	write_rows(j, out);
	saved_metrics(j, out);
	if (!j->kafka)
		return;
	kafka_source_metrics(j->kafka, out);
	prom_put(out, "kafka_replays", "gauge", "Replays of history that run",
		 j->replays.n);
}
