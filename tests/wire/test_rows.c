/* test_rows.c - batches of rows, both hops. */
#include "tests/check_main.h"

#include <stdio.h>

#include "mql/error.h"
#include "wire/rows.h"

static void
add(struct rows_writer *w, uint32_t id, uint64_t seq, const char *row)
{
	ck_assert_int_eq(rows_writer_add(w, &id, &seq, 1, str_of(row)), 0);
}

static struct str
take(struct rows_writer *w, struct buf *b)
{
	size_t size = rows_writer_size(w);
	struct str body;
	unsigned kind;

	buf_reset(b);
	rows_writer_take(w, b);
	ck_assert_uint_eq(b->len, size);
	ck_assert_int_eq(wire_get_header(b->data, b->len, &kind, &body), 0);
	ck_assert_uint_eq(kind, WIRE_ROWS);
	return body;
}

START_TEST(rows_read_back_with_their_queries)
{
	const uint32_t both[] = { 9, 7 };
	const uint64_t seqs[] = { 1, 42 };
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;
	const uint8_t *index;
	struct str row;
	uint16_t n;

	rows_writer_init(&w);
	add(&w, 7, 41, "{\"a\":1}");
	ck_assert_int_eq(rows_writer_add(&w, both, seqs, 2, STR("{}")), 0);
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	ck_assert_uint_eq(r.nrows, 2);
	ck_assert_uint_eq(r.nqueries, 2);
	ck_assert_uint_eq(rows_reader_query(&r, 0).id, 7);
	ck_assert_uint_eq(rows_reader_query(&r, 0).count, 2);
	ck_assert_uint_eq(rows_reader_query(&r, 0).first, 41);
	ck_assert_uint_eq(rows_reader_query(&r, 1).id, 9);
	ck_assert_uint_eq(rows_reader_query(&r, 1).count, 1);
	ck_assert(rows_reader_next(&r, &row, &index, &n));
	ck_assert(str_eq(row, STR("{\"a\":1}")));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(rows_index(index, 0), 0);
	ck_assert(rows_reader_next(&r, &row, &index, &n));
	ck_assert(str_eq(row, STR("{}")));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(rows_index(index, 0), 1);
	ck_assert_uint_eq(rows_index(index, 1), 0);
	ck_assert(!rows_reader_next(&r, &row, &index, &n));
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

START_TEST(a_writer_without_rows_writes_nothing)
{
	struct buf b = BUF_INIT;
	struct rows_writer w;

	rows_writer_init(&w);
	ck_assert_uint_eq(rows_writer_size(&w), 0);
	rows_writer_take(&w, &b);
	ck_assert_uint_eq(b.len, 0);
	rows_writer_fini(&w);
}
END_TEST

START_TEST(a_writer_begins_anew_after_each_frame)
{
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;

	rows_writer_init(&w);
	add(&w, 1, 1, "{}");
	take(&w, &b);
	add(&w, 2, 5, "{}");
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	ck_assert_uint_eq(r.nqueries, 1);
	ck_assert_uint_eq(rows_reader_query(&r, 0).id, 2);
	ck_assert_uint_eq(rows_reader_query(&r, 0).first, 5);
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

START_TEST(a_hole_in_the_numbers_needs_a_new_frame)
{
	const uint32_t id[] = { 3, 1 };
	const uint64_t seq[] = { 1, 3 };
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;

	rows_writer_init(&w);
	add(&w, 1, 1, "{}");
	ck_assert_int_eq(rows_writer_add(&w, id, seq, 2, STR("{}")),
			 MQL_ELIMIT);
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	ck_assert_uint_eq(r.nrows, 1); /* as if it had never been tried */
	ck_assert_uint_eq(r.nqueries, 1);
	ck_assert_int_eq(rows_writer_add(&w, id, seq, 2, STR("{}")), 0);
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

START_TEST(a_frame_holds_65535_queries_and_no_more)
{
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;
	uint64_t one = 1;
	uint32_t id;

	rows_writer_init(&w);
	for (id = 1; id <= 65535; id++)
		add(&w, id * 65536, 1, "{}");
	ck_assert_int_eq(rows_writer_add(&w, &id, &one, 1, STR("{}")),
			 MQL_ELIMIT);
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	ck_assert_uint_eq(r.nqueries, 65535);
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

START_TEST(a_full_frame_is_within_the_limit)
{
	static char text[1 << 20];
	struct buf b = BUF_INIT;
	struct rows_writer w;
	uint64_t seq = 1;
	uint32_t id = 1;

	memset(text, ' ', sizeof text);
	rows_writer_init(&w);
	while (!rows_writer_add(&w, &id, &seq, 1,
				(struct str){ text, sizeof text }))
		seq++;
	ck_assert_uint_eq(seq, 8);
	take(&w, &b); /* which reads its header */
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

/* Change one byte of the body of a valid frame; it must be refused. */
static void
assert_refused(size_t at, uint8_t to)
{
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;
	struct str body;

	rows_writer_init(&w);
	add(&w, 7, 1, "{}");
	add(&w, 8, 1, "{}");
	add(&w, 7, 2, "{}");
	body = take(&w, &b);
	ck_assert_int_eq(rows_reader_init(&r, body), 0);
	b.data[WIRE_HEADER + at] = to;
	ck_assert_msg(rows_reader_init(&r, body) == MQL_EBADFRAME,
		      "byte %zu", at);
	rows_writer_fini(&w);
	buf_fini(&b);
}

START_TEST(rows_that_do_not_agree_with_the_table_are_refused)
{
	assert_refused(0, 2);           /* fewer rows than there are */
	assert_refused(0, 4);           /* more */
	assert_refused(3, 0xff);        /* very many more */
	assert_refused(4, 1);           /* a table of one */
	assert_refused(5, 0xff);        /* a table beyond the end */
	assert_refused(8 + 4, 1);       /* a count too low */
	assert_refused(8 + 4, 3);       /* too high */
	assert_refused(8 + 8, 0);       /* the first number is 0 */
	assert_refused(8 + 15, 0xff);   /* or far too large */
	assert_refused(40 + 0, 3);      /* a row longer than it is */
	assert_refused(40 + 3, 0xff);   /* than the frame */
	assert_refused(40 + 4, 0);      /* for nobody */
	assert_refused(40 + 5, 0xff);   /* for more than fit */
	assert_refused(40 + 6, 1);      /* for another */
	assert_refused(40 + 6, 2);      /* for one that is not there */
}
END_TEST

START_TEST(data_rows_read_back)
{
	struct buf b = BUF_INIT;
	struct data_reader r;
	struct str body, row;
	unsigned kind;
	size_t begun;

	buf_puts(&b, "before");
	begun = data_begin(&b, 3, 1ull << 40);
	data_put_row(&b, STR("{\"a\":1}"));
	data_put_row(&b, STR("{}"));
	data_end(&b, begun, 2);
	ck_assert_uint_eq(begun, 6);
	ck_assert_int_eq(wire_get_header(b.data + begun, b.len - begun,
					 &kind, &body), 0);
	ck_assert_uint_eq(kind, WIRE_DATA);
	ck_assert_int_eq(data_reader_init(&r, body), 0);
	ck_assert_uint_eq(r.subscription, 3);
	ck_assert_uint_eq(r.first, 1ull << 40);
	ck_assert(data_reader_next(&r, &row));
	ck_assert(str_eq(row, STR("{\"a\":1}")));
	ck_assert(data_reader_next(&r, &row));
	ck_assert(str_eq(row, STR("{}")));
	ck_assert(!data_reader_next(&r, &row));
	buf_fini(&b);
}
END_TEST

START_TEST(data_in_two_parts_reads_as_it_does_in_one)
{
	struct str body = STR("\3\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\2\0\0\0{}");
	struct str head = { body.ptr, DATA_HEAD };
	struct str rows = { body.ptr + DATA_HEAD, body.len - DATA_HEAD };
	struct data_reader r;
	struct str row;

	ck_assert_int_eq(data_reader_init_parts(&r, head, rows), 0);
	ck_assert_uint_eq(r.size, body.len);
	ck_assert_uint_eq(r.first, 5);
	ck_assert(data_reader_next(&r, &row));
	ck_assert(str_eq(row, STR("{}")));
	ck_assert(!data_reader_next(&r, &row));
	/* No other place to cut it, and no row half in either. */
	for (head.len = 0; head.len <= body.len; head.len++) {
		rows = (struct str){ body.ptr + head.len,
				     body.len - head.len };
		ck_assert_int_eq(data_reader_init_parts(&r, head, rows),
				 head.len == DATA_HEAD ? 0 : MQL_EBADFRAME);
	}
}
END_TEST

START_TEST(data_that_lies_about_itself_is_refused)
{
	const struct str bad[] = {
		STR(""),
		STR("\3\0\0\0\1\0\0\0\1\0\0\0\0\0\0"),
		STR("\3\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0"),
		STR("\3\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0{}"),
		STR("\3\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\377\377\377\377{}"),
		STR("\3\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0{}"),
		STR("\3\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0{}"),
		STR("\3\0\0\0\377\377\377\377\1\0\0\0\0\0\0\0\2\0\0\0{}"),
	};
	struct data_reader r;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(data_reader_init(&r, bad[i]) == MQL_EBADFRAME,
			      "case %zu", i);
}
END_TEST

START_TEST(rows_carry_the_weight_of_their_query)
{
	struct buf b = BUF_INIT;
	struct rows_writer w;
	struct rows_reader r;
	struct str body;
	uint32_t id = 7;
	uint64_t seq = 42;

	rows_writer_init(&w);
	w.step = 3;
	add(&w, 7, 41, "{}");
	w.step = 0;
	ck_assert_int_eq(rows_writer_add(&w, &id, &seq, 1, STR("{}")),
			 MQL_ELIMIT);
	add(&w, 9, 1, "{}");
	body = take(&w, &b);
	ck_assert_int_eq(rows_reader_init(&r, body), 0);
	ck_assert(r.weighed);
	ck_assert_uint_eq(rows_reader_query(&r, 0).step, 3);
	ck_assert_uint_eq(rows_reader_query(&r, 0).count, 1);
	ck_assert_uint_eq(rows_reader_query(&r, 1).step, 0);
	add(&w, 7, 42, "{}"); /* as ever */
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), 0);
	ck_assert(!r.weighed);
	ck_assert_uint_eq(rows_reader_query(&r, 0).step, 0);
	w.step = ROWS_MAX_STEP + 1;
	add(&w, 7, 43, "{}");
	ck_assert_int_eq(rows_reader_init(&r, take(&w, &b)), MQL_EBADFRAME);
	rows_writer_fini(&w);
	buf_fini(&b);
}
END_TEST

TEST_MAIN(rows, rows_carry_the_weight_of_their_query,
	  rows_read_back_with_their_queries,
	  a_writer_without_rows_writes_nothing,
	  a_writer_begins_anew_after_each_frame,
	  a_hole_in_the_numbers_needs_a_new_frame,
	  a_frame_holds_65535_queries_and_no_more,
	  a_full_frame_is_within_the_limit,
	  rows_that_do_not_agree_with_the_table_are_refused,
	  data_rows_read_back, data_in_two_parts_reads_as_it_does_in_one,
	  data_that_lies_about_itself_is_refused)
