/* offsets_own.h - what the files of offsets share: offsets.c (partitions as
 * they come and go, and their late messages) and offsets_commit.c (commits). */
#ifndef SOURCE_JOB_KAFKA_OFFSETS_OWN_H
#define SOURCE_JOB_KAFKA_OFFSETS_OWN_H

#include <stdatomic.h>

#include "source-job/kafka/offsets.h"

struct place { /* a partition that is ours */
	char   *topic;
	int32_t partition;
	int64_t begin;     /* where it was read from; < 0: not known */
	int64_t until;     /* messages before this are late */
	int64_t committed; /* < 0: nothing is */
	int64_t handed;    /* what is before this is; < 0: nothing is saved */
};

enum step {
	IDLE,
	IN_RING, /* rows that it is about are in the agents' rings */
	MARKED,  /* they have left; the owner of the rows follows them */
};

struct offsets {
	struct place *place;
	size_t   n, nlate;

	enum step step;
	rd_kafka_topic_partition_list_t *due; /* what will be committed */
	uint64_t goal[2];  /* live and late: until so much is out */
	bool     with_late, late_over; /* there is a late agent; all of it */
	int64_t  next;     /* ms, monotonic */
	int64_t  due_for;  /* since, as of the commit under way, */
	int64_t  kept_for; /* and of the last one */

	_Atomic int64_t since, mark, handed;
	_Atomic bool    mark_late, again;
	_Atomic uint64_t late, gone, commits;
	_Atomic uint64_t read, done; /* messages; those before a commit */
	uint64_t due_read; /* what will be done with the commit under way */
};

static inline bool
place_is_late(const struct place *p)
{
	return p->begin >= 0 && p->begin < p->until;
}

/* NULL: it is not ours. */
struct place *offsets_find(struct offsets *o, const char *topic,
			   int32_t partition);

/* No commit is under way any more. */
void offsets_give_up(struct offsets *o);

#endif
