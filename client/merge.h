/* merge.h - the last merge: the rows of a query with groups, windows, an order
 * or `distinct` over several source-jobs.
 *
 *     source-jobs --rows of agents, groups--> mql/results.h --> rows, windows
 *
 * Each source-job merges what its agents send and passes it on unfinished;
 * here it goes into one stage, as if all agents had been at one source-job.
 * Nothing is closed there, so it does not matter what went through which.
 *
 * What comes out waits until it is taken; nothing is to be put in meanwhile.
 * One owner. */
#ifndef CLIENT_MERGE_H
#define CLIENT_MERGE_H

#include "client/account.h"

struct merge; /* opaque */

struct merge_options {
	struct mql_query   *query; /* taken; not plain (query_is_plain()) */
	struct client_made *made;  /* borrowed, and kept up to date */
	/* How many agents have told all that was before a time; -1 when nobody
	 * tells that of this query. */
	int64_t (*told)(const void *arg, int64_t end);
	const void *arg;
	bool        history;   /* in the order of time from each source-job; */
	bool        until_end; /* totals are given once, at the end */
};

/* 0 or MQL_ENOMEM. */
int merge_new(const struct merge_options *opt, struct merge **out);
void merge_free(struct merge *m); /* NULL is allowed */

/* A source-job more; src is borrowed until it leaves. What is taken next is
 * from this one; what it still brings is of now; it leaves. For history only.
 */
void merge_join(struct merge *m, struct stage_source *src);
void merge_from(struct merge *m, struct stage_source *src);
void merge_release(struct merge *m, struct stage_source *src);
void merge_leave(struct merge *m, struct stage_source *src);

/* What a source-job passed on: a row, or groups. *events: of how many events;
 * 0 when it makes no sense, and is left out. */
void merge_take(struct merge *m, struct str item, uint64_t *events);

/* The agents, live of them, have told all of what is before upto, ms since the
 * epoch. */
void merge_complete(struct merge *m, int64_t upto, uint32_t live);

/* What time brings; live: agents now. */
void merge_tick(struct merge *m, uint32_t live);
int merge_wait_ms(const struct merge *m);

/* Nothing will come any more. */
void merge_end(struct merge *m, uint32_t live);

/* The next row or window that came out: 1 for a row, 2 for a window, all of
 * whose rows were taken, 0 for none. A row is borrowed until the next call of
 * any function. */
int merge_next(struct merge *m, struct str *row, struct mql_window *window);

/* Will no row come any more, since a limit is reached? */
bool merge_done(const struct merge *m);

#endif
