/* session.c - the life of a subscription over one link after another.
 *
 *            up            ACCEPTED         stop              END, late
 *   DOWN ----------> ASKING -------> LIVE -------> STOPPING ----------> ENDED
 *     ^                 |              |               | down
 *     +-----------------+--------------+               +--------------> ENDED
 *            down, silence
 *
 * The table below is the machine; what is not in it does not matter then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/session.h"
#include "common/clock.h"

enum {
	PING_MS      = 1000,
	SILENCE_MS   = 3000, /* no word for so long: the link is dead */
	PATIENT_MS   = 15000, /* where that would be the end of a replay */
	RETRY_MS     = 300,  /* a source-job that is leaving: ask again */
	LATER_MS     = 2000, /* likewise, when it never took us */
	STOP_MS      = 2500, /* the closing books may take so long */
};

enum happening {
	EVENT_UP, EVENT_DOWN, EVENT_ASK, EVENT_ACCEPTED, EVENT_REFUSED,
	EVENT_DATA, EVENT_META, EVENT_END, EVENT_STOP, EVENT_LATE, NEVENTS
};

typedef void handler(struct session *s, struct str body);

static void
end(struct session *s, bool failed, int error, struct str why)
{
	s->state = SESSION_ENDED;
	s->failed = failed;
	s->error = error;
	snprintf(s->why, sizeof s->why, "%.*s", (int)why.len,
		 why.len ? why.ptr : "");
	s->news |= NEWS_END;
}

/* Rows that are wanted still, of all source-jobs together. */
static uint64_t
left(const struct client_ask *ask)
{
	return ask->limit && !ask->account.made.merged ?
		ask->limit - ask->account.received : 0;
}

/* Source-jobs share nothing: each has an equal part. */
static uint64_t
rate_of(const struct client_ask *ask)
{
	const uint64_t n = ask->nrate ? ask->nrate : 1;

	return ask->rate / n + (ask->rate % n != 0);
}

static void
ask(struct session *s, struct str body)
{
	struct wire_subscribe m = {
		.id = SESSION_SUBSCRIPTION,
		.query = str_of(s->ask->query),
		.limit = left(s->ask),
		.credit = s->ask->held ? 0 : s->ask->credit,
		.client = str_of(s->ask->name),
		.resumed = s->accepted,
		.merge = s->ask->account.made.merged,
		.force = s->ask->force && !s->accepted,
		.rate = rate_of(s->ask),
		.group = str_of(s->ask->group),
		.key = str_of(s->ask->key),
		.member = str_of(s->ask->member),
		.parts = true,
		.replay = s->ask->replay,
		.since = (uint64_t)s->ask->since,
		.until_end = s->ask->until_end,
	};

	(void)body;
	wire_subscribe_encode(&m, &s->out);
	if (client_link_send(&s->link, &s->out))
		return; /* the link's end will be seen */
	s->consumed = 0;
	s->granted = m.credit;
	s->done = 0;
	s->state = SESSION_ASKING;
}

static void
rest(struct session *s, int64_t ask_at)
{
	s->state = SESSION_DOWN;
	s->ask_at = ask_at;
	client_account_break(&s->ask->account, &s->tally);
}

/* History that was begun cannot be taken up again where it broke off. */
static bool
breaks_off(struct session *s)
{
	if (!s->ask->replay || !s->accepted)
		return false;
	client_account_break(&s->ask->account, &s->tally);
	end(s, true, MQL_ECLOSED,
	    STR("the source-job went away in the middle of a replay"));
	return true;
}

static void
down(struct session *s, struct str body)
{
	(void)body;
	if (breaks_off(s))
		return;
	if (s->state == SESSION_LIVE) {
		s->down_at = clock_mono_ms();
		s->news |= NEWS_DOWN;
	}
	rest(s, 0);
}

static void
down_while_stopping(struct session *s, struct str body)
{
	(void)body;
	client_account_break(&s->ask->account, &s->tally);
	s->away = true;
	end(s, true, MQL_ECLOSED,
	    STR("the source-job went away before the closing books"));
}

