/* fleet.c - a session for each source-job of the list: see tail.h.
 *
 *     list tells a new one ------> session opened, asked at once
 *     list has one no more ------> its agents move away: it is asked to end
 *                                  when they have gone, or after a while
 *
 * One that is down, or leaves, is no end of the tail as long as there are
 * others. */
#include <stdio.h>
#include <stdlib.h>

#include "client/merge.h"
#include "client/replay.h"
#include "client/tail.h"
#include "common/clock.h"

enum {
	MISSED_MS = 1500,     /* then it is told that nobody answers */
	LEAVE_MIN_MS = 3000,  /* agents look for their list now and then, too */
	LEAVE_MAX_MS = 15000,
	GAP_MS = 3000,        /* for the agents to come back after a break, */
	GAP_MANY_MS = 8000,   /* or to go to another source-job */
	AWAY_MS = 3000,       /* for an agent to get from one to another */
	LOOK_MS = 250,        /* at the list, while it is not known */
};

/* --- the list -------------------------------------------------------------------- */

static struct session *
find(const struct mql_tail *t, const char *endpoint)
{
	for (size_t i = 0; i < t->nsession; i++)
		if (!strcmp(t->session[i]->endpoint, endpoint))
			return t->session[i];
	return NULL;
}

void
fleet_add(struct mql_tail *t, struct session *s)
{
	t->session[t->nsession++] = s;
	if (t->merge && t->ask.replay)
		merge_join(t->merge, &s->source);
}

bool
fleet_has_decided(const struct mql_tail *t)
{
	for (size_t i = 0; i < t->nsession; i++)
		if (!t->session[i]->accepted &&
		    t->session[i]->state != SESSION_ENDED)
			return false;
	return true;
}

void
fleet_close(struct mql_tail *t)
{
	t->decided = true;
	for (size_t i = 0; i < t->nsession; i++)
		session_give_up(t->session[i]);
}

static void
join(struct mql_tail *t, const char *endpoint)
{
	struct session *s = find(t, endpoint);

	if (s && s->state != SESSION_STOPPING && s->state != SESSION_ENDED)
		s->leave_by = 0;
	if (s || t->nsession == WIRE_ENDPOINTS_MAX || t->stopping ||
	    (t->ask.replay && t->accepted))
		return;
	if (session_open(&t->ask, endpoint, t->context.wire, &s, NULL))
		return; /* memory is short: with the next list */
	if (t->accepted)
		s->news |= NEWS_JOIN;
	fleet_add(t, s);
}

static void
take_list(struct mql_tail *t, struct wire_endpoints *list)
{
	int64_t now = clock_mono_ms();

	free(t->list);
	t->list = list;
	t->trouble[0] = '\0';
	t->ask.nrate = list->n;
	for (size_t i = 0; i < list->n; i++)
		join(t, list->at[i]);
	for (size_t i = 0; i < t->nsession; i++) {
		struct session *s = t->session[i];

		if (!s->leave_by && wire_endpoints_find(list, s->endpoint) < 0)
			s->leave_by = now + LEAVE_MAX_MS;
	}
}

static void
look(struct mql_tail *t)
{
	struct wire_endpoints *list;

	if (wire_discovery_trouble(t->discovery, t->trouble,
				   sizeof t->trouble))
		t->troubled = true;
	if ((list = wire_discovery_take(t->discovery)))
		take_list(t, list);
}

/* It is not in the list any more: have its agents gone? */
static void
see_off(struct session *s, int64_t now)
{
	bool waited = s->leave_by - now < LEAVE_MAX_MS - LEAVE_MIN_MS;

	if (s->state == SESSION_STOPPING || s->state == SESSION_ENDED)
		return;
	if (now >= s->leave_by || (waited && !s->tally.books.live))
		session_stop(s);
}

static void
drop(struct mql_tail *t, size_t i)
{
	if (t->merge)
		merge_leave(t->merge, &t->session[i]->source);
	session_close(t->session[i]);
	t->session[i] = t->session[--t->nsession];
}

/* --- what all of them say ------------------------------------------------------ */

static void
add_refusal(struct mql_tail *t, const struct client_refusal *r)
{
	for (size_t i = 0; i < t->nrefusal; i++) {
		if (strcmp(t->refusal[i].why, r->why))
			continue;
		t->refusal[i].agents += r->agents;
		return;
	}
	if (t->nrefusal < CLIENT_MAX_REFUSALS)
		t->refusal[t->nrefusal++] = *r;
}

