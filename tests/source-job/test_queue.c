#include "tests/check_main.h"

#include <stdio.h>

#include "mql/error.h"
#include "source-job/queue.h"
#include "wire/rows.h"

static struct queue
small_queue(void)
{
	return (struct queue){ .id = 3, .limit = 1000, .frame = 100 };
}

/* The frame at the head reads back. */
static void
open_head(struct queue *q, struct queue_frame *f, struct data_reader *r)
{
	struct str body;
	unsigned kind;

	ck_assert(queue_head(q, f));
	ck_assert_int_eq(wire_get_header(f->own->data, f->own->len, &kind,
					 &body), 0);
	ck_assert_uint_eq(kind, WIRE_DATA);
	ck_assert_int_eq(f->rows.of ?
		data_reader_init_parts(r, body, span_bytes(&f->rows)) :
		data_reader_init(r, body), 0);
	ck_assert_uint_eq(r->size, f->body);
	ck_assert_uint_eq(r->subscription, 3);
	ck_assert_uint_eq(r->nrows, f->n);
}

/* Rows of the head. */
static uint32_t
take(struct queue *q, uint64_t first)
{
	struct data_reader r;
	struct queue_frame f;
	struct str row;

	if (!q->head)
		return 0;
	open_head(q, &f, &r);
	ck_assert_uint_eq(r.first, first);
	while (data_reader_next(&r, &row))
		ck_assert(str_eq(row, STR("{\"a\":1}")));
	queue_pop(q, NULL);
	return r.nrows;
}

START_TEST(rows_come_out_in_numbered_frames)
{
	struct queue q = small_queue();
	uint64_t rows = 0;
	uint32_t n;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	while ((n = take(&q, rows + 1)))
		rows += n;
	ck_assert_uint_eq(rows, 20);
	ck_assert_uint_eq(q.bytes, 0);
	ck_assert_uint_eq(q.rows, 0);
	queue_fini(&q);
}
END_TEST

START_TEST(a_full_queue_takes_no_more_and_stays_whole)
{
	struct queue q = small_queue();
	uint64_t in = 0, out = 0;
	uint32_t n;

	while (!queue_push(&q, STR("{\"a\":1}")))
		in++;
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), MQL_ELIMIT);
	ck_assert_uint_le(q.bytes, q.limit);
	ck_assert_uint_eq(q.rows, in);
	while ((n = take(&q, out + 1)))
		out += n;
	ck_assert_uint_eq(out, in);
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	queue_fini(&q);
}
END_TEST

START_TEST(a_frame_that_was_looked_at_is_not_changed)
{
	struct queue q = small_queue();
	struct queue_frame f;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert(queue_head(&q, &f) && f.n == 1);
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_uint_eq(take(&q, 1), 1);
	ck_assert_uint_eq(take(&q, 2), 1);
	queue_fini(&q);
}
END_TEST

START_TEST(a_row_larger_than_a_frame_has_its_own)
{
	struct queue q = small_queue();
	static const char big[300] = "{";
	struct str row = { big, sizeof big };
	struct queue_frame f;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_int_eq(queue_push(&q, row), 0);
	ck_assert_uint_eq(take(&q, 1), 1);
	ck_assert(queue_head(&q, &f) && f.n == 1);
	ck_assert_uint_eq(f.body, queue_body(row));
	ck_assert_uint_eq(queue_clear(&q), 1);
	ck_assert_uint_eq(q.bytes, 0);
	queue_fini(&q);
}
END_TEST

START_TEST(a_frame_whose_memory_was_taken_is_counted_as_it_was)
{
	struct queue q = small_queue();
	struct queue_frame f;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert(queue_head(&q, &f) && f.n == 2);
	buf_fini(f.own);
	queue_pop(&q, NULL);
	ck_assert_uint_eq(q.rows, 0);
	ck_assert_uint_eq(q.bytes, 0);
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_uint_eq(take(&q, 3), 1);
	queue_fini(&q);
}
END_TEST

