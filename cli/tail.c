/* tail.c - mql "<query>": rows until the end, and the truth about them.
 *
 *     rows  ----> output ----> standard output
 *     books ----> notes  ----> standard error: a status line on a terminal,
 *                              elsewhere a line for each change worth telling
 *
 * Everything happens on this one thread: take what has come, write it out when
 * nothing more is there, wait. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/closing.h"
#include "cli/cmd.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/text.h"
#include "common/clock.h"
#include "mql/client.h"

enum {
	TICK_MS   = 500, /* how often we look whether our reader is there */
	SETTLE_MS = 800, /* agents that have not answered by then are news */
	LIMITS_MS = 900,
	HOLD_MS   = 200, /* a table's first rows set its widths together */
};

enum { UNSAID = -1 }; /* --output */

struct tail {
	struct mql_tail *sub;
	struct output   *out;
	struct notes     notes;
	struct history   history;
	struct mql_books books;    /* the latest */
	struct mql_books told;     /* what was last said about agents */
	int64_t  changed_at;       /* when their number changed */
	uint64_t rows, held;       /* in all; since the last window */
	bool     table;
	int64_t  closed;           /* the end of the last window told */
	int64_t  hold_until;       /* a table's first rows wait */
	int64_t  deadline;         /* of --for; INT64_MAX: none */
	char     refused[256];     /* "2 agents refused: ..."; "": none has */
	char     limits[256];      /* what was said about budgets, and when */
	int64_t  limits_at;
	struct mql_books thinned;  /* the books when that was looked at, */
	int64_t  thinned_at;       /* and when; */
	double   thin;             /* and what was said: one in so many; 0:
				      nothing */
	bool     stopping, ended, failed;
};

struct tail_args {
	struct peer peer;
	const char *query, *saved, *group, *group_key, *member;
	struct history_args history;
	uint64_t    limit, rate;
	int64_t     duration;
	int         output, color;
	bool        quiet, force;
};

static void
show_status(struct tail *t)
{
	const struct mql_books *b = &t->books;
	char progress[128], refused[sizeof t->refused + 4] = "";
	struct buf line = BUF_FIXED(progress, sizeof progress - 1);

	if (b->refused && t->refused[0])
		snprintf(refused, sizeof refused, " (%s)", t->refused);

	history_progress(&t->history, &line);
	progress[line.len] = '\0';
	notes_status(&t->notes,
		     "%slive on %s of %s%s; matched %s of %s seen; dropped %s",
		     progress, text_number(b->live).z,
		     text_count(b->targeted, "agent", "agents").z, refused,
		     text_number(b->matched).z, text_number(b->seen).z,
		     text_number(closing_dropped(b)).z);
}

/* Without a status line: say where the number of agents has come to rest, not
 * every step of the way. */
static void
tell_live(struct tail *t)
{
	const struct mql_books *b = &t->books, *told = &t->told;
	bool settled = b->live + b->refused >= b->targeted ||
		       clock_mono_ms() - t->changed_at >= SETTLE_MS;

	if (t->notes.in_place || t->stopping || !settled)
		return;
	if (t->history.asked && !b->targeted) /* it is about to come */
		return;
	if (b->live == told->live && b->targeted == told->targeted)
		return;
	notes_say(&t->notes, "live on %s of %s", text_number(b->live).z,
		  text_count(b->targeted, "agent", "agents").z);
	t->told.live = b->live;
	t->told.targeted = b->targeted;
}

static void
tell_refusals(struct tail *t, const char *why)
{
	if (why)
		snprintf(t->refused, sizeof t->refused, "%s", why);
	if (why && t->books.refused > t->told.refused)
		notes_say(&t->notes, "%s", why);
	t->told.refused = t->books.refused;
}

/* Steps follow each other fast: about one a second is told. */
static void
tell_limits(struct tail *t, const char *text)
{
	const char *now = text ? text : "";
	int64_t at = clock_mono_ms();

	if (!strcmp(now, t->limits) || at - t->limits_at < LIMITS_MS)
		return;
	notes_say(&t->notes, "%s", text ? text :
		  "all agents run it on all events again");
	snprintf(t->limits, sizeof t->limits, "%s", now);
	t->limits_at = at;
}

/* Who reads too slowly sees a sample: of which size, where that changes. */
static void
tell_thinned(struct tail *t)
{
	const struct mql_books *b = &t->books, *was = &t->thinned;
	const int64_t at = clock_mono_ms();
	const bool slow = b->dropped.slow != was->dropped.slow;
	const double n = slow ? closing_one_in(b, was) : 1;

	if (t->thin > 0 && at - t->thinned_at < LIMITS_MS)
		return;
	if (slow && n <= 1) /* of all that came nothing is here: not yet */
		return;
	if (slow && (n > 1.5 * t->thin || 1.5 * n < t->thin)) {
		notes_say(&t->notes, "rows come faster than they are read: "
			  "about %s is here", text_one_in(n).z);
		t->thin = n;
	} else if (!slow && t->thin > 0) {
		notes_say(&t->notes,
			  "rows are read as fast as they come again");
		t->thin = 0;
	}
	t->thinned = *b;
	t->thinned_at = at;
}

