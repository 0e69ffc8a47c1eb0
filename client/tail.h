/* tail.h - what the files of a tail share, and what a program of ours that
 * has many of them needs. Not installed.
 *
 *   tail.c     the public calls: open, next, stop, close
 *   session.c  the subscription's life over one link after another: a table
 *              of states and events
 *   account.c  its books
 *
 * A tail is owned by one thread; nothing here is locked. */
#ifndef CLIENT_TAIL_H
#define CLIENT_TAIL_H

#include "client/account.h"
#include "client/link.h"
#include "wire/rows.h"

enum tail_state {
	TAIL_DOWN,     /* no link; or one that must be asked later */
	TAIL_ASKING,   /* SUBSCRIBE is sent */
	TAIL_LIVE,     /* ACCEPTED has come */
	TAIL_STOPPING, /* UNSUBSCRIBE is sent; rows still come */
	TAIL_ENDED,
	TAIL_NSTATES
};

/* Items that wait to be given, in this order. */
enum tail_pending {
	PENDING_DOWN = 1 << 0,
	PENDING_UP   = 1 << 1,
	PENDING_GAP  = 1 << 2,
	PENDING_LIVE = 1 << 3,
	PENDING_META = 1 << 4,
	PENDING_END  = 1 << 5,
};

enum { CLIENT_MAX_REFUSALS = 8 };

struct client_refusal {
	char     why[120];
	uint32_t agents;
};

/* What the rows of a query are. */
enum client_kind {
	CLIENT_ROWS,    /* an event makes a row, or none */
	CLIENT_WINDOWS, /* they come by windows, each complete */
	CLIENT_TOTAL,   /* running totals: groups that changed */
};

struct mql_tail {
	struct client_link      link;
	char            *endpoint, *query, *canonical, *name;
	uint64_t         limit;    /* rows in all; 0: none */
	uint64_t         credit;   /* bytes in flight towards us */
	bool             force;     /* insist on suspects */
	bool             unweighed; /* see query_is_unweighed() */
	uint64_t         consumed; /* bytes of DATA taken on this link */
	uint64_t         granted;  /* bytes allowed on this link */
	bool             held;     /* no more are granted */

	enum tail_state  state;
	unsigned         changes;  /* of the link, as last seen */
	bool             up;
	bool             accepted; /* has been, on some link */
	uint32_t         query_id;
	int64_t          lease_ms;
	int64_t          pinged; /* monotonic ms */
	int64_t          waits;  /* since when for any answer; 0: for none */
	int64_t          overslept; /* when we pinged later than the lease, */
	int64_t          awake;     /* and when we had pinged before that */
	int64_t          ask_at;   /* TAIL_DOWN with a link: when to ask */
	int64_t          stop_by;  /* TAIL_STOPPING: give up then */
	int64_t          down_at;

	struct client_account   account;
	struct mql_window window;  /* the last one that was told */
	struct data_reader batch;  /* borrowed from the socket */
	bool             in_batch;
	struct buf       out;      /* the frame being made */

	unsigned         pending;
	uint64_t         gap, gap_told, gap_ms;
	int64_t          gap_by;   /* a gap is to be told, by then; 0: none */
	bool             gap_whole; /* nothing else can have been missed */
	bool             failed;
	int              error;    /* the code behind a failed end */
	char             why[240];
	struct client_refusal refusal[CLIENT_MAX_REFUSALS];
	size_t           nrefusal;
	char             refusals[240], limits[240]; /* as sentences */
	struct mql_diag  diag;     /* an error about the query */
};

/* Take every message that has come and every timer that is due, until there
 * is an item to give. Never blocks. */
void client_session_turn(struct mql_tail *t);

/* How long the caller may wait before client_session_turn() has work of its
 * own. */
int client_session_wait_ms(const struct mql_tail *t);

void client_session_stop(struct mql_tail *t);

/* The batch is used up: the source-job may send as much again. */
void client_session_batch_done(struct mql_tail *t);

/* Grant credit, if so much is used up that it is worth a message. */
void client_session_grant(struct mql_tail *t);

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
