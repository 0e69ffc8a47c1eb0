/* request.h - the events that the suites publish: a service's own struct, and
 * the same as built events and as short JSON texts. */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mql/agent.h"

enum { REQUESTS = 512 }; /* stays in the cache, as a request just served does */

struct request {
	uint64_t    customer_id;
	const char *country, *device, *title;
	uint32_t    episode;
	double      latency_ms;
	uint16_t    status;
	bool        is_kids;
	const char *cdn, *request_id;
};

struct requests {
	struct request at[REQUESTS];
	char           text[REQUESTS][512];
	size_t         len[REQUESTS];
};

/* One in forty is of BR, none of those on an ipad. */
void requests_fill(struct requests *r);

/* A stream of such structs, or a reason to die. */
struct mql_stream *requests_stream(struct mql_agent *a, const char *name);

/* Begin a built event and set all fields; NULL while nobody asks. */
struct mql_event *request_build(struct mql_stream *s, const struct request *r);

#endif
