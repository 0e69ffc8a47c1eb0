/* cluster.h - librdkafka's mock cluster, for tests of who speaks to Kafka. */
#ifndef TESTS_KAFKA_CLUSTER_H
#define TESTS_KAFKA_CLUSTER_H

#include <check.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"

static rd_kafka_t *host; /* of the cluster */
static rd_kafka_mock_cluster_t *cluster;

static inline void
cluster_quiet(const rd_kafka_t *rk, int level, const char *fac,
	      const char *text)
{
	(void)rk;
	(void)level;
	(void)fac;
	(void)text;
}

/* One broker, and no topics. Its host is a producer. */
static inline void
cluster_begin(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	log_init("test", LOG_ERROR);
	rd_kafka_conf_set_log_cb(conf, cluster_quiet);
	rd_kafka_conf_set(conf, "message.max.bytes", "4000000", NULL, 0);
	host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	cluster = rd_kafka_mock_cluster_new(host, 1);
}

static inline void
cluster_end(void)
{
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
}

static inline void
cluster_nap(void)
{
	const struct timespec nap = { .tv_nsec = 1000 * 1000 };

	nanosleep(&nap, NULL);
}

/* Take turns, each with a nap in it, until it holds. */
#define CLUSTER_AWAIT(condition, turn)                                      \
	do {                                                                \
		const int64_t by_ = clock_mono_ms() + 60000;                \
		while (!(condition)) {                                      \
			ck_assert_msg(clock_mono_ms() < by_,                \
				      "%s never holds", #condition);        \
			turn;                                               \
		}                                                           \
	} while (0)

#endif
