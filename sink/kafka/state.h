/* state.h - counts that outlive us, in a file.
 *
 * The file is mapped, so that a count is in it as soon as it is made: when we
 * are killed, the next start finds how many rows we had taken and Kafka had not
 * acknowledged. Those are lost, or they are in the topic all the same; nobody
 * knows which, so they are said to be missing at most.
 *
 * The file is ours alone while it is open. Owner thread only. */
#ifndef SINK_KAFKA_STATE_H
#define SINK_KAFKA_STATE_H

#include <stddef.h>
#include <stdint.h>

struct state; /* opaque */

/* What is kept of one query; ours to write while it runs. */
struct state_slot {
	char     name[96];  /* empty: free */
	uint64_t taken;     /* rows, from the source-job */
	uint64_t told;      /* rows that it said it had handed over */
	uint64_t settled;   /* acknowledged, or failed and said so */
	uint64_t open;      /* 1: not ended in an orderly way */
};

/* path NULL: kept in memory only. 0; MQL_EINUSE: another one has it;
 * MQL_EINVAL: it is something else; MQL_ENOMEM, MQL_EOS. why: a sentence. */
int state_open(const char *path, struct state **out, char *why, size_t nwhy);
void state_close(struct state *s); /* NULL is allowed */

/* The slot of this name (which may be cut), begun anew; *lost: rows that its
 * last run had taken, or had been told of, and not settled, when it ended
 * without a word. NULL: there are too many. */
struct state_slot *state_begin(struct state *s, const char *name,
			       uint64_t *lost);
void state_end(struct state_slot *slot); /* in order: it is free; NULL: none */

#endif
