/* tail.c - a subscription for the caller's thread; see mql/client.h. The work
 * is in fleet.c and session.c; here is what the caller sees of it. */
#include "client/tail.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/merge.h"
#include "client/replay.h"
#include "common/clock.h"
#include "mql/query.h"
#include "mql/stage.h"

enum {
	CREDIT_BYTES = 4 << 20, CONNECT_MS = 5000,
	OTHERS_MS = 300, /* when one has accepted the others may, too; */
	ALL_MS = 3000,   /* of history all are to */
	LOOK_MS = 500, /* whether there is trouble */
	CLOSE_MS = 100,
};

/* The caller may have been built against an older header. */
static struct mql_tail_options
options_of(const struct mql_tail_options *given)
{
	struct mql_tail_options o = MQL_TAIL_OPTIONS_INIT;
	size_t n = given->size < sizeof o ? given->size : sizeof o;

	memcpy(&o, given, n);
	if (!o.name)
		o.name = "libmql-client";
	if (!o.credit_bytes)
		o.credit_bytes = CREDIT_BYTES;
	if (!o.connect_ms)
		o.connect_ms = CONNECT_MS;
	o.source_job = client_where(o.source_job);
	return o;
}

/* NULL: no memory. */
static char *
random_name(void)
{
	unsigned char b[8] = { 0 };
	char *name = malloc(2 * sizeof b + 1);

	(void)!getrandom(b, sizeof b, 0);
	for (size_t i = 0; name && i < sizeof b; i++)
		snprintf(name + 2 * i, 3, "%02x", b[i]);
	return name;
}

/* What cannot be asked for. */
static int
admit(const struct mql_tail *t, const struct mql_tail_options *o,
      const struct mql_query *q, struct mql_diag *diag)
{
	if (!o->group && (o->group_key || o->member))
		return client_link_fail(diag, MQL_EINVAL,
					"a key is for the rows of a group");
	if (o->group && t->ask.many && !query_is_plain(q))
		return client_link_fail(diag, MQL_EUNSUP,
					"a group shares windows, groups and an "
					"order of one source-job only");
	if (o->rate > WIRE_MAX_RATE)
		return client_link_fail(diag, MQL_EINVAL,
					"a rate is at most 1000000000 rows a "
					"second");
	return 0;
}

/* What the query makes of it; takes q. */
static int
fit(struct mql_tail *t, const struct mql_tail_options *o, struct mql_query *q)
{
	const bool plain = query_is_plain(q);

	/* With a stage the query's own is counted there, by window. */
	if (plain && query_limit(q) != UINT64_MAX)
		t->ask.limit = query_limit(q);
	if (o->limit && (!t->ask.limit || o->limit < t->ask.limit))
		t->ask.limit = o->limit;
	t->ask.unweighed = query_is_unweighed(q);
	t->ask.force = o->force;
	t->ask.rate = o->rate;
	t->ask.credit = o->credit_bytes;
	t->ask.replay = t->ask.held = o->replay; /* see fleet.c */
	t->ask.since = o->since;
	t->ask.until_end = o->until_end;
	t->ask.query = strdup(o->replay ? mql_query_text(q) : o->query);
	t->canonical = strdup(mql_query_text(q));
	t->ask.name = strdup(o->name);
	t->ask.group = strdup(o->group ? o->group : "");
	t->ask.key = strdup(o->group_key ? o->group_key : "");
	t->ask.member = o->member || !o->group ?
		strdup(o->member ? o->member : "") : random_name();
	t->ask.account.shared = o->group;
	t->where = strdup(o->source_job);
	if (!plain && t->ask.many)
		return merge_new(&(struct merge_options){
			.query = q, .made = &t->ask.account.made,
			.told = fleet_told, .arg = t, .history = o->replay,
			.until_end = o->until_end }, &t->merge);
	mql_query_free(q);
	return 0;
}

/* Compile here first: a wrong query needs no source-job to say so. */
static int
prepare(struct mql_tail *t, const struct mql_tail_options *o,
	struct mql_diag *diag)
{
	struct mql_query *q;
	int err = o->replay ?
		query_compile_timed(str_of(o->query), &q, diag) :
		mql_query_compile(o->query, &q, diag);

