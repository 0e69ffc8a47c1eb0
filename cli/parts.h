/* parts.h - files cut into parts that several threads read at once.
 *
 *     file 0                         file 1
 *     +--------+--------+----+       +--------+---+      each is `block` bytes
 *     | part 0 | part 1 | 2  |       | part 3 | 4 |      long; lines.h says
 *     +--------+--------+----+       +--------+---+      whose a line is
 *
 * Of a file only offsets are handed out, and each thread reads its part by
 * itself; where the file ends is found by reading, never taken from its size,
 * so some of the last parts may be empty, and what lies behind a part with
 * `ended` is to be forgotten: the file grew meanwhile. What has no offsets (a
 * pipe, a terminal) is read under the lock, cut behind a newline.
 *
 * Parts are numbered from 0 in the order of the input. */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "cli/input.h"

struct parts; /* opaque */
struct part_file;

struct part {
	uint64_t seq;
	int      file;  /* which of the input */
	int64_t  ts;    /* ms since the epoch, when it was handed out */
	uint64_t bytes; /* set by parts_done() */
	bool     ended; /* the file is; set by parts_done() */
	int      oserr; /* why nothing more can be read, or 0 */
	struct part_file *from; /* NULL: could not be opened */
};

/* in is borrowed. block: bytes of a part, at least 1. waiting() is called (by
 * any thread, never two at once) before a wait for more input. 0 or
 * MQL_ENOMEM. */
int parts_new(const struct input *in, size_t block, size_t max_line,
	      void (*waiting)(void *arg), void *arg, struct parts **out);
void parts_free(struct parts *p); /* NULL is allowed */

/* The next part and its lines: lines_next() and lines_fill() as usual. l is the
 * calling thread's, of lines_init() with max_line. False: there is no more.
 * Any thread, may block. */
bool parts_next(struct parts *p, struct lines *l, struct part *part);

/* The part has been read, or will not be. Any thread. */
void parts_done(struct parts *p, const struct lines *l, struct part *part);

/* parts_next() gives nothing from now on, and stops waiting. Any thread. */
void parts_stop(struct parts *p);

#endif
