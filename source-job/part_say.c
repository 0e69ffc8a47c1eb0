/* part_say.c - what a worker's part of a query tells the job.
 *
 * Groups of agents are merged here, in the worker's thread, until the turn
 * ends or something else is to be said: the job gets one partial of a worker
 * instead of one of each agent. */
#include "mql/error.h"
#include "mql/partial.h"
#include "source-job/notes.h"
#include "source-job/part_own.h"
#include "source-job/queries.h"
#include "source-job/watermark.h"
#include "source-job/worker.h"

/* Bytes of groups that wait for the end of the turn. As they are mostly those
 * of the last turn, few of these are read again: they count for less. */
enum { MERGED_MAX = 16 << 20, GROUPS_SHARE = 64 };

static void
push(struct part *part, struct op *op)
{
	op->query = part->query;
	op->count = part->count;
	channel_push(&part->worker->out, op);
}

/* The books as they were with the last group that went in. */
static void
say_merged(struct part *part)
{
	struct op op = { .kind = OP_PARTIAL, .all = part->merged_all,
			 .lost = part->merged_lost };

	if (!part->merged && !part->merged_lost)
		return;
	if (part->merged) {
		op.partial = part->merged;
		op.bytes = partial_bytes(part->merged) / GROUPS_SHARE;
	} else {
		op.kind = OP_LOST;
	}
	part->merged = NULL;
	part->merged_lost = 0;
	push(part, &op);
}

static void
say_told(struct part *part)
{
	struct op op = { .kind = OP_TOLD, .n = part->nmoved,
			 .all = part->all };

	if (!part->nmoved)
		return;
	memcpy(op.told, part->moved, sizeof op.told);
	part->nmoved = 0;
	push(part, &op);
}

void
part_say(struct part *part, struct op *op)
{
	if (part->over)
		return;
	say_merged(part);
	op->all = part->all;
	push(part, op);
}

void
part_say_lost(struct part *part, uint64_t n)
{
	counter_add(&part->worker->counters.rows_lost, n);
	part_say(part, &(struct op){ .kind = OP_LOST, .lost = n });
}

/* --- to be said at the end of the turn --------------------------------------- */

static bool
told(struct part *part, int64_t pane, int32_t by)
{
	uint32_t i = 0;

	while (i < part->nmoved && part->moved[i].pane != pane)
		i++;
	if (i == OP_TOLD_MAX)
		return false;
	if (i == part->nmoved)
		part->moved[part->nmoved++] = (struct told){ .pane = pane };
	part->moved[i].by += by;
	return true;
}

static void
move(struct part *part, int64_t pane, int32_t by)
{
	if (pane == TOLD_NOTHING || part->over || told(part, pane, by))
		return;
	say_merged(part);
	say_told(part);
	told(part, pane, by);
}

void
part_tell(struct part *part, int64_t from, int64_t to)
{
	move(part, from, -1);
	move(part, to, 1);
}

/* The one that was sent last comes back when the job has used it. */
static struct partial *
spare(struct part *part)
{
	struct query *q = part->query;
	struct partial *p = atomic_exchange(
		&q->of[part->worker->index].spare, NULL);

	if (!p && partial_new(q->folded, &p))
		return NULL;
	return p;
}

/* How many events found no memory. */
static uint64_t
merge(struct part *part)
{
	struct partial *next;

	if (part->merged && partial_bytes(part->merged) > MERGED_MAX)
		say_merged(part);
	if (part->merged)
		return partial_add(part->merged, part->reading);
	next = spare(part);
	if (!next)
		return partial_events(part->reading);
	part->merged = part->reading;
	part->reading = next;
	return 0;
}

void
part_merge(struct part *part, bool good, uint64_t lost)
{
	if (good)
		lost += merge(part);
	counter_add(&part->worker->counters.rows_lost, lost);
	part->merged_lost += lost;
	part->merged_all = part->all;
}

static void
say_notes(struct part *part)
{
	struct notes notes;

	part->renote = false;
	notes_take(&part->worker->agents, part->query->slot, &notes);
	struct notes *copy = notes_copy(&notes);
	if (!copy && !part->noted)
		return;
	part->noted = copy != NULL;
	part_say(part, &(struct op){ .kind = OP_NOTES, .notes = copy });
}

void
part_settle(struct part *part)
{
	say_merged(part);
	say_told(part);
	if (part->renote)
		say_notes(part);
	if (part->changed)
		part_say(part, &(struct op){ .kind = OP_STANDS });
	part->changed = false;
}

void
part_end(struct part *part, struct op *done)
{
	say_merged(part);
	say_told(part);
	part->over = true;
	*done = (struct op){ .kind = OP_DONE, .query = part->query,
			     .count = part->count, .all = part->all };
}
