/* kafka.c - rows into Kafka by the sink, beside a program that does nothing but
 * produce the same records with the same settings: in one process, to one
 * broker, in turn.
 *
 *     bench_kafka BUILD    the broker is KAFKA_BOOTSTRAP's
 *
 * The sink's rows come over ZeroMQ from a source-job that only sends them
 * (feed.h), as a query of its own would: with agent, host and time in front.
 * What is measured is throughput, so a row is the time of all, from the first
 * that is taken to the last acknowledgement, by their number; the best of some
 * rounds. CPU is of the one thread that takes rows and makes records of them,
 * beside that of a loop that makes the same records of nothing. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/feed.h"
#include "common/clock.h"
#include "common/log.h"
#include "sink/kafka/sink.h"

enum {
	DIFFERENT = 4096, ROW_BYTES = 300, ROUNDS = 5,
	BUFFER = 64 << 20, RECORD_BYTES = 512, POLL = 64,
	WAIT_MS = 120000,
};

static uint64_t rows = 1000000; /* or BENCH_ROWS */

static const char agent[] = "playback-7f9c:1:5d2a11c0", host[] = "node-17";
static const char bench_topic[] = "mql-bench";

static struct str value[DIFFERENT], row[DIFFERENT], key[DIFFERENT];
static struct option_list topics, queries, names, keys;

static double cpu_bare, cpu_sink; /* of the calling thread, ns a row, at best */

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
least(double a, double b)
{
	return a <= 0 || b < a ? b : a;
}

static struct str
copy(const char *text, size_t n)
{
	char *to = malloc(n + 1);

	if (!to)
		bench_die("no memory");
	memcpy(to, text, n);
	to[n] = '\0';
	return (struct str){ to, n };
}

/* Events of a service: most of an event is what others say too, and some of it
 * is its own. */
static void
make_rows(void)
{
	char text[ROW_BYTES * 2], with[ROW_BYTES * 3];
	uint64_t lot = 88172645463325252;
	int n;

	for (int i = 0; i < DIFFERENT; i++) {
		lot ^= lot << 13, lot ^= lot >> 7, lot ^= lot << 17;
		n = snprintf(text, sizeof text,
			     "{\"customer_id\":\"c%06d\",\"title\":%d,"
			     "\"device\":\"%s\",\"country\":\"%s\","
			     "\"latency_ms\":%d.%02d,\"request\":\"%016llx\","
			     "\"path\":\"/api/v2/play/%d/manifest\",\"pad\":\"",
			     (int)(lot % 100000), (int)(lot >> 40) % 9000,
			     i % 3 ? "ipad" : "tv", i % 5 ? "BR" : "DE",
			     (int)(lot % 900), (int)(lot >> 8) % 100,
			     (unsigned long long)lot, (int)(lot >> 20) % 5000);
		for (; n < ROW_BYTES - 2; n++)
			text[n] = (char)('a' + (lot >> n % 40) % 26);
		memcpy(text + n, "\"}", 2);
		value[i] = copy(text, ROW_BYTES);
		key[i] = copy(text + sizeof "{\"customer_id\":\"" - 1, 7);
		n = snprintf(with, sizeof with, "{\"@mql.a\":\"%s\","
			     "\"@mql.h\":\"%s\",\"@mql.t\":%llu,%.*s", agent,
			     host, 1700000000000ULL + (unsigned)i,
			     ROW_BYTES - 1, text + 1);
		row[i] = copy(with, (size_t)n);
	}
}

/* --- a bare producer ----------------------------------------------------------- */

static uint64_t waiting, failed;

static void
on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk;
	(void)arg;
	waiting -= m->len + m->key_len + RECORD_BYTES;
	failed += m->err != 0;
}

static rd_kafka_t *
bare_open(const char *bootstrap)
{
	static const char *const set[][2] = {
		{ "enable.idempotence", "true" }, { "acks", "all" },
		{ "compression.codec", "zstd" }, { "linger.ms", "20" },
		{ "partitioner", "murmur2_random" },
		{ "message.timeout.ms", "0" },
		{ "queue.buffering.max.messages", "0" },
		{ "queue.buffering.max.kbytes", "2147483647" },
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		if (rd_kafka_conf_set(conf, set[i][0], set[i][1], NULL, 0))
			bench_die("librdkafka does not know %s", set[i][0]);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	if (!(rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0)))
		bench_die("librdkafka does not start");
	return rk;
}

static rd_kafka_headers_t *
bare_headers(char *ts, size_t n)
{
	rd_kafka_headers_t *h = rd_kafka_headers_new(4);

	rd_kafka_header_add(h, "mql.query", -1, "query", -1);
	rd_kafka_header_add(h, "mql.agent", -1, agent, sizeof agent - 1);
	rd_kafka_header_add(h, "mql.host", -1, host, sizeof host - 1);
	rd_kafka_header_add(h, "mql.ts", -1, ts, (ssize_t)n);
	return h;
}