/* "2 agents refused: too many queries; 1 agent refused: ..." */
static void
say_refusals(struct mql_tail *t)
{
	struct buf b = BUF_FIXED(t->refusals, sizeof t->refusals - 1);

	for (size_t i = 0; i < t->nrefusal; i++)
		buf_printf(&b, "%s%u agent%s refused: %s", i ? "; " : "",
			   (unsigned)t->refusal[i].agents,
			   t->refusal[i].agents == 1 ? "" : "s",
			   t->refusal[i].why);
	t->refusals[b.len] = '\0';
}

static void
gather(struct mql_tail *t)
{
	struct buf limits = BUF_FIXED(t->limits, sizeof t->limits - 1);

	t->nrefusal = 0;
	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];

		for (size_t k = 0; k < s->nrefusal; k++)
			add_refusal(t, &s->refusal[k]);
		if (s->limits[0])
			buf_printf(&limits, "%s%s", limits.len ? "; " : "",
				   s->limits);
		t->accepted |= s->accepted;
		if (!t->merge)
			t->window = s->window;
	}
	t->limits[limits.len] = '\0';
	say_refusals(t);
}

/* --- gaps ---------------------------------------------------------------------------- */

static void
watch_break(struct mql_tail *t, const struct session *s, unsigned news)
{
	int64_t now = clock_mono_ms();

	if ((news & NEWS_DOWN) && !t->down_at) {
		t->down_at = s->down_at;
		t->gap_told = 0;
		t->gap_by = t->ask.many ? now + GAP_MANY_MS : INT64_MAX;
	}
	if ((news & NEWS_UP) && t->down_at && !t->ask.many) {
		t->gap_ms = (uint64_t)(now - t->down_at);
		t->gap_by = now + GAP_MS;
	}
}

/* A gap is told when as many agents are back as were live before the break,
 * or after a while; and again when more of it becomes known. */
static void
watch_gap(struct mql_tail *t, bool last)
{
	struct client_account *a = &t->ask.account;
	bool whole, back;
	uint64_t gap;
	int64_t now = clock_mono_ms();

	if (!a->broken)
		return;
	gap = client_account_gap(a, &whole);
	back = client_account_live(a) >= a->live;
	if (t->gap_by && !last && now < t->gap_by && !back)
		return;
	if (!t->gap_by && gap <= t->gap_told)
		return;
	if (t->ask.many && t->gap_by)
		t->gap_ms = (uint64_t)(now - t->down_at);
	t->gap_news = true;
	t->gap = gap - t->gap_told;
	t->gap_told = gap;
	t->gap_whole = whole;
	t->gap_by = t->down_at = 0;
	if (back && whole && t->ask.many)
		client_account_settle(a);
}

/* --- the merge ------------------------------------------------------------------- */

/* When agents move, one is at none of them for a moment, and what it has to
 * tell is on its way; but not for long. (Seen at the next one before it has
 * left the last one, it counts as two until then.) */
static bool
all_there(struct mql_tail *t, int64_t now)
{
	const struct books b = client_account_sum(&t->ask.account);
	const uint32_t known = b.live + b.left + b.lost_agents;

	if (known >= t->most || now - t->all_at > AWAY_MS)
		t->most = known;
	if (known >= t->most)
		t->all_at = now;
	return known >= t->most;
}

/* Where an agent has come, what was said to be told before was said without
 * it: only what is said from now on is with it. */
static void
watch_comers(struct mql_tail *t, struct session *s)
{
	const uint32_t live = s->tally.books.live;

	for (size_t i = 0; live > s->was_live && i < t->nsession; i++)
		if (t->session[i]->window.end > t->doubted)
			t->doubted = t->session[i]->window.end;
	s->was_live = live;
}

static void
complete(struct mql_tail *t, int64_t now)
{
	int64_t upto = INT64_MAX;
	uint32_t live = 0;

	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];

		if (!s->tally.books.live)
			continue;
		live += s->tally.books.live;
		if (s->window.end < upto)
			upto = s->window.end;
	}
	if (live && all_there(t, now) && upto > t->doubted)
		merge_complete(t->merge, upto, live);
	merge_tick(t->merge, client_account_live(&t->ask.account));
}

