/* session.h - a subscription at one source-job, over one link after another.
 *
 * A tail has one of them for each source-job of the fleet (fleet.c). The
 * states and what moves them are a table in session.c. One owner; nothing here
 * waits. */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "client/account.h"
#include "client/link.h"
#include "mql/stage.h"
#include "wire/rows.h"

enum { SESSION_SUBSCRIPTION = 1 }; /* a link of ours carries one */

enum session_state {
	SESSION_DOWN,     /* no link; or one that must be asked later */
	SESSION_ASKING,   /* SUBSCRIBE is sent */
	SESSION_LIVE,     /* ACCEPTED has come */
	SESSION_STOPPING, /* UNSUBSCRIBE is sent; rows still come */
	SESSION_ENDED,
	SESSION_NSTATES
};

/* What is to be told of it, in this order. */
enum session_news {
	NEWS_JOIN = 1 << 0, /* it is new in the list (fleet.c) */
	NEWS_MISS = 1 << 1, /* nobody answers there (fleet.c) */
	NEWS_DOWN = 1 << 2,
	NEWS_AWAY = 1 << 3, /* down, and turned away since (fleet.c) */
	NEWS_UP   = 1 << 4,
	NEWS_LIVE = 1 << 5, /* agents went live, or stopped to be */
	NEWS_META = 1 << 6,
	NEWS_END  = 1 << 7,
};

enum { CLIENT_MAX_REFUSALS = 8 };

struct client_refusal {
	char     why[120];
	uint32_t agents;
};

/* What all sessions of a tail have in common. */
struct client_ask {
	char    *query, *name;
	char    *group, *key, *member; /* "": none */
	uint64_t limit;     /* rows in all; 0: none */
	uint64_t credit;    /* bytes in flight towards us, of each */
	bool     force;     /* insist on suspects */
	uint64_t rate;      /* of all agents, rows a second; 0: any, */
	size_t   nrate;     /* at so many source-jobs */
	bool     held;      /* no more credit is granted */
	bool     settles;   /* the caller says what it has done with: */
	uint64_t settled;   /* so many of the rows that it was given */
	bool     unweighed; /* see query_is_unweighed() */
	bool     replay, until_end; /* of history, */
	int64_t  since;     /* from then on */
	bool     many;      /* there may be several: one that leaves is away */
	bool     stays;     /* it is away, too, when it is the only one */
	struct client_account account; /* made.merged: the last merge is ours */
};

struct session {
	struct client_ask  *ask;
	struct client_link  link;
	char               *endpoint;
	struct client_tally tally;
	uint64_t            consumed; /* bytes of DATA taken on this link */
	uint64_t            granted;  /* bytes allowed on this link */
	uint64_t            done;     /* rows of this link, as last told */

	enum session_state state;
	unsigned         changes;  /* of the link, as last seen */
	bool             up;
	bool             accepted; /* has been, on some link */
	uint32_t         query_id;
	int64_t          lease_ms;
	int64_t          pinged; /* monotonic ms */
	int64_t          waits;  /* since when for any answer; 0: for none */
	int64_t          overslept; /* when we pinged later than the lease, */
	int64_t          awake;     /* and when we had pinged before that */
	int64_t          ask_at;   /* SESSION_DOWN with a link: when to ask */
	int64_t          stop_by;  /* SESSION_STOPPING: give up then */
	int64_t          down_at;
	int64_t          opened;
	uint32_t         was_live; /* agents; see fleet.c */
	int64_t          leave_by; /* it is not in the list now; 0: it is */

	struct mql_window window;  /* the last one that was told */
	struct wire_replay replay; /* likewise */
	struct stage_source source; /* of the last merge: see merge.h */
	struct data_reader batch;  /* borrowed from the socket */
	struct str       rest;     /* the message's second part, likewise */
	bool             in_batch;
	struct buf       out;      /* the frame being made */

	unsigned         news;
	bool             failed;   /* SESSION_ENDED: not as asked for */
	bool             away;     /* SESSION_ENDED: nobody was there to ask */
	bool             missed;   /* told that nobody answers there, */
	bool             barred;   /* or that we are turned away */
	int              error;    /* the code behind a failed end, or why the
				      first question was put off */
	char             why[240];
	struct client_refusal refusal[CLIENT_MAX_REFUSALS];
	size_t           nrefusal;
	char             limits[240]; /* as a sentence */
	struct mql_diag  diag;     /* an error about the query */
};

/* endpoint is copied, ask and context borrowed for its life. 0, MQL_EADDRESS,
 * MQL_ENOMEM or MQL_EOS; diag may be NULL. */
int session_open(struct client_ask *ask, const char *endpoint,
		 struct wire_context *context, struct session **out,
		 struct mql_diag *diag);
void session_close(struct session *s); /* NULL is allowed */

/* Take every message that has come and every timer that is due, until there
 * is something to give. */
void session_turn(struct session *s);

/* How long the caller may wait before session_turn() has work of its own. */
int session_wait_ms(const struct session *s);

void session_stop(struct session *s);

/* Take the books and what comes with them; last: of its END (session_tell.c).
 */
void session_tell(struct session *s, const struct wire_meta *m, bool last);

/* It has never answered, and is not waited for any more. */
void session_give_up(struct session *s);

/* The batch is used up: the source-job may send as much again. */
void session_batch_done(struct session *s);

/* Say how many rows are done with, if that is news. */
void session_tell_done(struct session *s);

/* Grant credit, if so much is used up that it is worth a message. */
void session_grant(struct session *s);
/* The same, in any case. */
void session_grant_all(struct session *s);

#endif
