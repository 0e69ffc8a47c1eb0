/* history.h - `--from-beginning`, `--since` and `--until-end`: what was asked
 * for, and how far it is. */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/notes.h"
#include "common/buf.h"
#include "mql/client.h"

struct history_args {
	bool        beginning, until_end;
	const char *since; /* `2h`, or a time as queries have it; or NULL */
};

/* The rows of an options table that fill a struct history_args. */
#define HISTORY_OPTIONS(h)                                                \
	{ "from-beginning", 0, OPTION_FLAG, NULL, NULL,                   \
	  "history first: all that Kafka's topics hold",                  \
	  &(h)->beginning },                                              \
	{ "since", 0, OPTION_STRING, "DURATION|TIME", NULL,               \
	  "history first: what is no older than 2h, or than "             \
	  "2026-11-21T10:00Z", &(h)->since },                             \
	{ "until-end", 0, OPTION_FLAG, NULL, NULL,                        \
	  "end where history ends now", &(h)->until_end }

/* Into opt. False, and it was said, where it makes no sense. */
bool history_options(const struct history_args *a,
		     struct mql_tail_options *opt);

struct history { /* how far; zeroed at first */
	struct mql_replay last;
	int64_t began, told; /* monotonic ms; 0: not yet */
	bool    asked, over;
};

/* The latest: what is new of it is said. */
void history_take(struct history *h, const struct mql_replay *r,
		  struct notes *notes);

/* "replayed 43% of 2,900,000 messages, 350,000 a second, 5 s left; ", or
 * nothing. */
void history_progress(const struct history *h, struct buf *out);

/* "; replayed 2,900,000 messages (2 without a value)", or nothing. */
void history_closing(const struct history *h, struct buf *out);

#endif
