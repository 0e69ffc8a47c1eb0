/* dir.h - the queries in the files of a directory, as they come and go.
 *
 *     orders.mql:   -- topic: orders        without it: --topic, or the name
 *                   -- key: customer_id     without it: --key, or none
 *                   select * where kind == 'order'
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

struct query_file {
	TAILQ_ENTRY(query_file) entry;
	char *name;             /* of the query */
	char *query, *topic, *key; /* topic, key: NULL: not said */
	struct stat was;        /* when it was read */
	bool  seen;             /* at this look */
	bool  changed;          /* since the query was begun */
	bool  gone;
	bool  tried;            /* as it is now, or it is wrong */
	struct output *output;  /* the user's; NULL: none */
};

struct dir {
	const char *path;       /* borrowed */
	bool        unreadable; /* and that has been said */
	TAILQ_HEAD(query_files, query_file) files;
};

void dir_init(struct dir *d, const char *path); /* NULL: there is none */
void dir_fini(struct dir *d);

/* Look at all files: new ones are added, flags are set. What cannot be read is
 * said, and left as it was. */
void dir_look(struct dir *d);

/* Forget one that is gone. */
void dir_remove(struct dir *d, struct query_file *f);

#endif
