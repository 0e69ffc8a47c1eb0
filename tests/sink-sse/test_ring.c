/* test_ring.c - the last rows of a subscription, for readers at any place. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "mql/error.h"
#include "sink/sse/ring.h"
#include "tests/check_main.h"

enum { SMALL = 2000 };

/* A batch of n rows "data: FIRST\n" and so on. */
static struct batch *
rows(unsigned first, unsigned n)
{
	char text[4096];
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"data: %u\n", first + i);
	return batch_new(BATCH_ROWS, (struct str){ text, len }, n);
}

static struct place
place(uint64_t r, uint64_t m)
{
	return (struct place){ r, m };
}

static void
assert_text(const struct batch *b, const char *text)
{
	ck_assert_uint_eq(b->len, strlen(text));
	ck_assert(!memcmp(b->text, text, b->len));
}

START_TEST(ring_gives_the_batch_at_a_place)
{
	struct ring r;
	bool passed;

	ring_init(&r, SMALL);
	ck_assert(!ring_has(&r, place(0, 0)));
	ck_assert_ptr_null(ring_get(&r, place(0, 0), &passed));
	ck_assert(!passed);
	ck_assert_int_eq(ring_append(&r, rows(0, 3)), 0);
	ck_assert_int_eq(ring_append(&r, batch_new(BATCH_WINDOW, STR("w\n"),
						   0)), 0);
	ck_assert_int_eq(ring_append(&r, rows(3, 2)), 0);
	ck_assert(ring_has(&r, place(4, 1)) && !ring_has(&r, place(5, 1)));

	for (unsigned at = 0; at < 3; at++) {
		struct batch *b = ring_get(&r, place(at, 0), &passed);
		assert_text(b, "data: 0\ndata: 1\ndata: 2\n");
		batch_unref(b);
	}
	struct batch *w = ring_get(&r, place(3, 0), &passed);
	ck_assert_int_eq(w->kind, BATCH_WINDOW);
	ck_assert_uint_eq(batch_after(w).marks, 1);
	batch_unref(w);
	struct batch *last = ring_get(&r, place(4, 1), &passed);
	ck_assert_uint_eq(last->before.rows, 3);
	ck_assert_uint_eq(batch_after(last).rows, 5);
	batch_unref(last);
	ring_fini(&r);
}
END_TEST

START_TEST(ring_is_bounded_and_tells_who_is_passed)
{
	struct ring r;
	bool passed;

	ring_init(&r, SMALL);
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(ring_append(&r, rows(i * 10, 10)), 0);
		ck_assert_uint_le(r.bytes, SMALL);
	}
	ck_assert_ptr_null(ring_get(&r, place(0, 0), &passed));
	ck_assert(passed);
	struct place first = ring_first(&r), half = ring_resume(&r, false);
	ck_assert_uint_gt(first.rows, 9000);
	ck_assert_uint_gt(half.rows, first.rows);
	ck_assert_uint_lt(half.rows, 10000);
	struct batch *b = ring_get(&r, first, &passed);
	ck_assert(!passed);
	ck_assert_uint_eq(b->before.rows, first.rows);
	batch_unref(b);
	ck_assert_uint_eq(ring_next(&r).rows, 10000);
	ring_fini(&r);
}
END_TEST

START_TEST(ring_keeps_the_last_batch_however_large)
{
	struct ring r;
	bool passed;

	ring_init(&r, 10);
	ring_append(&r, rows(0, 5));
	ring_append(&r, rows(5, 300));
	struct batch *b = ring_get(&r, place(5, 0), &passed);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(r.n, 1);
	batch_unref(b);
	ring_fini(&r);
}
END_TEST

