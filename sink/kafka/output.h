/* output.h - one query and the topic that its rows go to.
 *
 *     LOOKING      the topic is looked up; nobody is asked yet
 *     RUNNING      rows come from the tail and become records
 *     STOPPING     the source-job is asked to end it; rows still come
 *     OVER         no more rows; records may still be on the way
 *
 * A row of events goes at once. Rows of a window, or of what a running total
 * gives once a second, are kept until the source-job says that the window is
 * complete, so that each says of how many agents it is. Owner thread only. */
#ifndef SINK_KAFKA_OUTPUT_H
#define SINK_KAFKA_OUTPUT_H

#include <sys/queue.h>

#include "client/tail.h"
#include "sink/kafka/config.h"
#include "sink/kafka/cut.h"
#include "sink/kafka/key.h"
#include "sink/kafka/producer.h"
#include "sink/kafka/state.h"

enum output_state {
	OUTPUT_LOOKING, OUTPUT_RUNNING, OUTPUT_STOPPING, OUTPUT_OVER,
};

/* What outputs share; borrowed by each for its life. */
struct output_world {
	const struct config *config;
	struct wire_context *context;
	struct producer     *producer;
	struct state        *state;
};

/* What is wished; NULL: not said, but of name, query and topic. */
struct output_ask {
	const char *name, *query, *topic;
	const char *key;   /* of records */
	const char *group; /* of sinks that share the rows */
	const char *rate;  /* a number of rows a second; 0: any */
};

struct output {
	TAILQ_ENTRY(output) entry;   /* its owner's */
	const struct output_world *world;
	char            *name, *text; /* of the query: as it is asked */
	char            *group, *by; /* NULL: alone; by what rows are shared */
	uint64_t         rate;       /* of mql_tail_options */
	struct topic    *topic;
	struct key      *key;        /* NULL: records have none */
	enum client_kind kind;
	bool             is_cut;     /* text has CUT_COLUMNS */
	struct cut       cut;

	enum output_state state;
	struct mql_tail *tail;       /* RUNNING, STOPPING */
	bool             up;         /* the source-job answers */
	char             trouble[240]; /* why not, where that is said */
	bool             failed;     /* OVER: not as asked */
	char             why[300];   /* OVER: a sentence */
	struct mql_books books;      /* as last told */

	struct mql_window window;    /* the last that was told */
	struct buf       kept;       /* rows of the next: u32 length, bytes */
	uint32_t         nkept;

	struct delivery  delivery;
	struct state_slot *slot;     /* NULL: there are too many */
	uint64_t         taken;      /* rows, from the source-job */
	uint64_t         unkeyed;    /* that had no key though one is wished */
	uint64_t         unsure;     /* produced before their window was told */
	uint64_t         gaps, missed; /* told by the source-job: rows */
	uint64_t         lost;       /* by a crash before us, at most: rows */
};

/* ask is copied. 0; what mql_query_compile() says of the query or the key;
 * MQL_ENOMEM; why gets what people are to know, with lines and a caret where
 * that helps. */
int output_new(const struct output_world *w, const struct output_ask *ask,
	       struct output **out, struct buf *why);
/* Its records must be settled. NULL is allowed. */
void output_free(struct output *o);

/* Take what has come, a bounded part; true when there is more. */
bool output_turn(struct output *o);

/* End it: rows that are on their way still come. */
void output_stop(struct output *o);
/* End it now. */
void output_abandon(struct output *o, const char *why);

/* Is nothing of it on the way any more? */
bool output_is_settled(const struct output *o);

/* One line for people: what became of its rows. */
void output_say(const struct output *o, struct buf *out);

#endif
