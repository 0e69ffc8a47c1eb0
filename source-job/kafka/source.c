/* source.c - see source.h. */
#include "source-job/kafka/source.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/prom.h"
#include "common/thread.h"
#include "mql/agent.h"
#include "mql/error.h"
#include "source-job/counters.h"
#include "source-job/kafka/consumer.h"
#include "source-job/kafka/replay.h"

enum {
	RING_BYTES = 4 << 20,
	WAIT_MS = 100,    /* for a message; then: is it the end? */
	GOODBYE_MS = 500,
	COMMIT_EVERY = 256, /* messages: look at the clock, whether after */
	COMMIT_MS = 20,     /* offsets are to be looked at */
	NAP_NS = 20 * 1000 * 1000,
};

struct outlet {
	struct mql_agent  *agent;
	struct mql_stream *stream[KAFKA_TOPICS_MAX];
};

struct kafka_source {
	char   *bootstrap, *group, *topics, *source_job;
	struct option_list topic; /* items lie in topics */
	struct consumer_options opt;
	unsigned           max_queries;
	struct consumer   *consumer;
	struct offsets    *offsets;
	struct outlet      live, late; /* late.agent NULL: it is not there */
	pthread_mutex_t    lock;    /* of their agents: the end takes them */
	bool               closing; /* lock */
	int64_t            commit_at; /* ms: look at offsets then */
	uint64_t  token;
	bool      waits;
	pthread_t thread;
	bool      started;
	_Atomic int64_t  asked[OWN_N]; /* ms since the epoch; 0: never */
	_Atomic bool     stop;
	_Atomic uint64_t messages, bytes, unasked, tombstones, large;
};

/* --- agents ------------------------------------------------------------------- */

static void
on_agent_log(void *arg, const char *line)
{
	(void)arg;
	log_info("Kafka: its agent: %s", line);
}

static int
open_agent(struct kafka_source *s, const char *which, struct outlet *out)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	char labels[300];
	int err;

	snprintf(labels, sizeof labels, "group=%.200s,%s=%016" PRIx64,
		 s->group, which, s->token);
	opt.app = "kafka";
	opt.labels = labels;
	opt.source_job = s->source_job;
	opt.ring_bytes = RING_BYTES;
	opt.max_event_bytes = KAFKA_EVENT_BYTES;
	opt.max_queries = s->max_queries;
	opt.wait_when_full = true;
	opt.log = on_agent_log;
	err = mql_agent_open(&opt, &out->agent);
	for (size_t i = 0; i < s->topic.n && !err; i++)
		err = mql_stream_open(out->agent, s->topic.item[i],
				      &out->stream[i]);
	return err;
}

static void
close_agent(struct kafka_source *s, struct outlet *o)
{
	pthread_mutex_lock(&s->lock);
	mql_agent_close(o->agent, GOODBYE_MS);
	o->agent = NULL;
	pthread_mutex_unlock(&s->lock);
}

/* Unless it is the end. */
static bool
open_late(struct kafka_source *s)
{
	bool open;

	pthread_mutex_lock(&s->lock);
	open = !s->closing && !open_agent(s, OWN_LATE_LABEL, &s->late);
	pthread_mutex_unlock(&s->lock);
	return open;
}

static bool
has_late(struct kafka_source *s)
{
	pthread_mutex_lock(&s->lock);
	const bool has = s->late.agent;
	pthread_mutex_unlock(&s->lock);
	return has;
}

static struct offsets_flow
flow_of(const struct outlet *o)
{
	struct mql_agent_stats st = { .size = sizeof st };

	if (o->agent)
		mql_agent_stats(o->agent, &st);
	return (struct offsets_flow){ st.ring_in, st.ring_out };
}

/* Until it has been asked what it is to be asked: is it so? */
static bool
await_asked(struct kafka_source *s, enum own which, int64_t since)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };

	while (!atomic_load(&s->stop)) {
		if (atomic_load(&s->asked[which]) > since)
			return true;
		if (which == OWN_LATE && !offsets_kept(s->offsets))
			return false; /* nothing is saved any more */
		nanosleep(&nap, NULL);
	}
	return false;
}

/* --- the thread --------------------------------------------------------------- */

/* Where a message goes; NULL: nowhere, since nobody is asked for late ones. */
static struct mql_stream *
stream_for(struct kafka_source *s, const struct message *m)
{
	if (!m->late)
		return s->live.stream[m->topic];
	if (!has_late(s)) {
		const int64_t now = clock_wall_ms();

		if (!open_late(s) || !await_asked(s, OWN_LATE, now))
			close_agent(s, &s->late);
	}
	return has_late(s) ? s->late.stream[m->topic] : NULL;
}

/* What is no event is published like the others, for the books to say so. */
static void
publish(void *arg, const struct message *m)
{
	struct kafka_source *s = arg;
	struct mql_stream *to = stream_for(s, m);

	counter_add(&s->messages, 1);
	counter_add(&s->bytes, m->value.len);
	if (!m->value.ptr)
		counter_add(&s->tombstones, 1);
	if (m->value.len > KAFKA_EVENT_BYTES)
		counter_add(&s->large, 1);
	if (!to || !mql_active(to))
		counter_add(&s->unasked, 1);
	else if (m->ts < 0)
		mql_publish_json(to, m->value.ptr, m->value.len);
	else
		mql_publish_json_at(to, m->value.ptr, m->value.len, m->ts);
}

