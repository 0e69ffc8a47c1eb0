#include "source-job/replays.h"

#include <stdlib.h>
#include <sys/random.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "mql/query.h"
#include "source-job/job.h"
#include "source-job/kafka/source.h"
#include "wire/message.h"

/* --- asked for ---------------------------------------------------------------- */

static bool
wants(const void *query, struct str topic)
{
	return query_wants_stream(query, topic);
}

static int
refuse(int err, const char *text, const char **why)
{
	*why = text;
	return err;
}

static int
check(const struct job *j, const struct wire_subscribe *m,
      const struct mql_query *compiled, uint64_t *wanted, const char **why)
{
	if (!j->kafka)
		return refuse(MQL_EUNSUP, "this source-job reads no topics of "
			      "Kafka: there is no history to replay", why);
	if (m->group.len)
		return refuse(MQL_EUNSUP, "history is for one subscriber, not "
			      "for a group", why);
	if (query_pane_ms(compiled))
		return refuse(MQL_EUNSUP, "windows of history are by the time "
			      "of the messages: say `window ... on @ts`", why);
	*wanted = kafka_source_topics(j->kafka, wants, compiled);
	if (!*wanted)
		return refuse(MQL_EINVAL, "the query wants none of the topics "
			      "that this source-job reads", why);
	if (j->replays.n >= j->config.kafka_replays)
		return refuse(MQL_ELIMIT, "too many replays are running; see "
			      "--kafka-replays", why);
	return 0;
}

int
replays_admit(struct job *j, const struct wire_subscribe *m,
	      const struct mql_query *compiled, struct replaying **out,
	      const char **why)
{
	uint64_t wanted;
	struct replaying *r;
	int err;

	*out = NULL;
	if (!m->replay)
		return 0;
	if ((err = check(j, m, compiled, &wanted, why)))
		return err;
	if (!(r = calloc(1, sizeof *r)))
		return MQL_ENOMEM;
	while (!r->id)
		if (getrandom(&r->id, sizeof r->id, 0) < 0)
			r->id = j->serial + 1; /* unique will do */
	r->wanted = wanted;
	r->until_end = m->until_end;
	LIST_INSERT_HEAD(&j->replays.all, r, entry);
	j->replays.n++;
	*out = r;
	return 0;
}

int
replays_begin(struct job *j, struct sub *s, const struct wire_subscribe *m)
{
	struct replaying *r = s->replaying;

	if (!r)
		return 0;
	r->sub = s;
	return kafka_source_replay(j->kafka, r->id, r->wanted,
				   (int64_t)m->since, m->until_end,
				   &r->replay);
}

/* --- the end -------------------------------------------------------------------- */

void
replays_leave(struct sub *s)
{
	if (s->replaying && s->replaying->replay)
		replay_stop(s->replaying->replay);
}

static void
release(struct job *j, struct replaying *r)
{
	LIST_REMOVE(r, entry);
	j->replays.n--;
	replay_close(r->replay);
	free(r);
}

void
replays_forget(struct job *j, struct sub *s)
{
	struct replaying *r = s->replaying;

	s->replaying = NULL;
	if (!r)
		return;
	r->sub = NULL;
	if (!r->replay)
		release(j, r);
	else
		replay_stop(r->replay);
}

void
replays_fini(struct job *j)
{
	struct replaying *r;

	while ((r = LIST_FIRST(&j->replays.all))) {
		if (r->sub)
			r->sub->replaying = NULL;
		release(j, r);
	}
}

/* --- a turn ---------------------------------------------------------------------- */

static void
hold(const struct job *j, struct replaying *r)
{
	const size_t limit = (size_t)j->config.queue / (r->held ? 4 : 2);
	const bool full = r->sub->queue.bytes > limit;

	if (full == r->held)
		return;
	r->held = full;
	replay_hold(r->replay, full);
}

/* Is all here that the agent has sent? One that was lost sends no more. */
static bool
has_come(const struct query *q, const struct replay_stats *st)
{
	return q->all.sent >= st->sent || !q->count.live;
}

/* The subscriber takes as long as it takes to read what there is. */
static void
leave(struct job *j, struct sub *s, bool failed, const char *why)
{
	sub_leave(j, s, failed, why);
	s->deadline = INT64_MAX;
}

static void
watch(struct job *j, struct replaying *r)
{
	struct sub *s = r->sub;
	struct replay_stats st;

	if (s->state != SUB_STAYING || r->looked == j->now)
		return;
	r->looked = j->now;
	replay_look(r->replay, &st);
	if (st.state != r->told || (!r->shared && st.history.all))
		s->query->changed = true; /* META is sent */
	r->told = st.state;
	if (st.state == REPLAY_FAILED)
		leave(j, s, true, st.why);
	else if (st.state == REPLAY_ENDED && r->shared &&
		 has_come(s->query, &st))
		leave(j, s, false, "the end of the history");
}

void
replays_turn(struct job *j)
{
	struct replaying *r, *next;

	for (r = LIST_FIRST(&j->replays.all); r; r = next) {
		next = LIST_NEXT(r, entry);
		if (r->sub) {
			hold(j, r);
			watch(j, r);
		} else if (replay_is_over(r->replay)) {
			release(j, r);
		}
	}
}

void
replays_tell(const struct sub *s, struct wire_replay *out)
{
	struct replay_stats st;

	*out = (struct wire_replay){ 0 };
	if (!s->replaying || !s->replaying->replay)
		return;
	replay_look(s->replaying->replay, &st);
	s->replaying->shared = st.history.all > 0;
	*out = (struct wire_replay){
		.read = st.history.read, .of = st.history.of,
		.messages = st.messages, .tombstones = st.tombstones,
		.large = st.large, .partitions = st.history.partitions,
		.all = st.history.all, .mine = st.history.mine,
		.whole = st.history.whole, .live = st.history.reached,
	};
}
