/* link.h - the agent's end of the line to its source-job.
 *
 *     DOWN --up--> GREETING --welcome--> LIVE --move--> LEAVING
 *       ^-------- lost, silence, goodbye ---'              |
 *       '------------- to another: goodbye, or late -------'
 *
 * link.c holds the whole machine as one table, choose.c decides which of
 * several source-jobs it is. A move is a goodbye and a hello. With its last
 * heartbeat the agent tells the one it leaves how each run stands, sends no
 * row after it, and when the answer has come, which was read after all that,
 * each run begins anew for the next one exactly where it stood then: what is
 * still queued goes there, and nothing is counted twice or by nobody. Without
 * an answer the runs are carried over as from a source-job that is gone.
 * The agent's thread only. */
#ifndef AGENT_LINK_H
#define AGENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/parting.h"
#include "agent/route.h"
#include "common/str.h"

struct mql_agent;
struct wire_dealer;
struct wire_welcome;

enum link_state {
	LINK_DOWN, LINK_GREETING, LINK_LIVE, LINK_LEAVING, LINK_STATES
};

enum link_event {
	EV_UP,       /* connected: the peer knows nothing of us */
	EV_LOST,     /* the connection went */
	EV_WELCOME,
	EV_STRANGER, /* the source-job does not know us: it wants a hello */
	EV_GOODBYE,  /* the source-job leaves */
	EV_LATE,     /* no answer to the hello, or to our goodbye */
	EV_SILENCE,  /* no sign of life; the connection may be half dead */
	EV_MOVE,     /* another one is ready for us: see choose.c */
	EV_COUNT
};

struct link {
	enum link_state     state;
	struct wire_dealer *dealer;  /* NULL: could not be reopened yet, or
					nobody is known */
	struct route        route;   /* to whom */
	struct wire_dealer *spare;   /* to route.wish: nothing is said there */
	struct parting      parting; /* what is owed to the last one */
	char                met[ROUTE_ENDPOINT]; /* where we were welcomed
						    last; empty: nothing is
						    owed there */
	int64_t             discovered; /* when it was last begun; mono ms */
	int64_t             moving;  /* since when; 0: we are not */
	bool                up;      /* as wire_dealer_link() said last, */
	unsigned            changes; /* and how often it had changed */
	uint64_t            session;
	bool                synced;  /* a snapshot came since the welcome */
	bool                weighs;  /* it knows WIRE_WEIGHTS, */
	bool                times;   /* and WIRE_TIMES */
	char                source_job[257]; /* who welcomed us last */
	uint64_t            version; /* of the query set in force */
	uint64_t            credit, spent; /* bytes since the welcome */
	uint64_t            asked;   /* CREDIT's `at`, to be returned; 0: no */
	int64_t             asked_at; /* when it came, mono us */
	int64_t             heartbeat_ms, silence_ms, lease_ms;
	/* By the monotonic clock: */
	int64_t             heard;   /* the last sign of life */
	int64_t             greeted; /* the last hello, or our goodbye */
	int64_t             beat;    /* the last heartbeat; 0: one is due */
	bool                paired;  /* it has answered a sign of life */
	int64_t             lost;    /* when it was last LIVE */
	int64_t             reopened;
	int64_t             scolded; /* the last ERROR that we sent */
	uint64_t            garbage; /* frames that made no sense */
};

/* Our HELLO, into a->frame. */
void link_hello(struct mql_agent *a);

/* A socket to route.at, a new one if there is one; without it link_tick() tries
 * again. */
void link_reopen(struct mql_agent *a);
void link_close(struct mql_agent *a, int linger_ms);

/* Something happened. w is EV_WELCOME's message, NULL otherwise. */
void link_step(struct mql_agent *a, enum link_event ev,
	       const struct wire_welcome *w);

/* Wait up to timeout_ms for news; and deal with all that came. */
void link_wait(struct mql_agent *a, int timeout_ms);
void link_read(struct mql_agent *a);
/* Heartbeats, hellos, silence, leases: what the clock brings. */
void link_tick(struct mql_agent *a, int64_t now);
/* How long link_tick() has nothing to do. */
int64_t link_idle_ms(const struct mql_agent *a, int64_t now);

/* --- choose.c ------------------------------------------------------------------- */

/* Take what discovery has found, and go where route.h wants us. */
void link_choose(struct mql_agent *a, int64_t now);
int64_t link_choose_idle_ms(const struct mql_agent *a, int64_t now,
			    int64_t most);
void link_choose_end(struct mql_agent *a, int64_t until);

/* --- out ------------------------------------------------------------------------ */

/* May rows go out now? */
bool link_takes_rows(const struct mql_agent *a);

/* Send the message in a->frame and empty it. 0, or why not; the row machinery
 * alone looks at it. */
int link_send(struct mql_agent *a);
void link_beat(struct mql_agent *a); /* a heartbeat at the next tick */
/* The source-job has said that it is there, and nothing more: if ours is due
 * soon it goes now. An idle agent so wakes up once a heartbeat, not twice, and
 * the source-job hears many of them at a time. */
void link_pair_beat(struct mql_agent *a);
void link_goodbye(struct mql_agent *a, const char *why);

/* Why the source-job cannot be spoken to, for ever borrowed: it is told once,
 * however often it is tried. NULL: nothing is known. */
void link_trouble(struct mql_agent *a, const char *trouble);

/* Deal with one message (inbox.c). */
void inbox_take(struct mql_agent *a, struct str msg);

#endif