/* It did not understand all that was asked: what it would send is not it. */
static void
too_old(struct session *s, const char *why)
{
	struct wire_unsubscribe m = { .id = SESSION_SUBSCRIPTION };

	wire_unsubscribe_encode(&m, &s->out);
	client_link_send(&s->link, &s->out);
	snprintf(s->diag.text, sizeof s->diag.text, "%s", why);
	end(s, true, MQL_EUNSUP, str_of(why));
}

static void
accepted(struct session *s, struct str body)
{
	struct wire_accepted m;

	if (wire_accepted_decode(body, &m)) {
		;
	} else if (s->ask->account.made.merged && !m.merge) {
		too_old(s, "it is too old to take part in a merge");
	} else if (!str_eq(m.group, str_of(s->ask->group))) {
		too_old(s, "the source-job is too old for groups");
	} else if (s->ask->replay && !m.replay) {
		too_old(s, "the source-job is too old to replay history");
	} else {
		s->state = SESSION_LIVE;
		s->query_id = m.query_id;
		s->lease_ms = (int64_t)m.lease_ms;
		s->tally.books.targeted = m.targeted;
		s->tally.books.live = m.live;
		s->tally.books.refused = m.refused;
		s->news |= NEWS_LIVE;
		if (s->accepted)
			s->news |= NEWS_UP;
		s->accepted = true;
		s->barred = false;
	}
	arena_fini(&m.mem);
}

/* Another one may take us, and this one later. */
static void
put_off(struct session *s, const struct wire_error *m)
{
	snprintf(s->diag.text, sizeof s->diag.text, "%.*s", (int)m->text.len,
		 m->text.len ? m->text.ptr : "");
	s->error = m->code;
	rest(s, clock_mono_ms() + LATER_MS);
}

static void
refused(struct session *s, struct str body)
{
	struct wire_error m;

	if (wire_error_decode(body, &m)) {
		end(s, true, MQL_EBADFRAME, STR("the answer is malformed"));
	} else if (m.code == MQL_ECLOSED && s->accepted) {
		rest(s, clock_mono_ms() + RETRY_MS);
	} else if (m.code == MQL_ECLOSED && s->ask->many) {
		put_off(s, &m);
	} else {
		s->diag = (struct mql_diag){ .line = m.line, .col = m.col,
					     .beg = m.beg, .end = m.end };
		snprintf(s->diag.text, sizeof s->diag.text, "%.*s",
			 (int)m.text.len, m.text.len ? m.text.ptr : "");
		end(s, true, m.code < 0 ? m.code : MQL_EREFUSED, m.text);
	}
	arena_fini(&m.mem);
}

static void
data(struct session *s, struct str body)
{
	if (!(s->rest.len ?
	      data_reader_init_parts(&s->batch, body, s->rest) :
	      data_reader_init(&s->batch, body)))
		s->in_batch = true;
	if (s->state == SESSION_STOPPING) /* totals may be many rows */
		s->stop_by = clock_mono_ms() + STOP_MS;
}

static void
meta(struct session *s, struct str body)
{
	struct wire_meta m;

	if (!wire_meta_decode(body, &m))
		session_tell(s, &m, false);
	arena_fini(&m.mem);
}

/* We were stopped or blocked for longer than the lease, or what we said did not
 * arrive, so it ran out: that is no end for our caller, but a break like any
 * other. */
static bool
overslept(const struct session *s, const struct wire_end *m)
{
	return m->lapsed && s->state == SESSION_LIVE;
}

/* Has it been too long since we renewed the lease? Before anything is sent. */
static void
watch_sleep(struct session *s, int64_t now)
{
	if (!s->accepted || now - s->pinged <= s->lease_ms)
		return;
	s->overslept = now;
	s->awake = s->pinged;
}

/* It shuts down: its agents go to others, if there are any, and it may be
 * back. */
static bool
leaves(const struct session *s, const struct wire_end *m)
{
	return m->leaves && (s->ask->many || s->ask->stays) &&
	       s->state == SESSION_LIVE;
}

