/* at.h - `at app == 'playback' and zone == 'us-east-1'`: which agents a query
 * is for. The condition is compiled as a query of its own and tried on a small
 * JSON object that each agent's hello makes:
 *
 *     {"app":"playback","host":"web-17","zone":"us-east-1","version":"2.4.1",
 *      "labels":{"team":"play"}}
 *
 * An agent whose hello has the label mql.replay brings the history of topics
 * for one query (kafka/replay.h): it is asked nothing else, and that query of
 * nobody else. */
#ifndef SOURCE_JOB_AT_H
#define SOURCE_JOB_AT_H

#include <stdbool.h>

#include "common/buf.h"

struct agent;
struct at;
struct mql_query;
struct wire_hello;

/* Its value is the id of the query, 16 hexadecimal digits. */
#define AT_REPLAY "mql.replay"

/* What the query says about it; NULL: it is for every agent. replay: its id,
 * if it is one of history; else 0. 0, or an error of query_compile(). */
int at_open(const struct mql_query *q, uint64_t replay, struct at **out);
void at_free(struct at *at); /* NULL is allowed */

/* at may be NULL. */
bool at_matches(struct at *at, const struct agent *a);

/* For which replay an agent is, as its hello says; 0: for none. */
uint64_t at_replay(const struct wire_hello *m);

/* Append the object that an agent is looked at by. */
void at_describe(const struct wire_hello *m, struct buf *out);

#endif
