#include "source-job/metrics.h"

#include <inttypes.h>

#include "source-job/job.h"

static void
family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP mql_%s %s.\n# TYPE mql_%s %s\n", name, help,
		   name, type);
}

static void
gauge(struct buf *out, const char *name, const char *help, uint64_t v)
{
	family(out, name, "gauge", help);
	buf_printf(out, "mql_%s %" PRIu64 "\n", name, v);
}

/* One counter of both hops. */
static void
hops(struct buf *out, const char *name, const char *help, uint64_t agents,
     uint64_t subscribers)
{
	family(out, name, "counter", help);
	buf_printf(out,
		   "mql_%s{side=\"agents\"} %" PRIu64 "\n"
		   "mql_%s{side=\"subscribers\"} %" PRIu64 "\n",
		   name, agents, name, subscribers);
}

static void
write_rows(const struct job *j, struct buf *out)
{
	const struct job_counters *c = &j->counters;
	const struct {
		const char *name, *help;
		uint64_t    v;
	} counter[] = {
#define X(name, help) { #name, help, c->name },
		JOB_COUNTERS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof counter / sizeof *counter; i++) {
		buf_printf(out, "# HELP mql_%s_total %s.\n", counter[i].name,
			   counter[i].help);
		buf_printf(out, "# TYPE mql_%s_total counter\n",
			   counter[i].name);
		buf_printf(out, "mql_%s_total %" PRIu64 "\n", counter[i].name,
			   counter[i].v);
	}
}

void
metrics_write(const struct job *j, struct buf *out)
{
	const struct hop *a = &j->agent_hop, *s = &j->subscriber_hop;

	family(out, "build_info", "gauge", "The version that runs");
	buf_puts(out, "mql_build_info{version=\"" MQL_VERSION "\"} 1\n");
	family(out, "uptime_seconds", "gauge", "Since the start");
	buf_printf(out, "mql_uptime_seconds %.3f\n",
		   (double)(j->now - j->started) / 1000);
	gauge(out, "draining", "1 while the daemon is shutting down",
	      job_draining(j));
	gauge(out, "evaluation_off", "1 while an operator has switched it off",
	      j->power.off);
	gauge(out, "agents", "Agents that are connected", j->agents.by_peer.n);
	gauge(out, "agents_gone", "Agents lost within the last minute",
	      j->agents.n - j->agents.by_peer.n);
	gauge(out, "queries", "Queries that run",
	      j->queries.n - j->queries.nclosing);
	gauge(out, "subscribers", "Subscriptions", j->subscribers.n);
	hops(out, "messages_in_total", "Messages received", a->received,
	     s->received);
	hops(out, "messages_out_total", "Messages sent", a->sent, s->sent);
	hops(out, "bytes_in_total", "Bytes received", a->bytes_in,
	     s->bytes_in);
	hops(out, "bytes_out_total", "Bytes sent", a->bytes_out, s->bytes_out);
	hops(out, "bad_frames_total", "Messages that could not be taken",
	     a->bad, s->bad);
	hops(out, "unheard_total", "Messages of peers that said too much",
	     a->unheard, s->unheard);
	hops(out, "links_cut_total", "Links of keys that were taken away",
	     a->cut, s->cut);
	family(out, "keys_refused_total", "counter",
	       "Peers turned away for their keys");
	buf_printf(out, "mql_keys_refused_total %" PRIu64 "\n",
		   wire_context_refused(j->context));
	write_rows(j, out);
}
