/* history.c - see history.h.
 *
 * Partitions are read with librdkafka's simple consumer, which keeps a queue
 * for each. Those with a message at hand lie in a heap by its time. */
#include "source-job/kafka/history.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka/kafka.h"
#include "mql/error.h"

enum {
	ASK_MS = 3000,   /* for a broker to answer */
	BATCH = 256,     /* messages that are taken out of a queue at once */
	WAIT_MS = 20,    /* for one partition, while others may have ended */
	QUEUES_KB = 64 << 10, /* of all partitions together */
	QUEUE_MIN_KB = 256,
	LOOK = 1024,     /* messages until those that are idle are looked at */
};

enum stand {
	LACKING, /* what comes next is not here yet: the others wait for it */
	AT_HAND, /* in the heap */
	IDLE,    /* all that was there at first is read */
	DONE,    /* likewise, and no more is wanted */
};

struct part {
	size_t  topic;
	int32_t partition;
	int64_t begin, end; /* offsets: of what was there at first */
	int64_t at;         /* the next one */
	bool    started;
	enum stand stand;
	rd_kafka_message_t *batch[BATCH];
	size_t  next, n;    /* of it */
};

struct history {
	struct history_options opt;
	rd_kafka_t        *rk;
	rd_kafka_topic_t **topic; /* of the list; NULL: not wanted */
	struct part       *part;
	size_t             npart;
	struct part      **heap;  /* with a message at hand, oldest first */
	size_t             nheap;
	size_t             nreached;
	size_t             nlacking;
	unsigned           looked;   /* messages since those that are idle
					were looked at */
	struct history_figures figures;
	_Atomic bool       refused;  /* the broker does not know us */
};

/* --- a heap ----------------------------------------------------------------- */

static int64_t
time_of(const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;

	return rd_kafka_message_timestamp(m, &type);
}

static int64_t
head_time(const struct part *p)
{
	return time_of(p->batch[p->next]);
}

/* Of the same time, by the place in the list: it is always the same order. */
static bool
is_before(const struct part *a, const struct part *b)
{
	int64_t ta = head_time(a), tb = head_time(b);

	return ta < tb || (ta == tb && a < b);
}

static void
heap_down(struct history *h, size_t i)
{
	struct part *p = h->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < h->nheap) {
		if (child + 1 < h->nheap &&
		    is_before(h->heap[child + 1], h->heap[child]))
			child++;
		if (!is_before(h->heap[child], p))
			break;
		h->heap[i] = h->heap[child];
		i = child;
	}
	h->heap[i] = p;
}

static void
heap_put(struct history *h, struct part *p)
{
	size_t i = h->nheap++;

	while (i && is_before(p, h->heap[(i - 1) / 2])) {
		h->heap[i] = h->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->heap[i] = p;
}

static void
heap_drop_first(struct history *h)
{
	h->heap[0] = h->heap[--h->nheap];
	if (h->nheap)
		heap_down(h, 0);
}

/* --- where one stands ---------------------------------------------------------- */

static void
stand(struct history *h, struct part *p, enum stand now)
{
	h->nlacking -= p->stand == LACKING;
	h->nlacking += now == LACKING;
	p->stand = now;
}

/* Without a message at hand. */
static enum stand
stand_without(const struct history *h, const struct part *p)
{
	return p->at < p->end ? LACKING : h->opt.until_end ? DONE : IDLE;
}

/* --- life ------------------------------------------------------------------- */

static void
on_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct history *h = arg;

	(void)rk;
	(void)reason;
	/* While it worked before, a broker may be restarting. */
	if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION && !h->figures.all)
		atomic_store(&h->refused, true);
}

/* What of it -X may say otherwise was said there already. */
static int
configure(struct history *h, rd_kafka_conf_t *conf, char *why, size_t nwhy)
{
	const size_t kb = QUEUES_KB / (h->npart ? h->npart : 1);
	char each[24];

	snprintf(each, sizeof each, "%zu",
		 kb > QUEUE_MIN_KB ? kb : (size_t)QUEUE_MIN_KB);
	int err = consumer_configure(conf, h->opt.from, why, nwhy);

	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, kafka_log);
	rd_kafka_conf_set_opaque(conf, h);
	if (!err)
		err = kafka_set(conf, "auto.offset.reset", "earliest", why,
				nwhy);
	if (!err)
		err = kafka_set(conf, "queued.max.messages.kbytes", each, why,
				nwhy);
	return err;
}

