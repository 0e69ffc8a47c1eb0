#include "tests/check_main.h"

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

TEST_MAIN(queue, rows_come_out_in_numbered_frames,
	  a_full_queue_takes_no_more_and_stays_whole,
	  a_frame_that_was_looked_at_is_not_changed,
	  a_row_larger_than_a_frame_has_its_own,
	  a_frame_whose_memory_was_taken_is_counted_as_it_was)
