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
#include <string.h>

#include "client/tail.h"
#include "common/clock.h"

enum {
	SUBSCRIPTION = 1,    /* a link of ours carries one */
	PING_MS      = 1000,
	SILENCE_MS   = 3000, /* no word for so long: the link is dead */
	RETRY_MS     = 300,  /* a source-job that is leaving: ask again */
	GAP_MS       = 3000, /* for the agents to come back after a break */
	STOP_MS      = 2500, /* the closing books may take so long */
};

enum event {
	EVENT_UP, EVENT_DOWN, EVENT_ASK, EVENT_ACCEPTED, EVENT_REFUSED,
	EVENT_DATA, EVENT_META, EVENT_END, EVENT_STOP, EVENT_LATE, NEVENTS
};

typedef void handler(struct mql_tail *t, struct str body);

static void
end(struct mql_tail *t, bool failed, int error, struct str why)
{
	t->state = TAIL_ENDED;
	t->failed = failed;
	t->error = error;
	snprintf(t->why, sizeof t->why, "%.*s", (int)why.len,
		 why.len ? why.ptr : "");
	t->pending |= PENDING_END;
}

static void
ask(struct mql_tail *t, struct str body)
{
	struct wire_subscribe m = {
		.id = SUBSCRIPTION,
		.query = str_of(t->query),
		.limit = t->limit ? t->limit - t->account.received : 0,
		.credit = t->credit,
		.client = str_of(t->name),
		.resumed = t->accepted,
		.force = t->force && !t->accepted,
	};

	(void)body;
	wire_subscribe_encode(&m, &t->out);
	if (client_link_send(&t->link, &t->out))
		return; /* the link's end will be seen */
	t->consumed = 0;
	t->granted = t->credit;
	t->state = TAIL_ASKING;
}

static void
rest(struct mql_tail *t, int64_t ask_at)
{
	t->state = TAIL_DOWN;
	t->ask_at = ask_at;
	client_account_break(&t->account);
}

static void
down(struct mql_tail *t, struct str body)
{
	(void)body;
	if (t->state == TAIL_LIVE) {
		t->down_at = clock_mono_ms();
		t->pending |= PENDING_DOWN;
	}
	rest(t, 0);
}

static void
down_while_stopping(struct mql_tail *t, struct str body)
{
	(void)body;
	client_account_break(&t->account);
	end(t, true, MQL_ECLOSED,
	    STR("the source-job went away before the closing books"));
}

/* The subscription is made anew after a break. */
static void
back(struct mql_tail *t)
{
	int64_t now = clock_mono_ms();

	t->pending |= PENDING_UP;
	t->gap_ms = (uint64_t)(now - t->down_at);
	t->gap_by = now + GAP_MS;
	t->gap_told = 0;
}

static void
accepted(struct mql_tail *t, struct str body)
{
	struct wire_accepted m;

	if (!wire_accepted_decode(body, &m)) {
		t->state = TAIL_LIVE;
		t->query_id = m.query_id;
		t->lease_ms = (int64_t)m.lease_ms;
		t->account.now.books.targeted = m.targeted;
		t->account.now.books.live = m.live;
		t->account.now.books.refused = m.refused;
		t->pending |= PENDING_LIVE;
		if (t->accepted)
			back(t);
		t->accepted = true;
	}
	arena_fini(&m.mem);
}

static void
refused(struct mql_tail *t, struct str body)
{
	struct wire_error m;

	if (wire_error_decode(body, &m)) {
		end(t, true, MQL_EBADFRAME, STR("the answer is malformed"));
	} else if (m.code == MQL_ECLOSED && t->accepted) {
		rest(t, clock_mono_ms() + RETRY_MS);
	} else {
		t->diag = (struct mql_diag){ .line = m.line, .col = m.col,
					     .beg = m.beg, .end = m.end };
		snprintf(t->diag.text, sizeof t->diag.text, "%.*s",
			 (int)m.text.len, m.text.len ? m.text.ptr : "");
		end(t, true, m.code < 0 ? m.code : MQL_EREFUSED, m.text);
	}
	arena_fini(&m.mem);
}

static void
data(struct mql_tail *t, struct str body)
{
	if (!data_reader_init(&t->batch, body))
		t->in_batch = true;
	if (t->state == TAIL_STOPPING) /* totals may be many rows */
		t->stop_by = clock_mono_ms() + STOP_MS;
}

static void
keep_refusals(struct mql_tail *t, const struct wire_meta *m)
{
	t->nrefusal = m->nrefusal < CLIENT_MAX_REFUSALS ? m->nrefusal
							: CLIENT_MAX_REFUSALS;
	for (size_t i = 0; i < t->nrefusal; i++) {
		struct str why = m->refusal[i].why;
		t->refusal[i].agents = m->refusal[i].agents;
		snprintf(t->refusal[i].why, sizeof t->refusal[i].why, "%.*s",
			 (int)why.len, why.len ? why.ptr : "");
	}
}

