/* consumer.c - see consumer.h. */
#include "source-job/kafka/consumer.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "kafka/kafka.h"
#include "mql/error.h"

struct consumer {
	const struct consumer_options *opt;
	rd_kafka_t      *rk;
	rd_kafka_topic_t *last; /* the topic of the last message, */
	size_t           topic; /* and its place in the list */
	struct kafka_reach reach;
	_Atomic bool     failed;
	_Atomic bool     settled; /* the group has handed them out */
	_Atomic unsigned npartition;
};

/* --- what librdkafka tells -------------------------------------------------- */

static void
fail(struct consumer *c, const char *what, const char *why)
{
	if (!atomic_exchange(&c->failed, true))
		log_error("Kafka: %s: %s", what, why);
}

static void
on_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct consumer *c = arg;
	char why[300];
	const char *what = kafka_error(&c->reach, rk, err, reason, why,
				       sizeof why);

	if (what)
		fail(c, what, why);
}

static void
on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err,
	  rd_kafka_topic_partition_list_t *list, void *arg)
{
	const struct consumer *c = arg;

	(void)rk;
	offsets_committed(c->opt->offsets, err, list);
}

static void
on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
	     rd_kafka_topic_partition_list_t *list, void *arg)
{
	struct consumer *c = arg;
	rd_kafka_error_t *wrong;

	if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		kafka_reached(&c->reach, true);
		offsets_assigned(c->opt->offsets, rk, list);
		wrong = rd_kafka_incremental_assign(rk, list);
		if (!wrong)
			atomic_fetch_add(&c->npartition, (unsigned)list->cnt);
		atomic_store(&c->settled, true);
	} else {
		atomic_store(&c->settled, false);
		offsets_revoked(c->opt->offsets, list);
		wrong = rd_kafka_incremental_unassign(rk, list);
		if (!wrong)
			atomic_fetch_sub(&c->npartition, (unsigned)list->cnt);
	}
	if (wrong)
		log_warn("Kafka: %s", rd_kafka_error_string(wrong));
	else
		log_info("Kafka: %d partitions %s", list->cnt,
			 err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ?
			 "are ours" : "have gone");
	if (wrong)
		rd_kafka_error_destroy(wrong);
}

/* --- life ------------------------------------------------------------------- */

/* Whoever publishes may wait for room as long as it takes: the group is not to
 * take that for our end. */
static const struct kafka_property property[] = {
	{ "client.id",                "mql-source-job", NULL },
	{ "session.timeout.ms",       "10000",          NULL },
	{ "auto.offset.reset",        KAFKA_FIXED("latest") },
	{ "enable.auto.commit",       KAFKA_FIXED("false") },
	{ "enable.auto.offset.store", KAFKA_FIXED("false") },
	{ "enable.partition.eof",     KAFKA_FIXED("true") },
	{ "max.poll.interval.ms",     KAFKA_FIXED("86400000") },
	{ "partition.assignment.strategy", KAFKA_FIXED("cooperative-sticky") },
	{ 0 },
};

int
consumer_configure(rd_kafka_conf_t *conf, const struct consumer_options *opt,
		   char *why, size_t nwhy)
{
	int err = kafka_set(conf, "group.id", opt->group, why, nwhy);

	return err ? err : kafka_configure(conf, opt->bootstrap, property,
					   opt->property, why, nwhy);
}

static int
subscribe(struct consumer *c, char *why, size_t nwhy)
{
	const struct option_list *topic = c->opt->topic;
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)topic->n);
	rd_kafka_resp_err_t err;

	for (size_t i = 0; i < topic->n; i++)
		rd_kafka_topic_partition_list_add(list, topic->item[i],
						  RD_KAFKA_PARTITION_UA);
	err = rd_kafka_subscribe(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (err)
		snprintf(why, nwhy, "%s", rd_kafka_err2str(err));
	return err ? MQL_EINVAL : 0;
}

int
consumer_open(const struct consumer_options *opt, struct consumer **out,
	      char *why, size_t nwhy)
{
	struct consumer *c = calloc(1, sizeof *c);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int err = c && conf ? 0 : MQL_ENOMEM;

	*out = NULL;
	snprintf(why, nwhy, "%s", mql_strerror(MQL_ENOMEM));
	if (err || (err = consumer_configure(conf, opt, why, nwhy)))
		goto out;
	c->opt = opt;
	c->reach.name = "Kafka: ";
	c->reach.bootstrap = opt->bootstrap;
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, kafka_log);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	rd_kafka_conf_set_opaque(conf, c);
	err = MQL_EINVAL;
	if (!(c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, nwhy)))
		goto out;
	conf = NULL; /* the consumer's now */
	rd_kafka_poll_set_consumer(c->rk);
	if ((err = subscribe(c, why, nwhy)))
		goto out;
	*out = c;
	c = NULL;
