/* ingest.c - from an agent's message to the job.
 *
 * The hot path of a worker: one look-up per query of a message, then one copy
 * per row and query (batch.h). Rows are not parsed; one that could break the
 * framing of those behind us (no single line, or no object) is dropped.
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

/* Bytes that one message may become, since each row is copied for each query
 * that it answers: an agent sends batches, or one row. What is more is lost. */
static size_t
copies_max(const struct worker *w)
{
	return w->parts.by_id.n * BATCH_BYTES + WIRE_MAX_ROWS;
}

/* Bytes that the rows of this entry take, if they are as long as others; of
 * more than a batch it will be seen. */
static size_t
estimate(const struct rows_reader *in, const struct rows_query *e)
{
	double bytes = (double)in->body.len * e->count / in->nrows;

	return bytes < BATCH_BYTES ? (size_t)bytes : BATCH_BYTES;
}

/* Where the rows of each entry of the table go; NULL: nowhere. True when there
 * is any such place. */
static bool
find_routes(struct worker *w, struct agent *a, const struct rows_reader *in)
{
	bool some = false;

	for (unsigned i = 0; i < in->nqueries; i++) {
		struct rows_query e = rows_reader_query(in, i);
		struct part *part = parts_find(w, e.id);
		struct run *r = part ? agent_run(a, part->query->slot) : NULL;
		struct route *to = &w->agents.route[i];
		*to = (struct route){ 0 };
		if (r && e.count && e.first &&
		    run_rows(r, e.first, e.count, &to->lost)) {
			part_begin(part, e.step, estimate(in, &e),
				   clocks_ours(&a->clocks, in->sent));
			to->part = part;
			some = true;
		} else {
			counter_add(&w->counters.rows_stray, e.count);
		}
	}
	return some;
}

static void
route_rows(struct worker *w, struct rows_reader *in)
{
	struct newlines nl = { .next = in->body.ptr,
			       .end = in->body.ptr + in->body.len };
	size_t left = copies_max(w);
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
			if (!good || row.len > left ||
			    !part_put(to->part, row))
				to->lost++;
			else
				left -= row.len;
		}
	}
	for (unsigned i = 0; i < in->nqueries; i++)
		if (w->agents.route[i].part)
			part_done(w->agents.route[i].part,
				  w->agents.route[i].lost);
}

static void
raise_credit(struct worker *w, struct agent *a, size_t n)
{
	if (credit_use(&w->agents.credit, &a->credit, n))
		agents_send_credit(w, a);
}

int
ingest_rows(struct worker *w, struct agent *a, struct str body)
{
	struct rows_reader in;

	int err = rows_reader_init(&in, body);

	if (!err) {
		a->rows += in.nrows;
		counter_add(&w->counters.rows_in, in.nrows);
		if (find_routes(w, a, &in))
			route_rows(w, &in);
	}
	raise_credit(w, a, body.len);
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

	for (size_t i = 0; !err && i < in.n; i++) {
		int wrong = take_entry(w, a, &in.item[i]);
		bad = bad ? bad : wrong;
	}
	arena_fini(&in.mem);
	raise_credit(w, a, body.len);
	return bad;
}