static void
ended(struct session *s, struct str body)
{
	struct wire_end m;

	if (wire_end_decode(body, &m)) {
		end(s, true, MQL_EBADFRAME,
		    STR("the closing books are malformed"));
	} else {
		session_tell(s, &m.meta, true);
		s->news &= ~(unsigned)(NEWS_LIVE | NEWS_META);
		if (s->ask->replay) {
			end(s, m.failed, m.failed ? MQL_ECLOSED : 0, m.why);
		} else if (overslept(s, &m)) {
			down(s, body);
			if (clock_mono_ms() - s->overslept < SILENCE_MS)
				s->down_at = s->awake + s->lease_ms;
			ask(s, body);
		} else if (leaves(s, &m)) {
			down(s, body);
			s->ask_at = clock_mono_ms() + RETRY_MS;
		} else {
			end(s, m.failed, m.failed ? MQL_ECLOSED : 0, m.why);
		}
	}
	arena_fini(&m.meta.mem);
}

static void
stop(struct session *s, struct str body)
{
	struct wire_unsubscribe m = { .id = SESSION_SUBSCRIPTION };

	(void)body;
	wire_unsubscribe_encode(&m, &s->out);
	if (client_link_send(&s->link, &s->out)) {
		down_while_stopping(s, body);
		return;
	}
	s->state = SESSION_STOPPING;
	s->stop_by = clock_mono_ms() + STOP_MS;
}

static void
stop_at_once(struct session *s, struct str body)
{
	(void)body;
	s->away = true;
	end(s, true, MQL_ECLOSED,
	    STR("stopped while the source-job was away: no closing books"));
}

static void
late(struct session *s, struct str body)
{
	(void)body;
	end(s, true, MQL_ETIMEOUT, STR("the closing books did not come"));
}

static handler *const machine[SESSION_NSTATES][NEVENTS] = {
	[SESSION_DOWN] = {
		[EVENT_UP]       = ask,
		[EVENT_ASK]      = ask,
		[EVENT_STOP]     = stop_at_once,
	},
	[SESSION_ASKING] = {
		[EVENT_DOWN]     = down,
		[EVENT_ACCEPTED] = accepted,
		[EVENT_REFUSED]  = refused,
		[EVENT_STOP]     = stop_at_once,
	},
	[SESSION_LIVE] = {
		[EVENT_DOWN]     = down,
		[EVENT_DATA]     = data,
		[EVENT_META]     = meta,
		[EVENT_END]      = ended,
		[EVENT_STOP]     = stop,
	},
	[SESSION_STOPPING] = {
		[EVENT_DOWN]     = down_while_stopping,
		[EVENT_DATA]     = data,
		[EVENT_META]     = meta,
		[EVENT_END]      = ended,
		[EVENT_LATE]     = late,
	},
};

static void
happen(struct session *s, enum happening e, struct str body)
{
	handler *h = machine[s->state][e];

	if (h)
		h(s, body);
}

static void
take_message(struct session *s, struct str msg)
{
	unsigned kind;
	struct str body;

	s->waits = 0;
	watch_sleep(s, clock_mono_ms());
	if (client_link_read(&s->link, msg, &kind, &body))
		return;
	if (s->rest.len && kind != WIRE_DATA)
		return;
	switch (kind) {
	case WIRE_ACCEPTED: happen(s, EVENT_ACCEPTED, body); break;
	case WIRE_ERROR:    happen(s, EVENT_REFUSED, body); break;
	case WIRE_DATA:     happen(s, EVENT_DATA, body); break;
	case WIRE_META:     happen(s, EVENT_META, body); break;
	case WIRE_END:      happen(s, EVENT_END, body); break;
	default: break; /* PONG is the sign of life; the rest is unknown */
	}
}

static void
watch_link(struct session *s)
{
	unsigned changes;
	bool up = wire_dealer_link(s->link.dealer, &changes) == WIRE_LINK_UP;

	if (changes == s->changes && up == s->up)
		return;
	if (s->up)
		happen(s, EVENT_DOWN, (struct str){ 0 });
	s->changes = changes;
	s->up = up;
	s->pinged = clock_mono_ms();
	s->waits = 0;
	if (up)
		happen(s, EVENT_UP, (struct str){ 0 });
}