int64_t
fleet_told(const void *tail, int64_t end)
{
	const struct mql_tail *t = tail;
	int64_t told = 0;
	bool any = false;

	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];

		any |= s->window.end != 0;
		if (s->window.end >= end)
			told += s->tally.books.live;
	}
	return any ? told : -1;
}

/* --- history ---------------------------------------------------------------------- */

/* It has come to the present, or has ended: windows do not wait for it. And
 * before the first row all partitions are to be in good hands. */
static void
watch_replay(struct mql_tail *t, struct session *s)
{
	if (t->merge && s->source.holds &&
	    (s->replay.live || s->state == SESSION_ENDED))
		merge_release(t->merge, &s->source);
	if (!t->ask.held || t->stopping || !t->decided)
		return;
	switch (client_replay_share(t, t->torn, sizeof t->torn)) {
	case CLIENT_SHARE_UNTOLD:
		break;
	case CLIENT_SHARE_WHOLE:
		client_tail_hold(t, false);
		break;
	case CLIENT_SHARE_TORN:
		fleet_stop(t);
	}
}

/* --- a turn ---------------------------------------------------------------------- */

static void
turn(struct mql_tail *t, struct session *s, int64_t now)
{
	unsigned had = s->news, news;

	session_turn(s);
	if (t->ask.replay)
		watch_replay(t, s);
	news = s->news & ~had;
	if (!news && !s->accepted && !s->missed && t->accepted &&
	    now - s->opened > MISSED_MS) {
		s->missed = true;
		s->news |= NEWS_MISS;
	}
	if (!s->barred && s->accepted && s->state == SESSION_DOWN &&
	    client_link_trouble(&s->link)) {
		s->barred = true;
		s->news |= NEWS_AWAY;
	}
	if (!news)
		return;
	watch_break(t, s, news);
	watch_comers(t, s);
	if (s->tally.told || (news & NEWS_END))
		watch_gap(t, fleet_ended(t));
	gather(t);
}

void
fleet_turn(struct mql_tail *t)
{
	int64_t now = clock_mono_ms();

	look(t);
	for (size_t i = 0; i < t->nsession; i++) {
		struct session *s = t->session[i];

		if (s->leave_by)
			see_off(s, now);
		turn(t, s, now);
	}
	if (t->merge && !t->ended)
		complete(t, now);
}

int
fleet_wait_ms(const struct mql_tail *t)
{
	int ms = t->list ? INT32_MAX : LOOK_MS;

	for (size_t i = 0; i < t->nsession; i++) {
		int of = session_wait_ms(t->session[i]);

		ms = of < ms ? of : ms;
	}
	if (t->merge && merge_wait_ms(t->merge) < ms)
		ms = merge_wait_ms(t->merge);
	return ms;
}

size_t
fleet_dealers(const struct mql_tail *t, struct wire_dealer **dealer,
	      size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nsession && n < most; i++)
		if (t->session[i]->link.dealer &&
		    t->session[i]->state != SESSION_ENDED)
			dealer[n++] = t->session[i]->link.dealer;
	return n;
}

void
fleet_stop(struct mql_tail *t)
{
	t->stopping = true;
	for (size_t i = 0; i < t->nsession; i++)
		session_stop(t->session[i]);
}

/* --- news ------------------------------------------------------------------------- */

static bool
take(struct session *s, enum session_news which)
{
	bool is = s->news & (unsigned)which;

	s->news &= ~(unsigned)which;
	return is;
}

/* "source-job tcp://... is down (1 of 3)" */
static void
say_of(struct mql_tail *t, const struct session *s, const char *what,
       bool counted)
{
	size_t live = 0, n = 0;
	int len;

	for (size_t i = 0; i < t->nsession; i++) {
		live += t->session[i]->state == SESSION_LIVE;
		n += !t->session[i]->leave_by;
	}
	len = snprintf(t->why, sizeof t->why, "source-job %s %s",
		       s->endpoint, what);
	if (counted && len > 0 && (size_t)len < sizeof t->why)
		snprintf(t->why + len, sizeof t->why - (size_t)len,
			 " (%zu of %zu answer)", live, n);
}

