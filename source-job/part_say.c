/* part_say.c - what a worker's part of a query tells the job.
 *
 * Groups of agents are merged here, in the worker's thread, and rows put into
 * one batch, until the turn ends or something else is to be said: the job gets
 * one of a worker instead of one of each agent. */
#include "mql/error.h"
#include "mql/partial.h"
#include "source-job/batch.h"
#include "source-job/notes.h"
#include "source-job/part_own.h"
#include "source-job/queries.h"
#include "source-job/watermark.h"
#include "source-job/worker.h"

/* Bytes of groups that wait for the end of the turn. As they are mostly those
 * of the last turn, few of these are read again: they count for less. */
enum { MERGED_MAX = 16 << 20, GROUPS_SHARE = 64 };

/* Between two counts of a query that goes live: each costs the job a turn, and
 * every subscriber of the query a message. */
enum { PACE_MS = 10 };

static void
post(struct part *part, struct op *op)
{
	part->said = part->worker->now;
	op->query = part->query;
	op->count = part->count;
	op->count.refused = part->refused;
	channel_push(&part->worker->out, op);
}

/* Most agents have counted nothing before. */
static void
say_carried(struct part *part)
{
	static const struct books_agent nothing;
	struct op op = { .kind = OP_CARRIED, .all = part->carried_all,
			 .carried = part->carried };

	if (!memcmp(&part->carried, &nothing, sizeof nothing))
		return;
	part->carried = nothing;
	post(part, &op);
}

static void
push(struct part *part, struct op *op)
{
	say_carried(part);
	post(part, op);
}

static void
take_unsaid(struct part *part, struct op *op)
{
	if (part->merged) {
		op->kind = OP_PARTIAL;
		op->partial = part->merged;
		op->bytes = partial_bytes(part->merged) / GROUPS_SHARE;
		part->merged = NULL;
	} else if (part->rows && part->rows->n) {
		op->kind = OP_ROWS;
		op->batch = part->rows;
		op->bytes = part->rows->rows.cap;
		op->step = part->step;
		part->expected = part->rows->rows.len < BATCH_BYTES ?
				 part->rows->rows.len : BATCH_BYTES;
		part->rows = NULL;
	}
}

/* The books as they were with the last that went in. */
static void
say_unsaid(struct part *part)
{
	struct op op = { .kind = OP_LOST, .all = part->unsaid_all,
			 .lost = part->unsaid_lost };

	take_unsaid(part, &op);
	if (op.kind == OP_LOST && !op.lost)
		return;
	part->unsaid_lost = 0;
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

/* What is unsaid by now was counted before. */
void
part_carry(struct part *part, const struct books_agent *past)
{
	say_unsaid(part);
	books_agent_add(&part->carried, past);
	part->carried_all = part->all;
	part->changed = true;
}

void
part_say(struct part *part, struct op *op)
{
	if (part->over)
		return;
	say_unsaid(part);
	op->all = part->all;
	part->refused = part->count.refused;
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
	say_unsaid(part);
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
		say_unsaid(part);
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
	if (part->rows && part->rows->n)
		say_unsaid(part);
	if (good)
		lost += merge(part);
	part_done(part, lost);
}

void
part_begin(struct part *part, unsigned step, size_t bytes, int64_t sent)
{
	const size_t len = part->rows ? part->rows->rows.len : 0;

	if (part->merged ||
	    (len && (step != part->step || len + bytes > BATCH_BYTES)))
		say_unsaid(part);
	if (!part->rows)
		part->rows = batch_new(bytes > part->expected ? bytes :
				       part->expected);
	part->step = step;
	if (part->rows && !part->rows->n)
		part->rows->sent = sent;
}

bool
part_put(struct part *part, struct str row)
{
	if (!part->rows || !batch_room(part->rows, batch_size(row)))
		return false;
	batch_put(part->rows, row);
	return true;
}

void
part_done(struct part *part, uint64_t lost)
{
	counter_add(&part->worker->counters.rows_lost, lost);
	part->unsaid_lost += lost;
	part->unsaid_all = part->all;
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

static bool
has_changed(const struct part *part)
{
	return part->changed || part->refused != part->count.refused;
}

/* More is about to come. */
static bool
is_put_off(struct part *part)
{
	struct parts *ps = &part->worker->parts;
	const int64_t due = part->said + PACE_MS;

	if (!part->pending || !part->said || part->worker->now >= due)
		return false;
	if (due < ps->settle_at)
		ps->settle_at = due;
	return true;
}

/* While it closes nobody is shown what stands: the last word has it all. */
void
part_settle(struct part *part)
{
	say_unsaid(part);
	say_told(part);
	if (!(has_changed(part) || part->renote) || is_put_off(part))
		return;
	if (part->renote)
		say_notes(part);
	if (has_changed(part) && !part->closing)
		part_say(part, &(struct op){ .kind = OP_STANDS });
	part->changed = false;
}

void
part_end(struct part *part, struct op *done)
{
	say_unsaid(part);
	say_told(part);
	say_carried(part);
	part->over = true;
	*done = (struct op){ .kind = OP_DONE, .query = part->query,
			     .count = part->count, .all = part->all };
}
