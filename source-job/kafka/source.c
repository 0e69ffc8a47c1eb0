/* source.c - see source.h. */
#include "source-job/kafka/source.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mql/agent.h"
#include "mql/error.h"
#include "source-job/counters.h"
#include "source-job/kafka/consumer.h"
#include "source-job/kafka/replay.h"

enum {
	RING_BYTES = 4 << 20,
	WAIT_MS = 100,    /* for a message; then: is it the end? */
	GOODBYE_MS = 500,
};

struct kafka_source {
	char   *bootstrap, *group, *topics, *source_job;
	struct option_list topic; /* items lie in topics */
	struct consumer_options opt;
	unsigned           max_queries;
	struct consumer   *consumer;
	struct mql_agent  *agent;
	struct mql_stream *stream[KAFKA_TOPICS_MAX];
	pthread_t thread;
	bool      started;
	_Atomic bool     stop;
	_Atomic uint64_t messages, bytes, unasked, tombstones, large;
};

/* --- the thread --------------------------------------------------------------- */

/* What is no event is published like the others, for the books to say so. */
static void
publish(void *arg, const struct message *m)
{
	struct kafka_source *s = arg;
	struct mql_stream *to = s->stream[m->topic];

	counter_add(&s->messages, 1);
	counter_add(&s->bytes, m->value.len);
	if (!m->value.ptr)
		counter_add(&s->tombstones, 1);
	if (m->value.len > KAFKA_EVENT_BYTES)
		counter_add(&s->large, 1);
	if (!mql_active(to))
		counter_add(&s->unasked, 1);
	else if (m->ts < 0)
		mql_publish_json(to, m->value.ptr, m->value.len);
	else
		mql_publish_json_at(to, m->value.ptr, m->value.len, m->ts);
}

static void *
run(void *arg)
{
	struct kafka_source *s = arg;

	pthread_setname_np(pthread_self(), "mql-kafka");
	while (!atomic_load(&s->stop))
		consumer_take(s->consumer, WAIT_MS, publish, s);
	return NULL;
}

/* --- life --------------------------------------------------------------------- */

static int
split_topics(struct kafka_source *s)
{
	char *rest = s->topics, *name;

	s->topic.item = calloc(KAFKA_TOPICS_MAX, sizeof *s->topic.item);
	if (!s->topic.item)
		return MQL_ENOMEM;
	while ((name = strsep(&rest, ","))) {
		if (!*name || *name == '^') /* librdkafka's patterns */
			return MQL_EINVAL;
		if (s->topic.n == KAFKA_TOPICS_MAX)
			return MQL_ELIMIT;
		s->topic.item[s->topic.n++] = name;
	}
	return 0;
}

static int
copy(struct kafka_source *s, const struct kafka_source_options *opt)
{
	s->bootstrap = strdup(opt->bootstrap);
	s->group = strdup(opt->group);
	s->topics = strdup(opt->topics);
	s->source_job = strdup(opt->source_job);
	s->max_queries = opt->max_queries;
	s->opt = (struct consumer_options){
		.bootstrap = s->bootstrap, .group = s->group,
		.topic = &s->topic, .property = opt->property,
	};
	if (!s->bootstrap || !s->group || !s->topics || !s->source_job)
		return MQL_ENOMEM;
	return split_topics(s);
}

static void
on_agent_log(void *arg, const char *line)
{
	(void)arg;
	log_info("Kafka: its agent: %s", line);
}

static int
open_agent(struct kafka_source *s)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	char labels[300];
	int err;

	snprintf(labels, sizeof labels, "group=%s", s->group);
	opt.app = "kafka";
	opt.labels = labels;
	opt.source_job = s->source_job;
	opt.ring_bytes = RING_BYTES;
	opt.max_event_bytes = KAFKA_EVENT_BYTES;
	opt.max_queries = s->max_queries;
	opt.wait_when_full = true;
	opt.log = on_agent_log;
	err = mql_agent_open(&opt, &s->agent);
	for (size_t i = 0; i < s->topic.n && !err; i++)
		err = mql_stream_open(s->agent, s->topic.item[i],
				      &s->stream[i]);
	return err;
}

int
kafka_source_open(const struct kafka_source_options *opt,
		  struct kafka_source **out, char *why, size_t nwhy)
{
	struct kafka_source *s = calloc(1, sizeof *s);
	int err = s ? copy(s, opt) : MQL_ENOMEM;

