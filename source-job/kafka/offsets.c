/* offsets.c - see offsets.h; commits are in offsets_commit.c. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "source-job/counters.h"
#include "source-job/kafka/offsets_own.h"

enum {
	ASK_MS = 5000,     /* for a broker to say where a partition ends */
	ASK_AGAIN = 3,     /* what is committed */
};

struct offsets *
offsets_new(void)
{
	return calloc(1, sizeof(struct offsets));
}

void
offsets_give_up(struct offsets *o)
{
	if (o->due)
		rd_kafka_topic_partition_list_destroy(o->due);
	o->due = NULL;
	o->step = IDLE;
	atomic_store(&o->mark, 0);
}

void
offsets_free(struct offsets *o)
{
	if (!o)
		return;
	offsets_give_up(o);
	for (size_t i = 0; i < o->n; i++)
		free(o->place[i].topic);
	free(o->place);
	free(o);
}

/* --- places --------------------------------------------------------------------- */

struct place *
offsets_find(struct offsets *o, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->place[i].partition == partition &&
		    !strcmp(o->place[i].topic, topic))
			return &o->place[i];
	return NULL;
}

static void
add(struct offsets *o, const rd_kafka_topic_partition_t *p, int64_t until,
    int64_t committed)
{
	struct place *all = realloc(o->place, (o->n + 1) * sizeof *all);
	char *topic = strdup(p->topic);

	if (all)
		o->place = all;
	if (!all || !topic) { /* it is read, and not committed */
		free(topic);
		return;
	}
	o->nlate += p->offset >= 0 && p->offset < until;
	o->place[o->n++] = (struct place){
		.topic = topic, .partition = p->partition,
		.begin = p->offset < 0 ? -1 : p->offset, .until = until,
		.committed = committed,
		.handed = p->offset < 0 ? -1 : p->offset,
	};
}

/* Nothing late is to come of it. */
static void
catch_up(struct offsets *o, struct place *p)
{
	o->nlate -= place_is_late(p);
	p->until = 0;
}

static void
remove_place(struct offsets *o, struct place *p)
{
	catch_up(o, p);
	free(p->topic);
	*p = o->place[--o->n];
}

/* --- they come and go ---------------------------------------------------------- */

/* What the group has committed, in order of list; NULL: nobody says. */
static rd_kafka_topic_partition_list_t *
ask_committed(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *c =
		rd_kafka_topic_partition_list_copy(list);
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;

	for (int i = 0; i < c->cnt; i++)
		c->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
	for (int i = 0; i < ASK_AGAIN && err; i++)
		err = rd_kafka_committed(rk, c, ASK_MS);
	if (!err)
		return c;
	log_warn("Kafka: what is committed cannot be found out: %s; saved "
		 "queries miss what was produced meanwhile",
		 rd_kafka_err2str(err));
	rd_kafka_topic_partition_list_destroy(c);
	return NULL;
}

/* When it was committed, in ms since the epoch; 0: not by us. */
static int64_t
time_of(const rd_kafka_topic_partition_t *p)
{
	char text[24] = "";

	if (p->metadata_size < sizeof text && p->metadata)
		memcpy(text, p->metadata, p->metadata_size);
	return strtoll(text, NULL, 10);
}

/* Where to go on: what is committed, if that is for queries of today, and still
 * there; else the end. */
static int64_t
begin_of(struct offsets *o, const rd_kafka_topic_partition_t *c, int64_t low,
	 int64_t high)
{
	const int64_t since = atomic_load(&o->since);

	if (!since || !c || c->err || c->offset < 0 || c->offset > high ||
	    time_of(c) < since)
		return high;
	if (c->offset >= low)
		return c->offset;
	counter_add(&o->gone, (uint64_t)(low - c->offset));
	return low;
}

void
offsets_assigned(struct offsets *o, rd_kafka_t *rk,
		 rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *c = atomic_load(&o->since) ?
		ask_committed(rk, list) : NULL;
	uint64_t late = 0;

	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_topic_partition_t *p = &list->elems[i];
		int64_t low, high;

		/* `latest` would be what it is when the first fetch is
		 * answered, which nobody could wait for. */
		p->offset = RD_KAFKA_OFFSET_END;
		if (rd_kafka_query_watermark_offsets(rk, p->topic, p->partition,
						     &low, &high, ASK_MS))
			high = -1;
		else
			p->offset = begin_of(o, c ? &c->elems[i] : NULL, low,
					     high);
		late += p->offset < high ? (uint64_t)(high - p->offset) : 0;
		add(o, p, high, -1);
	}
	offsets_give_up(o); /* what is under way has not heard of these */
	if (late)
		log_info("Kafka: %" PRIu64 " messages from before are for "
			 "saved queries only", late);
	counter_add(&o->late, late);
	if (c)
		rd_kafka_topic_partition_list_destroy(c);
}

void
offsets_revoked(struct offsets *o, const rd_kafka_topic_partition_list_t *list)
{
	struct place *p;

	for (int i = 0; i < list->cnt; i++)
		if ((p = offsets_find(o, list->elems[i].topic,
				      list->elems[i].partition)))
			remove_place(o, p);
	offsets_give_up(o); /* it may speak of these */
}

static struct place *
place_of(struct offsets *o, const rd_kafka_message_t *m)
{
	return offsets_find(o, rd_kafka_topic_name(m->rkt), m->partition);
}

bool
offsets_is_late(struct offsets *o, const rd_kafka_message_t *m)
{
	struct place *p = o->nlate ? place_of(o, m) : NULL;

	counter_add(&o->read, 1);
	if (!p || !place_is_late(p))
		return false;
	if (m->offset < p->until)
		return true;
	catch_up(o, p);
	return false;
}

void
offsets_end(struct offsets *o, const rd_kafka_message_t *m)
{
	struct place *p = o->nlate ? place_of(o, m) : NULL;

	if (p && place_is_late(p) && m->offset >= p->until)
		catch_up(o, p);
}

void
offsets_committed(struct offsets *o, rd_kafka_resp_err_t err,
		  const rd_kafka_topic_partition_list_t *list)
{
	struct place *p;

	if (!err) {
		counter_add(&o->commits, 1);
		return;
	}
	log_debug("Kafka: offsets are not committed: %s",
		  rd_kafka_err2str(err));
	for (int i = 0; list && i < list->cnt; i++)
		if ((p = offsets_find(o, list->elems[i].topic,
				      list->elems[i].partition)))
			p->committed = -1; /* again, then */
}

/* --- any thread -------------------------------------------------------------------- */

void
offsets_keep(struct offsets *o, int64_t since)
{
	atomic_store(&o->since, since);
}

int64_t
offsets_kept(const struct offsets *o)
{
	return atomic_load(&o->since);
}

int64_t
offsets_mark(const struct offsets *o, bool *late)
{
	*late = atomic_load(&o->mark_late);
	return atomic_load(&o->mark);
}

void
offsets_handed(struct offsets *o, int64_t m)
{
	atomic_store(&o->handed, m);
}

void
offsets_again(struct offsets *o)
{
	atomic_store(&o->again, true);
}

void
offsets_look(const struct offsets *o, struct offsets_figures *out)
{
	const uint64_t done = counter_get(&o->done);

	*out = (struct offsets_figures){
		.late = counter_get(&o->late), .gone = counter_get(&o->gone),
		.commits = counter_get(&o->commits),
		.ahead = counter_get(&o->read) - done,
	};
}