	if (err)
		return err;
	if ((err = admit(t, o, q, diag))) {
		mql_query_free(q);
		return err;
	}
	err = fit(t, o, q);
	if (!t->ask.query || !t->canonical || !t->ask.name || !t->where ||
	    !t->ask.group || !t->ask.key || !t->ask.member)
		err = MQL_ENOMEM;
	return err;
}

/* How many are asked, and whether that can change. */
static int
discover(struct mql_tail *t, const char *where, struct mql_diag *diag)
{
	char why[160];
	int err = wire_discovery_check(where, why, sizeof why);

	if (!err)
		err = wire_discovery_open(where, &t->discovery);
	else
		return client_link_fail(diag, err, "%s", why);
	if (err)
		return client_link_fail(diag, err, "%s", mql_strerror(err));
	t->list = wire_discovery_take(t->discovery);
	t->ask.many = wire_discovery_changes(where) ||
		      (t->list && t->list->n > 1);
	return 0;
}

static int
connect_all(struct mql_tail *t, struct mql_diag *diag)
{
	int err = 0;

	for (size_t i = 0; t->list && i < t->list->n && !err; i++) {
		err = session_open(&t->ask, t->list->at[i], t->context.wire,
				   &t->session[t->nsession], diag);
		if (!err)
			fleet_add(t, t->session[t->nsession]);
	}
	return err;
}

int
client_tail_start(const struct mql_tail_options *opt,
		  struct wire_context *context, struct mql_tail **out,
		  struct mql_diag *diag)
{
	struct mql_tail_options o = options_of(opt);
	struct mql_tail *t = NULL;
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!o.query)
		return client_link_fail(diag, MQL_EINVAL, "no query is given");
	if (!(t = calloc(1, sizeof *t)))
		goto out;
	if ((err = discover(t, o.source_job, diag)) ||
	    (err = prepare(t, &o, diag)))
		goto out;
	if ((err = client_context_open(&t->context, o.key, o.server_key,
				       context, diag)) ||
	    (err = connect_all(t, diag)))
		goto out;
	*out = t;
	t = NULL;
out:
	mql_tail_close(t);
	return err;
}

/* --- waiting ------------------------------------------------------------------ */

/* min(a, b) where a negative a is for ever. */
static int
sooner(int a, int b)
{
	return a >= 0 && a < b ? a : b;
}

/* False when a signal interrupted it. */
static bool
wait_for(const struct mql_tail *t, int timeout_ms)
{
	struct wire_dealer *dealer[WIRE_ENDPOINTS_MAX];
	size_t n = fleet_dealers(t, dealer, WIRE_ENDPOINTS_MAX);
	int wait = sooner(timeout_ms, fleet_wait_ms(t));

	if (n)
		return wire_dealers_wait(dealer, n, wait, -1);
	return poll(NULL, 0, wait) == 0;
}

void
client_tails_wait(struct mql_tail *const *tail, size_t n, int timeout_ms,
		  int wakefd)
{
	struct wire_dealer *dealer[WIRE_WAIT_MAX];
	size_t ndealer = 0;

	for (size_t i = 0; i < n; i++) {
		timeout_ms = sooner(timeout_ms < 0 ? INT_MAX : timeout_ms,
				    fleet_wait_ms(tail[i]));
		ndealer += fleet_dealers(tail[i], dealer + ndealer,
					 WIRE_WAIT_MAX - ndealer);
	}
	wire_dealers_wait(dealer, ndealer, timeout_ms, wakefd);
}

/* Has nobody anything more to say to the first question? With one that was
 * refused, or put off. */
static const struct session *
all_answered(const struct mql_tail *t)
{
	const struct session *bad = NULL;

	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];

		if (s->state != SESSION_ENDED && !s->accepted && !s->error)
			return NULL;
		if (!s->accepted)
			bad = s;
	}
	return bad;
}

static bool
all_accepted(const struct mql_tail *t)
{
	for (size_t i = 0; i < t->nsession; i++)
		if (!t->session[i]->accepted)
			return false;
	return t->nsession > 0;
}

