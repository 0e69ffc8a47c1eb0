/* at.h - `at app == 'playback' and zone == 'us-east-1'`: which agents a query
 * is for. The condition is compiled as a query of its own and tried on a small
 * JSON object that each agent's hello makes:
 *
 *     {"app":"playback","host":"web-17","zone":"us-east-1","version":"2.4.1",
 *      "labels":{"team":"play"}} */
#ifndef SOURCE_JOB_AT_H
#define SOURCE_JOB_AT_H

#include <stdbool.h>

#include "common/buf.h"

struct agent;
struct at;
struct mql_query;
struct wire_hello;

/* What the query says about it; NULL: it is for every agent. 0, or an error of
 * query_compile(). */
int at_open(const struct mql_query *q, struct at **out);
void at_free(struct at *at); /* NULL is allowed */

/* at may be NULL. */
bool at_matches(struct at *at, const struct agent *a);

/* Append the object that an agent is looked at by. */
void at_describe(const struct wire_hello *m, struct buf *out);

#endif
