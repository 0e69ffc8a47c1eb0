/* mock.c - mock-kafka [BROKERS]: librdkafka's mock cluster as a process of its
 * own, where there is no Java: for `make check` and `make demo-kafka`.
 *
 * The first line on standard output is its address. Topics are made when
 * somebody asks for them; a line `topic NAME PARTITIONS` on standard input
 * makes one. Lines `down` and `up` take the brokers away and bring them back,
 * `error N` makes the next Produce request fail with error N of Kafka. It ends
 * with its standard input.
 *
 * It keeps 5 MiB of each partition, knows no administration, no permissions, no
 * compaction and no search by time: that is for a real broker. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCE = 0 };

static void
obey(rd_kafka_mock_cluster_t *c, const char *line)
{
	char name[200];
	int n;

	if (!strcmp(line, "down\n"))
		rd_kafka_mock_broker_set_down(c, -1);
	else if (!strcmp(line, "up\n"))
		rd_kafka_mock_broker_set_up(c, -1);
	else if (sscanf(line, "error %d", &n) == 1)
		rd_kafka_mock_push_request_errors(c, PRODUCE, 1,
						  (rd_kafka_resp_err_t)n);
	else if (sscanf(line, "topic %199s %d", name, &n) == 2)
		rd_kafka_mock_topic_create(c, name, n, 1);
	else
		fprintf(stderr, "mock-kafka: what is %s", line);
}

int
main(int argc, char **argv)
{
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, NULL, 0);
	rd_kafka_mock_cluster_t *c = rk ? rd_kafka_mock_cluster_new(
		rk, argc > 1 ? atoi(argv[1]) : 1) : NULL;
	char line[300];

	if (!c) {
		fputs("mock-kafka: librdkafka refuses a mock cluster\n",
		      stderr);
		return 1;
	}
	puts(rd_kafka_mock_cluster_bootstraps(c));
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		obey(c, line);
	rd_kafka_mock_cluster_destroy(c);
	rd_kafka_destroy(rk);
	return 0;
}
