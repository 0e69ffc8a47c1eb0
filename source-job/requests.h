/* requests.h - what operators ask: agents, queries, streams, kill. */
#ifndef SOURCE_JOB_REQUESTS_H
#define SOURCE_JOB_REQUESTS_H

#include "common/str.h"

struct job;
struct wire_peer;

/* Answer a REQUEST, or ask the workers first: 0, MQL_EBADFRAME, MQL_ELIMIT or
 * MQL_ENOMEM. A list that would not fit into a message is cut, and its last
 * element says {"left_out": n}. */
int requests_answer(struct job *j, const struct wire_peer *from,
		    struct str body);

/* A worker has filled in l, which is taken. */
struct listing;
void requests_listed(struct job *j, struct listing *l);

#endif
