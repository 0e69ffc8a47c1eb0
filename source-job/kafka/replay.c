/* replay.c - see replay.h. */
#include "source-job/kafka/replay.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/thread.h"
#include "mql/agent.h"
#include "mql/error.h"
#include "source-job/at.h"
#include "source-job/kafka/source.h"

enum {
	NAP_MS = 5,       /* until we look again at what we wait for */
	WAIT_MS = 100,    /* for a message; then: is it the end? */
	GOODBYE_MS = 500,
	RING_BYTES = 1 << 20,
};

struct replay {
	struct replay_options opt;
	char              *source_job;
	struct history    *history;
	struct mql_agent  *agent;
	struct mql_stream *stream[KAFKA_TOPICS_MAX];
	pthread_t          thread;

	char               why[REPLAY_WHY]; /* written before it has failed */
	struct {
		uint64_t messages, bytes, tombstones, large;
	} count; /* the thread's */

	pthread_mutex_t closing; /* of the agent's end */
	pthread_mutex_t lock;    /* of what follows */
	pthread_cond_t  wake;
	bool            stop, hold, over;
	struct replay_stats stats;
};

/* --- waiting ------------------------------------------------------------------ */

/* False: it is to stop. */
static bool
nap(struct replay *r)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	if (!r->stop)
		thread_wait(&r->wake, &r->lock, clock_mono_ms() + NAP_MS);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return !stop;
}

static void
set(struct replay *r, bool *what, bool to)
{
	pthread_mutex_lock(&r->lock);
	*what = to;
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

static void
tell_state(struct replay *r, enum replay_state state)
{
	pthread_mutex_lock(&r->lock);
	r->stats.state = state;
	pthread_mutex_unlock(&r->lock);
}

/* r->why says why. */
static void
fail(struct replay *r)
{
	log_warn("Kafka: a replay cannot go on: %s", r->why);
	tell_state(r, REPLAY_FAILED);
}

/* Between two messages: how far we are. False: it is to stop; while it is held
 * it waits. */
static bool
go_on(struct replay *r)
{
	struct replay_stats *st = &r->stats;
	bool stop;

	pthread_mutex_lock(&r->lock);
	st->messages = r->count.messages;
	st->bytes = r->count.bytes;
	st->tombstones = r->count.tombstones;
	st->large = r->count.large;
	history_look(r->history, &st->history);
	if (st->state == REPLAY_READS && st->history.reached &&
	    !r->opt.until_end)
		st->state = REPLAY_LIVE;
	while (r->hold && !r->stop)
		pthread_cond_wait(&r->wake, &r->lock);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return !stop;
}

/* --- the beginning -------------------------------------------------------------- */

static int
open_agent(struct replay *r)
{
	const struct option_list *topic = r->opt.from->topic;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	char labels[300];
	int err;

	snprintf(labels, sizeof labels, AT_REPLAY "=%016" PRIx64 ",group=%s",
		 r->opt.id, r->opt.from->group);
	opt.app = "kafka";
	opt.labels = labels;
	opt.source_job = r->source_job;
	opt.ring_bytes = RING_BYTES;
	opt.max_event_bytes = KAFKA_EVENT_BYTES;
	opt.wait_when_full = true;
	err = mql_agent_open(&opt, &r->agent);
	for (size_t i = 0; i < topic->n && !err; i++)
		if (r->opt.wanted >> i & 1)
			err = mql_stream_open(r->agent, topic->item[i],
					      &r->stream[i]);
	if (err)
		snprintf(r->why, sizeof r->why, "%s", mql_strerror(err));
	return err;
}

/* Our share; without a broker, or while partitions move, that takes long. */
static int
find_history(struct replay *r)
{
	struct consumer_place *place = NULL;
	struct history_options opt = {
		.from = r->opt.from, .wanted = r->opt.wanted,
		.since = r->opt.since, .until_end = r->opt.until_end,
	};
	int err;

	while ((err = consumer_share(r->opt.member, r->opt.wanted, &place,
				     &opt.nplace)) == MQL_ETIMEOUT)
		if (!nap(r))
			return MQL_ECLOSED;
	opt.place = place;
	if (!err)
		err = history_open(&opt, &r->history, r->why, sizeof r->why);
	while (!err && (err = history_find(r->history, r->why,
					   sizeof r->why)) == MQL_ETIMEOUT)
		err = nap(r) ? 0 : MQL_ECLOSED;
	free(place);
	return err;
}

/* Is the query live, so that a message counts? */
static bool
is_live(const struct replay *r)
{
	for (size_t i = 0; i < r->opt.from->topic->n; i++)
		if (r->stream[i] && !mql_active(r->stream[i]))
			return false;
	return true;
}

/* Whoever closes the agent may be another. */
static struct mql_agent_stats
agent_stats(struct replay *r)
{
	struct mql_agent_stats st = { .size = sizeof st };

	pthread_mutex_lock(&r->closing);
	if (r->agent)
		mql_agent_stats(r->agent, &st);
	pthread_mutex_unlock(&r->closing);
	return st;
}

static int
await_query(struct replay *r)
{
	while (!is_live(r)) {
		if (agent_stats(r).refused) {
			snprintf(r->why, sizeof r->why,
				 "the query is refused here");
			return MQL_EREFUSED;
		}
		if (!nap(r))
			return MQL_ECLOSED;
	}
	return 0;
}

/* --- messages ------------------------------------------------------------------ */

/* What is no event is published like the others, for the books to say so. */
static void
publish(void *arg, const struct message *m)
{
	struct replay *r = arg;
	struct mql_stream *to = r->stream[m->topic];

	/* An operator may have switched evaluation off. */
	while (!mql_active(to))
		if (!nap(r))
			return;
	r->count.messages++;
	r->count.bytes += m->value.len;
	r->count.tombstones += !m->value.ptr;
	r->count.large += m->value.len > KAFKA_EVENT_BYTES;
	if (m->ts < 0)
		mql_publish_json(to, m->value.ptr, m->value.len);
	else
		mql_publish_json_at(to, m->value.ptr, m->value.len, m->ts);
}

/* Has the agent sent all that came of them? */
static bool
has_sent(struct replay *r, uint64_t *sent)
{
	const struct mql_agent_stats st = agent_stats(r);

	*sent = st.sent;
	return st.matched == st.sampled + st.sent + st.dropped -
			     st.drop_starved;
}

static void
finish(struct replay *r)
{
	uint64_t sent;

	while (!has_sent(r, &sent))
		if (!nap(r))
			return;
	pthread_mutex_lock(&r->lock);
	r->stats.sent = sent;
	r->stats.state = REPLAY_ENDED;
	pthread_mutex_unlock(&r->lock);
}

static int
read_messages(struct replay *r)
{
	int err = 0;

	while (!err && go_on(r)) {
		if (r->opt.until_end && r->stats.history.reached) {
			finish(r);
			return 0;
		}
		err = history_take(r->history, WAIT_MS, publish, r, r->why,
				   sizeof r->why);
		if (err == MQL_ETIMEOUT)
			err = 0;
	}
	return err;
}

/* --- the thread ---------------------------------------------------------------- */

/* By us, or by who does not wait for us any more: until it is done the other
 * one stays, since no thread that has published may be ending meanwhile. */
static void
close_agent(struct replay *r)
{
	pthread_mutex_lock(&r->closing);
	mql_agent_close(r->agent, GOODBYE_MS);
	r->agent = NULL;
	pthread_mutex_unlock(&r->closing);
}

static bool
is_over_within(struct replay *r, int64_t ms)
{
	const int64_t until = clock_mono_ms() + ms;
	bool over;

	pthread_mutex_lock(&r->lock);
	while (!r->over && thread_wait(&r->wake, &r->lock, until))
		;
	over = r->over;
	pthread_mutex_unlock(&r->lock);
	return over;
}

static void *
run(void *arg)
{
	struct replay *r = arg;
	int err = open_agent(r);

	if (!err)
		err = find_history(r);
	if (!err)
		err = await_query(r);
	if (!err) {
		tell_state(r, REPLAY_READS);
		err = read_messages(r);
	}
	if (err && err != MQL_ECLOSED)
		fail(r);
	while (nap(r))
		;
	close_agent(r);
	history_close(r->history);
	set(r, &r->over, true);
	return NULL;
}

/* --- life ---------------------------------------------------------------------- */

static void
init_locks(struct replay *r)
{
	thread_cond_init(&r->wake);
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->closing, NULL);
}

