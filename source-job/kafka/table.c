/* table.c - the owner's side: see table.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"
#include "kafka/kafka.h"
#include "mql/error.h"
#include "source-job/kafka/table_own.h"

/* Who asked is told before he gives up by himself. */
#define WRITE_MS "3000"

static const struct kafka_property reading[] = {
	{ "client.id",                "mql-source-job", NULL },
	{ "queued.max.messages.kbytes", "4096", NULL },
	{ "allow.auto.create.topics", KAFKA_FIXED("false") },
	{ "auto.offset.reset",        KAFKA_FIXED("earliest") },
	{ "enable.partition.eof",     "true",
	  "the topic of saved queries is read to its end" },
	{ 0 },
};

/* The partition of a name is where Kafka's own clients would put it. */
static const struct kafka_property writing[] = {
	{ "client.id",                "mql-source-job", NULL },
	{ "enable.idempotence",       KAFKA_FIXED("true") },
	{ "acks",                     KAFKA_FIXED("all") },
	{ "partitioner",              KAFKA_FIXED("murmur2_random") },
	{ "message.timeout.ms",       KAFKA_FIXED(WRITE_MS) },
	{ "linger.ms",                "0", NULL },
	{ 0 },
};

/* --- life --------------------------------------------------------------------- */

static void
on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct table *t = arg;

	(void)rk;
	t->reported = true;
	t->error = m->err;
	t->partition = m->partition;
	t->offset = m->offset;
}

/* Each tells of brokers that are away: the reader's word is enough. */
static void
ignore_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	(void)rk;
	(void)err;
	(void)reason;
	(void)arg;
}

static int
open_client(struct table *t, rd_kafka_type_t type, rd_kafka_t **out, char *why,
	    size_t nwhy)
{
	const bool writer = type == RD_KAFKA_PRODUCER;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int err = kafka_configure(conf, t->bootstrap,
				  writer ? writing : reading, t->property, why,
				  nwhy);

	if (err) {
		rd_kafka_conf_destroy(conf);
		return err;
	}
	rd_kafka_conf_set_opaque(conf, t);
	rd_kafka_conf_set_log_cb(conf, kafka_log);
	rd_kafka_conf_set_error_cb(conf, writer ? ignore_error :
					 table_on_error);
	if (writer)
		rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	if ((*out = rd_kafka_new(type, conf, why, nwhy)))
		return 0;
	rd_kafka_conf_destroy(conf);
	return MQL_EINVAL;
}

static int
open_all(struct table *t, char *why, size_t nwhy)
{
	int err = open_client(t, RD_KAFKA_CONSUMER, &t->reader, why, nwhy);

	if (!err)
		err = open_client(t, RD_KAFKA_PRODUCER, &t->writer, why, nwhy);
	if (err)
		return err;
	if (!(t->rkt = rd_kafka_topic_new(t->reader, t->topic, NULL))) {
		snprintf(why, nwhy, "topic '%s': %s", t->topic,
			 rd_kafka_err2str(rd_kafka_last_error()));
		return MQL_EINVAL;
	}
	if (thread_start(&t->thread, "mql-saved", table_read, t)) {
		snprintf(why, nwhy, "no thread can be started");
		return MQL_EOS;
	}
	t->started = true;
	return 0;
}

int
table_open(const struct table_options *opt, struct table **out, char *why,
	   size_t nwhy)
{
	struct table *t = calloc(1, sizeof *t);
	int err = MQL_ENOMEM;

	*out = NULL;
	snprintf(why, nwhy, "%s", mql_strerror(MQL_ENOMEM));
	if (!t)
		return err;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->room, NULL);
	STAILQ_INIT(&t->read);
	t->property = opt->property;
	t->bootstrap = strdup(opt->bootstrap);
	t->topic = strdup(opt->topic);
	t->reach.name = "Kafka: saved queries: ";
	t->reach.bootstrap = t->bootstrap;
	if (t->bootstrap && t->topic)
		err = open_all(t, why, nwhy);
	if (err)
		table_close(t);
	else
		*out = t;
	return err;
}

