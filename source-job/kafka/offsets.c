/* offsets.c - see offsets.h. */
#include "source-job/kafka/offsets.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "source-job/counters.h"

enum {
	ASK_MS = 5000,     /* for a broker to say where a partition ends */
	ASK_AGAIN = 3,     /* what is committed */
	SEEK_MS = 5000,    /* to go back */
	COMMIT_MS = 1000,  /* how often */
};

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

struct offsets *
offsets_new(void)
{
	return calloc(1, sizeof(struct offsets));
}

static void
give_up(struct offsets *o)
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
	give_up(o);
	for (size_t i = 0; i < o->n; i++)
		free(o->place[i].topic);
	free(o->place);
	free(o);
}

/* --- places --------------------------------------------------------------------- */

static struct place *
find(struct offsets *o, const char *topic, int32_t partition)
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

static bool
is_late(const struct place *p)
{
	return p->begin >= 0 && p->begin < p->until;
}

/* Nothing late is to come of it. */
static void
catch_up(struct offsets *o, struct place *p)
{
	o->nlate -= is_late(p);
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
	give_up(o); /* what is under way has not heard of these */
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
		if ((p = find(o, list->elems[i].topic,
			      list->elems[i].partition)))
			remove_place(o, p);
	give_up(o); /* it may speak of these */
}

static struct place *
place_of(struct offsets *o, const rd_kafka_message_t *m)
{
	return find(o, rd_kafka_topic_name(m->rkt), m->partition);
}

bool
offsets_is_late(struct offsets *o, const rd_kafka_message_t *m)
{
	struct place *p = o->nlate ? place_of(o, m) : NULL;

	counter_add(&o->read, 1);
	if (!p || !is_late(p))
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

	if (p && is_late(p) && m->offset >= p->until)
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
		if ((p = find(o, list->elems[i].topic,
			      list->elems[i].partition)))
			p->committed = -1; /* again, then */
}

/* --- commits ---------------------------------------------------------------------- */

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
		if (p->offset >= 0 && !is_late(&o->place[i]) &&
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
		struct place *of = find(o, p->topic, p->partition);

		p->metadata = strdup(text);
		p->metadata_size = p->metadata ? (size_t)n : 0;
		if (of)
			of->committed = of->handed = p->offset;
	}
	if (o->due && (err = rd_kafka_commit(rk, o->due, true)))
		offsets_committed(o, err, o->due);
	o->kept_for = o->due_for;
	counter_set(&o->done, o->due_read);
	give_up(o);
}

/* Where p is to be read from once more, if that is before at: it is late until
 * there. How many messages. */
static uint64_t
set_back(struct offsets *o, struct place *p, int64_t at)
{
	if (p->handed < 0 || p->handed >= at)
		return 0;
	if (!is_late(p)) {
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

	give_up(o);
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
	give_up(o);
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
