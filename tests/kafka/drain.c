/* drain.c - drain-kafka BOOTSTRAP TOPIC N: read N messages of a topic from its
 * beginning, as a member of a group, and do nothing with them: what the source
 * of mql-source-job is measured by. Prints ns a message, from the first one to
 * the last. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static rd_kafka_t *
open_consumer(const char *bootstrap, const char *topic)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char group[40];
	rd_kafka_t *rk;

	snprintf(group, sizeof group, "drain-%d", (int)getpid());
	rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
	rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
	rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.offset.store", "false", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	if (!rk)
		exit(1);
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
	rd_kafka_subscribe(rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return rk;
}

int
main(int argc, char **argv)
{
	long want = argc > 3 ? atol(argv[3]) : 0, n = 0;
	double begun = 0;
	rd_kafka_t *rk;

	if (want < 1)
		return 2;
	rk = open_consumer(argv[1], argv[2]);
	while (n < want) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, WAIT_MS);

		if (!m)
			return 1;
		if (!m->err && !n++)
			begun = now_ns();
		rd_kafka_message_destroy(m);
	}
	printf("%.0f\n", (now_ns() - begun) / (double)want);
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	return 0;
}
