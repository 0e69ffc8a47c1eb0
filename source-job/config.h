/* config.h - what the command line and the environment ask for, checked. */
#ifndef SOURCE_JOB_CONFIG_H
#define SOURCE_JOB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon.h"

struct config {
	const char *agents;      /* endpoint, borrowed from argv */
	const char *subscribers; /* endpoint */
	const char *http;        /* HOST:PORT, or "off" */
	uint64_t    workers;     /* threads; at least 1 */
	const char *key, *allowed_keys; /* of CURVE; both or neither */
	const char *state;       /* directory; NULL: nothing is kept */
	struct door_files door;  /* of http */
	uint64_t    queue;       /* bytes that wait for one subscriber */
	uint64_t    stage_memory; /* bytes of one subscription's groups */
	uint64_t    agent_credit; /* bytes of rows that an agent may send
				     ahead, */
	uint64_t    agents_memory; /* and all of them together: credit.h */
	uint64_t    max_agents;  /* 0: see config_fit() */
	uint64_t    max_queries, max_subscribers;
	uint64_t    max_per_peer; /* subscriptions of one */
	uint64_t    max_of_address; /* links; 0: any */
	uint64_t    max_links;   /* of all: see config_fit() */
	int64_t     lease, heartbeat, drain; /* ms */
	int64_t     grace;       /* ms, of windows that name none */
	struct daemon_config daemon;
	bool        insecure;
	/* Kafka as a source; topics NULL: it is none. */
	const char *kafka_bootstrap, *kafka_topics, *kafka_group;
	uint64_t    kafka_replays; /* that may run at once */
	const char *queries_topic; /* keeps saved queries; NULL: see state */
	struct option_list kafka_property; /* see config_fini() */
};

/* Fill c. *done: --help or --version was all. Returns 0, or MQL_EINVAL after
 * a sentence on standard error: exit status 2. Start-up only. */
int config_parse(struct config *c, int argc, char **argv, bool *done);
void config_fini(struct config *c);

/* Each agent and each subscriber takes a file descriptor: have as many as
 * max_agents and max_subscribers need. Where max_agents was left to us, it is
 * as many as there can be, up to 20,000. What is left of the descriptors is
 * for others: max_links. */
void config_fit(struct config *c);

#endif