static int
copy(struct history *h, const struct history_options *opt)
{
	h->opt = *opt;
	h->npart = opt->nplace;
	h->part = calloc(h->npart + 1, sizeof *h->part);
	h->heap = calloc(h->npart + 1, sizeof *h->heap);
	h->topic = calloc(opt->from->topic->n, sizeof *h->topic);
	if (!h->part || !h->heap || !h->topic)
		return MQL_ENOMEM;
	for (size_t i = 0; i < h->npart; i++) {
		h->part[i].topic = opt->place[i].topic;
		h->part[i].partition = opt->place[i].partition;
	}
	h->opt.place = NULL;
	return 0;
}

/* Handles of the topics that are wanted. */
static int
name_topics(struct history *h, char *why, size_t nwhy)
{
	const struct option_list *topic = h->opt.from->topic;

	for (size_t i = 0; i < topic->n; i++) {
		if (!(h->opt.wanted >> i & 1))
			continue;
		h->topic[i] = rd_kafka_topic_new(h->rk, topic->item[i], NULL);
		if (h->topic[i])
			continue;
		snprintf(why, nwhy, "topic '%s': %s", topic->item[i],
			 rd_kafka_err2str(rd_kafka_last_error()));
		return MQL_EINVAL;
	}
	return 0;
}

int
history_open(const struct history_options *opt, struct history **out,
	     char *why, size_t nwhy)
{
	struct history *h = calloc(1, sizeof *h);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int err = h && conf ? copy(h, opt) : MQL_ENOMEM;

	*out = NULL;
	snprintf(why, nwhy, "%s", mql_strerror(MQL_ENOMEM));
	if (err || (err = configure(h, conf, why, nwhy)))
		goto out;
	err = MQL_EINVAL;
	if (!(h->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, nwhy)))
		goto out;
	conf = NULL; /* the consumer's now */
	if ((err = name_topics(h, why, nwhy)))
		goto out;
	*out = h;
	h = NULL;
out:
	if (conf)
		rd_kafka_conf_destroy(conf);
	history_close(h);
	return err;
}

static void
drop_batch(struct part *p)
{
	while (p->next < p->n)
		rd_kafka_message_destroy(p->batch[p->next++]);
	p->next = p->n = 0;
}

void
history_close(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; h->part && i < h->npart; i++) {
		drop_batch(&h->part[i]);
		if (h->part[i].started)
			rd_kafka_consume_stop(h->topic[h->part[i].topic],
					      h->part[i].partition);
	}
	for (size_t i = 0; h->topic && i < h->opt.from->topic->n; i++)
		if (h->topic[i])
			rd_kafka_topic_destroy(h->topic[i]);
	if (h->rk)
		rd_kafka_destroy(h->rk);
	free(h->topic);
	free(h->heap);
	free(h->part);
	free(h);
}

/* --- where it begins and ends ------------------------------------------------ */

/* What the broker says: 0, or whether it is worth trying again. */
static int
judge(const struct history *h, rd_kafka_resp_err_t err, size_t topic,
      char *why, size_t nwhy)
{
	if (!err)
		return 0;
	if (atomic_load(&h->refused))
		snprintf(why, nwhy, "the broker does not know us");
	else if (kafka_is_permanent(err))
		snprintf(why, nwhy, "topic '%s': %s",
			 h->opt.from->topic->item[topic],
			 rd_kafka_err2str(err));
	else
		return MQL_ETIMEOUT;
	return MQL_EREFUSED;
}

static uint64_t
fnv1a(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}

/* Of the topic's name, a NUL, and the partition. */
static uint64_t
hash_place(const char *topic, int32_t partition)
{
	const uint32_t n = (uint32_t)partition;
	unsigned char place[4];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof place; i++)
		place[i] = (unsigned char)(n >> 8 * i);
	hash = fnv1a(hash, topic, strlen(topic) + 1);
	return fnv1a(hash, place, sizeof place);
}

