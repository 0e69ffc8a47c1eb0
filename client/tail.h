/* tail.h - what the files of a tail share, and what a program of ours that
 * has many of them needs. Not installed.
 *
 *   tail.c     the public calls: open, next, stop, close
 *   fleet.c    who is asked: the list of source-jobs, a session for each
 *   session.c  a subscription at one of them: a table of states and events
 *   credit.c   how much it may bring, and what is done with
 *   merge.c    groups, windows and order over what several of them bring
 *   account.c  the books of all
 *   many.c     for who has many of them
 *
 * A tail is owned by one thread; nothing here is locked. */
#ifndef CLIENT_TAIL_H
#define CLIENT_TAIL_H

#include "client/session.h"
#include "wire/discovery.h"

struct merge;

/* What the rows of a query are. */
enum client_kind {
	CLIENT_ROWS,    /* an event makes a row, or none */
	CLIENT_WINDOWS, /* they come by windows, each complete */
	CLIENT_TOTAL,   /* running totals: groups that changed */
};

struct mql_tail {
	struct client_ask       ask;
	struct client_context   context;
	char                   *where, *canonical;
	struct wire_discovery  *discovery;
	struct wire_endpoints  *list;  /* NULL: nothing is known yet */
	char                    trouble[240]; /* why not */
	bool                    troubled; /* to be told */
	struct session *session[WIRE_ENDPOINTS_MAX];
	size_t                  nsession;
	size_t                  next;  /* whose turn it is to give */
	struct merge           *merge; /* NULL: their rows are ours */
	uint32_t                most;  /* agents that were known at once, */
	int64_t                 all_at; /* and when they were last */
	int64_t                 doubted; /* up to there what was said to be
					    told may leave somebody out */
	bool                    stopping, full, ended, failed;

	/* Of all of them: */
	bool                    accepted; /* by one, at least */
	bool                    tell;     /* the books are to be told */
	struct mql_window       window;   /* the last one that was told */
	struct client_refusal   refusal[CLIENT_MAX_REFUSALS];
	size_t                  nrefusal;
	char                    refusals[240], limits[240]; /* sentences */
	char                    why[320]; /* of the item that was given last */

	/* What was missed: */
	bool                    gap_news;
	uint64_t                gap, gap_told, gap_ms;
	int64_t                 down_at; /* the first one broke; 0: none */
	int64_t                 gap_by;  /* it is to be told, by then; 0: it
					    was */
	bool                    gap_whole; /* nothing else can be missing */

	/* Of history: who is to bring it is known; why it is not all of it, and
	 * each once. */
	bool                    decided;
	char                    torn[240];
};

/* --- fleet.c ------------------------------------------------------------- */

/* Sessions come and go with the list, and take what has come, until there is
 * something to give. Never blocks. */
void fleet_turn(struct mql_tail *t);

/* How long fleet_turn() has no work of its own. */
int fleet_wait_ms(const struct mql_tail *t);

/* What to wait for: returns how many. */
size_t fleet_dealers(const struct mql_tail *t, struct wire_dealer **dealer,
		     size_t most);

/* s is one of them from here on. */
void fleet_add(struct mql_tail *t, struct session *s);

/* Of history, which is not taken up in its middle: has each accepted, or said
 * no? And who has not accepted never will. */
bool fleet_has_decided(const struct mql_tail *t);
void fleet_close(struct mql_tail *t);

/* Ask all to end. */
void fleet_stop(struct mql_tail *t);

/* News of one of them, as an item; false: there is none. */
bool fleet_give(struct mql_tail *t, struct mql_item *item);

/* For merge_new(): how many agents have told all that was before end. */
int64_t fleet_told(const void *tail, int64_t end);

/* Have all ended? Then how: false when not as asked for, and why. */
bool fleet_ended(const struct mql_tail *t);
bool fleet_end(struct mql_tail *t, char *why, size_t nwhy);

/* --- for who has many ----------------------------------------------------- */

/* What the rows of q are; *since: do they depend on when one began to ask? */
enum client_kind client_query_kind(const struct mql_query *q, bool *since);

/* The column that shows the i-th group of q; ptr NULL: none does. False behind
 * the last. */
bool client_query_group(const struct mql_query *q, size_t i,
			struct str *column);

/* Append q with more columns ("@ts as t") in front of its own, where an event
 * makes a row by itself: the rows are otherwise the same. False, and nothing
 * is appended, where that cannot be. */
bool client_query_extend(const struct mql_query *q, const char *columns,
			 struct buf *out);

/* Withhold credit (true), or grant it again. What was granted before still
 * comes: the caller takes it, or the tail does not live. At the source-job
 * the rest waits in a queue, and what does not fit there is counted as slow. */
void client_tail_hold(struct mql_tail *t, bool hold);

/* So many of the rows that were given are done with; they never become fewer.
 * Once a second the source-job hears of it, so that it can say what is lost
 * when we end without a word. Who never calls this has done with all. */
void client_tail_settle(struct mql_tail *t, uint64_t rows);

/* Also when the only source-job there is shuts down t does not end: it waits
 * for the next. */
void client_tail_stay(struct mql_tail *t);

/* Why a source-job does not take us that is there: keys, or versions; NULL:
 * nothing of that kind. Borrowed until the next call. */
const char *client_tail_trouble(const struct mql_tail *t);

/* As mql_tail_open(), but nobody is waited for: mql_tail_next() gives MQL_LIVE
 * at the acceptance, or an MQL_END that failed. context is borrowed for the
 * tail's life. */
int client_tail_start(const struct mql_tail_options *opt,
		      struct wire_context *context, struct mql_tail **out,
		      struct mql_diag *diag);

/* As mql_request(), with a context that is borrowed; NULL: one of its own. */
int client_request(struct wire_context *context, const char *source_job,
		   const char *what, const char *arg, int timeout_ms,
		   char **json);

/* Wait until one of them may have an item, for timeout_ms at most (negative:
 * for ever), or wakefd is readable (-1: none). */
void client_tails_wait(struct mql_tail *const *tail, size_t n, int timeout_ms,
		       int wakefd);

#endif