/* "3 of 10 agents run it on 1 in 8 events: over 1% of a core; suspended ..." */
static void
keep_limits(struct mql_tail *t, const struct wire_meta *m)
{
	struct buf b = BUF_FIXED(t->limits, sizeof t->limits - 1);
	bool some = false;

	for (size_t i = 0; i < m->nlimit; i++) {
		const struct wire_limit *l = &m->limit[i];

		some |= l->every > 0;
		buf_printf(&b, "%s", i ? "; " : "");
		if (!l->every)
			buf_printf(&b, "suspended on %u of %u agents",
				   (unsigned)l->agents,
				   (unsigned)m->books.targeted);
		else
			buf_printf(&b, "%u of %u agents run it on 1 in %u "
				   "events", (unsigned)l->agents,
				   (unsigned)m->books.targeted,
				   (unsigned)l->every);
		buf_printf(&b, ": %.*s", (int)l->why.len, l->why.ptr);
	}
	if (some && t->unweighed)
		buf_puts(&b, "; its aggregates are of these events only");
	t->limits[b.len] = '\0';
}

/* A gap is told when as many agents are back as were live before the break,
 * or after a while; and again when more of it becomes known. */
static void
watch_gap(struct mql_tail *t, bool last)
{
	const struct client_account *a = &t->account;
	int64_t now = clock_mono_ms();
	bool whole;
	uint64_t gap = client_account_gap(a, &whole);

	if (!a->broken)
		return;
	if (t->gap_by && !last && now < t->gap_by &&
	    a->now.books.live < a->last.books.live)
		return;
	if (!t->gap_by && gap <= t->gap_told)
		return;
	t->pending |= PENDING_GAP;
	t->gap = gap - t->gap_told;
	t->gap_told = gap;
	t->gap_whole = whole;
	t->gap_by = 0;
}

static void
take_books(struct mql_tail *t, const struct wire_meta *m, bool last)
{
	struct books old = t->account.now.books;

	t->window = (struct mql_window){
		.start = m->window.start, .end = m->window.end,
		.agents = m->window.agents, .events = m->window.events,
		.late = m->window.late, .live = m->window.live,
	};
	client_account_tell(&t->account, m);
	watch_gap(t, last);
	keep_refusals(t, m);
	keep_limits(t, m);
	if (old.live != m->books.live || old.targeted != m->books.targeted ||
	    old.refused != m->books.refused)
		t->pending |= PENDING_LIVE;
	else
		t->pending |= PENDING_META;
}

static void
meta(struct mql_tail *t, struct str body)
{
	struct wire_meta m;

	if (!wire_meta_decode(body, &m))
		take_books(t, &m, false);
	arena_fini(&m.mem);
}

/* We were stopped or blocked for longer than the lease, so it ran out: that
 * is no end for our caller, but a break like any other. */
static bool
overslept(const struct mql_tail *t, const struct wire_end *m)
{
	return m->failed && t->state == TAIL_LIVE &&
	       clock_mono_ms() - t->overslept < SILENCE_MS;
}

/* Has it been too long since we renewed the lease? Before anything is sent. */
static void
watch_sleep(struct mql_tail *t, int64_t now)
{
	if (now - t->pinged <= t->lease_ms)
		return;
	t->overslept = now;
	t->awake = t->pinged;
}

static void
ended(struct mql_tail *t, struct str body)
{
	struct wire_end m;

	if (wire_end_decode(body, &m)) {
		end(t, true, MQL_EBADFRAME,
		    STR("the closing books are malformed"));
	} else {
		take_books(t, &m.meta, true);
		t->pending &= ~(unsigned)(PENDING_LIVE | PENDING_META);
		if (overslept(t, &m)) {
			down(t, body);
			t->down_at = t->awake + t->lease_ms;
			ask(t, body);
		} else {
			end(t, m.failed, m.failed ? MQL_ECLOSED : 0, m.why);
		}
	}
	arena_fini(&m.meta.mem);
}

static void
stop(struct mql_tail *t, struct str body)
{
	struct wire_unsubscribe m = { .id = SUBSCRIPTION };

	(void)body;
	wire_unsubscribe_encode(&m, &t->out);
	if (client_link_send(&t->link, &t->out)) {
		down_while_stopping(t, body);
		return;
	}
	t->state = TAIL_STOPPING;
	t->stop_by = clock_mono_ms() + STOP_MS;
}

static void
stop_at_once(struct mql_tail *t, struct str body)
{
	(void)body;
	end(t, true, MQL_ECLOSED,
	    STR("stopped while the source-job was away: no closing books"));
}

static void
late(struct mql_tail *t, struct str body)
{
	(void)body;
	end(t, true, MQL_ETIMEOUT, STR("the closing books did not come"));
}