/* One of several: the link is down only when none is left. */
static bool
give_link(struct mql_tail *t, const struct session *s, const char *what,
	  bool counted, struct mql_item *item)
{
	item->kind = MQL_LINK;
	item->why = t->why;
	say_of(t, s, what, counted);
	for (size_t i = 0; i < t->nsession; i++)
		item->up |= t->session[i]->state == SESSION_LIVE;
	return true;
}

static bool
give_down(struct mql_tail *t, struct session *s, struct mql_item *item)
{
	if (t->ask.many)
		return give_link(t, s, "is down", true, item);
	item->kind = MQL_LINK;
	item->why = "the source-job is away; reconnecting";
	return true;
}

/* Only what else is wrong with a link than that nobody is there. */
static bool
give_away(struct mql_tail *t, struct session *s, struct mql_item *item)
{
	const char *trouble = client_link_trouble(&s->link);
	char what[240];

	if (!trouble)
		return false;
	snprintf(what, sizeof what, "cannot be spoken to: %s", trouble);
	return give_link(t, s, what, false, item);
}

static bool
give_up(struct mql_tail *t, struct session *s, struct mql_item *item)
{
	if (t->ask.many)
		return give_link(t, s, "is back", true, item);
	item->kind = MQL_LINK;
	item->up = true;
	return true;
}

static bool
give_live(struct mql_tail *t, struct mql_item *item, bool live)
{
	item->kind = live ? MQL_LIVE : MQL_META;
	item->limited = t->limits[0] ? t->limits : NULL;
	if (live && t->refusals[0])
		item->why = t->refusals;
	return true;
}

/* One that has ended by itself, while others go on; or that left the list. */
static bool
give_gone(struct mql_tail *t, size_t i, struct mql_item *item)
{
	struct session *s = t->session[i];
	char what[300];

	if (s->leave_by) {
		give_link(t, s, "has left", false, item);
		drop(t, i);
		return true;
	}
	if (t->stopping || t->full || fleet_ended(t))
		return false;
	snprintf(what, sizeof what, "has ended the query: %s", s->why);
	return give_link(t, s, what, false, item);
}

static bool
give_news(struct mql_tail *t, size_t i, struct mql_item *item)
{
	struct session *s = t->session[i];

	if (take(s, NEWS_JOIN))
		return give_link(t, s, "has joined", false, item);
	if (take(s, NEWS_MISS))
		return give_link(t, s, s->diag.text[0] ? s->diag.text :
				 "does not answer", true, item);
	if (take(s, NEWS_DOWN))
		return give_down(t, s, item);
	if (take(s, NEWS_AWAY) && give_away(t, s, item))
		return true;
	if (take(s, NEWS_UP))
		return give_up(t, s, item);
	if (take(s, NEWS_LIVE))
		return give_live(t, item, true);
	if (take(s, NEWS_META))
		return give_live(t, item, false);
	return take(s, NEWS_END) && give_gone(t, i, item);
}

bool
fleet_give(struct mql_tail *t, struct mql_item *item)
{
	if (t->troubled && t->accepted) {
		t->troubled = false;
		item->kind = MQL_LINK;
		item->up = true;
		item->why = t->trouble;
		return true;
	}
	for (size_t i = 0; i < t->nsession; i++)
		if (give_news(t, i, item))
			return true;
	return false;
}

/* --- the end --------------------------------------------------------------------- */

bool
fleet_ended(const struct mql_tail *t)
{
	size_t left = 0;

	for (size_t i = 0; i < t->nsession; i++) {
		if (t->session[i]->state != SESSION_ENDED)
			return false;
		left += t->session[i]->leave_by != 0;
	}
	return t->stopping || t->nsession > left;
}

bool
fleet_end(struct mql_tail *t, char *why, size_t nwhy)
{
	const struct session *bad = NULL, *good = NULL;

	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];

		if (!s->failed)
			good = s;
		else if (!bad || bad->away)
			bad = s;
	}
	/* Of one that is away it was told, and the others have answered. */
	if (t->full || (good && bad && bad->away))
		bad = NULL;
	if (t->torn[0])
		snprintf(why, nwhy, "%s", t->torn);
	else if (t->full)
		snprintf(why, nwhy, "limit");
	else if (bad && t->ask.many)
		snprintf(why, nwhy, "source-job %s: %s", bad->endpoint,
			 bad->why);
	else
		snprintf(why, nwhy, "%s", bad ? bad->why : good ? good->why :
			 "unsubscribed");
	return !bad && !t->torn[0];
}