static void
add_hash(uint64_t *sum, const char *topic, int32_t partition)
{
	*sum = (*sum + hash_place(topic, partition)) & INT64_MAX;
}

/* All partitions that a topic has. */
static int
count_partitions(struct history *h, size_t topic, struct history_figures *to,
		 char *why, size_t nwhy)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_resp_err_t wrong = rd_kafka_metadata(
		h->rk, false, h->topic[topic], &md, ASK_MS);
	const struct rd_kafka_metadata_topic *t;

	if (wrong)
		return judge(h, wrong, topic, why, nwhy);
	t = md->topics;
	wrong = md->topic_cnt == 1 ? t->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
	for (int i = 0; !wrong && i < t->partition_cnt; i++) {
		to->all++;
		add_hash(&to->whole, t->topic, t->partitions[i].id);
	}
	rd_kafka_metadata_destroy(md);
	return judge(h, wrong, topic, why, nwhy);
}

static int
find_end(struct history *h, struct part *p, char *why, size_t nwhy)
{
	const char *topic = h->opt.from->topic->item[p->topic];
	int64_t low, high;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
		h->rk, topic, p->partition, &low, &high, ASK_MS);

	if (err)
		return judge(h, err, p->topic, why, nwhy);
	p->end = high;
	if (!h->opt.since || p->begin < low)
		p->begin = low;
	if (p->begin > high)
		p->begin = high;
	p->at = p->begin;
	return 0;
}

static rd_kafka_topic_partition_list_t *
list_times(const struct history *h)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)h->npart);

	for (size_t i = 0; i < h->npart; i++)
		rd_kafka_topic_partition_list_add(
			list, h->opt.from->topic->item[h->part[i].topic],
			h->part[i].partition)->offset = h->opt.since;
	return list;
}

/* The first message of each that is not older; where there is none, the end,
 * which is still to be found. */
