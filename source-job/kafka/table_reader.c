/* table_reader.c - a thread finds the topic, or makes it, and reads it: see
 * table.h. It asks again for as long as it takes: a broker may be away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "kafka/kafka.h"
#include "source-job/kafka/table_own.h"

enum {
	ASK_MS = 1000,
	ADMIN_MS = 10000,
	WAIT_MS = 100,         /* for a message; then: is it the end? */
	READ_BYTES = 4 << 20,  /* that wait for the owner */
};

static const char policy[] = "cleanup.policy";

static void
fail(struct table *t, const char *why)
{
	pthread_mutex_lock(&t->lock);
	bool first = t->is != TABLE_FAILED;
	t->is = TABLE_FAILED;
	pthread_mutex_unlock(&t->lock);
	if (first)
		log_error("Kafka: saved queries: topic '%s': %s", t->topic,
			  why);
}

void
table_on_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct table *t = arg;
	char why[300];
	const char *what = kafka_error(&t->reach, rk, err, reason, why,
				       sizeof why);

	if (what)
		fail(t, what);
}

/* --- the administrator's questions ------------------------------------------- */

struct question {
	rd_kafka_AdminOptions_t *opt;
	rd_kafka_queue_t        *answer;
	rd_kafka_event_t        *event; /* NULL: none has come */
};

static void
begin(struct table *t, rd_kafka_admin_op_t op, struct question *q)
{
	char why[200];

	q->event = NULL;
	q->answer = rd_kafka_queue_new(t->reader);
	q->opt = rd_kafka_AdminOptions_new(t->reader, op);
	rd_kafka_AdminOptions_set_request_timeout(q->opt, ADMIN_MS, why,
						  sizeof why);
}

/* Meanwhile it may be the end. */
static void
await(struct table *t, struct question *q)
{
	while (!q->event && !atomic_load(&t->stop))
		q->event = rd_kafka_queue_poll(q->answer, WAIT_MS);
}

static void
end(struct question *q)
{
	if (q->event)
		rd_kafka_event_destroy(q->event);
	rd_kafka_AdminOptions_destroy(q->opt);
	rd_kafka_queue_destroy(q->answer);
}

static void
take_made(struct table *t, rd_kafka_event_t *ev)
{
	const char *why;
	const enum kafka_made made = kafka_topic_made(ev, &why);

	if (made == KAFKA_MADE)
		log_info("Kafka: saved queries: topic '%s' is made", t->topic);
	else if (made == KAFKA_FAILED)
		fail(t, why);
}

static void
make(struct table *t)
{
	char why[200] = "";
	rd_kafka_NewTopic_t *n =
		rd_kafka_NewTopic_new(t->topic, 1, -1, why, sizeof why);
	struct question q;

	if (!n) {
		fail(t, why);
		return;
	}
	rd_kafka_NewTopic_set_config(n, policy, "compact");
	begin(t, RD_KAFKA_ADMIN_OP_CREATETOPICS, &q);
	rd_kafka_CreateTopics(t->reader, &n, 1, q.opt, q.answer);
	await(t, &q);
	if (q.event)
		take_made(t, q.event);
	end(&q);
	rd_kafka_NewTopic_destroy(n);
}

/* The value of its policy in the answer, or NULL. */
static const char *
find_policy(const rd_kafka_ConfigResource_t *of)
{
	size_t n = 0;
	const rd_kafka_ConfigEntry_t **e =
		rd_kafka_ConfigResource_configs(of, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(rd_kafka_ConfigEntry_name(e[i]), policy))
			return rd_kafka_ConfigEntry_value(e[i]);
	return NULL;
}

static bool
take_policy(struct table *t, rd_kafka_event_t *ev)
{
	const rd_kafka_DescribeConfigs_result_t *all =
		rd_kafka_event_DescribeConfigs_result(ev);
	size_t n = 0;
	const rd_kafka_ConfigResource_t **r = all ?
		rd_kafka_DescribeConfigs_result_resources(all, &n) : NULL;
	rd_kafka_resp_err_t err = n ? rd_kafka_ConfigResource_error(r[0]) :
				      rd_kafka_event_error(ev);
	const char *is = err || !n ? NULL : find_policy(r[0]);
	char why[300];

	if (is && !strcmp(is, "compact"))
		return true;
	if (err == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
		log_warn("Kafka: saved queries: this broker does not say "
			 "whether topic '%s' is compacted: we take its word",
			 t->topic);
		return true;
	}
	snprintf(why, sizeof why, "its cleanup.policy is '%s', and has to be "
		 "'compact', or queries would be lost", is ? is : "unknown");
	if (is || !kafka_is_passing(err))
		fail(t, err ? rd_kafka_err2str(err) : why);
	return false;
}

/* Any broker knows; the mock cluster has no controller to ask. */
static bool
is_compacted(struct table *t, int32_t broker)
{
	rd_kafka_ConfigResource_t *of =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t->topic);
	struct question q;
	char why[200];
	bool yes = false;

	begin(t, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, &q);
	rd_kafka_AdminOptions_set_broker(q.opt, broker, why, sizeof why);
	rd_kafka_DescribeConfigs(t->reader, &of, 1, q.opt, q.answer);
	await(t, &q);
	if (q.event)
		yes = take_policy(t, q.event);
	end(&q);
	rd_kafka_ConfigResource_destroy(of);
	return yes;
}

/* --- finding it ----------------------------------------------------------------- */