static void
bare_produce(rd_kafka_t *rk, rd_kafka_topic_t *t, uint64_t i, bool full)
{
	const struct str v = value[i % DIFFERENT], k = key[i % DIFFERENT];
	int64_t at = 1700000000000 + (int64_t)(i % DIFFERENT);
	rd_kafka_headers_t *h = NULL;
	char ts[32];

	if (full)
		h = bare_headers(ts, (size_t)snprintf(ts, sizeof ts, "%lld",
						      (long long)at));
	const rd_kafka_vu_t vu[] = {
		{ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = t },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { (void *)(uintptr_t)v.ptr, v.len } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_KEY,
		  .u.mem = { (void *)(uintptr_t)k.ptr, k.len } },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = at },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h },
	};
	if (rd_kafka_produceva(rk, vu, full ? 6 : 3))
		bench_die("a record is refused");
	waiting += v.len + (full ? k.len : 0) + RECORD_BYTES;
}

/* ns a record, from the first to the last acknowledgement. full: with key,
 * headers and time. */
static double
bare(const char *bootstrap, bool full)
{
	rd_kafka_t *rk = bare_open(bootstrap);
	rd_kafka_topic_t *t = rd_kafka_topic_new(rk, bench_topic, NULL);
	const struct rd_kafka_metadata *m = NULL;

	if (rd_kafka_metadata(rk, 0, t, &m, 10000))
		bench_die("no broker answers at %s", bootstrap);
	rd_kafka_metadata_destroy(m);
	int64_t begun = clock_mono_ns();
	double cpu = cpu_ns();
	for (uint64_t i = 0; i < rows; i++) {
		bare_produce(rk, t, i, full);
		if (i % POLL == 0)
			rd_kafka_poll(rk, 0);
		while (waiting > BUFFER)
			rd_kafka_poll(rk, 10);
	}
	while (waiting)
		rd_kafka_poll(rk, 10);
	double ns = (double)(clock_mono_ns() - begun) / (double)rows;
	if (full)
		cpu_bare = least(cpu_bare, (cpu_ns() - cpu) / (double)rows);
	if (failed)
		bench_die("%llu records failed", (unsigned long long)failed);
	rd_kafka_topic_destroy(t);
	rd_kafka_destroy(rk);
	return ns;
}

/* --- the sink -------------------------------------------------------------------- */

static void
give(struct option_list *list, const char **text)
{
	list->item = text;
	list->n = *text ? 1 : 0;
}

static uint64_t
acknowledged(const struct sink *s)
{
	const struct output *o = TAILQ_FIRST(&s->outputs);

	return o->delivery.acked;
}

static uint64_t
taken(const struct sink *s)
{
	return TAILQ_FIRST(&s->outputs)->taken;
}

static double
sink(const char *bootstrap, bool full)
{
	struct feed feed = { .row = full ? row : value, .nrows = DIFFERENT,
			     .rows = rows };
	const char *topic = bench_topic, *query = "select *";
	const char *name = "query", *by = full ? "customer_id" : NULL;
	struct config config = { .bootstrap = bootstrap, .buffer = BUFFER,
				 .headers = full, .drain = 1000 };
	struct buf why = BUF_INIT;
	struct sink s;
	int64_t begun = 0, until = clock_mono_ms() + WAIT_MS;

	give(&topics, &topic);
	give(&queries, &query);
	give(&names, &name);
	give(&keys, &by);
	config.topic = topics;
	config.query = queries;
	config.name = names;
	config.key = keys;
	feed_start(&feed);
	config.peer.source_job = feed.endpoint;
	if (sink_open(&s, &config, &why))
		bench_die("%.*s", (int)why.len, (char *)why.data);
	double cpu = cpu_ns();
	for (int ms = 0; clock_mono_ms() < until;) {
		ms = sink_turn(&s);
		if (acknowledged(&s) == rows)
			break; /* it would wait for more */
		if (!begun && taken(&s))
			begun = clock_mono_ns();
		sink_wait(&s, ms, -1);
	}
	double ns = (double)(clock_mono_ns() - begun) / (double)rows;
	if (full)
		cpu_sink = least(cpu_sink, (cpu_ns() - cpu) / (double)rows);
	if (acknowledged(&s) != rows)
		bench_die("%llu of %llu rows are acknowledged",
			  (unsigned long long)acknowledged(&s),
			  (unsigned long long)rows);
	feed_stop(&feed);
	sink_close(&s);
	return ns;
}

/* --- the figures ------------------------------------------------------------------ */

int
main(void)
{
	const char *bootstrap = getenv("KAFKA_BOOTSTRAP");
	double plain = 0, all = 0, ours_plain = 0, ours = 0;

	log_init("bench_kafka", LOG_ERROR);
	if (getenv("BENCH_ROWS"))
		rows = strtoull(getenv("BENCH_ROWS"), NULL, 10);
	if (!bootstrap)
		bench_die("KAFKA_BOOTSTRAP says no broker");
	make_rows();
	bare(bootstrap, true); /* the broker warms up */
	for (int i = 0; i < ROUNDS; i++) {
		plain = least(plain, bare(bootstrap, false));
		ours_plain = least(ours_plain, sink(bootstrap, false));
		all = least(all, bare(bootstrap, true));
		ours = least(ours, sink(bootstrap, true));
	}
	bench_report("kafka", "a row, values only", ours_plain, "ns", plain,
		     plain / 0.8);
	bench_report("kafka", "a row, key and headers", ours, "ns", all,
		     all / 0.8);
	bench_report("kafka", "  CPU of the thread that produces", cpu_sink,
		     "ns", cpu_bare, NONE);
	return 0;
}
