/* tail.c - a subscription for the caller's thread; see mql/client.h. The work
 * is in session.c; here is what the caller sees of it. */
#include "client/tail.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "mql/query.h"
#include "mql/stage.h"

enum { CREDIT_BYTES = 4 << 20, CONNECT_MS = 5000 };

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
	return o;
}

/* Compile here first: a wrong query needs no source-job to say so. */
static int
prepare(struct mql_tail *t, const struct mql_tail_options *o,
	struct mql_diag *diag)
{
	struct mql_query *q;
	int err = mql_query_compile(o->query, &q, diag);

	if (err)
		return err;
	/* With a stage the source-job counts the query's own, by window. */
	if (query_is_plain(q) && query_limit(q) != UINT64_MAX)
		t->limit = query_limit(q);
	if (o->limit && (!t->limit || o->limit < t->limit))
		t->limit = o->limit;
	t->unweighed = query_is_unweighed(q);
	t->force = o->force;
	t->credit = o->credit_bytes;
	t->query = strdup(o->query);
	t->canonical = strdup(mql_query_text(q));
	t->name = strdup(o->name);
	if (o->source_job && !(t->endpoint = strdup(o->source_job)))
		err = MQL_ENOMEM;
	if (!t->query || !t->canonical || !t->name)
		err = MQL_ENOMEM;
	mql_query_free(q);
	return err;
}

/* min(a, b) where a negative a is for ever. */
static int
sooner(int a, int b)
{
	return a >= 0 && a < b ? a : b;
}

/* Turn until the source-job has accepted, refused, or time is up. */
static int
await_acceptance(struct mql_tail *t, int64_t connect_ms, struct mql_diag *diag)
{
	int64_t begun = clock_mono_ms(), deadline = begun + connect_ms;

	while (!t->accepted && t->state != TAIL_ENDED) {
		int64_t left = deadline - clock_mono_ms();
		if (connect_ms >= 0 &&
		    (left <= 0 || client_link_hopeless(&t->link, begun)))
			return client_link_unreached(&t->link, diag);
		int wait = sooner(connect_ms < 0 ? -1 : (int)left,
				  client_session_wait_ms(t));
		if (!client_link_wait(&t->link, wait))
			return client_link_fail(diag, MQL_EINTR, "%s",
					 mql_strerror(MQL_EINTR));
		client_session_turn(t);
	}
	if (t->state != TAIL_ENDED)
		return 0;
	if (diag)
		*diag = t->diag;
	return t->error;
}

int
client_tail_start(const struct mql_tail_options *opt,
		  struct wire_context *context, struct mql_tail **out,
		  struct mql_diag *diag)
{
	struct mql_tail_options o = options_of(opt);
	struct client_peer peer = { .key = o.key, .server_key = o.server_key };
	struct mql_tail *t = NULL;
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!o.query)
		return client_link_fail(diag, MQL_EINVAL, "no query is given");
	if (!(t = calloc(1, sizeof *t)))
		goto out;
	t->overslept = INT64_MIN / 2; /* never */
	if ((err = prepare(t, &o, diag)))
		goto out;
	peer.endpoint = t->endpoint; /* which lives as long as the link */
	if ((err = client_link_open(&t->link, &peer, context, diag)))
		goto out;
	*out = t;
	t = NULL;
out:
	mql_tail_close(t);
	return err;
}

int
mql_tail_open(const struct mql_tail_options *opt, struct mql_tail **out,
	      struct mql_diag *diag)
{
	int err = client_tail_start(opt, NULL, out, diag);

	if (!err)
		err = await_acceptance(*out, options_of(opt).connect_ms, diag);
	if (err) {
		mql_tail_close(*out);
		*out = NULL;
	}
	return err;
}

void
client_tails_wait(struct mql_tail *const *tail, size_t n, int timeout_ms,
		  int wakefd)
{
	struct wire_dealer *dealer[WIRE_WAIT_MAX];
	size_t ndealer = 0;

	for (size_t i = 0; i < n && ndealer < WIRE_WAIT_MAX; i++) {
		timeout_ms = sooner(timeout_ms < 0 ? INT_MAX : timeout_ms,
				    client_session_wait_ms(tail[i]));
		if (tail[i]->link.dealer)
			dealer[ndealer++] = tail[i]->link.dealer;
	}
	wire_dealers_wait(dealer, ndealer, timeout_ms, wakefd);
}

enum client_kind
client_query_kind(const struct mql_query *q, bool *since)
{
	enum query_rows rows = query_rows(q);

	*since = rows == QUERY_TOTAL || rows == QUERY_SINCE ||
		 (rows == QUERY_ROWS && query_limit(q) != UINT64_MAX);
	return rows == QUERY_TOTAL ? CLIENT_TOTAL :
	       rows == QUERY_WINDOWS ? CLIENT_WINDOWS : CLIENT_ROWS;
}

