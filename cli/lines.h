/* lines.h - the lines of one file descriptor, bounded, not copied.
 *
 *     +-------------+------------------------+----------------+
 *     | given out   | read, not yet given    | room           |
 *     +-------------+------------------------+----------------+
 *     0             beg                      end              cap
 *
 * lines_next() never blocks, lines_fill() may: between the two the caller
 * does what should not wait, such as writing out its rows. A line longer than
 * the bound is skipped up to its end and told once as LINES_LONG; no part of
 * it is ever given out. One owner. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdint.h>

#include "common/str.h"

struct lines {
	int      fd;
	char    *data;
	size_t   beg, end, cap;
	size_t   scanned; /* no newline before this offset */
	size_t   max;
	uint64_t number;  /* of the line given out last, from 1 */
	uint64_t bytes;   /* read from fd so far */
	bool     skipping, eof;
};

enum lines_got { LINES_LINE, LINES_LONG, LINES_EMPTY, LINES_END };

/* max: the longest line in bytes, its end not counted. 0 or MQL_ENOMEM. */
int lines_init(struct lines *l, size_t max);
void lines_fini(struct lines *l); /* closes no descriptor */

/* Start with a new descriptor at line 1. */
void lines_begin(struct lines *l, int fd);

/* LINES_LINE: *line without its newline or CRLF, borrowed until lines_fill().
 * LINES_EMPTY: nothing whole is here, fill. The last line may lack its
 * newline. */
enum lines_got lines_next(struct lines *l, struct str *line);

/* Would lines_fill() return at once? */
bool lines_ready(const struct lines *l);

/* Read a block, waiting at most timeout_ms. 0 (at the end of the file too:
 * lines_next() says so), MQL_ETIMEOUT (also after a signal), or MQL_EOS with
 * errno as read(2) left it. */
int lines_fill(struct lines *l, int timeout_ms);

#endif
