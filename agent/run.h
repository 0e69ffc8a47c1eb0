/* run.h - one query's life in this agent, and its books.
 *
 *     FREE --start--> LIVE --end---> ENDING --drained--> FREE
 *                      | ^
 *                 rest | | resume (same text, same counters)
 *                      v |
 *                    RESTING --forgotten--> FREE
 *
 * A run has a slot, under which publishers count. Their counters are never
 * set back; a run remembers where they stood when it took the slot. A slot is
 * given to the next run only when every row of the last one is accounted for
 * (queued == 0): until then some publisher still holds one.
 *
 * The agent's thread only, but for the samplers and caps. */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "agent/budget.h"
#include "agent/cap.h"
#include "mql/query.h"
#include "wire/books.h"

struct mql_agent;
struct mql_stream;

enum { RUN_FORGET_MS = 60000 }; /* how long a run at rest is remembered */

enum run_state { RUN_FREE, RUN_LIVE, RUN_RESTING, RUN_ENDING, RUN_STATES };

struct run {
	enum run_state    state;
	TAILQ_ENTRY(run)  of_state;
	TAILQ_ENTRY(run)  of_changed, of_say, of_fold, of_watch;
	LIST_ENTRY(run)   of_id, of_text;
	bool              changed, says, watched; /* is in these lists */
	uint16_t          slot;    /* its index in the table */
	uint32_t          id;      /* the source-job's; 0: it knows none */
	uint32_t          left;    /* that of one which was left: parting.h */
	bool              confirmed; /* named by the snapshot being read */
	bool              known;   /* it has been said */
	uint64_t          serial;  /* age: smaller is older */
	uint64_t          streams; /* bit i: in the generation of stream i */
	uint64_t          hash;    /* of its text: suspects.h */
	bool              noted;   /* among those that run now, there */
	struct str        text;    /* heap; the fold's behind it */
	struct str        fold_text; /* or empty */
	struct mql_query *q;
	struct mql_query *fold;    /* NULL: it makes rows. See folds.h */
	bool              flushing; /* the side that rests is not out yet */
	int64_t           due;     /* its partials, ms since the epoch, */
	int64_t           turned;  /* and when its sides were turned */
	int64_t           since;   /* ms since the epoch */
	int64_t           until;   /* ENDING: rows go out; RESTING: is kept */
	const char       *why;     /* ENDING by our own doing; or NULL */
	struct spending   spent;   /* see budget.h */
	uint64_t          framed;  /* rows in the frame being made */
	struct books_agent base;   /* the slot's counters at the start */
	struct books_agent done;   /* seen, bad: in streams that it left, less
				      what those it is in had seen when it
				      came; sent, drop_link: counted here */
	struct books_agent told;   /* the last that was reported */
};

TAILQ_HEAD(run_list, run);
LIST_HEAD(run_chain, run);

/* What there is to do is found in lists, so that it costs as much as it
 * changes, however many queries are live. */
struct run_table {
	struct run *at;       /* max_queries of them, in one block */
	_Atomic unsigned used; /* slots that ever had a run: the first ones */
	struct run_list state[RUN_STATES]; /* RESTING: until ascends */
	struct run_list changed; /* other matchers may want it than have it */
	struct run_list say;     /* "live" is to be said once it is true */
	struct run_list fold;    /* has one */
	struct run_list watch;   /* costs something: budget.h */
	struct run_chain *by_id, *by_text; /* by hash; not of FREE ones */
	unsigned    mask;        /* of both: a power of two, less one */
	struct run **order;   /* scratch: runs that come, by age */
	uint16_t   *leaving;  /* scratch: slots of those that go */
	bool       *refused;  /* scratch: one for each of order */
	struct sampler *sampler; /* by slot; publishers draw from it, */
	struct cap *cap;      /* and take from this */
	_Atomic uint8_t *side;   /* by slot: of folds, what is written */
	uint64_t    serial;
	unsigned    n[RUN_STATES]; /* runs; of free ones it says nothing */
	uint16_t   *framed;      /* slots of runs with rows in the frame */
	size_t      nframed;
	int64_t     look;     /* when indexes are looked at again, mono ms */
};

int run_table_init(struct mql_agent *a); /* 0 or MQL_ENOMEM */
void run_table_fini(struct mql_agent *a);

/* A new LIVE run for a query, or a sentence in why (and an MQL_E...). It is in
 * no generation yet. */
struct wire_query;
int run_start(struct mql_agent *a, const struct wire_query *wq,
	      struct run **out, char *why, size_t nwhy);
/* rate: as of run_cap(). */
void run_resume(struct mql_agent *a, struct run *r, uint32_t id,
		uint64_t rate);
void run_end(struct mql_agent *a, struct run *r, int64_t until);
void run_rest(struct mql_agent *a, struct run *r, int64_t until);
/* The source-job that knew r has closed its books as it was last told: for
 * another one, r begins there, with what was queued then. */
void run_renew(struct mql_agent *a, struct run *r);
void run_free(struct mql_agent *a, struct run *r); /* leaves a FREE slot */
/* Its streams' matchers are to be made again, with it or without it. */
void run_spoil(struct mql_agent *a, struct run *r);
void run_spoil_live(struct mql_agent *a); /* there is a new stream */
void run_settled(struct mql_agent *a);    /* they are: nothing is changed */
/* Is "live" to be said of it? */
void run_say(struct mql_agent *a, struct run *r, bool due);
/* Its costs are looked at until it has none (budget.h). */
void run_watch(struct mql_agent *a, struct run *r, bool on);
/* The source-job's number for it; 0: none. */
void run_set_id(struct mql_agent *a, struct run *r, uint32_t id);
/* Ids are of another source-job: no run has one any more. */
void run_forget_ids(struct mql_agent *a);

/* So many thousandths of a row a second may go of r, of its rows one by one;
 * 0: as many as there are. */
void run_cap(struct mql_agent *a, struct run *r, uint64_t rate);

/* n rows, or events, more of r are in the frame being made. */
void run_frame(struct mql_agent *a, struct run *r, uint64_t n);

/* The run in that state with this id, or NULL. */
struct run *run_by_id(struct mql_agent *a, uint32_t id, enum run_state state);
/* Is it this query? By its texts: ids are of one source-job. */
bool run_is(const struct run *r, const struct wire_query *wq);
/* A run of the query that a source-job may take up again. */
struct run *run_of(struct mql_agent *a, const struct wire_query *wq);

/* Should it be in the matchers of the stream? */
bool run_wants(const struct run *r, const struct mql_stream *s);

/* What it stands at now. */
void run_books(struct mql_agent *a, const struct run *r,
	       struct books_agent *out);

/* Out of every matcher, and all its rows are accounted for. */
bool run_drained(struct mql_agent *a, const struct run *r);

#endif