/* Trouble of a kind that does not pass, and none without it. */
static bool
all_hopeless(const struct mql_tail *t)
{
	for (size_t i = 0; i < t->nsession; i++)
		if (!client_link_hopeless(&t->session[i]->link,
					  t->session[i]->opened))
			return false;
	return t->nsession > 0;
}

static int
nobody_answers(const struct mql_tail *t, struct mql_diag *diag)
{
	for (size_t i = 0; i < t->nsession; i++) {
		const struct client_link *l = &t->session[i]->link;
		const char *trouble = client_link_trouble(l);

		if (trouble)
			return client_link_unreached(diag, l->endpoint,
						     trouble);
	}
	if (t->trouble[0] && !t->list)
		return client_link_fail(diag, MQL_EUNREACH, "%s", t->trouble);
	return client_link_unreached(diag, t->where, NULL);
}

/* Turn until a source-job has accepted, and the others have had a moment, or
 * all have refused, or time is up. */
static int
await_acceptance(struct mql_tail *t, int64_t connect_ms, struct mql_diag *diag)
{
	const int64_t others = t->ask.replay ? ALL_MS : OTHERS_MS;
	int64_t deadline = connect_ms < 0 ? INT64_MAX :
		clock_mono_ms() + connect_ms;
	const struct session *bad;

	while (!all_accepted(t)) {
		int64_t now = clock_mono_ms();
		if (t->accepted && now + others < deadline)
			deadline = now + others;
		if (now >= deadline || (connect_ms >= 0 && all_hopeless(t)))
			return t->accepted ? 0 : nobody_answers(t, diag);
		if (t->accepted && t->ask.replay && fleet_has_decided(t))
			return 0;
		int64_t left = deadline - now;
		if (!wait_for(t, left < LOOK_MS ? (int)left : LOOK_MS))
			return client_link_fail(diag, MQL_EINTR, "%s",
						mql_strerror(MQL_EINTR));
		fleet_turn(t);
		if (!t->accepted && (bad = all_answered(t))) {
			if (diag)
				*diag = bad->diag;
			return bad->error;
		}
	}
	return 0;
}

int
mql_tail_open(const struct mql_tail_options *opt, struct mql_tail **out,
	      struct mql_diag *diag)
{
	int err = client_tail_start(opt, NULL, out, diag);

	if (!err)
		err = await_acceptance(*out, options_of(opt).connect_ms, diag);
	if (!err && (*out)->ask.replay)
		fleet_close(*out);
	if (err) {
		mql_tail_close(*out);
		*out = NULL;
	}
	return err;
}

/* --- items -------------------------------------------------------------------- */

/* The limit of all source-jobs together is reached. */
static void
fill(struct mql_tail *t)
{
	if (t->full || !t->ask.many)
		return;
	t->full = true;
	fleet_stop(t);
}

static bool
is_full(const struct mql_tail *t)
{
	return t->ask.many && t->ask.limit &&
	       t->ask.account.received >= t->ask.limit;
}

/* The next row of s, of this batch. */
static bool
next_row(struct session *s, struct str *row)
{
	if (!s->in_batch)
		return false;
	if (data_reader_next(&s->batch, row))
		return true;
	session_batch_done(s);
	return false;
}

static bool
give(struct mql_item *item, struct str row)
{
	item->kind = MQL_ROW;
	item->row = (struct mql_slice){ row.ptr, row.len };
	return true;
}

/* What the merge has made so far. */
static bool
give_merged(struct mql_tail *t, struct mql_item *item)
{
	struct str row;
	int is;

	while ((is = merge_next(t->merge, &row, &t->window))) {
		if (is == 2) {
			t->tell = true;
			return false;
		}
		if (is_full(t)) {
			client_account_excess(&t->ask.account, NULL);
			continue;
		}
		t->ask.account.received++;
		return give(item, row);
	}
	if (is_full(t) || merge_done(t->merge))
		fill(t);
	return false;
}

/* What s has brought goes into the merge, until a row comes out. */
static bool
merge_rows(struct mql_tail *t, struct session *s, struct mql_item *item)
{
	struct str row;
	uint64_t events;

	while (next_row(s, &row)) {
		if (t->ask.replay)
			merge_from(t->merge, &s->source);
		merge_take(t->merge, row, &events);
		client_account_events(&s->tally, events);
		if (give_merged(t, item))
			return true;
		if (t->tell)
			return false;
	}
	return false;
}