START_TEST(ring_counts_what_it_had_no_memory_for)
{
	struct ring r;
	bool passed;

	ring_init(&r, SMALL);
	ring_append(&r, rows(0, 5));
	ring_lose(&r, 7);
	ck_assert_ptr_null(ring_get(&r, place(5, 0), &passed));
	ck_assert(passed);
	ck_assert_uint_eq(ring_resume(&r, false).rows, 12);
	ring_append(&r, rows(12, 1));
	struct batch *b = ring_get(&r, place(12, 0), &passed);
	assert_text(b, "data: 12\n");
	batch_unref(b);
	ring_fini(&r);
}
END_TEST

START_TEST(batch_slices_by_rows)
{
	struct batch *b = rows(10, 5), *part;

	b->before = place(100, 3);
	part = batch_slice(b, 1, 3);
	assert_text(part, "data: 11\ndata: 12\n");
	ck_assert_uint_eq(part->before.rows, 101);
	ck_assert_uint_eq(batch_after(part).rows, 103);
	ck_assert_uint_eq(batch_after(part).marks, 3);
	batch_unref(part);
	part = batch_slice(b, 0, 5);
	ck_assert_uint_eq(part->len, b->len);
	batch_unref(part);
	batch_unref(b);
}
END_TEST

/* Whatever came before: the piece begins anew. */
START_TEST(batch_deflates_to_a_piece_that_stands_alone)
{
	struct batch *b = rows(0, 300);
	const struct deflated *d = batch_deflated(b);
	char text[8192];
	z_stream z = { 0 };

	ck_assert_ptr_nonnull(d);
	ck_assert_ptr_eq(batch_deflated(b), d);
	ck_assert_uint_lt(d->len, b->len);
	ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
	z.next_out = (Bytef *)text;
	z.avail_out = sizeof text;
	for (int i = 0; i < 2; i++) {
		z.next_in = (Bytef *)(uintptr_t)d->data;
		z.avail_in = (uInt)d->len;
		ck_assert_int_eq(inflate(&z, Z_SYNC_FLUSH), Z_OK);
	}
	ck_assert_uint_eq(z.total_out, 2 * b->len);
	ck_assert(!memcmp(text + b->len, b->text, b->len));
	ck_assert_uint_eq(d->crc, crc32(0, (const Bytef *)b->text,
					(uInt)b->len));
	inflateEnd(&z);
	batch_unref(b);
}
END_TEST

/* --- one writer, several readers ------------------------------------------- */

struct reader {
	struct ring *ring;
	uint64_t     got, missed;
};

enum { WRITTEN = 20000 };

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	struct place at = { 0 };

	while (at.rows < WRITTEN) {
		bool passed;
		struct batch *b = ring_get(r->ring, at, &passed);
		if (passed) {
			struct place to = ring_resume(r->ring, false);
			r->missed += to.rows - at.rows;
			at = to;
		} else if (b) {
			r->got += b->rows;
			ck_assert_ptr_nonnull(batch_deflated(b));
			at = batch_after(b);
			batch_unref(b);
		}
	}
	return NULL;
}

START_TEST(ring_loses_no_row_that_it_does_not_count)
{
	struct ring r;
	struct reader reader[3];
	pthread_t thread[3];

	ring_init(&r, SMALL);
	for (int i = 0; i < 3; i++) {
		reader[i] = (struct reader){ .ring = &r };
		pthread_create(&thread[i], NULL, read_all, &reader[i]);
	}
	for (unsigned i = 0; i < WRITTEN; i += 4)
		ck_assert_int_eq(ring_append(&r, rows(i, 4)), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_uint_eq(reader[i].got + reader[i].missed, WRITTEN);
	}
	ring_fini(&r);
}
END_TEST

TEST_MAIN(ring, ring_gives_the_batch_at_a_place,
	  ring_is_bounded_and_tells_who_is_passed,
	  ring_keeps_the_last_batch_however_large,
	  ring_counts_what_it_had_no_memory_for, batch_slices_by_rows,
	  batch_deflates_to_a_piece_that_stands_alone,
	  ring_loses_no_row_that_it_does_not_count)
