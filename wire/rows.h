/* rows.h - batches of finished rows, read in place.
 *
 * ROWS, agent to source-job (all little-endian):
 *
 *     u32 nrows  u16 nqueries  u16 flags
 *     nqueries x { u32 query id, u32 count, u64 first sequence number }
 *     nrows x    { u32 length, u16 n, n x u16 index into the table, bytes }
 *
 * A row names each query that it answers; sequence numbers count the rows of
 * one run of a query at one agent, from 1, without holes: a hole is a loss.
 *
 * flags has 1 where rows stand for more than one event each, because their
 * agent tries a query on some events only: then a count is of 24 bits, and the
 * 8 above it are the weight of that query's rows in this frame, as a power of
 * two. Such a frame goes only to who can read it: see WIRE_WEIGHTS. It has 2
 * where a u64 follows the last row: when the frame was sent, by the agent's
 * clock, in us since the epoch: see WIRE_TIMES.
 *
 * DATA, source-job to subscriber:
 *
 *     u32 subscription  u32 nrows  u64 first row number
 *     nrows x { u32 length, bytes }
 *
 * Row numbers count what this subscription was sent, from 1. For a subscriber
 * who takes parts (wire_subscribe) the message may be cut in two in front of
 * the rows: these are then the same bytes for all who get them. Decoders check
 * the whole batch before the first row is handed out. Any thread. */
#ifndef WIRE_ROWS_H
#define WIRE_ROWS_H

#include "wire/frame.h"

/* --- ROWS ------------------------------------------------------------------ */

/* Collects rows for one frame. The owner adds rows until full, then takes
 * the frame. Memory is kept between frames. */
enum { ROWS_MAX_STEP = 10 };

struct rows_query { /* an entry of the table */
	uint32_t id, count;
	uint64_t first;
	unsigned step; /* each row stands for 1 << step events */
};

struct rows_writer {
	struct buf body; /* the rows; the table is written last */
	uint32_t   nrows;
	unsigned   step;    /* of the rows that are added; the owner sets it */
	bool       weighed; /* some row has one */
	bool       timed;   /* frames say when they are sent; the owner sets
			       it, and with each frame that is taken */
	uint64_t   sent;    /* that: us since the epoch */
	uint32_t   nqueries, capqueries;
	struct rows_query *query;
	/* Hash of the ids: 1 + index into query, 0 is free; twice as many
	 * places as capqueries, a power of two. */
	uint32_t  *slot;
};

void rows_writer_init(struct rows_writer *w);
void rows_writer_fini(struct rows_writer *w);
/* Bytes of the frame if it were taken now: header and body; 0: no rows. */
size_t rows_writer_size(const struct rows_writer *w);

/* Add a row that answers n queries (n >= 1); seq[i] is its number in query
 * id[i]. 0, MQL_ELIMIT when the frame would pass WIRE_MAX_ROWS or 65535
 * queries, or a number does not follow the last of its query in this frame,
 * or has another step (take it first, then add again), MQL_ENOMEM. After a
 * failure w is as it was. */
int rows_writer_add(struct rows_writer *w, const uint32_t *id,
		    const uint64_t *seq, uint16_t n, struct str row);

/* Append header and body as one frame and begin anew. Nothing is appended
 * when there are no rows. */
void rows_writer_take(struct rows_writer *w, struct buf *out);

struct rows_reader { /* points into the body */
	struct str body; /* without the time */
	uint32_t   nrows;
	uint16_t   nqueries;
	bool       weighed;
	uint64_t   sent; /* us since the epoch; 0: it does not say */
	size_t     at;
	uint32_t   row;
};

/* Check the whole of it (lengths, indexes, counts that agree with the table)
 * and stand before the first row. 0, MQL_EBADFRAME or MQL_ENOMEM. */
int rows_reader_init(struct rows_reader *r, struct str body);
/* Entry i < nqueries of the table. */
struct rows_query rows_reader_query(const struct rows_reader *r, unsigned i);
/* The next row: its text and its n table indexes (little-endian u16s, at
 * index; read them with rows_index()). False at the end. */
bool rows_reader_next(struct rows_reader *r, struct str *row,
		      const uint8_t **index, uint16_t *n);
static inline uint16_t
rows_index(const uint8_t *index, unsigned i)
{
	return (uint16_t)(index[2 * i] | index[2 * i + 1] << 8);
}

/* --- DATA ------------------------------------------------------------------ */

/* For a subscriber that does the last merge a "row" that begins with this byte
 * is none: groups (mql/partial.h) follow it. No row begins like that. */
enum { WIRE_GROUPS = 1 };

enum { DATA_HEAD = 16, DATA_ROW = 4 }; /* bytes: of a body, before each row */

/* Append to out: a header for a batch whose rows follow by data_put_row().
 * data_end() writes the count. */
size_t data_begin(struct buf *out, uint32_t subscription, uint64_t first);
void data_put_row(struct buf *out, struct str row);
void data_number(struct buf *out, uint64_t first); /* in place of that */
void data_end(struct buf *out, size_t begun, uint32_t nrows);

/* The row at this place of rows that data_put_row() wrote. */
struct str data_row(const char *at);

struct data_reader {
	struct str rows;
	uint32_t   subscription, nrows, row;
	uint64_t   first;
	size_t     at;
	size_t     size; /* of the body, as credit counts it */
};

/* As rows_reader_init(). 0 or MQL_EBADFRAME. */
int data_reader_init(struct data_reader *r, struct str body);
/* The same for a body that came in two parts. */
int data_reader_init_parts(struct data_reader *r, struct str head,
			   struct str rows);
bool data_reader_next(struct data_reader *r, struct str *row);

#endif