/* The numbers that the rows of q carry, and how many rows there are. */
static unsigned
read_numbers(struct queue *q, unsigned *number)
{
	uint64_t first = 0;
	unsigned n = 0;
	struct queue_frame f;
	struct data_reader r;
	struct str row;

	while (q->head) {
		open_head(q, &f, &r);
		ck_assert_uint_eq(r.first, first + 1);
		while (data_reader_next(&r, &row))
			number[n++] = (unsigned)atoi(row.ptr + 1);
		first += r.nrows;
		queue_pop(q, NULL);
	}
	ck_assert_uint_eq(q->rows, 0);
	ck_assert_uint_eq(q->bytes, 0);
	return n;
}

START_TEST(a_full_queue_keeps_an_even_sample_of_what_was_offered)
{
	enum { ROWS = 100000, QUARTERS = 4 };
	struct queue q = { .id = 3, .limit = 64 << 10, .frame = 4 << 10 };
	static unsigned number[ROWS];
	unsigned per_quarter[QUARTERS] = { 0 }, n;
	uint64_t gone = 0;
	char row[32];

	for (unsigned i = 0; i < ROWS; i++) {
		int len = snprintf(row, sizeof row, "{%u}", i);
		gone += queue_offer(&q, (struct str){ row, (size_t)len });
		ck_assert_uint_eq(q.rows + gone, i + 1);
		ck_assert_uint_le(q.bytes, q.limit);
	}
	n = read_numbers(&q, number);
	ck_assert_uint_eq(n + gone, ROWS);
	for (unsigned i = 0; i < n; i++) {
		ck_assert(!i || number[i] > number[i - 1]);
		per_quarter[number[i] / (ROWS / QUARTERS)]++;
	}
	for (unsigned i = 0; i < QUARTERS; i++)
		ck_assert_uint_gt(per_quarter[i], n / QUARTERS / 2);
	/* Who has caught up gets all again. */
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(queue_offer(&q, STR("{\"a\":1}")), 0);
	queue_fini(&q);
}
END_TEST

START_TEST(rows_of_a_window_are_not_thinned)
{
	struct queue q = { .id = 3, .limit = 1000, .frame = 400 };
	struct wire_window w = { .start = 1 };
	uint64_t gone = 0;

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert(queue_mark(&q, &w));
	for (int i = 0; i < 1000; i++)
		gone += queue_offer(&q, STR("{\"b\":1}"));
	ck_assert_uint_eq(gone + q.rows, 1010);
	ck_assert_uint_gt(q.rows, 10);
	ck_assert_uint_eq(take(&q, 1), 10);
	queue_fini(&q);
}
END_TEST

/* --- batches --------------------------------------------------------------- */

/* Of n rows that are numbered from first on, each of so many bytes. */
static struct batch *
numbered_batch(unsigned first, unsigned n, int size)
{
	struct batch *b = batch_new((size_t)n * (size_t)(size + 4));
	char row[1024];

	ck_assert(b && size < (int)sizeof row);
	for (unsigned i = first; i < first + n; i++) {
		snprintf(row, sizeof row, "{%-*u}", size - 2, i);
		batch_put(b, (struct str){ row, (size_t)size });
	}
	return b;
}

static uint64_t
offer(struct queue *q, struct batch *b)
{
	uint64_t gone = queue_offer_span(q, span_all(b));

	batch_drop(b);
	return gone;
}

START_TEST(long_runs_of_rows_are_shared_and_short_ones_are_copied)
{
	struct queue one = { .id = 3, .limit = 1 << 20, .frame = 1 << 17,
			     .parts = true }, other = one, old = one;
	struct batch *b = numbered_batch(0, 100, 300);
	struct queue_frame f, g;
	struct data_reader r;

	old.parts = false;
	ck_assert_uint_eq(queue_offer_span(&one, span_all(b)), 0);
	ck_assert_uint_eq(queue_offer_span(&other, span_all(b)), 0);
	ck_assert_uint_eq(queue_offer_span(&old, span_all(b)), 0);
	batch_drop(b); /* the queues hold it */
	open_head(&one, &f, &r);
	open_head(&other, &g, &r);
	ck_assert_ptr_eq(f.rows.of, g.rows.of);
	ck_assert_uint_eq(f.n, 100);
	open_head(&old, &g, &r);
	ck_assert_ptr_null(g.rows.of);
	ck_assert_uint_eq(g.n, 100);
	ck_assert_uint_eq(one.bytes, old.bytes);
	queue_pop(&one, NULL);
	offer(&one, numbered_batch(100, 3, 300));
	open_head(&one, &f, &r);
	ck_assert_ptr_null(f.rows.of);
	ck_assert_uint_eq(r.first, 101);
	queue_fini(&one);
	queue_fini(&other);
	queue_fini(&old);
}
END_TEST