/* How many partitions it has; 0: ask again. */
static int32_t
look(struct table *t, const struct rd_kafka_metadata *m)
{
	const struct rd_kafka_metadata_topic *of = m->topics;

	switch ((int)of->err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return m->broker_cnt && of->partition_cnt &&
		       is_compacted(t, m->brokers[0].id) ?
		       of->partition_cnt : 0;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		make(t);
		return 0;
	default:
		if (kafka_is_permanent(of->err))
			fail(t, rd_kafka_err2str(of->err));
		return 0;
	}
}

static int32_t
find(struct table *t)
{
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_resp_err_t err =
		rd_kafka_metadata(t->reader, 0, t->rkt, &m, ASK_MS);
	int32_t n = 0;

	rd_kafka_poll(t->reader, WAIT_MS); /* its errors; and not too often */
	if (!err && m->topic_cnt) {
		kafka_reached(&t->reach, true);
		n = look(t, m);
	} else if (kafka_is_permanent(err)) {
		fail(t, rd_kafka_err2str(err));
	} else {
		kafka_reached(&t->reach, false);
	}
	if (m)
		rd_kafka_metadata_destroy(m);
	return n;
}

/* Where each ends now. */
static bool
measure(struct table *t, int32_t n)
{
	int64_t low, *goal = calloc((size_t)n, sizeof *goal);
	int64_t *position = calloc((size_t)n, sizeof *position);
	bool known = goal && position;

	for (int32_t i = 0; i < n && known; i++)
		known = !rd_kafka_query_watermark_offsets(
			t->reader, t->topic, i, &low, &goal[i], ASK_MS);
	if (!known) {
		free(goal);
		free(position);
		return false;
	}
	pthread_mutex_lock(&t->lock);
	t->goal = goal;
	t->position = position;
	t->npartition = n;
	t->is = TABLE_READING;
	pthread_mutex_unlock(&t->lock);
	return true;
}

static bool
goes_on(struct table *t)
{
	return !atomic_load(&t->stop) && table_is(t) != TABLE_FAILED;
}

/* --- reading it ------------------------------------------------------------------ */

static struct read_record *
new_record(const rd_kafka_message_t *m)
{
	const bool has_name = m->key && m->key_len <= TABLE_NAME_BYTES;
	const bool large = m->len > TABLE_TEXT_BYTES;
	const size_t nname = has_name ? m->key_len : 0;
	const size_t ntext = m->payload && !large ? m->len : 0;
	struct read_record *r = calloc(1, sizeof *r + nname + ntext + 1);
	char *at = (char *)(r + 1);

	if (!r)
		return NULL;
	r->is_record = true;
	memcpy(at, has_name ? m->key : "", nname);
	r->of.name = (struct str){ at, nname };
	at += nname;
	memcpy(at, ntext ? m->payload : "", ntext);
	r->of.text = (struct str){ m->payload ? at : NULL, ntext };
	if (!m->key)
		r->of.bad = "it has no key";
	else if (!has_name)
		r->of.bad = "its key is too long";
	else if (large)
		r->of.bad = "it is too large";
	return r;
}

/* While the owner is behind, messages wait at the broker. */
static void
hand_over(struct table *t, const rd_kafka_message_t *m)
{
	const bool is_end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
	struct read_record *r;

	while (!(r = is_end ? calloc(1, sizeof *r) : new_record(m)) &&
	       !atomic_load(&t->stop))
		rd_kafka_poll(t->reader, WAIT_MS); /* memory may come back */
	if (!r)
		return;
	r->partition = m->partition;
	r->next = m->offset + !is_end;
	pthread_mutex_lock(&t->lock);
	while (t->nbytes > READ_BYTES && !atomic_load(&t->stop))
		pthread_cond_wait(&t->room, &t->lock);
	STAILQ_INSERT_TAIL(&t->read, r, entry);
	t->nbytes += sizeof *r + r->of.name.len + r->of.text.len;
	pthread_mutex_unlock(&t->lock);
}

static void
take(struct table *t, const rd_kafka_message_t *m)
{
	if (!m->err || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		kafka_reached(&t->reach, true);
		if (m->partition >= 0 && m->partition < t->npartition)
			hand_over(t, m);
	} else if (kafka_is_permanent(m->err)) {
		fail(t, rd_kafka_err2str(m->err));
	} else {
		log_debug("Kafka: %s", rd_kafka_message_errstr(m));
	}
}

static void
follow(struct table *t, rd_kafka_queue_t *queue)
{
	rd_kafka_message_t *m;

	for (int32_t i = 0; i < t->npartition; i++)
		if (rd_kafka_consume_start_queue(t->rkt, i,
						 RD_KAFKA_OFFSET_BEGINNING,
						 queue))
			fail(t, rd_kafka_err2str(rd_kafka_last_error()));
	while (goes_on(t)) {
		rd_kafka_poll(t->reader, 0);
		if (!(m = rd_kafka_consume_queue(queue, WAIT_MS)))
			continue;
		take(t, m);
		rd_kafka_message_destroy(m);
	}
	for (int32_t i = 0; i < t->npartition; i++)
		rd_kafka_consume_stop(t->rkt, i);
}

void *
table_read(void *arg)
{
	struct table *t = arg;
	rd_kafka_queue_t *queue;
	int32_t n;

	while (goes_on(t))
		if ((n = find(t)) && measure(t, n))
			break;
	if (!goes_on(t))
		return NULL;
	queue = rd_kafka_queue_new(t->reader);
	follow(t, queue);
	rd_kafka_queue_destroy(queue);
	return NULL;
}
