/* dir.h - queries that are wished: in the files of a directory, as they come
 * and go, or by name for good.
 *
 *     orders.mql:   -- topic: orders        without it: --topic, or the name
 *                   -- key: customer_id     without it: --key, or none
 *                   -- group: sinks         without it: --group, or none
 *                   -- rate: 100            without it: --rate, or any
 *                   select * where kind == 'order'
 *
 *     big.mql:      -- saved: big-orders    is kept by the source-job
 *
 * A file counts when its name ends with .mql and does not begin with a dot; its
 * name without the end is the query's. Whoever changes one writes another and
 * renames it. Owner thread only. */
#ifndef SINK_KAFKA_DIR_H
#define SINK_KAFKA_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

struct output;

struct wish {
	TAILQ_ENTRY(wish) entry;
	char *name;             /* of the query */
	char *query;            /* NULL: there is none now */
	char *saved;            /* the name that query is saved under; NULL: it
				   is the file's own */
	char *topic, *key, *group, *rate; /* NULL: not said */
	struct stat was;        /* when it was read */
	bool  given;            /* by who has us, not by a file */
	bool  seen;             /* at this look */
	bool  changed;          /* since the query was begun */
	bool  gone;
	bool  tried;            /* as it is now, or it is wrong */
	bool  missed;           /* nothing is saved under that name: told */
	struct output *output;  /* the user's; NULL: none */
};

struct dir {
	const char *path;       /* borrowed */
	bool        unreadable; /* and that has been said */
	TAILQ_HEAD(wishes, wish) wishes;
};

void dir_init(struct dir *d, const char *path); /* NULL: there is none */
void dir_fini(struct dir *d);

/* Wish for what is saved under this name, until dir_fini(), beside all files:
 * as if there were a file of that name which says `-- saved:` it, and topic and
 * key, if they are not NULL. 0 or MQL_ENOMEM. */
int dir_wish(struct dir *d, const char *saved, const char *topic,
	     const char *key);

/* Look at all files: new ones are added, flags are set. What cannot be read is
 * said, and left as it was. */
void dir_look(struct dir *d);

/* Forget one that is gone. */
void dir_remove(struct dir *d, struct wish *w);

#endif