START_TEST(a_batch_longer_than_a_frame_is_cut)
{
	struct queue q = { .id = 3, .limit = 1 << 20, .frame = 20000,
			   .parts = true };
	static unsigned number[400];
	struct queue_frame f;
	struct data_reader r;

	ck_assert_uint_eq(offer(&q, numbered_batch(0, 100, 300)), 0);
	ck_assert_uint_eq(offer(&q, numbered_batch(100, 10, 300)), 0);
	open_head(&q, &f, &r);
	ck_assert_uint_le(f.body, q.frame);
	ck_assert_uint_gt(f.body, q.frame - 400);
	ck_assert_uint_eq(read_numbers(&q, number), 110);
	for (unsigned i = 0; i < 110; i++)
		ck_assert_uint_eq(number[i], i);
	queue_fini(&q);
}
END_TEST

START_TEST(a_full_queue_keeps_an_even_sample_of_batches_too)
{
	enum { BATCHES = 300, N = 100, ROWS = BATCHES * N };
	struct queue q = { .id = 3, .limit = 256 << 10, .frame = 1 << 17,
			   .parts = true };
	static unsigned number[ROWS];
	unsigned in_half[2] = { 0 }, n;
	uint64_t gone = 0;

	for (unsigned i = 0; i < BATCHES; i++) {
		gone += offer(&q, numbered_batch(i * N, N, 300));
		ck_assert_uint_eq(q.rows + gone, (i + 1) * N);
		ck_assert_uint_le(q.bytes, q.limit);
	}
	n = read_numbers(&q, number);
	ck_assert_uint_eq(n + gone, ROWS);
	for (unsigned i = 0; i < n; i++) {
		ck_assert(!i || number[i] > number[i - 1]);
		in_half[number[i] / (ROWS / 2)]++;
	}
	ck_assert_uint_gt(in_half[0], n / 4);
	ck_assert_uint_gt(in_half[1], n / 4);
	queue_fini(&q);
}
END_TEST

/* A frame that was looked at stays what it is. */
START_TEST(a_shared_frame_that_was_looked_at_is_not_thinned)
{
	struct queue q = { .id = 3, .limit = 64 << 10, .frame = 1 << 17,
			   .parts = true };
	struct queue_frame f;
	struct data_reader r;

	offer(&q, numbered_batch(0, 100, 300));
	open_head(&q, &f, &r);
	for (unsigned i = 1; i < 20; i++)
		offer(&q, numbered_batch(i * 100, 100, 300));
	open_head(&q, &f, &r);
	ck_assert_ptr_nonnull(f.rows.of);
	ck_assert_uint_eq(f.n, 100);
	queue_fini(&q);
}
END_TEST

TEST_MAIN(queue, rows_come_out_in_numbered_frames,
	  a_full_queue_takes_no_more_and_stays_whole,
	  a_frame_that_was_looked_at_is_not_changed,
	  a_row_larger_than_a_frame_has_its_own,
	  a_frame_whose_memory_was_taken_is_counted_as_it_was,
	  a_full_queue_keeps_an_even_sample_of_what_was_offered,
	  rows_of_a_window_are_not_thinned,
	  long_runs_of_rows_are_shared_and_short_ones_are_copied,
	  a_batch_longer_than_a_frame_is_cut,
	  a_full_queue_keeps_an_even_sample_of_batches_too,
	  a_shared_frame_that_was_looked_at_is_not_thinned)