static int
find_times(struct history *h, char *why, size_t nwhy)
{
	rd_kafka_topic_partition_list_t *list = list_times(h);
	rd_kafka_resp_err_t wrong = rd_kafka_offsets_for_times(h->rk, list,
							       ASK_MS);
	int err = judge(h, wrong, 0, why, nwhy);

	for (size_t i = 0; i < h->npart && !err; i++) {
		const int64_t at = list->elems[i].offset;

		err = judge(h, list->elems[i].err, h->part[i].topic, why,
			    nwhy);
		h->part[i].begin = at >= 0 ? at : INT64_MAX;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return err;
}

static int
start(struct history *h, struct part *p, char *why, size_t nwhy)
{
	add_hash(&h->figures.mine, h->opt.from->topic->item[p->topic],
		 p->partition);
	h->figures.of += (uint64_t)(p->end - p->begin);
	h->nreached += p->at >= p->end;
	h->nlacking++;
	stand(h, p, stand_without(h, p));
	if (p->stand == DONE)
		return 0;
	if (rd_kafka_consume_start(h->topic[p->topic], p->partition,
				   p->begin)) {
		snprintf(why, nwhy, "topic '%s': %s",
			 h->opt.from->topic->item[p->topic],
			 rd_kafka_err2str(rd_kafka_last_error()));
		return MQL_EREFUSED;
	}
	p->started = true;
	return 0;
}

int
history_find(struct history *h, char *why, size_t nwhy)
{
	struct history_figures f = { .partitions = (uint32_t)h->npart };
	int err = 0;

	rd_kafka_poll(h->rk, 0);
	for (size_t i = 0; i < h->opt.from->topic->n && !err; i++)
		if (h->topic[i])
			err = count_partitions(h, i, &f, why, nwhy);
	if (!err && h->opt.since && h->npart)
		err = find_times(h, why, nwhy);
	for (size_t i = 0; i < h->npart && !err; i++)
		err = find_end(h, &h->part[i], why, nwhy);
	if (err)
		return err;
	h->figures = f;
	for (size_t i = 0; i < h->npart && !err; i++)
		err = start(h, &h->part[i], why, nwhy);
	return err;
}

/* --- messages ----------------------------------------------------------------- */

/* Up to there it is read. */
static void
move(struct history *h, struct part *p, int64_t to)
{
	const int64_t was = p->at < p->end ? p->at : p->end;

	if (to <= p->at)
		return;
	h->nreached += p->at < p->end && to >= p->end;
	h->figures.read += (uint64_t)((to < p->end ? to : p->end) - was);
	p->at = to;
}

/* It has no message; but it may have told that there is none up to here, as
 * where the last ones are no messages, but marks of transactions. */
static int
take_error(struct history *h, struct part *p, const rd_kafka_message_t *m,
	   char *why, size_t nwhy)
{
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		move(h, p, m->offset);
	else if (judge(h, m->err, p->topic, why, nwhy) == MQL_EREFUSED)
		return MQL_EREFUSED;
	return 0;
}

/* Take what is no message, or is not wanted, off the front of the batch. */
static int
skip(struct history *h, struct part *p, char *why, size_t nwhy)
{
	int err = 0;

	for (; p->next < p->n && !err; p->next++) {
		rd_kafka_message_t *m = p->batch[p->next];

		if (m->err)
			err = take_error(h, p, m, why, nwhy);
		else if (h->opt.until_end && m->offset >= p->end)
			move(h, p, m->offset);
		else
			return 0;
		rd_kafka_message_destroy(m);
	}
	drop_batch(p); /* after an error there may be more */
	return err;
}

/* It has no message at hand: look for one, for so long. */
static int
refill(struct history *h, struct part *p, int wait_ms, char *why, size_t nwhy)
{
	ssize_t n = rd_kafka_consume_batch(h->topic[p->topic], p->partition,
					   wait_ms, p->batch, BATCH);
	int err;

	p->n = n > 0 ? (size_t)n : 0;
	if ((err = skip(h, p, why, nwhy)))
		return err;
	stand(h, p, p->n ? AT_HAND : stand_without(h, p));
	if (p->stand == AT_HAND)
		heap_put(h, p);
	return 0;
}

/* Those that stand so; one after the other gets a part of the time. */
static int
refill_all(struct history *h, enum stand which, int wait_ms, char *why,
	   size_t nwhy)
{
	int err = 0;

	for (size_t i = 0; i < h->npart && !err; i++) {
		if (h->part[i].stand != which)
			continue;
		err = refill(h, &h->part[i], wait_ms, why, nwhy);
		wait_ms = 0;
	}
	return err;
}

/* The oldest one. */
static int
give(struct history *h, consumer_fn fn, void *arg, char *why, size_t nwhy)
{
	struct part *p = h->heap[0];
	rd_kafka_message_t *m = p->batch[p->next++];
	const struct message to = {
		.topic = p->topic, .value = { m->payload, m->len },
		.ts = time_of(m),
	};
	int err;

	fn(arg, &to);
	move(h, p, m->offset + 1);
	rd_kafka_message_destroy(m);
	err = skip(h, p, why, nwhy);
	if (p->n) {
		heap_down(h, 0);
		return err;
	}
	heap_drop_first(h);
	stand(h, p, stand_without(h, p));
	if (!err && p->stand == LACKING)
		err = refill(h, p, 0, why, nwhy);
	return err;
}

int
history_take(struct history *h, int wait_ms, consumer_fn fn, void *arg,
	     char *why, size_t nwhy)
{
	const int wait = wait_ms < WAIT_MS ? wait_ms : WAIT_MS;
	int err = 0;

	if (++h->looked >= LOOK || !h->nheap) {
		h->looked = 0;
		rd_kafka_poll(h->rk, 0);
		err = refill_all(h, IDLE, h->nheap || h->nlacking ? 0 : wait,
				 why, nwhy);
	}
	if (!err && h->nlacking)
		err = refill_all(h, LACKING, wait, why, nwhy);
	if (err)
		return err;
	if (!h->nlacking && h->nheap)
		return give(h, fn, arg, why, nwhy);
	if (h->nreached == h->npart && h->opt.until_end)
		rd_kafka_poll(h->rk, wait); /* nothing else is there to wait */
	return MQL_ETIMEOUT;
}

void
history_look(const struct history *h, struct history_figures *out)
{
	*out = h->figures;
	out->reached = h->nreached == h->npart;
}
