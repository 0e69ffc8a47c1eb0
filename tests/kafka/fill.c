/* fill.c - fill-kafka BOOTSTRAP TOPIC PARTITIONS [FIRST]: make the topic,
 * unless it is there, and produce the lines of standard input, each
 *
 *     TIMESTAMP tab VALUE        ms since the epoch
 *
 * to partition after partition in no regular order; without a tab it is a
 * tombstone. FIRST: the first messages only go to partition 0, so that others
 * are shorter. Ends when all are acknowledged. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 60000 };

static long failed;

static void
delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk;
	(void)arg;
	failed += m->err != 0;
}

static rd_kafka_t *
open_producer(const char *bootstrap)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
	rd_kafka_conf_set(conf, "enable.idempotence", "true", NULL, 0);
	rd_kafka_conf_set(conf, "linger.ms", "50", NULL, 0);
	rd_kafka_conf_set(conf, "compression.type", "zstd", NULL, 0);
	rd_kafka_conf_set(conf, "message.max.bytes", "4000000", NULL, 0);
	rd_kafka_conf_set(conf, "queue.buffering.max.messages", "200000", NULL,
			  0);
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	return rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
}

/* A mock cluster knows no administration, and makes topics by itself. */
static void
make_topic(rd_kafka_t *rk, const char *topic, int partitions)
{
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *t = rd_kafka_NewTopic_new(topic, partitions, 1,
						       NULL, 0);
	rd_kafka_event_t *e;

	rd_kafka_NewTopic_set_config(t, "max.message.bytes", "4000000");
	rd_kafka_NewTopic_set_config(t, "retention.ms", "-1");
	rd_kafka_CreateTopics(rk, &t, 1, NULL, q);
	e = rd_kafka_queue_poll(q, WAIT_MS);
	rd_kafka_event_destroy(e);
	rd_kafka_NewTopic_destroy(t);
	rd_kafka_queue_destroy(q);
}

static int
produce(rd_kafka_t *rk, const char *topic, char *line, int32_t partition)
{
	char *tab = strchr(line, '\t');
	char *value = tab ? tab + 1 : NULL, key[] = "k";
	rd_kafka_resp_err_t err;

	line[strcspn(line, "\n")] = '\0';
	const rd_kafka_vu_t vu[] = { /* its macros are not C17 */
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = atoll(line) },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { key, 1 } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { value, value ? strlen(value) : 0 } },
	};
	do {
		rd_kafka_poll(rk, 0);
		rd_kafka_error_t *e =
			rd_kafka_produceva(rk, vu, sizeof vu / sizeof *vu);
		err = rd_kafka_error_code(e);
		rd_kafka_error_destroy(e);
		if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rd_kafka_poll(rk, 100);
	} while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL);
	return err ? -1 : 0;
}

int
main(int argc, char **argv)
{
	const int partitions = argc > 3 ? atoi(argv[3]) : 0;
	const long first = argc > 4 ? atol(argv[4]) : 0;
	rd_kafka_t *rk = partitions > 0 ? open_producer(argv[1]) : NULL;
	char *line = NULL;
	size_t room = 0;
	long n = 0;

	if (!rk)
		return 2;
	make_topic(rk, argv[2], partitions);
	for (; getline(&line, &room, stdin) > 0; n++)
		failed += produce(rk, argv[2], line, n < first ? 0 :
				  (int32_t)((unsigned long)n * 2654435761UL %
					    4294967291UL %
					    (unsigned)partitions)) != 0;
	free(line);
	rd_kafka_flush(rk, WAIT_MS);
	failed += rd_kafka_outq_len(rk);
	rd_kafka_destroy(rk);
	return failed != 0;
}