static void
tell_gap(struct tail *t, const struct mql_item *item)
{
	struct buf line = BUF_INIT;

	closing_gap(item, &line);
	if (!line.err)
		notes_say(&t->notes, "%.*s", (int)line.len, (char *)line.data);
	buf_fini(&line);
}

static void
take_end(struct tail *t, const struct mql_item *item)
{
	t->ended = true;
	t->failed = item->failed;
	if (!item->failed)
		return;
	notes_end(&t->notes);
	cmd_complain("the query ended: %s",
		     item->why ? item->why : "nobody says why");
}

static void
take_row(struct tail *t, struct mql_slice row)
{
	t->rows++;
	if (!t->held++ && t->table)
		t->hold_until = clock_mono_ms() + HOLD_MS;
	output_row(t->out, (struct str){ row.ptr, row.len });
}

static void
take_books(struct tail *t, const struct mql_books *b)
{
	if (b->live != t->books.live || b->targeted != t->books.targeted)
		t->changed_at = clock_mono_ms();
	t->books = *b;
}

/* All rows of a window are here. */
static void
take_window(struct tail *t, const struct mql_window *w)
{
	const struct output_window of = { .start = w->start, .end = w->end,
					  .events = w->events,
					  .agents = w->agents,
					  .live = w->live };

	if (w->end == t->closed)
		return;
	t->closed = w->end;
	t->held = 0;
	output_close(t->out, &of);
}

static void
take_item(struct tail *t, const struct mql_item *item)
{
	if (item->kind != MQL_ROW) {
		take_books(t, &item->books);
		history_take(&t->history, &item->replay, &t->notes);
		take_window(t, &item->window);
	}
	switch (item->kind) {
	case MQL_ROW:
		take_row(t, item->row);
		return;
	case MQL_LIVE:
		tell_refusals(t, item->why);
		tell_live(t);
		tell_limits(t, item->limited);
		break;
	case MQL_META:
		tell_live(t);
		tell_limits(t, item->limited);
		tell_thinned(t);
		break;
	case MQL_LINK:
		notes_say(&t->notes, "%s", item->why ? item->why :
			  item->up ? "the link is back" : "the link is down");
		break;
	case MQL_GAP:
		tell_gap(t, item);
		break;
	case MQL_END:
		take_end(t, item);
		return;
	}
	show_status(t);
}

/* Is it time to stop, and have we not asked yet? */
static void
stop_when_due(struct tail *t)
{
	if (t->stopping)
		return;
	if (stop_asked() || (t->deadline != INT64_MAX &&
			     clock_mono_ms() >= t->deadline)) {
		t->stopping = true;
		mql_tail_stop(t->sub);
	}
}

/* Nothing more has come for now: write, and say how long to wait. */
static int
pause_ms(struct tail *t)
{
	int64_t now = clock_mono_ms(), until = now + TICK_MS;

	if (now >= t->hold_until)
		output_flush(t->out);
	else
		until = t->hold_until;
	if (!t->stopping && t->deadline < until)
		until = t->deadline;
	show_status(t);
	return until > now ? (int)(until - now) : 0;
}

static int
follow(struct tail *t)
{
	struct mql_item item;
	int err = 0;

	while (!t->ended && output_ok(t->out)) {
		stop_when_due(t);
		err = mql_tail_next(t->sub, 0, &item);
		if (err == MQL_ETIMEOUT)
			err = mql_tail_next(t->sub, pause_ms(t), &item);
		if (!err)
			take_item(t, &item);
		else if (err != MQL_ETIMEOUT && err != MQL_EINTR)
			return err;
	}
	return 0;
}

static void
tell_closing(struct tail *t)
{
	struct buf line = BUF_INIT;

	closing_fleet(&t->books, t->rows, &line);
	history_closing(&t->history, &line);
	buf_put_u8(&line, '\0');
	notes_end(&t->notes);
	if (!line.err && !t->notes.quiet)
		fprintf(stderr, "%s\n", (char *)line.data);
	buf_fini(&line);
}

static int
finish(struct tail *t, int err)
{
	notes_end(&t->notes);
	if (err)
		cmd_complain("%s", mql_strerror(err));
	int bad_write = output_end(t->out);
	if (!err && !bad_write && !t->ended) {
		/* Our reader has left, as head(1) does: nothing is wrong. */
		mql_tail_stop(t->sub);
		return CMD_FINE;
	}
	tell_closing(t);
	return err || bad_write || t->failed ? CMD_FAILED : CMD_FINE;
}

