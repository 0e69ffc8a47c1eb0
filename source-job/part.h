/* part.h - a worker's part of the queries that run.
 *
 * The job opens a query once (queries.h) and each worker has a part of it: the
 * runs at its own agents and their sum. The part lives from OP_OPEN to the last
 * word of the worker's last agent:
 *
 *     open --(flush: told to agents)--> asked --(OP_CLOSE)--> closing
 *     closing --(flush: agents told)--> withdrawn --(all have acknowledged,
 *     or a second has passed)--> OP_DONE, freed
 *
 * The parts of a worker are the query set of its agents. The set has a version;
 * all that changed within one turn goes to the agents as one delta, at its
 * end. What agents bring goes to the job by the part_say functions. */
#ifndef SOURCE_JOB_PART_H
#define SOURCE_JOB_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/buf.h"
#include "source-job/map.h"
#include "source-job/op.h"

struct agent;
struct at;
struct batch;
struct worker;
struct wire_query;

struct part {
	LIST_ENTRY(part) entry;
	struct worker *worker;
	struct query *query;  /* only what never changes may be read: its slot,
				 texts, and what is compiled of them */
	uint32_t id;          /* as agents know it */
	uint32_t next_id;     /* not 0: it is to be waked, under this one */
	struct at *at;        /* which agents get it; NULL: all */
	bool     told;        /* part of the set in force */
	bool     force;       /* to be told once more: somebody insists */
	bool     closing;
	bool     over;        /* the last word is said */
	bool     resting;     /* in nobody's set although it is asked */
	int64_t  deadline;    /* closing, resting: the last wait for agents */

	struct rate_plan plan;    /* its cap: rates.h */
	bool     capped;          /* it has one, or had: some agent may not know
				     that it is lifted */

	struct books_agent all;   /* sum of the views of its runs */
	struct query_count count;
	uint32_t refused; /* of that, as the job knows it: it goes with the
			     reasons, what is live with the rows */
	uint32_t pending;     /* runs whose agents have not answered yet */
	int64_t  said;        /* anything, to the job, ms; 0: nothing yet */
	bool     changed;     /* to be said at the end of a turn: at once, or
				 paced while answers come in */
	bool     renote;      /* and so are the reasons of agents */
	bool     noted;       /* the job knows of some */

	/* What was merged of this turn's groups, and what reads them; NULL:
	 * rows are wanted. Or this turn's rows, each of weight 1 << step. */
	struct partial *merged, *reading;
	struct batch *rows;
	unsigned step;
	size_t   expected;    /* bytes of rows: as in the last batch */
	struct books_agent unsaid_all; /* as `all` was with the last of them */
	uint64_t unsaid_lost; /* before and among them */
	struct books_agent carried; /* by runs that were found, unsaid, */
	struct books_agent carried_all; /* and `all` with the last of them */
	int64_t  pane;        /* of its windows, ms; 0: none that matter to
				 watermark.h */
	struct told moved[OP_TOLD_MAX]; /* in this turn: see part_tell() */
	uint32_t nmoved;
};

struct parts {
	LIST_HEAD(, part) all;
	struct map   by_id;
	struct part **slot;        /* WIRE_MAX_LIST of them */
	size_t       nclosing;
	uint64_t     version;
	bool         dirty;        /* the set is to be told */
	bool         resting;      /* some are */
	size_t       owed;         /* answers to what agents were told, */
	int64_t      told_at;      /* the last of it then, ms */
	int64_t      settle_at;    /* what was put off is to be said, ms;
				      INT64_MAX: nothing was */
	char         why[640];     /* for people: why they are */
	int64_t      rates_at;     /* rates_look() is due, ms */
	struct wire_query *add;    /* room for one delta */
	uint32_t    *remove;
};

int parts_init(struct worker *w); /* 0 or MQL_ENOMEM */
void parts_fini(struct worker *w);

/* What the job wants. */
void parts_open(struct worker *w, const struct op *op);
void parts_close(struct worker *w, const struct op *op);
void parts_rest(struct worker *w, const char *why);
void parts_wake(struct worker *w, const struct op *op);
void parts_force(struct worker *w, const struct op *op);

struct part *parts_find(const struct worker *w, uint32_t id); /* NULL: none */

/* End of a turn: tell the agents what changed, tell the job what stands, and
 * finish what has closed. While agents' answers to a query come in, the job
 * hears of them every few ms, and of the last one at once. */
void parts_flush(struct worker *w);

/* The whole set, as far as it is for a, as one frame. */
void parts_encode(struct worker *w, const struct agent *a, struct buf *out);

/* --- to the job ------------------------------------------------------------ */

/* With what stands now, after all that was said before. op has its kind and
 * what belongs to that. */
void part_say(struct part *part, struct op *op);
void part_say_lost(struct part *part, uint64_t n);

/* Before anything else is said: a run was found that had counted this much,
 * which is in `all` by now. */
void part_carry(struct part *part, const struct books_agent *past);

/* Later in this turn, many at once: an agent's pane (watermark.h); what is in
 * part->reading (if it is good), and so many events that were lost. */
void part_tell(struct part *part, int64_t from, int64_t to);
void part_merge(struct part *part, bool good, uint64_t lost);

/* And the rows of a message, of this weight and about so many bytes, sent then
 * (batch.h); each of them (false: no memory, it is lost); and so many were lost
 * in all. */
void part_begin(struct part *part, unsigned step, size_t bytes, int64_t sent);
bool part_put(struct part *part, struct str row);
void part_done(struct part *part, uint64_t lost);

#endif
