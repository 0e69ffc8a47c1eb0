/* offsets_commit.c - commits of offsets, and what is read once more; see
 * offsets.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "source-job/counters.h"
#include "source-job/kafka/offsets_own.h"

enum {
	SEEK_MS = 5000,    /* to go back */
	COMMIT_MS = 1000,  /* how often */
};

/* Where each has been read to. */
static rd_kafka_topic_partition_list_t *
positions(const struct offsets *o, rd_kafka_t *rk)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)o->n);

	for (size_t i = 0; i < o->n; i++)
		rd_kafka_topic_partition_list_add(list, o->place[i].topic,
						  o->place[i].partition);
	rd_kafka_position(rk, list);
	for (size_t i = 0; i < o->n; i++)
		if (list->elems[i].offset < 0)
			list->elems[i].offset = o->place[i].begin;
	return list;
}

/* What has moved since the last commit, or is due for another reason; what is
 * read of late messages waits until all of these are. */
static rd_kafka_topic_partition_list_t *
find_due(struct offsets *o, rd_kafka_t *rk, int64_t since)
{
	rd_kafka_topic_partition_list_t *at = positions(o, rk);
	rd_kafka_topic_partition_list_t *due =
		rd_kafka_topic_partition_list_new(at->cnt);

	for (size_t i = 0; i < o->n; i++) {
		const rd_kafka_topic_partition_t *p = &at->elems[i];

		if (o->place[i].handed < 0) /* now something is saved */
			o->place[i].handed = p->offset;
		if (p->offset >= 0 && !place_is_late(&o->place[i]) &&
		    (p->offset != o->place[i].committed ||
		     since != o->kept_for))
			rd_kafka_topic_partition_list_add(due, p->topic,
				p->partition)->offset = p->offset;
	}
	rd_kafka_topic_partition_list_destroy(at);
	if (due->cnt)
		return due;
	rd_kafka_topic_partition_list_destroy(due);
	return NULL;
}

static void
begin(struct offsets *o, rd_kafka_t *rk, const struct offsets_flow *live,
      const struct offsets_flow *late)
{
	const int64_t now = clock_mono_ms();

	if (now < o->next)
		return;
	o->next = now + COMMIT_MS;
	o->due_for = atomic_load(&o->since);
	o->due = find_due(o, rk, o->due_for);
	o->due_read = counter_get(o->nlate ? &o->done : &o->read);
	if (!o->due && !late) {
		counter_set(&o->done, o->due_read);
		return;
	}
	o->goal[0] = live->in;
	o->goal[1] = late ? late->in : 0;
	o->with_late = late != NULL;
	o->late_over = late && !o->nlate;
	o->step = IN_RING;
}

static bool
has_left(const struct offsets *o, const struct offsets_flow *live,
	 const struct offsets_flow *late)
{
	return live->out >= o->goal[0] && (!late || late->out >= o->goal[1]);
}

static void
mark(struct offsets *o)
{
	atomic_store(&o->mark_late, o->with_late);
	atomic_store(&o->mark, clock_wall_ms());
	o->step = MARKED;
}

static void
commit(struct offsets *o, rd_kafka_t *rk)
{
	const int64_t since = atomic_load(&o->since);
	int64_t now = clock_wall_ms();
	rd_kafka_resp_err_t err;
	char text[24];
	int n;

	/* Whoever saved the query may have had another clock. */
	n = snprintf(text, sizeof text, "%" PRId64, now < since ? since : now);
	for (int i = 0; o->due && i < o->due->cnt; i++) {
		rd_kafka_topic_partition_t *p = &o->due->elems[i];
		struct place *of = offsets_find(o, p->topic, p->partition);

		p->metadata = strdup(text);
		p->metadata_size = p->metadata ? (size_t)n : 0;
		if (of)
			of->committed = of->handed = p->offset;
	}
	if (o->due && (err = rd_kafka_commit(rk, o->due, true)))
		offsets_committed(o, err, o->due);
	o->kept_for = o->due_for;
	counter_set(&o->done, o->due_read);
	offsets_give_up(o);
}

/* Where p is to be read from once more, if that is before at: it is late until
 * there. How many messages. */
static uint64_t
set_back(struct offsets *o, struct place *p, int64_t at)
{
	if (p->handed < 0 || p->handed >= at)
		return 0;
	if (!place_is_late(p)) {
		o->nlate++;
		p->until = at;
	}
	p->begin = p->handed;
	return (uint64_t)(at - p->handed);
}

/* One that cannot be set back goes on where it is, and is late no more with its
 * next message. */
static void
seek(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *to)
{
	rd_kafka_error_t *wrong = rd_kafka_seek_partitions(rk, to, SEEK_MS);

	if (!wrong)
		return;
	log_warn("Kafka: what was not handed over cannot be read again: %s",
		 rd_kafka_error_string(wrong));
	rd_kafka_error_destroy(wrong);
}

static void
go_back(struct offsets *o, rd_kafka_t *rk)
{
	rd_kafka_topic_partition_list_t *at = positions(o, rk);
	rd_kafka_topic_partition_list_t *to =
		rd_kafka_topic_partition_list_new(at->cnt);
	uint64_t all = 0, n;

	offsets_give_up(o);
	for (size_t i = 0; i < o->n; i++) {
		struct place *p = &o->place[i];

		if ((n = set_back(o, p, at->elems[i].offset)))
			rd_kafka_topic_partition_list_add(to, p->topic,
				p->partition)->offset = p->begin;
		all += n;
	}
	if (to->cnt) {
		log_warn("Kafka: the link of its agent broke: %" PRIu64
			 " messages that were not handed over come once more, "
			 "for saved queries only", all);
		seek(rk, to);
	}
	counter_add(&o->late, all);
	rd_kafka_topic_partition_list_destroy(at);
	rd_kafka_topic_partition_list_destroy(to);
}

/* Nothing is saved: nothing is to be handed over. */
static void
keep_nothing(struct offsets *o)
{
	offsets_give_up(o);
	atomic_store(&o->again, false);
	for (size_t i = 0; i < o->n; i++)
		o->place[i].handed = -1;
	counter_set(&o->done, counter_get(&o->read));
}

/* In this order: who says that it is handed over has said before whether it has
 * to come again. */
static bool
is_handed(const struct offsets *o)
{
	return atomic_load(&o->handed) == atomic_load(&o->mark) &&
	       !atomic_load(&o->again);
}

enum offsets_do
offsets_turn(struct offsets *o, rd_kafka_t *rk, const struct offsets_flow *live,
	     const struct offsets_flow *late)
{
	if (!atomic_load(&o->since)) {
		keep_nothing(o);
		return late && !o->nlate ? OFFSETS_FORGET_LATE :
					   OFFSETS_NOTHING;
	}
	if (atomic_exchange(&o->again, false))
		go_back(o, rk);
	if (o->step == IDLE)
		begin(o, rk, live, late);
	if (o->step == IN_RING && has_left(o, live, late))
		mark(o);
	if (o->step != MARKED)
		return OFFSETS_NOTHING;
	if (is_handed(o)) {
		commit(o, rk);
		return o->late_over ? OFFSETS_FORGET_LATE : OFFSETS_NOTHING;
	}
	if (clock_wall_ms() < atomic_load(&o->mark)) /* it was set back */
		mark(o);
	return OFFSETS_NOTHING;
}
