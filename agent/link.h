/* link.h - the agent's end of the line to its source-job.
 *
 *     DOWN --up--> GREETING --welcome--> LIVE
 *       ^-------- lost, silence, goodbye ---'
 *
 * link.c holds the whole machine as one table. The agent's thread only. */
#ifndef AGENT_LINK_H
#define AGENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct mql_agent;
struct wire_dealer;
struct wire_welcome;

enum link_state { LINK_DOWN, LINK_GREETING, LINK_LIVE, LINK_STATES };

enum link_event {
	EV_UP,       /* connected: the peer knows nothing of us */
	EV_LOST,     /* the connection went */
	EV_WELCOME,
	EV_STRANGER, /* the source-job does not know us: it wants a hello */
	EV_GOODBYE,  /* the source-job leaves */
	EV_LATE,     /* no answer to the hello */
	EV_SILENCE,  /* no sign of life; the connection may be half dead */
	EV_COUNT
};

struct link {
	enum link_state     state;
	struct wire_dealer *dealer;  /* NULL: could not be reopened yet */
	bool                up;      /* as wire_dealer_link() said last, */
	unsigned            changes; /* and how often it had changed */
	uint64_t            session;
	bool                synced;  /* a snapshot came since the welcome */
	bool                weighs;  /* it knows WIRE_WEIGHTS */
	char                source_job[257]; /* who welcomed us last */
	uint64_t            version; /* of the query set in force */
	uint64_t            credit, spent; /* bytes since the welcome */
	int64_t             heartbeat_ms, silence_ms, lease_ms;
	/* By the monotonic clock: */
	int64_t             heard;   /* the last sign of life */
	int64_t             greeted; /* the last hello */
	int64_t             beat;    /* the last heartbeat */
	int64_t             lost;    /* when it was last LIVE */
	int64_t             reopened;
	int64_t             scolded; /* the last ERROR that we sent */
	uint64_t            garbage; /* frames that made no sense */
};

/* A socket, a new one if there is one; without it link_tick() tries again. */
void link_reopen(struct mql_agent *a);
void link_close(struct mql_agent *a, int linger_ms);

/* Something happened. w is EV_WELCOME's message, NULL otherwise. */
void link_step(struct mql_agent *a, enum link_event ev,
	       const struct wire_welcome *w);

/* Wait up to timeout_ms for news, then deal with all that came. */
void link_poll(struct mql_agent *a, int timeout_ms);
/* Heartbeats, hellos, silence, leases: what the clock brings. */
void link_tick(struct mql_agent *a, int64_t now);
/* How long link_tick() has nothing to do. */
int64_t link_idle_ms(const struct mql_agent *a, int64_t now);

/* May rows go out now? */
bool link_takes_rows(const struct mql_agent *a);

/* Send the message in a->frame and empty it. 0, or why not; the row machinery
 * alone looks at it. */
int link_send(struct mql_agent *a);
void link_beat(struct mql_agent *a); /* a heartbeat at the next tick */
void link_goodbye(struct mql_agent *a, const char *why);

/* Deal with one message (inbox.c). */
void inbox_take(struct mql_agent *a, struct str msg);

#endif
