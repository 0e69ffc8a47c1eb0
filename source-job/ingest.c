/* ingest.c - from an agent's message to the job.
 *
 * The hot path of a worker: one look-up per query of a message, then one slice
 * per row and query (batch.h). Rows are not parsed and not copied; a row that
 * could break the framing of those behind us (no single line, or no object) is
 * dropped.
 *
 * Groups are decoded here, and merged with those of other agents. */
#include <string.h>

#include "mql/error.h"
#include "mql/partial.h"
#include "source-job/batch.h"
#include "source-job/queries.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/partials.h"
#include "wire/rows.h"

/* A message is searched for newlines once, not row by row: next is the first
 * one at or behind what was looked at; its end if there is none. */
struct newlines {
	const char *next, *end;
};

static const char *
find_newline(const char *from, const char *end)
{
	const char *at = memchr(from, '\n', (size_t)(end - from));

	return at ? at : end;
}

static bool
is_line(struct newlines *nl, struct str row)
{
	if (nl->next < row.ptr)
		nl->next = find_newline(row.ptr, nl->end);
	return row.len >= 2 && row.ptr[0] == '{' &&
	       row.ptr[row.len - 1] == '}' && nl->next >= row.ptr + row.len;
}

/* Where the rows of each entry of the batch's table go; NULL: nowhere. Returns
 * how many slices there may be. */
static size_t
find_routes(struct worker *w, struct agent *a, const struct rows_reader *in)
{
	size_t n = 0;

	for (unsigned i = 0; i < in->nqueries; i++) {
		struct rows_query e = rows_reader_query(in, i);
		struct part *part = parts_find(w, e.id);
		struct run *r = part ? agent_run(a, part->query->slot) : NULL;
		struct route *to = &w->agents.route[i];
		*to = (struct route){ .first = (uint32_t)n, .step = e.step };
		if (r && e.count && e.first &&
		    run_rows(r, e.first, e.count, &to->lost)) {
			to->part = part;
			n += e.count;
		} else {
			counter_add(&w->counters.rows_stray, e.count);
		}
	}
	return n;
}

/* Slices of the rows in place; b may be NULL: none could be kept. */
static void
slice_rows(struct worker *w, struct rows_reader *in, struct batch *b)
{
	struct newlines nl = { .next = in->body.ptr,
			       .end = in->body.ptr + in->body.len };
	const uint8_t *index;
	struct str row;
	uint16_t n;

	while (rows_reader_next(in, &row, &index, &n)) {
		bool good = is_line(&nl, row);
		if (!good)
			counter_add(&w->counters.rows_bad, 1);
		for (unsigned i = 0; i < n; i++) {
			struct route *to =
				&w->agents.route[rows_index(index, i)];
			if (!to->part)
				continue;
			if (!good || !b) {
				to->lost++;
				continue;
			}
			b->slice[to->first + to->n++] = (struct slice){
				(uint32_t)(row.ptr - in->body.ptr),
				(uint32_t)row.len };
		}
	}
}

static void
say_rows(struct worker *w, const struct route *to, struct batch *b,
	 size_t bytes)
{
	struct op op = { .kind = OP_ROWS, .lost = to->lost, .step = to->step,
			 .first = to->first, .n = to->n, .bytes = bytes };

	counter_add(&w->counters.rows_lost, to->lost);
	if (to->n) {
		batch_hold(b, 1);
		op.batch = b;
	} else {
		op.kind = OP_LOST;
		op.bytes = 0;
	}
	part_say(to->part, &op);
}

/* The message is kept for as long as a row of it is wanted. */
static void
route(struct worker *w, const struct agent *a, struct rows_reader *in,
      size_t nslice)
{
	struct batch *b = batch_new(nslice);
	size_t bytes = in->body.len / (in->nqueries ? in->nqueries : 1) + 1;

	slice_rows(w, in, b);
	if (b) {
		b->base = hop_keep(&w->hop, &b->message).ptr + WIRE_HEADER;
		b->sent = clocks_ours(&a->clocks, in->sent);
	}
	for (unsigned i = 0; i < in->nqueries; i++)
		if (w->agents.route[i].part)
			say_rows(w, &w->agents.route[i], b, bytes);
	if (b)
		batch_drop(b);
}

/* Half of the window is used: give it back. */
static void
raise_credit(struct worker *w, struct agent *a)
{
	uint64_t window = w->config->agent_credit;

	if (a->used + window - a->granted < window / 2)
		return;
	a->granted = a->used + window;
	agents_send_credit(w, a);
}

int
ingest_rows(struct worker *w, struct agent *a, struct str body)
{
	struct rows_reader in;

	a->used += body.len;
	int err = rows_reader_init(&in, body);
	if (!err) {
		a->rows += in.nrows;
		counter_add(&w->counters.rows_in, in.nrows);
		size_t nslice = find_routes(w, a, &in);
		if (nslice)
			route(w, a, &in, nslice);
	}
	raise_credit(w, a);
	return err;
}

/* --- groups ---------------------------------------------------------------- */

/* Its bytes, into part->reading: 0, MQL_EBADFRAME when they are not what they
 * are said to be, or MQL_ENOMEM. */
static int
read_partial(struct part *part, const struct wire_partial *in)
{
	int err;

	if (!part->reading)
		return MQL_EBADFRAME; /* rows were asked for */
	err = partial_read(part->reading, in->bytes);
	if (!err && partial_events(part->reading) != in->events)
		err = MQL_EBADFRAME;
	return err;
}

static int
take_entry(struct worker *w, struct agent *a, const struct wire_partial *in)
{
	struct part *part = parts_find(w, in->id);
	struct run *r = part ? agent_run(a, part->query->slot) : NULL;
	uint64_t lost = 0;
	int err = 0, bad;

	counter_add(&w->counters.partials_in, in->events != 0);
	counter_add(&w->counters.folded_in, in->events);
	if (!r || (in->events && !run_rows(r, in->first, in->events, &lost))) {
		counter_add(&w->counters.rows_stray, in->events);
		return 0;
	}
	if (in->events) {
		err = read_partial(part, in);
		part_merge(part, !err, err ? lost + in->events : lost);
	}
	bad = run_told(r, in->upto);
	return err ? err : bad;
}

int
ingest_partials(struct worker *w, struct agent *a, struct str body)
{
	struct wire_partials in;
	int err = wire_partials_decode(body, &in), bad = err;

	a->used += body.len;
	for (size_t i = 0; !err && i < in.n; i++) {
		int wrong = take_entry(w, a, &in.item[i]);
		bad = bad ? bad : wrong;
	}
	arena_fini(&in.mem);
	raise_credit(w, a);
	return bad;
}
