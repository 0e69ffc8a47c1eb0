/* saved_topic.c - saved queries in a topic of Kafka, as all source-jobs that
 * share it see them: see saved.h. The key is the name, the value what the file
 * has of it (saved_file.c). */
#include "common/log.h"
#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/kafka/table.h"

int
saved_topic_open(struct job *j, char *why, size_t nwhy)
{
	const struct table_options opt = {
		.bootstrap = j->config.kafka_bootstrap,
		.topic = j->config.queries_topic,
		.property = &j->config.kafka_property,
	};

	return table_open(&opt, &j->saved.table, why, nwhy);
}

/* Somebody else writes there. It is told once, and counted. */
static void
pass_over(struct saved *s, struct str name, const char *why)
{
	const struct str shown = saved_name_ok(name) ? name : STR("?");

	log_say(s->passed_over++ ? LOG_DEBUG : LOG_WARN,
		"a record of --queries-topic is no saved query: '%.*s': %s; "
		"more like it are counted only", (int)shown.len, shown.ptr,
		why);
}

/* One that is not ours leaves nothing under its name: what stood there before
 * is not what a source-job reads that comes after it was compacted away. */
static void
take(void *arg, const struct table_record *r)
{
	struct job *j = arg;
	struct saved_query *q = NULL;
	const char *bad = r->bad;

	if (!bad && !saved_name_ok(r->name))
		bad = "no name of a saved query";
	if (!bad && r->text.ptr &&
	    saved_query_decode(r->name, r->text, &q))
		bad = "it is not as we write it";
	if (!saved_put(j, r->name, q))
		bad = "there are as many as there may be";
	if (bad)
		pass_over(&j->saved, r->name, bad);
}

void
saved_topic_take(struct job *j)
{
	struct saved *s = &j->saved;

	table_take(s->table, take, j);
	if (s->read || table_is(s->table) != TABLE_READ)
		return;
	s->read = true;
	log_info("%zu saved queries in topic '%s'", s->n,
		 j->config.queries_topic);
}

int
saved_topic_write(struct saved *s)
{
	struct buf text = BUF_INIT;
	struct str value = { 0 };
	int err;

	if (s->plus) {
		saved_query_encode(s->plus, &text);
		value = (struct str){ (char *)text.data, text.len };
	}
	err = text.err ? text.err :
	      text.len > TABLE_TEXT_BYTES ? MQL_ELIMIT :
	      table_write(s->table, str_of(s->name), value);
	buf_fini(&text);
	return err;
}
