/* config.h - what the command line and the environment ask for, checked. */
#ifndef SINK_SSE_CONFIG_H
#define SINK_SSE_CONFIG_H

#include <stdint.h>

#include "client/peer.h"
#include "common/daemon.h"

struct config {
	const char *listen;      /* HOST:PORT; borrowed from argv, as all are */
	struct peer peer;
	const char *allow_origin;
	struct door_files door;
	struct option_list host; /* names that we answer to */
	uint64_t    threads;
	uint64_t    max_viewers, max_queries, max_per_address;
	uint64_t    max_head;    /* bytes of a request before its body */
	uint64_t    replay;      /* bytes of rows kept for each subscription */
	int64_t     linger, heartbeat, timeout, drain; /* ms */
	struct daemon_config daemon;
	bool        token_in_url, insecure;
};

/* Fill c. *done: --help or --version was all. Returns 0, or MQL_EINVAL after
 * a sentence on standard error: exit status 2. Start-up only. */
int config_parse(struct config *c, int argc, char **argv, bool *done);
void config_fini(struct config *c);

#endif