static handler *const machine[TAIL_NSTATES][NEVENTS] = {
	[TAIL_DOWN] = {
		[EVENT_UP]       = ask,
		[EVENT_ASK]      = ask,
		[EVENT_STOP]     = stop_at_once,
	},
	[TAIL_ASKING] = {
		[EVENT_DOWN]     = down,
		[EVENT_ACCEPTED] = accepted,
		[EVENT_REFUSED]  = refused,
		[EVENT_STOP]     = stop_at_once,
	},
	[TAIL_LIVE] = {
		[EVENT_DOWN]     = down,
		[EVENT_DATA]     = data,
		[EVENT_META]     = meta,
		[EVENT_END]      = ended,
		[EVENT_STOP]     = stop,
	},
	[TAIL_STOPPING] = {
		[EVENT_DOWN]     = down_while_stopping,
		[EVENT_DATA]     = data,
		[EVENT_META]     = meta,
		[EVENT_END]      = ended,
		[EVENT_LATE]     = late,
	},
};

static void
happen(struct mql_tail *t, enum event e, struct str body)
{
	handler *h = machine[t->state][e];

	if (h)
		h(t, body);
}

static void
take_message(struct mql_tail *t, struct str msg)
{
	unsigned kind;
	struct str body;

	t->waits = 0;
	watch_sleep(t, clock_mono_ms());
	if (wire_get_header(msg.ptr, msg.len, &kind, &body))
		return;
	switch (kind) {
	case WIRE_ACCEPTED: happen(t, EVENT_ACCEPTED, body); break;
	case WIRE_ERROR:    happen(t, EVENT_REFUSED, body); break;
	case WIRE_DATA:     happen(t, EVENT_DATA, body); break;
	case WIRE_META:     happen(t, EVENT_META, body); break;
	case WIRE_END:      happen(t, EVENT_END, body); break;
	default: break; /* PONG is the sign of life; the rest is unknown */
	}
}

static void
watch_link(struct mql_tail *t)
{
	unsigned changes;
	bool up = wire_dealer_link(t->link.dealer, &changes) == WIRE_LINK_UP;

	if (changes == t->changes && up == t->up)
		return;
	if (t->up)
		happen(t, EVENT_DOWN, (struct str){ 0 });
	t->changes = changes;
	t->up = up;
	t->pinged = clock_mono_ms();
	t->waits = 0;
	if (up)
		happen(t, EVENT_UP, (struct str){ 0 });
}

static void
ping(struct mql_tail *t, int64_t now)
{
	struct wire_ping m = { .n = (uint64_t)now };

	watch_sleep(t, now);
	/* When we slept, the answer to an earlier one may lie unread. */
	if (!t->waits || now - t->pinged > 2 * PING_MS)
		t->waits = now;
	wire_ping_encode(&m, &t->out);
	client_link_send(&t->link, &t->out);
	t->pinged = now;
}

static void
silence(struct mql_tail *t)
{
	happen(t, EVENT_DOWN, (struct str){ 0 });
	t->up = false;
	t->changes = 0;
	client_link_reopen(&t->link);
}

static void
watch_clock(struct mql_tail *t)
{
	int64_t now = clock_mono_ms();

	if (t->state == TAIL_STOPPING && now >= t->stop_by)
		happen(t, EVENT_LATE, (struct str){ 0 });
	if (!t->up)
		return;
	if (now - t->pinged >= PING_MS)
		ping(t, now);
	else if (t->waits && now - t->waits > SILENCE_MS)
		silence(t);
	if (t->up && t->state == TAIL_DOWN && now >= t->ask_at)
		happen(t, EVENT_ASK, (struct str){ 0 });
}

void
client_session_turn(struct mql_tail *t)
{
	struct str msg;

	while (!t->pending && !t->in_batch && t->state != TAIL_ENDED) {
		if (!t->link.dealer && client_link_reopen(&t->link))
			return;
		if (wire_dealer_recv(t->link.dealer, &msg) != 1) {
			watch_link(t);
			watch_clock(t);
			return;
		}
		take_message(t, msg); /* before the link's end, if it came */
	}
}

int
client_session_wait_ms(const struct mql_tail *t)
{
	int64_t now = clock_mono_ms(), until = now + PING_MS;

	if (t->up && t->pinged + PING_MS < until)
		until = t->pinged + PING_MS;
	if (t->state == TAIL_STOPPING && t->stop_by < until)
		until = t->stop_by;
	if (t->state == TAIL_DOWN && t->up && t->ask_at < until)
		until = t->ask_at;
	return until > now ? (int)(until - now) : 0;
}

void
client_session_stop(struct mql_tail *t)
{
	happen(t, EVENT_STOP, (struct str){ 0 });
}

void
client_session_batch_done(struct mql_tail *t)
{
	t->in_batch = false;
	t->consumed += t->batch.body.len;
	client_session_grant(t);
}

void
client_session_grant(struct mql_tail *t)
{
	struct wire_credit m = { .id = SUBSCRIPTION };

	if (t->held || t->state == TAIL_DOWN ||
	    t->consumed + t->credit / 2 < t->granted)
		return;
	t->granted = t->consumed + t->credit;
	m.bytes = t->granted;
	wire_credit_encode(&m, &t->out);
	client_link_send(&t->link, &t->out);
}