/* Some pings to each lease, so that one of them may be late. */
static int64_t
ping_ms(const struct session *s)
{
	return s->lease_ms && s->lease_ms / 3 < PING_MS ? s->lease_ms / 3 :
							  PING_MS;
}

static void
ping(struct session *s, int64_t now)
{
	struct wire_ping m = { .n = (uint64_t)now };

	watch_sleep(s, now);
	/* When we slept, the answer to an earlier one may lie unread. */
	if (!s->waits || now - s->pinged > 2 * ping_ms(s))
		s->waits = now;
	wire_ping_encode(&m, &s->out);
	client_link_send(&s->link, &s->out);
	s->pinged = now;
	session_tell_done(s);
	if (s->consumed + s->ask->credit > s->granted)
		session_grant_all(s);
}

static void
silence(struct session *s)
{
	happen(s, EVENT_DOWN, (struct str){ 0 });
	s->up = false;
	s->changes = 0;
	client_link_reopen(&s->link);
}

static void
watch_clock(struct session *s)
{
	const int64_t most = s->ask->replay ? PATIENT_MS : SILENCE_MS;
	int64_t now = clock_mono_ms();

	if (s->state == SESSION_STOPPING && now >= s->stop_by)
		happen(s, EVENT_LATE, (struct str){ 0 });
	if (!s->up)
		return;
	if (now - s->pinged >= ping_ms(s))
		ping(s, now);
	else if (s->waits && now - s->waits > most)
		silence(s);
	if (s->up && s->state == SESSION_DOWN && now >= s->ask_at)
		happen(s, EVENT_ASK, (struct str){ 0 });
}

void
session_turn(struct session *s)
{
	struct str msg;

	while (!s->news && !s->in_batch && s->state != SESSION_ENDED) {
		if (!s->link.dealer && client_link_reopen(&s->link))
			return;
		if (wire_dealer_recv_parts(s->link.dealer, &msg,
					   &s->rest) != 1) {
			watch_link(s);
			watch_clock(s);
			return;
		}
		take_message(s, msg); /* before the link's end, if it came */
	}
}

int
session_wait_ms(const struct session *s)
{
	int64_t now = clock_mono_ms(), until = now + PING_MS;

	if (s->state == SESSION_ENDED)
		return PING_MS;
	if (s->up && s->pinged + ping_ms(s) < until)
		until = s->pinged + ping_ms(s);
	if (s->state == SESSION_STOPPING && s->stop_by < until)
		until = s->stop_by;
	if (s->state == SESSION_DOWN && s->up && s->ask_at < until)
		until = s->ask_at;
	return until > now ? (int)(until - now) : 0;
}

void
session_stop(struct session *s)
{
	happen(s, EVENT_STOP, (struct str){ 0 });
}

void
session_give_up(struct session *s)
{
	if (s->accepted || s->state == SESSION_ENDED)
		return;
	s->away = true;
	end(s, true, MQL_EUNREACH, STR("it does not answer"));
}

/* --- life ----------------------------------------------------------------------- */

int
session_open(struct client_ask *ask, const char *endpoint,
	     struct wire_context *context, struct session **out,
	     struct mql_diag *diag)
{
	struct session *s = calloc(1, sizeof *s);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!s || !(s->endpoint = strdup(endpoint)))
		goto out;
	s->overslept = INT64_MIN / 2; /* never */
	s->opened = clock_mono_ms();
	if ((err = client_link_open(&s->link, s->endpoint, context, diag)))
		goto out;
	s->ask = ask;
	client_account_join(&ask->account, &s->tally);
	*out = s;
	s = NULL;
out:
	session_close(s);
	return err;
}

void
session_close(struct session *s)
{
	if (!s)
		return;
	if (s->ask)
		client_account_drop(&s->ask->account, &s->tally);
	client_link_close(&s->link);
	buf_fini(&s->out);
	free(s->endpoint);
	free(s);
}
