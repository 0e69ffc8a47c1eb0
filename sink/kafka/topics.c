/* topics.c - which topics there are; see producer.h. The thread asks the
 * broker for each topic until it is known to be there, or never to be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/thread.h"
#include "kafka/kafka.h"
#include "mql/error.h"
#include "sink/kafka/producer_own.h"

enum {
	ASK_MS = 1000,
	MAKE_MS = 10000,
	AGAIN_MS = 200,
};

static void
settle(struct topic *t, enum topic_state state, const char *why)
{
	t->made = false;
	pthread_mutex_lock(&t->producer->lock);
	snprintf(t->why, sizeof t->why, "topic '%s': %s", topic_name(t), why);
	t->state = state;
	pthread_mutex_unlock(&t->producer->lock);
}

/* --- making one --------------------------------------------------------------- */

static rd_kafka_NewTopic_t *
new_topic(struct topic *t, char *why, size_t nwhy)
{
	const struct producer_options *o = t->producer->opt;
	rd_kafka_NewTopic_t *n =
		rd_kafka_NewTopic_new(topic_name(t), o->partitions,
				      o->replication, why, nwhy);

	for (size_t i = 0; n && o->topic_config && i < o->topic_config->n;
	     i++) {
		const char *given = o->topic_config->item[i];
		const char *equals = strchr(given, '=');
		char name[128];

		snprintf(name, sizeof name, "%.*s",
			 equals ? (int)(equals - given) : 0, given);
		rd_kafka_NewTopic_set_config(n, name,
					     equals ? equals + 1 : "");
	}
	return n;
}

static void
take_result(struct topic *t, rd_kafka_event_t *ev)
{
	const char *why;
	const enum kafka_made made = kafka_topic_made(ev, &why);

	if (made == KAFKA_MADE)
		log_info("topic '%s' is made", topic_name(t));
	if (made == KAFKA_MADE || made == KAFKA_THERE)
		t->made = true;
	else if (made == KAFKA_FAILED)
		settle(t, TOPIC_FAILED, why);
}

static void
make(struct topic *t)
{
	rd_kafka_t *rk = t->producer->rk;
	char why[200] = "";
	rd_kafka_NewTopic_t *n = new_topic(t, why, sizeof why);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_AdminOptions_t *opt =
		rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_event_t *ev = NULL;

	if (!n) {
		settle(t, TOPIC_FAILED, why);
	} else {
		rd_kafka_AdminOptions_set_request_timeout(opt, MAKE_MS, why,
							  sizeof why);
		rd_kafka_CreateTopics(rk, &n, 1, opt, queue);
		if ((ev = rd_kafka_queue_poll(queue, 2 * MAKE_MS)))
			take_result(t, ev);
	}
	if (ev)
		rd_kafka_event_destroy(ev);
	rd_kafka_AdminOptions_destroy(opt);
	rd_kafka_queue_destroy(queue);
	if (n)
		rd_kafka_NewTopic_destroy(n);
}

/* --- asking --------------------------------------------------------------------- */

static void
take_answer(struct topic *t, const struct rd_kafka_metadata_topic *m)
{
	switch ((int)m->err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		if (m->partition_cnt)
			settle(t, TOPIC_READY, "ready");
		break;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		if (t->made)
			break;
		if (t->producer->opt->create)
			make(t);
		else
			settle(t, TOPIC_FAILED, "there is no such topic; "
			       "--create makes it");
		break;
	default:
		if (kafka_is_permanent(m->err))
			settle(t, TOPIC_FAILED, rd_kafka_err2str(m->err));
	}
}

static void
look_up(struct topic *t)
{
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_resp_err_t err =
		rd_kafka_metadata(t->producer->rk, 0, t->rkt, &m, ASK_MS);

	if (!err && m->topic_cnt) {
		producer_is_reached(t->producer, true);
		if (topic_state(t, NULL) == TOPIC_ASKED)
			take_answer(t, m->topics);
	} else if (kafka_is_permanent(err)) {
		settle(t, TOPIC_FAILED, rd_kafka_err2str(err));
	} else {
		producer_is_reached(t->producer, false);
	}
	if (m)
		rd_kafka_metadata_destroy(m);
}