static bool
pass_rows(struct mql_tail *t, struct session *s, struct mql_item *item)
{
	struct str row;

	while (next_row(s, &row)) {
		if (is_full(t)) {
			client_account_excess(&t->ask.account, &s->tally);
			continue;
		}
		client_account_row(&t->ask.account, &s->tally);
		if (is_full(t))
			fill(t);
		return give(item, row);
	}
	return false;
}

/* One after the other gives its batch. */
static bool
give_row(struct mql_tail *t, struct mql_item *item)
{
	if (t->merge && !t->tell && give_merged(t, item))
		return true;
	for (size_t i = 0; i < t->nsession && !t->tell; i++) {
		struct session *s = t->session[t->next % t->nsession];

		if (t->merge ? merge_rows(t, s, item) : pass_rows(t, s, item))
			return true;
		t->next++;
	}
	return false;
}

static bool
take(bool *news)
{
	bool is = *news;

	*news = false;
	return is;
}

/* The end is given again and again. */
static bool
give_end(struct mql_tail *t, struct mql_item *item)
{
	if (!t->ended && !fleet_ended(t))
		return false;
	if (!t->ended) {
		t->ended = true;
		t->failed = !fleet_end(t, t->why, sizeof t->why);
		if (t->merge)
			merge_end(t->merge,
				  client_account_live(&t->ask.account));
		if (t->merge && (give_merged(t, item) || t->tell))
			return item->kind == MQL_ROW;
	}
	item->kind = MQL_END;
	item->why = t->why[0] ? t->why : NULL;
	item->failed = t->failed;
	return true;
}

static bool
give_item(struct mql_tail *t, struct mql_item *item)
{
	if (take(&t->tell)) {
		item->kind = MQL_META;
		item->limited = t->limits[0] ? t->limits : NULL;
	} else if (take(&t->gap_news)) {
		item->kind = MQL_GAP;
		item->gap = t->gap;
		item->gap_ms = t->gap_ms;
		item->gap_more = !t->gap_whole;
		t->gap = 0;
	} else if (!fleet_give(t, item) && !give_end(t, item)) {
		return false;
	}
	if (item->kind == MQL_ROW)
		return true;
	client_account_books(&t->ask.account, &item->books);
	item->window = t->window;
	if (t->ask.replay)
		client_replay_sum(t, &item->replay);
	return true;
}

static bool
give_next(struct mql_tail *t, struct mql_item *item)
{
	*item = (struct mql_item){ 0 };
	return give_row(t, item) || give_item(t, item);
}

int
mql_tail_next(struct mql_tail *t, int timeout_ms, struct mql_item *item)
{
	int64_t deadline;

	if (give_next(t, item)) /* most often; it needs no clock */
		return 0;
	deadline = clock_mono_ms() + timeout_ms;
	for (;;) {
		fleet_turn(t);
		if (give_next(t, item))
			return 0;
		int64_t left = deadline - clock_mono_ms();
		if (timeout_ms >= 0 && left <= 0)
			return MQL_ETIMEOUT;
		if (!wait_for(t, timeout_ms < 0 ? -1 : (int)left))
			return MQL_EINTR;
	}
}

void
mql_tail_stop(struct mql_tail *t)
{
	fleet_stop(t);
}

const char *
mql_tail_query(const struct mql_tail *t)
{
	return t->canonical;
}

uint32_t
mql_tail_query_id(const struct mql_tail *t)
{
	for (size_t i = 0; i < t->nsession; i++)
		if (t->session[i]->accepted)
			return t->session[i]->query_id;
	return 0;
}

void
mql_tail_close(struct mql_tail *t)
{
	if (!t)
		return;
	while (t->nsession)
		session_close(t->session[--t->nsession]);
	client_context_close(&t->context);
	wire_discovery_close(t->discovery, clock_mono_ms() + CLOSE_MS);
	merge_free(t->merge);
	free(t->list);
	free(t->where);
	free(t->ask.query);
	free(t->canonical);
	free(t->ask.name);
	free(t->ask.group);
	free(t->ask.key);
	free(t->ask.member);
	free(t);
}
