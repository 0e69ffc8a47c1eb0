/* config.h - what the command line and the environment ask for, checked. */
#ifndef SINK_KAFKA_CONFIG_H
#define SINK_KAFKA_CONFIG_H

#include <stdint.h>

#include "client/peer.h"
#include "common/daemon.h"

struct config {
	const char *bootstrap;   /* borrowed from argv, as all texts are */
	const char *http, *query_dir, *state;
	struct peer peer;
	struct door_files door;  /* of http */
	const char *group, *member; /* of sinks that share rows; NULL: none */
	struct option_list query, saved; /* what is asked */
	struct option_list name, topic, key, rate; /* see config_nth() */
	struct option_list property, topic_config;
	uint64_t    partitions, replication; /* 0: the broker's own */
	uint64_t    buffer;      /* bytes that wait for the broker */
	int64_t     drain;       /* ms */
	struct daemon_config daemon;
	bool        create, headers, insecure;
};

/* Fill c. *done: --help or --version was all. Returns 0, or MQL_EINVAL after
 * a sentence on standard error: exit status 2. Start-up only. */
int config_parse(struct config *c, int argc, char **argv, bool *done);
void config_fini(struct config *c);

/* What holds for the i-th query, those that are saved behind the others: the
 * i-th of the list, or the only one; NULL: nothing is said. */
const char *config_nth(const struct option_list *list, size_t i);

#endif