/* The next one from t on that is not settled, or, while no broker answers, any
 * that tells us when one does; lock is held. */
static struct topic *
unsettled(struct topic *t)
{
	while (t && t->state != TOPIC_ASKED &&
	       (t->state == TOPIC_FAILED || producer_is_up(t->producer)))
		t = SLIST_NEXT(t, entry);
	return t;
}

/* Once around; the list only grows, at its head. */
static void
look_up_all(struct producer *p, struct topic *t)
{
	while (t) {
		look_up(t);
		pthread_mutex_lock(&p->lock);
		t = p->stopping ? NULL : unsettled(SLIST_NEXT(t, entry));
		pthread_mutex_unlock(&p->lock);
	}
}

/* Until there is something to ask, or a moment has passed since we asked. */
static struct topic *
await_topic(struct producer *p, bool again)
{
	struct topic *t;

	pthread_mutex_lock(&p->lock);
	if (again && !p->stopping)
		thread_wait(&p->wake, &p->lock, clock_mono_ms() + AGAIN_MS);
	while (!p->stopping && !unsettled(SLIST_FIRST(&p->topics)))
		pthread_cond_wait(&p->wake, &p->lock);
	t = p->stopping ? NULL : unsettled(SLIST_FIRST(&p->topics));
	pthread_mutex_unlock(&p->lock);
	return t;
}

static void *
run(void *arg)
{
	struct producer *p = arg;
	struct topic *t;
	bool again = false;

	while ((t = await_topic(p, again))) {
		look_up_all(p, t);
		again = true;
	}
	return NULL;
}

int
topics_start(struct producer *p)
{
	SLIST_INIT(&p->topics);
	thread_cond_init(&p->wake);
	p->started = !thread_start(&p->thread, "mql-topics", run, p);
	return p->started ? 0 : MQL_EOS;
}

void
topics_stop(struct producer *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
}

void
topics_free(struct producer *p)
{
	struct topic *t;

	while ((t = SLIST_FIRST(&p->topics))) {
		SLIST_REMOVE_HEAD(&p->topics, entry);
		rd_kafka_topic_destroy(t->rkt);
		free(t);
	}
	pthread_cond_destroy(&p->wake);
}

/* --- for the owner ---------------------------------------------------------------- */

struct topic *
producer_topic(struct producer *p, const char *name)
{
	struct topic *t;

	SLIST_FOREACH(t, &p->topics, entry) /* only we add to it */
		if (!strcmp(topic_name(t), name))
			break;
	if (t || !(t = calloc(1, sizeof *t)))
		goto again;
	t->producer = p;
	if (!(t->rkt = rd_kafka_topic_new(p->rk, name, NULL))) {
		free(t);
		return NULL;
	}
	pthread_mutex_lock(&p->lock);
	SLIST_INSERT_HEAD(&p->topics, t, entry);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	return t;
again:
	if (t && topic_state(t, NULL) == TOPIC_FAILED) {
		pthread_mutex_lock(&p->lock);
		t->state = TOPIC_ASKED; /* it may have been made meanwhile */
		pthread_cond_signal(&p->wake);
		pthread_mutex_unlock(&p->lock);
	}
	return t;
}

enum topic_state
topic_state(struct topic *t, const char **why)
{
	pthread_mutex_lock(&t->producer->lock);
	enum topic_state state = t->state;
	pthread_mutex_unlock(&t->producer->lock);
	if (why)
		*why = state == TOPIC_FAILED ? t->why : NULL;
	return state;
}

const char *
topic_name(const struct topic *t)
{
	return rd_kafka_topic_name(t->rkt);
}
