/* metrics.c - the daemon's figures in Prometheus' text format 0.0.4. */
#include <inttypes.h>

#include "common/clock.h"
#include "common/process.h"
#include "common/prom.h"
#include "sink/sse/server.h"

struct sums {
	uint64_t subs, up, bytes;
};

static void
add_sub(struct sums *sums, struct sub *s)
{
	pthread_mutex_lock(&s->ring.lock);
	sums->bytes += s->ring.bytes;
	pthread_mutex_unlock(&s->ring.lock);
	sums->subs++;
	sums->up += !atomic_load(&s->ended);
}

static struct sums
sum(struct hub *h)
{
	struct sums sums = { 0 };
	struct sub *s;

	pthread_mutex_lock(&h->lock);
	TAILQ_FOREACH(s, &h->subs, entry)
		add_sub(&sums, s);
	TAILQ_FOREACH(s, &h->fresh, entry)
		add_sub(&sums, s);
	pthread_mutex_unlock(&h->lock);
	return sums;
}

void
metrics_write(const struct server *s, struct buf *out)
{
	struct hub *h = s->hub;
	struct sums sums = sum(h);

	prom_family(out, "sse_build_info", "gauge", "The version that runs");
	buf_puts(out, "mql_sse_build_info{version=\"" MQL_VERSION "\"} 1\n");
	prom_family(out, "sse_uptime_seconds", "gauge", "Since the start");
	buf_printf(out, "mql_sse_uptime_seconds %.3f\n",
		   (double)(clock_mono_ms() - s->started) / 1000);
	prom_put(out, "sse_draining", "gauge",
		 "1 while the daemon is shutting down",
		 atomic_load(&h->draining));
	prom_put(out, "sse_viewers", "gauge", "Open streams",
		 atomic_load(&h->nviewers));
	prom_put(out, "sse_subscriptions", "gauge", "Different queries",
		 sums.subs);
	prom_put(out, "sse_subscriptions_running", "gauge",
		 "Of those, not yet ended", sums.up);
	prom_put(out, "sse_replay_bytes", "gauge", "Kept for replay",
		 sums.bytes);
#define X(name, help)                                                        \
	prom_put(out, "sse_" #name "_total", "counter", help,                \
	    atomic_load(&h->counters.name));
	HUB_COUNTERS(X)
#undef X
	process_metrics(out);
}

enum MHD_Result
metrics_door(struct request *r)
{
	struct buf b = BUF_INIT;
	enum MHD_Result done = MHD_NO;

	metrics_write(r->server, &b);
	if (!b.err)
		done = reply(r, MHD_HTTP_OK, "text/plain; version=0.0.4",
			     (struct str){ (char *)b.data, b.len });
	buf_fini(&b);
	return done;
}
