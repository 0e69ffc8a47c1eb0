/* own.h - agents of the daemon itself: those that bring Kafka's messages
 * (kafka/source.h).
 *
 * A label of their hello tells which one it is, with a number that only this
 * process has. OWN_LIVE is asked like any agent. OWN_LATE brings messages from
 * before a partition was ours, and is asked saved queries only. What either has
 * said by a heartbeat, and which queries it is still to acknowledge, goes to
 * the job with OP_HEARD, behind all rows that it sent before; so does that its
 * link broke meanwhile, for then some of these may be lost. */
#ifndef SOURCE_JOB_OWN_H
#define SOURCE_JOB_OWN_H

#include <stdbool.h>
#include <stdint.h>

enum own { OWN_NONE, OWN_LIVE, OWN_LATE, OWN_N };

#define OWN_LIVE_LABEL "mql.live"
#define OWN_LATE_LABEL "mql.late"

struct agent;
struct query;
struct worker;
struct wire_hello;

struct own_beat { /* that was heard in this turn */
	struct agent *from; /* NULL: none */
	int64_t       at;   /* when it was sent, in ms since the epoch */
};

/* Which one says this hello. token: of this process. */
enum own own_of(const struct wire_hello *m, uint64_t token);

/* May a be asked this query? */
bool own_is_asked(const struct agent *a, const struct query *q);

/* a has said hello, in this session: each link is one. */
void own_hello(struct agent *a, uint64_t session);

/* A heartbeat that was sent at this time, in ms since the epoch. */
void own_beat(struct worker *w, struct agent *a, uint64_t at);

/* a is nobody's agent any more. */
void own_forget(struct worker *w, const struct agent *a);

/* End of a turn: tell the job. */
void own_flush(struct worker *w);

#endif
