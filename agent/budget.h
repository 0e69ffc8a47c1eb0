/* budget.h - no query may cost the service more than its owner allows (P3).
 *
 *   publisher   times some events (gauge.h), counts rows and bytes by query
 *   agent's     every 100 ms: what has each query cost, in the last second?
 *   thread        over the limit  -> a step down: it is tried on half of the
 *                                    events, each of which counts twice
 *                 at 1 in 1,024   -> suspended: it leaves the matchers
 *                 good for 3 s, with room for twice as much -> a step up
 *                 suspended for 10 s, and longer each time -> tried again
 *
 * The limits are those of the whole agent; a single query may use them up.
 * When all queries together are over one, the costliest pays. What reading an
 * event costs, which is no one query's, all queries of the stream share: when
 * that alone is over the limit, all of them step down.
 *
 * Processor time is an estimate. Of all events of a thread some are timed, one
 * in 1,024 if they are cheap, more if they are not and when a thread begins;
 * and each evaluation of a throttled query. The wall clock says what each
 * query took of a timed event, since it costs no system call, and the thread's
 * own clock, asked twice, how much of that the thread did not run: so it is
 * no query's fault that the machine is busy.
 *
 * Only runs that cost something are looked at: the watched ones (run.h). */
#ifndef AGENT_BUDGET_H
#define AGENT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mql_agent;
struct mql_agent_options;
struct publisher;
struct mql_stream;
struct run;

enum budget_kind {
	BUDGET_CPU, BUDGET_BYTES, BUDGET_ROWS, BUDGET_KINDS,
	BUDGET_SUSPECT = BUDGET_KINDS, /* a cause, not a limit: suspects.h */
};

enum {
	BUDGET_STEPS = 10,   /* the last one before suspension: 1 in 1,024 */
	BUDGET_EVERY = 1024, /* events of which one is timed, at the least */
	BUDGET_LOOK_MS = 100,
};

struct budget_limits {
	/* A second of: nanoseconds, bytes, rows. UINT64_MAX: no limit. */
	uint64_t limit[BUDGET_KINDS];
	char     why[BUDGET_KINDS][48]; /* "over 1% of a core" */
	_Atomic uint8_t *step; /* by slot; publishers read it */
	/* Runs now; publishers look whether any is throttled. */
	_Atomic uint32_t throttled, suspended;
	int64_t  looked;       /* the agent's thread: when, ms */
};

/* Of one run. The agent's thread. */
struct spending {
	uint64_t stood[BUDGET_KINDS]; /* the slot's counters, last time, */
	uint64_t base[BUDGET_KINDS];  /* and when the run began */
	uint64_t load[BUDGET_KINDS];  /* per second, the last second's */
	uint64_t partials;  /* bytes of these, which the agent's thread makes */
	uint8_t  step;
	bool     suspended;
	bool     told;      /* the source-job knows both */
	uint8_t  strikes;   /* suspensions without a recovery between */
	enum budget_kind cause;
	int64_t  since;     /* good since then; or suspended, ms */
};

/* 0, MQL_EINVAL (an environment variable that is no number) or MQL_ENOMEM;
 * after max_queries is known. */
int budget_init(struct mql_agent *a, const struct mql_agent_options *opt);
void budget_fini(struct mql_agent *a); /* zeroed is allowed */

/* --- a publisher, inside of the read side ----------------------------------- */

/* Before an event: p->gauging is set where it is to be gauged. False: all
 * queries of the stream pass it over; nothing else is to be done. */
bool budget_begin(struct publisher *p, const struct mql_stream *s);
/* After one of s that was timed. */
void budget_end(struct publisher *p, struct mql_stream *s);

/* For how many events does the one at hand stand, for the query in a slot? As
 * a power of two. */
uint16_t budget_step(const struct publisher *p, unsigned slot);

/* --- the agent's thread ------------------------------------------------------- */

/* A new run takes its slot: it has cost nothing. A suspect is suspended. */
void budget_open(struct mql_agent *a, struct run *r);

/* It is a suspect no more: it runs like any other. */
void budget_acquit(struct mql_agent *a, struct run *r);

/* The heartbeat that is being made tells of it, and of what it has cost. */
struct wire_counts;
void budget_say(const struct mql_agent *a, struct run *r,
		struct wire_counts *to);

/* Look at the costs if it is time; streams become dirty where a query is
 * suspended or comes back. The asker is told at once. */
void budget_look(struct mql_agent *a, int64_t now);

/* The steps of a stream's queries are those of its generation now: what all
 * pass over is not read at all. */
void budget_floor(struct mql_agent *a, struct mql_stream *s);

#endif
