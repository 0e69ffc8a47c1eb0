/* metrics.c - the daemon's figures in Prometheus' text format 0.0.4. */
#include <inttypes.h>

#include "common/clock.h"
#include "common/process.h"
#include "common/prom.h"
#include "sink/kafka/sink.h"

/* query="...",topic="..." */
static void
put_labels(struct buf *out, const struct output *o)
{
	const char *const value[] = { o->name, topic_name(o->topic) };
	static const char *const name[] = { "query", "topic" };

	for (size_t i = 0; i < 2; i++) {
		buf_printf(out, "%s%s=\"", i ? "," : "", name[i]);
		for (const char *p = value[i]; *p; p++) {
			if (*p == '"' || *p == '\\')
				buf_put_u8(out, '\\');
			buf_put_u8(out, (uint8_t)(*p == '\n' ? ' ' : *p));
		}
		buf_put_u8(out, '"');
	}
}

/* X(name, value, help): of each query. */
#define COUNTERS(X)                                                          \
	X(rows, o->taken, "Rows taken from the source-job")                  \
	X(produced, o->delivery.produced, "Records given to the producer")   \
	X(acknowledged, o->delivery.acked, "Records that Kafka has")         \
	X(bytes, o->delivery.bytes, "Bytes of their values")                 \
	X(unkeyed, o->unkeyed, "Records without the key that was wished")    \
	X(unsure, o->unsure, "Rows produced before their window was told")   \
	X(gaps, o->gaps, "Gaps told by the source-job")                      \
	X(missed, o->missed, "Rows missed in them")                          \
	X(crash_lost, o->lost, "Rows at most that a crash before has lost")

static void
put_counters(const struct sink *s, struct buf *out)
{
	const struct output *o;

#define X(name, value, help)                                                 \
	prom_family(out, "kafka_" #name "_total", "counter", help);          \
	TAILQ_FOREACH(o, &s->outputs, entry) {                               \
		buf_puts(out, "mql_kafka_" #name "_total{");                 \
		put_labels(out, o);                                          \
		buf_printf(out, "} %" PRIu64 "\n", value);                   \
	}
	COUNTERS(X)
#undef X
}

static void
put_failures(const struct sink *s, struct buf *out)
{
	const struct output *o;

	prom_family(out, "kafka_failed_total", "counter",
		    "Records that Kafka does not have, by error");
	TAILQ_FOREACH(o, &s->outputs, entry) {
		const struct delivery *d = &o->delivery;
		for (size_t i = 0; i < PRODUCER_ERRORS; i++) {
			if (!d->error[i].code)
				break;
			buf_puts(out, "mql_kafka_failed_total{");
			put_labels(out, o);
			buf_printf(out, ",error=\"%s\"} %" PRIu64 "\n",
				   producer_error_name(d->error[i].code),
				   d->error[i].n);
		}
	}
}

/* What is missing because it never came here, as the source-job tells it. */
static void
put_drops(const struct sink *s, struct buf *out)
{
	const struct output *o;

	prom_family(out, "kafka_dropped_total", "counter",
		    "Matching events that never came here, by cause");
	TAILQ_FOREACH(o, &s->outputs, entry) {
#define X(field, text)                                                       \
		buf_puts(out, "mql_kafka_dropped_total{");                   \
		put_labels(out, o);                                          \
		buf_printf(out, ",cause=\"" #field "\"} %" PRIu64 "\n",      \
			   o->books.dropped.field);
		MQL_DROPS(X)
#undef X
		buf_puts(out, "mql_kafka_dropped_total{");
		put_labels(out, o);
		buf_printf(out, ",cause=\"lost\"} %" PRIu64 "\n",
			   o->books.lost);
	}
}

void
sink_metrics(struct sink *s, struct buf *out)
{
	prom_family(out, "kafka_build_info", "gauge", "The version that runs");
	buf_puts(out, "mql_kafka_build_info{version=\"" MQL_VERSION "\"} 1\n");
	prom_family(out, "kafka_uptime_seconds", "gauge", "Since the start");
	buf_printf(out, "mql_kafka_uptime_seconds %.3f\n",
		   (double)(clock_mono_ms() - s->started) / 1000);
	prom_put(out, "kafka_draining", "gauge",
		 "1 while the daemon is shutting down", s->stopping);
	prom_put(out, "kafka_broker_up", "gauge", "1 while a broker answers",
		 producer_is_up(s->world.producer));
	prom_put(out, "kafka_queries", "gauge", "Queries", s->n);
	prom_put(out, "kafka_waiting_records", "gauge",
		 "Records on the way to Kafka",
		 producer_waiting(s->world.producer));
	prom_put(out, "kafka_waiting_bytes", "gauge", "Memory that they take",
		 producer_waiting_bytes(s->world.producer));
	prom_put(out, "kafka_held", "gauge", "1 while no rows are asked for",
		 s->full);
	prom_put(out, "kafka_holds_total", "counter", "How often that was so",
		 s->holds);
	prom_put(out, "kafka_bad_files_total", "counter",
		 "Wrong files of --query-dir", s->bad_files);
	put_counters(s, out);
	put_failures(s, out);
	put_drops(s, out);
	process_metrics(out);
}