	*out = NULL;
	snprintf(why, nwhy, "the topics '%s': %s", opt->topics,
		 mql_strerror(err));
	if (err)
		goto out;
	if ((err = open_agent(s))) {
		snprintf(why, nwhy, "%s: %s", opt->source_job,
			 mql_strerror(err));
		goto out;
	}
	if ((err = consumer_open(&s->opt, &s->consumer, why, nwhy)))
		goto out;
	if (pthread_create(&s->thread, NULL, run, s)) {
		snprintf(why, nwhy, "no thread can be started");
		err = MQL_EOS;
		goto out;
	}
	s->started = true;
	*out = s;
	s = NULL;
out:
	kafka_source_close(s);
	return err;
}

/* The agent goes first: that lets a thread go that waits for room in its ring,
 * and no thread that has published may be ending meanwhile. */
void
kafka_source_close(struct kafka_source *s)
{
	if (!s)
		return;
	mql_agent_close(s->agent, GOODBYE_MS);
	atomic_store(&s->stop, true);
	if (s->started)
		pthread_join(s->thread, NULL);
	consumer_close(s->consumer);
	free(s->topic.item);
	free(s->bootstrap);
	free(s->group);
	free(s->topics);
	free(s->source_job);
	free(s);
}

/* --- history ------------------------------------------------------------------ */

uint64_t
kafka_source_topics(const struct kafka_source *s,
		    bool (*wants)(const void *arg, struct str topic),
		    const void *arg)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < s->topic.n; i++)
		if (wants(arg, str_of(s->topic.item[i])))
			wanted |= UINT64_C(1) << i;
	return wanted;
}

int
kafka_source_replay(const struct kafka_source *s, uint64_t id,
		    uint64_t wanted, int64_t since, bool until_end,
		    struct replay **out)
{
	const struct replay_options opt = {
		.from = &s->opt, .member = s->consumer,
		.source_job = s->source_job, .id = id, .wanted = wanted,
		.since = since, .until_end = until_end,
	};

	return replay_open(&opt, out);
}

/* --- figures ------------------------------------------------------------------ */

bool
kafka_source_failed(const struct kafka_source *s)
{
	return consumer_failed(s->consumer);
}

void
kafka_source_stats(const struct kafka_source *s,
		   struct kafka_source_stats *out)
{
	struct mql_agent_stats a = { .size = sizeof a };

	mql_agent_stats(s->agent, &a);
	*out = (struct kafka_source_stats){
		.messages = counter_get(&s->messages),
		.bytes = counter_get(&s->bytes),
		.unasked = counter_get(&s->unasked),
		.tombstones = counter_get(&s->tombstones),
		.large = counter_get(&s->large),
		.bad = a.bad,
		.queries = a.queries,
		.lag = consumer_lag(s->consumer),
		.partitions = consumer_partitions(s->consumer),
		.failed = consumer_failed(s->consumer),
	};
}

void
kafka_source_metrics(const struct kafka_source *s, struct buf *out)
{
	struct kafka_source_stats st;

	kafka_source_stats(s, &st);
	const struct {
		const char *name, *type, *help;
		uint64_t    v;
	} row[] = {
		{ "messages_total", "counter", "Messages read", st.messages },
		{ "bytes_total", "counter", "Bytes of their values", st.bytes },
		{ "unasked_total", "counter",
		  "Messages that no query wanted to see", st.unasked },
		{ "tombstones_total", "counter", "Messages without a value",
		  st.tombstones },
		{ "large_total", "counter",
		  "Messages larger than an event may be", st.large },
		{ "bad_total", "counter",
		  "Messages that a query wanted and that were no events",
		  st.bad },
		{ "lag", "gauge", "Messages that are still to come", st.lag },
		{ "partitions", "gauge", "Partitions that are ours",
		  st.partitions },
		{ "live_queries", "gauge", "Queries that look at messages",
		  st.queries },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		buf_printf(out, "# HELP mql_kafka_source_%s %s.\n"
			   "# TYPE mql_kafka_source_%s %s\n"
			   "mql_kafka_source_%s %" PRIu64 "\n", row[i].name,
			   row[i].help, row[i].name, row[i].type, row[i].name,
			   row[i].v);
}
