/* history.c - see history.h.
 *
 * Partitions are read with librdkafka's simple consumer, which keeps a queue
 * for each. Those with a message at hand lie in a heap by its time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka/kafka.h"
#include "mql/error.h"
#include "source-job/kafka/history_own.h"

enum {
	WAIT_MS = 20,    /* for one partition, while others may have ended */
	QUEUES_KB = 64 << 10, /* of all partitions together */
	QUEUE_MIN_KB = 256,
	LOOK = 1024,     /* messages until those that are idle are looked at */
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

/* --- the beginning ----------------------------------------------------------- */

static int
start(struct history *h, struct part *p, char *why, size_t nwhy)
{
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
	struct history_figures found;
	int err;

	rd_kafka_poll(h->rk, 0);
	if ((err = history_measure(h, &found, why, nwhy)))
		return err;
	h->figures = found;
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
	else if (history_judge(h, m->err, p->topic, why, nwhy) == MQL_EREFUSED)
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
					   wait_ms, p->batch,
					   HISTORY_BATCH);
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