static void
commit(struct kafka_source *s)
{
	const int64_t now = clock_mono_ms();
	struct offsets_flow live, late;
	bool has_late;

	if (now < s->commit_at)
		return;
	s->commit_at = now + COMMIT_MS;
	pthread_mutex_lock(&s->lock);
	live = flow_of(&s->live);
	late = flow_of(&s->late);
	has_late = s->late.agent;
	pthread_mutex_unlock(&s->lock);
	if (consumer_commit(s->consumer, &live, has_late ? &late : NULL) ==
	    OFFSETS_FORGET_LATE)
		close_agent(s, &s->late);
}

static void *
run(void *arg)
{
	struct kafka_source *s = arg;
	unsigned n = 0;

	if (s->waits)
		await_asked(s, OWN_LIVE, 0);
	while (!atomic_load(&s->stop))
		if (!consumer_take(s->consumer, WAIT_MS, publish, s) ||
		    ++n % COMMIT_EVERY == 0)
			commit(s);
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
	s->token = opt->token;
	s->waits = opt->waits;
	s->offsets = offsets_new();
	s->opt = (struct consumer_options){
		.bootstrap = s->bootstrap, .group = s->group,
		.topic = &s->topic, .property = opt->property,
		.offsets = s->offsets,
	};
	if (!s->offsets || !s->bootstrap || !s->group || !s->topics ||
	    !s->source_job)
		return MQL_ENOMEM;
	return split_topics(s);
}

int
kafka_source_open(const struct kafka_source_options *opt,
		  struct kafka_source **out, char *why, size_t nwhy)
{
	struct kafka_source *s = calloc(1, sizeof *s);
	int err = s ? copy(s, opt) : MQL_ENOMEM;

	if (s)
		pthread_mutex_init(&s->lock, NULL);

	*out = NULL;
	snprintf(why, nwhy, "the topics '%s': %s", opt->topics,
		 mql_strerror(err));
	if (err)
		goto out;
	if ((err = open_agent(s, OWN_LIVE_LABEL, &s->live))) {
		snprintf(why, nwhy, "%s: %s", opt->source_job,
			 mql_strerror(err));
		goto out;
	}
	if ((err = consumer_open(&s->opt, &s->consumer, why, nwhy)))
		goto out;
	if ((err = thread_start(&s->thread, "mql-kafka", run, s))) {
		snprintf(why, nwhy, "no thread can be started");
		goto out;
	}
	s->started = true;
	*out = s;
	s = NULL;
out:
	kafka_source_close(s);
	return err;
}

/* The agents go first: that lets a thread go that waits for room in a ring,
 * and no thread that has published may be ending meanwhile. */
void
kafka_source_close(struct kafka_source *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	pthread_mutex_unlock(&s->lock);
	close_agent(s, &s->live);
	close_agent(s, &s->late);
	atomic_store(&s->stop, true);
	if (s->started)
		pthread_join(s->thread, NULL);
	consumer_close(s->consumer);
	offsets_free(s->offsets);
	free(s->topic.item);
	free(s->bootstrap);
	free(s->group);
	free(s->topics);
	free(s->source_job);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- saved queries ------------------------------------------------------------ */

void
kafka_source_asked(struct kafka_source *s, enum own which, int64_t at)
{
	atomic_store(&s->asked[which], at);
}

void
kafka_source_keep(struct kafka_source *s, int64_t since)
{
	offsets_keep(s->offsets, since);
}

int64_t
kafka_source_mark(const struct kafka_source *s, bool *late)
{
	return offsets_mark(s->offsets, late);
}

void
kafka_source_handed(struct kafka_source *s, int64_t mark)
{
	offsets_handed(s->offsets, mark);
}

void
kafka_source_again(struct kafka_source *s)
{
	offsets_again(s->offsets);
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
	struct offsets_figures offsets;

	offsets_look(s->offsets, &offsets);
	mql_agent_stats(s->live.agent, &a);
	*out = (struct kafka_source_stats){
		.messages = counter_get(&s->messages),
		.bytes = counter_get(&s->bytes),
		.unasked = counter_get(&s->unasked),
		.tombstones = counter_get(&s->tombstones),
		.large = counter_get(&s->large),
		.bad = a.bad,
		.queries = a.queries,
		.offsets = offsets,
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
	prom_put(out, "kafka_source_messages_total", "counter", "Messages read",
		 st.messages);
	prom_put(out, "kafka_source_bytes_total", "counter",
		 "Bytes of their values", st.bytes);
	prom_put(out, "kafka_source_unasked_total", "counter",
		 "Messages that no query wanted to see", st.unasked);
	prom_put(out, "kafka_source_tombstones_total", "counter",
		 "Messages without a value", st.tombstones);
	prom_put(out, "kafka_source_large_total", "counter",
		 "Messages larger than an event may be", st.large);
	prom_put(out, "kafka_source_bad_total", "counter",
		 "Messages that a query wanted and that were no events",
		 st.bad);
	prom_put(out, "kafka_source_lag", "gauge",
		 "Messages that are still to come", st.lag);
	prom_put(out, "kafka_source_late_total", "counter",
		 "Messages from before their partition was ours, for saved "
		 "queries only",
		 st.offsets.late);
	prom_put(out, "kafka_source_gone_total", "counter",
		 "Messages of those that the broker had deleted",
		 st.offsets.gone);
	prom_put(out, "kafka_source_commits_total", "counter",
		 "Commits of offsets", st.offsets.commits);
	prom_put(out, "kafka_source_ahead", "gauge",
		 "Messages that were read and not committed", st.offsets.ahead);
	prom_put(out, "kafka_source_partitions", "gauge",
		 "Partitions that are ours", st.partitions);
	prom_put(out, "kafka_source_live_queries", "gauge",
		 "Queries that look at messages", st.queries);
}
