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
 * it is ever given out.
 *
 * Several threads can share a file, each with a struct of its own for a part
 * [beg, stop): a line belongs to the part in which it begins, so that whoever
 * reads a part passes over the line that it begins in, and reads on past stop
 * to the end of its last one. No thread has to know another. One owner. */
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
	uint64_t at;      /* where data begins in the file; parts only */
	uint64_t stop;    /* lines that begin here are another's */
	bool     by_offset; /* pread(2) a part, else read(2) what comes */
	bool     inside;  /* of a line that is another's */
	bool     skipping, eof;
};

enum lines_got { LINES_LINE, LINES_LONG, LINES_EMPTY, LINES_END };

/* max: the longest line in bytes, its end not counted. 0 or MQL_ENOMEM. */
int lines_init(struct lines *l, size_t max);
void lines_fini(struct lines *l); /* closes no descriptor */

/* Start with a new descriptor at line 1. */
void lines_begin(struct lines *l, int fd);

/* Start with the lines that begin in [beg, stop) of the file fd, which is not
 * moved. inside: the line before beg may not have ended there. */
void lines_begin_part(struct lines *l, int fd, uint64_t beg, uint64_t stop,
		      bool inside);

/* Start with n bytes that the caller has put into l->data, and no more.
 * inside: they begin within a line. */
void lines_begin_data(struct lines *l, size_t n, bool inside);

/* LINES_LINE: *line without its newline or CRLF, borrowed until lines_fill().
 * LINES_EMPTY: nothing whole is here, fill. The last line may lack its
 * newline. */
enum lines_got lines_next(struct lines *l, struct str *line);

/* Would lines_fill() return at once? */
bool lines_ready(const struct lines *l);

/* Nothing but blanks? */
bool lines_is_blank(struct str line);

/* Read a block, waiting at most timeout_ms (for a part nothing is waited for).
 * 0 (at the end of the file too: lines_next() says so), MQL_ETIMEOUT (also
 * after a signal), or MQL_EOS with errno as read(2) left it. */
int lines_fill(struct lines *l, int timeout_ms);

#endif