static void
forget(struct read_list *list)
{
	struct read_record *r;

	while ((r = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		free(r);
	}
}

void
table_close(struct table *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	atomic_store(&t->stop, true);
	pthread_cond_signal(&t->room);
	pthread_mutex_unlock(&t->lock);
	if (t->started)
		pthread_join(t->thread, NULL);
	if (t->rkt)
		rd_kafka_topic_destroy(t->rkt);
	if (t->writer) {
		rd_kafka_purge(t->writer, RD_KAFKA_PURGE_F_QUEUE |
					  RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_destroy(t->writer);
	}
	if (t->reader)
		rd_kafka_destroy(t->reader);
	forget(&t->read);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->room);
	free(t->goal);
	free(t->position);
	free(t->bootstrap);
	free(t->topic);
	free(t);
}

/* --- reading ------------------------------------------------------------------ */

enum table_is
table_is(struct table *t)
{
	pthread_mutex_lock(&t->lock);
	enum table_is is = t->is;
	pthread_mutex_unlock(&t->lock);
	return is;
}

/* Is all taken that was there when we came? */
static bool
is_read(const struct table *t)
{
	for (int32_t i = 0; i < t->npartition; i++)
		if (t->position[i] < t->goal[i])
			return false;
	return true;
}

static void
become_read(struct table *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->is == TABLE_READING)
		t->is = TABLE_READ;
	pthread_mutex_unlock(&t->lock);
}

void
table_take(struct table *t, table_fn fn, void *arg)
{
	struct read_list list = STAILQ_HEAD_INITIALIZER(list);
	const struct read_record *r;
	enum table_is is;

	pthread_mutex_lock(&t->lock);
	is = t->is;
	STAILQ_CONCAT(&list, &t->read);
	t->nbytes = 0;
	pthread_cond_signal(&t->room);
	pthread_mutex_unlock(&t->lock);
	STAILQ_FOREACH(r, &list, entry) {
		t->position[r->partition] = r->next;
		if (r->is_record)
			fn(arg, &r->of);
	}
	forget(&list);
	if (is == TABLE_READING && is_read(t))
		become_read(t);
}

/* --- writing ------------------------------------------------------------------ */

/* It copies what it is given, and says void *. */
static void *
unconst(const char *p)
{
	return (void *)(uintptr_t)p;
}

int
table_write(struct table *t, struct str name, struct str text)
{
	const rd_kafka_vu_t vu[] = { /* its macros are not C17 */
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = t->topic },
		{ .vtype = RD_KAFKA_VTYPE_KEY,
		  .u.mem = { unconst(name.ptr), name.len } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { unconst(text.ptr), text.len } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
	};
	rd_kafka_error_t *failed;

	if (t->writing)
		return MQL_EINUSE;
	t->reported = false;
	failed = rd_kafka_produceva(t->writer, vu, sizeof vu / sizeof *vu);
	t->writing = !failed;
	if (failed)
		rd_kafka_error_destroy(failed);
	return failed ? MQL_EOS : 0;
}

enum state_is
table_look(struct table *t, char *why, size_t nwhy)
{
	if (!t->writing)
		return STATE_IDLE;
	rd_kafka_poll(t->writer, 0);
	if (!t->reported)
		return STATE_WRITING;
	if (t->error) {
		t->writing = false;
		snprintf(why, nwhy, "topic '%s' did not take it: %s", t->topic,
			 rd_kafka_err2str((rd_kafka_resp_err_t)t->error));
		return STATE_FAILED;
	}
	if (t->partition < t->npartition &&
	    t->position[t->partition] <= t->offset)
		return STATE_WRITING; /* it is there, and not read yet */
	t->writing = false;
	return STATE_WRITTEN;
}