static int
subscribe(struct tail *t, const struct tail_args *a)
{
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };

	opt.source_job = a->peer.source_job;
	opt.key = a->peer.key;
	opt.server_key = a->peer.server_key;
	opt.query = a->query;
	opt.limit = a->limit;
	opt.force = a->force;
	opt.rate = a->rate;
	opt.name = "mql " MQL_VERSION;
	opt.group = a->group;
	opt.group_key = a->group_key;
	opt.member = a->member;
	if (!history_options(&a->history, &opt))
		return CMD_USAGE;
	t->history.asked = opt.replay;
	int err = mql_tail_open(&opt, &t->sub, &diag);
	if (err == MQL_EUNREACH)
		return ask_nobody(&diag);
	if (err == MQL_EADDRESS)
		return ask_bad_endpoint(a->peer.source_job);
	return err ? cmd_query_error(err, &diag, a->query) : 0;
}

/* Where nothing was asked for, rows are JSON; but a running total on a
 * terminal is a table that is updated in place. */
static int
open_output(struct tail *t, const struct tail_args *a,
	    const struct mql_query *q)
{
	int kind = a->output;
	bool update = (kind == UNSAID || kind == OUTPUT_TABLE) &&
		      output_can_update(STDOUT_FILENO, q);

	if (update)
		kind = OUTPUT_TABLE;
	else if (kind == UNSAID)
		kind = OUTPUT_JSON;
	t->table = kind == OUTPUT_TABLE;
	int err = output_new((enum output_kind)kind,
			     (enum output_color)a->color, STDOUT_FILENO, q,
			     &t->notes, &t->out);
	return !err && update ? output_update(t->out, q) : err;
}

static int
tail(const struct tail_args *a)
{
	struct tail t = { .deadline = INT64_MAX,
			  .told.targeted = UINT32_MAX }; /* 0 of 0 is news */
	struct mql_query *q = NULL;
	int status = cmd_compile(a->query, &q);

	if (status)
		return status;
	notes_init(&t.notes, a->quiet);
	stop_on_signals();
	int err = open_output(&t, a, q);
	if (err)
		status = cmd_query_error(err, NULL, a->query);
	if (!status)
		status = subscribe(&t, a);
	if (!status) {
		if (a->duration)
			t.deadline = clock_mono_ms() + a->duration;
		status = finish(&t, follow(&t));
	}
	mql_tail_close(t.sub);
	output_free(t.out);
	mql_query_free(q);
	return status;
}

/* What it is now; if it is changed, who listens goes on with the old one. */
static int
tail_saved(struct tail_args *a)
{
	char *query;
	int status = ask_saved(&a->peer, a->saved, &query);

	if (status)
		return status;
	a->query = query;
	status = tail(a);
	free(query);
	return status;
}

static const struct option_usage usage = {
	.prog = "mql",
	.synopsis = "[options] \"<query>\"",
	.about = "Ask a running fleet a question. Rows go to standard output "
		 "until ^C, --limit\nor --for; everything else that is said "
		 "goes to standard error.",
};

static int
run(int argc, char **argv)
{
	struct tail_args a = { .output = UNSAID };
	const struct option table[] = {
		PEER_OPTIONS(&a.peer),
		{ "saved", 0, OPTION_STRING, "NAME", NULL,
		  "the query that is saved under it", &a.saved },
		{ "output", 'o', OPTION_CHOICE, OUTPUT_KINDS, NULL,
		  "the form of the rows: json, but for a running total on a "
		  "terminal", &a.output },
		{ "limit", 'n', OPTION_UINT, "N", NULL,
		  "end after N rows", &a.limit },
		{ "for", 0, OPTION_DURATION, "DURATION", NULL,
		  "end after 250ms, 10s, 5m, 1h", &a.duration },
		{ "group", 0, OPTION_STRING, "NAME", NULL,
		  "share the rows with others of this group: each comes to one",
		  &a.group },
		{ "key", 0, OPTION_STRING, "EXPR", NULL,
		  "rows of one value of this come to one of them",
		  &a.group_key },
		{ "member", 0, OPTION_STRING, "NAME", NULL,
		  "who we are in the group", &a.member },
		HISTORY_OPTIONS(&a.history),
		{ "color", 0, OPTION_CHOICE, OUTPUT_COLORS, "auto",
		  "colour the rows", &a.color },
		{ "rate", 0, OPTION_UINT, "N", NULL,
		  "at most N rows a second of the whole fleet", &a.rate },
		{ "force", 0, OPTION_FLAG, NULL, NULL,
		  "run it also where it ran when a service crashed",
		  &a.force },
		QUIET_OPTION(&a.quiet),
		{ 0 },
	};
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest != !a.saved) {
		cmd_complain(nrest ? a.saved ? "--saved has a query already" :
				     "one query, please: put it in quotes" :
				     "no query is given; try mql --help");
		return CMD_USAGE;
	}
	a.query = argv[1];
	return a.saved ? tail_saved(&a) : tail(&a);
}

const struct cmd cmd_tail = {
	"tail", "\"<query>\"",
	"rows of a running fleet; the word `tail` may be left out", run
};
