/* any.c - see any.h. */
#include "tests/wire/any.h"

#include "mql/error.h"
#include "wire/message.h"
#include "wire/partials.h"
#include "wire/rows.h"

enum { MAX_INDEXES = 65535 };

/* By table entry, the number of its next row. */
static uint64_t next[MAX_INDEXES];

static int
again_rows(struct str body, struct buf *again)
{
	static uint32_t id[MAX_INDEXES];
	static uint64_t seq[MAX_INDEXES];
	struct rows_writer w;
	struct rows_reader r;
	const uint8_t *index;
	struct str row;
	uint16_t n;
	int err = rows_reader_init(&r, body);

	if (err)
		return err;
	for (unsigned i = 0; i < r.nqueries; i++)
		next[i] = rows_reader_query(&r, i).first;
	rows_writer_init(&w);
	w.timed = r.sent != 0;
	w.sent = r.sent;
	while (rows_reader_next(&r, &row, &index, &n)) {
		for (unsigned i = 0; i < n; i++) {
			unsigned at = rows_index(index, i);
			id[i] = rows_reader_query(&r, at).id;
			seq[i] = next[at]++;
			w.step = rows_reader_query(&r, at).step;
		}
		if (rows_writer_add(&w, id, seq, n, row))
			rows_writer_take(&w, again);
	}
	rows_writer_take(&w, again);
	rows_writer_fini(&w);
	return 0;
}

static int
again_data(struct str body, struct buf *again)
{
	struct data_reader r;
	struct str row;
	size_t begun;
	int err = data_reader_init(&r, body);

	if (err)
		return err;
	begun = data_begin(again, r.subscription, r.first);
	while (data_reader_next(&r, &row))
		data_put_row(again, row);
	data_end(again, begun, r.nrows);
	return 0;
}

/* Every message begins with its arena. */
#define X(name, NAME)                                             \
	static int again_##name(struct str body, struct buf *b)   \
	{                                                         \
		struct wire_##name m;                             \
		int err = wire_##name##_decode(body, &m);         \
		if (!err)                                         \
			wire_##name##_encode(&m, b);              \
		arena_fini((struct arena *)(void *)&m);           \
		return err;                                       \
	}
WIRE_MESSAGES(X)
X(partials, PARTIALS)
#undef X

static int
again_pong(struct str body, struct buf *b)
{
	struct wire_ping m;
	int err = wire_ping_decode(body, &m);

	if (!err)
		wire_pong_encode(&m, b);
	arena_fini(&m.mem);
	return err;
}

int
any_decode(const void *frame, size_t len, struct buf *again)
{
	struct str body;
	unsigned kind;
	int err = wire_get_header(frame, len, &kind, &body);

	if (err)
		return err;
	switch (kind) {
#define X(name, NAME)      \
	case WIRE_##NAME:  \
		return again_##name(body, again);
		WIRE_MESSAGES(X)
		X(partials, PARTIALS)
#undef X
	case WIRE_PONG:
		return again_pong(body, again);
	case WIRE_ROWS:
		return again_rows(body, again);
	case WIRE_DATA:
		return again_data(body, again);
	default:
		return MQL_EUNSUP;
	}
}