out:
	if (conf)
		rd_kafka_conf_destroy(conf);
	consumer_close(c);
	return err;
}

void
consumer_close(struct consumer *c)
{
	if (c && c->rk) {
		rd_kafka_consumer_close(c->rk);
		rd_kafka_destroy(c->rk);
	}
	free(c);
}

/* --- messages ----------------------------------------------------------------- */

/* A name's place in the list; the last, where it is none of them. */
static size_t
place_of(const struct option_list *topic, const char *name)
{
	size_t i = 0;

	while (i + 1 < topic->n && strcmp(topic->item[i], name))
		i++;
	return i;
}

static size_t
topic_of(struct consumer *c, const rd_kafka_message_t *m)
{
	if (m->rkt != c->last) {
		c->last = m->rkt;
		c->topic = place_of(c->opt->topic,
				    rd_kafka_topic_name(m->rkt));
	}
	return c->topic;
}

static void
take_error(struct consumer *c, const rd_kafka_message_t *m)
{
	const char *name = m->rkt ? rd_kafka_topic_name(m->rkt) : NULL;
	char what[300];

	if (!kafka_is_permanent(m->err)) {
		log_debug("Kafka: %s", rd_kafka_message_errstr(m));
		return;
	}
	snprintf(what, sizeof what, name ? "topic '%s'" : "group '%s'",
		 name ? name : c->opt->group);
	fail(c, what, rd_kafka_err2str(m->err));
}

bool
consumer_take(struct consumer *c, int wait_ms, consumer_fn fn, void *arg)
{
	rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, wait_ms);
	rd_kafka_timestamp_type_t type;
	struct message to;

	if (!m)
		return false;
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		offsets_end(c->opt->offsets, m);
	} else if (m->err) {
		take_error(c, m);
	} else {
		kafka_reached(&c->reach, true);
		to.topic = topic_of(c, m);
		to.value = (struct str){ m->payload, m->len };
		to.ts = rd_kafka_message_timestamp(m, &type);
		to.late = offsets_is_late(c->opt->offsets, m);
		fn(arg, &to);
	}
	rd_kafka_message_destroy(m);
	return true;
}

enum offsets_do
consumer_commit(struct consumer *c, const struct offsets_flow *live,
		const struct offsets_flow *late)
{
	return offsets_turn(c->opt->offsets, c->rk, live, late);
}

/* --- any thread --------------------------------------------------------------- */

bool
consumer_failed(const struct consumer *c)
{
	return atomic_load(&c->failed);
}

unsigned
consumer_partitions(const struct consumer *c)
{
	return atomic_load(&c->npartition);
}

int
consumer_share(const struct consumer *c, uint64_t wanted,
	       struct consumer_place **out, size_t *n)
{
	rd_kafka_topic_partition_list_t *list = NULL;

	*out = NULL;
	*n = 0;
	if (!atomic_load(&c->settled) || rd_kafka_assignment(c->rk, &list))
		return MQL_ETIMEOUT;
	*out = calloc((size_t)list->cnt + 1, sizeof **out);
	for (int i = 0; *out && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &list->elems[i];
		const size_t topic = place_of(c->opt->topic, p->topic);

		if (wanted >> topic & 1)
			(*out)[(*n)++] = (struct consumer_place){
				topic, p->partition };
	}
	rd_kafka_topic_partition_list_destroy(list);
	return *out ? 0 : MQL_ENOMEM;
}

uint64_t
consumer_lag(const struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list = NULL;
	uint64_t lag = 0;

	if (rd_kafka_assignment(c->rk, &list))
		return 0;
	rd_kafka_position(c->rk, list);
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &list->elems[i];
		int64_t low, high;

		if (p->offset >= 0 &&
		    !rd_kafka_get_watermark_offsets(c->rk, p->topic,
						    p->partition, &low,
						    &high) &&
		    high > p->offset)
			lag += (uint64_t)(high - p->offset);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return lag;
}
