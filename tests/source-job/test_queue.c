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

/* Rows of the head; checks that the frame reads back. */
static uint32_t
take(struct queue *q, uint64_t first)
{
	struct str body, row;
	struct data_reader r;
	struct buf *frame;
	size_t nbody;
	unsigned kind;
	uint32_t n = queue_head(q, &frame, &nbody);

	if (!n)
		return 0;
	ck_assert_int_eq(wire_get_header(frame->data, frame->len, &kind, &body),
			 0);
	ck_assert_uint_eq(kind, WIRE_DATA);
	ck_assert_uint_eq(body.len, nbody);
	ck_assert_int_eq(data_reader_init(&r, body), 0);
	ck_assert_uint_eq(r.subscription, 3);
	ck_assert_uint_eq(r.first, first);
	ck_assert_uint_eq(r.nrows, n);
	while (data_reader_next(&r, &row))
		ck_assert(str_eq(row, STR("{\"a\":1}")));
	queue_pop(q, NULL);
	return n;
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
	struct buf *frame;
	size_t body;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_uint_eq(queue_head(&q, &frame, &body), 1);
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
	struct buf *frame;
	size_t body;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_int_eq(queue_push(&q, row), 0);
	ck_assert_uint_eq(take(&q, 1), 1);
	ck_assert_uint_eq(queue_head(&q, &frame, &body), 1);
	ck_assert_uint_eq(body, queue_body(row));
	ck_assert_uint_eq(queue_clear(&q), 1);
	ck_assert_uint_eq(q.bytes, 0);
	queue_fini(&q);
}
END_TEST

START_TEST(a_frame_whose_memory_was_taken_is_counted_as_it_was)
{
	struct queue q = small_queue();
	struct buf *frame;
	size_t body;

	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_int_eq(queue_push(&q, STR("{\"a\":1}")), 0);
	ck_assert_uint_eq(queue_head(&q, &frame, &body), 2);
	buf_fini(frame);
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
	struct buf *frame;
	struct data_reader r;
	struct str row;
	size_t body;

	while (queue_head(q, &frame, &body)) {
		ck_assert_int_eq(data_reader_init(&r, (struct str){
			(char *)frame->data + WIRE_HEADER, body }), 0);
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

TEST_MAIN(queue, rows_come_out_in_numbered_frames,
	  a_full_queue_takes_no_more_and_stays_whole,
	  a_frame_that_was_looked_at_is_not_changed,
	  a_row_larger_than_a_frame_has_its_own,
	  a_frame_whose_memory_was_taken_is_counted_as_it_was,
	  a_full_queue_keeps_an_even_sample_of_what_was_offered,
	  rows_of_a_window_are_not_thinned)