static void
replay_free(struct replay *r)
{
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->closing);
	free(r->source_job);
	free(r);
}

int
replay_open(const struct replay_options *opt, struct replay **out)
{
	struct replay *r = calloc(1, sizeof *r);
	int err = 0;

	*out = NULL;
	if (!r)
		return MQL_ENOMEM;
	init_locks(r);
	r->opt = *opt;
	if (!(r->source_job = strdup(opt->source_job)))
		err = MQL_ENOMEM;
	else
		err = thread_start(&r->thread, "mql-replay", run, r);
	if (err)
		replay_free(r);
	else
		*out = r;
	return err;
}

void
replay_hold(struct replay *r, bool hold)
{
	set(r, &r->hold, hold);
}

void
replay_stop(struct replay *r)
{
	set(r, &r->stop, true);
}

bool
replay_is_over(struct replay *r)
{
	return is_over_within(r, 0);
}

/* It may be waiting for room that nobody makes any more: the end of the agent
 * lets it go. */
void
replay_close(struct replay *r)
{
	if (!r)
		return;
	replay_stop(r);
	if (!is_over_within(r, GOODBYE_MS))
		close_agent(r);
	pthread_join(r->thread, NULL);
	replay_free(r);
}

void
replay_look(struct replay *r, struct replay_stats *out)
{
	pthread_mutex_lock(&r->lock);
	*out = r->stats;
	pthread_mutex_unlock(&r->lock);
	out->why = out->state == REPLAY_FAILED ? r->why : "";
}