bool
client_query_group(const struct mql_query *q, size_t i, struct str *column)
{
	return query_group(q, i, column);
}

bool
client_query_extend(const struct mql_query *q, const char *columns,
		    struct buf *out)
{
	static const char verb[] = "select "; /* of the canonical spelling */
	const char *text = mql_query_text(q);

	if (!query_is_plain(q))
		return false;
	buf_puts(out, verb);
	buf_puts(out, columns);
	buf_puts(out, ", ");
	buf_puts(out, text + sizeof verb - 1);
	return true;
}

void
client_tail_hold(struct mql_tail *t, bool hold)
{
	t->held = hold;
	client_session_grant(t);
}

static bool
take_pending(struct mql_tail *t, enum tail_pending which)
{
	bool is = t->pending & (unsigned)which;

	t->pending &= ~(unsigned)which;
	return is;
}

static bool
give_row(struct mql_tail *t, struct mql_item *item)
{
	struct str row;

	if (!t->in_batch)
		return false;
	if (!data_reader_next(&t->batch, &row)) {
		client_session_batch_done(t);
		return false;
	}
	client_account_row(&t->account);
	item->kind = MQL_ROW;
	item->row = (struct mql_slice){ row.ptr, row.len };
	return true;
}

/* The end is given again and again. */
static void
give_end(struct mql_tail *t, struct mql_item *item)
{
	item->kind = MQL_END;
	item->why = t->why[0] ? t->why : NULL;
	item->failed = t->failed;
}

/* "2 agents refused: too many queries; 1 agent refused: ...", or NULL. */
static const char *
say_refusals(struct mql_tail *t)
{
	struct buf b = BUF_FIXED(t->refusals, sizeof t->refusals - 1);

	for (size_t i = 0; i < t->nrefusal; i++)
		buf_printf(&b, "%s%u agent%s refused: %s", i ? "; " : "",
			   (unsigned)t->refusal[i].agents,
			   t->refusal[i].agents == 1 ? "" : "s",
			   t->refusal[i].why);
	t->refusals[b.len] = '\0';
	return b.len ? t->refusals : NULL;
}

static bool
give_item(struct mql_tail *t, struct mql_item *item)
{
	if (take_pending(t, PENDING_DOWN)) {
		item->kind = MQL_LINK;
		item->why = "the source-job is away; reconnecting";
	} else if (take_pending(t, PENDING_UP)) {
		item->kind = MQL_LINK;
		item->up = true;
	} else if (take_pending(t, PENDING_GAP)) {
		item->kind = MQL_GAP;
		item->gap = t->gap;
		item->gap_ms = t->gap_ms;
		item->gap_more = !t->gap_whole;
		t->gap = 0;
	} else if (take_pending(t, PENDING_LIVE)) {
		item->kind = MQL_LIVE;
		item->why = say_refusals(t);
		item->limited = t->limits[0] ? t->limits : NULL;
	} else if (take_pending(t, PENDING_META)) {
		item->kind = MQL_META;
		item->limited = t->limits[0] ? t->limits : NULL;
	} else if (t->state == TAIL_ENDED) {
		give_end(t, item);
	} else {
		return false;
	}
	client_account_books(&t->account, &item->books);
	item->window = t->window;
	return true;
}

static bool
give(struct mql_tail *t, struct mql_item *item)
{
	*item = (struct mql_item){ 0 };
	return give_row(t, item) || give_item(t, item);
}

int
mql_tail_next(struct mql_tail *t, int timeout_ms, struct mql_item *item)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;

	for (;;) {
		if (give(t, item))
			return 0;
		client_session_turn(t);
		if (give(t, item))
			return 0;
		int64_t left = deadline - clock_mono_ms();
		if (timeout_ms >= 0 && left <= 0)
			return MQL_ETIMEOUT;
		int wait = sooner(timeout_ms < 0 ? -1 : (int)left,
				  client_session_wait_ms(t));
		if (!client_link_wait(&t->link, wait))
			return MQL_EINTR;
	}
}

void
mql_tail_stop(struct mql_tail *t)
{
	client_session_stop(t);
}

const char *
mql_tail_query(const struct mql_tail *t)
{
	return t->canonical;
}

uint32_t
mql_tail_query_id(const struct mql_tail *t)
{
	return t->query_id;
}

void
mql_tail_close(struct mql_tail *t)
{
	if (!t)
		return;
	client_link_close(&t->link);
	buf_fini(&t->out);
	free(t->endpoint);
	free(t->query);
	free(t->canonical);
	free(t->name);
	free(t);
}
