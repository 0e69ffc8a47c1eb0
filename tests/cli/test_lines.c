/* test_lines.c - the line reader over pipes and files. */
#include "cli/lines.h"
#include "common/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/check_main.h"

enum { MAX = 16 };

struct fixture {
	struct lines l;
	int fd[2];
};

static struct fixture
begin(void)
{
	struct fixture f;

	ck_assert_int_eq(pipe(f.fd), 0);
	ck_assert_int_eq(lines_init(&f.l, MAX), 0);
	lines_begin(&f.l, f.fd[0]);
	return f;
}

static void
feed(struct fixture *f, const char *bytes)
{
	size_t n = strlen(bytes);

	ck_assert_int_eq(write(f->fd[1], bytes, n), (ssize_t)n);
	ck_assert_int_eq(lines_fill(&f->l, 1000), 0);
}

static void
finish_feed(struct fixture *f)
{
	close(f->fd[1]);
	f->fd[1] = -1;
	ck_assert_int_eq(lines_fill(&f->l, 1000), 0);
}

static void
end(struct fixture *f)
{
	close(f->fd[0]);
	if (f->fd[1] >= 0)
		close(f->fd[1]);
	lines_fini(&f->l);
}

static void
expect(struct fixture *f, const char *want)
{
	struct str line;

	ck_assert_int_eq(lines_next(&f->l, &line), LINES_LINE);
	ck_assert(str_eq(line, str_of(want)));
}

static enum lines_got
next(struct fixture *f)
{
	struct str line;

	return lines_next(&f->l, &line);
}

/* All that is left, each with a bar behind it. */
static void
add_lines(struct lines *l, char *got)
{
	struct str line;
	enum lines_got what;

	while ((what = lines_next(l, &line)) != LINES_END) {
		if (what == LINES_EMPTY)
			ck_assert_int_eq(lines_fill(l, 0), 0);
		else if (what == LINES_LONG)
			strcat(got, "LONG|");
		else
			strcat(strncat(got, line.ptr, line.len), "|");
	}
}

START_TEST(lines_end_with_newline_or_crlf)
{
	struct fixture f = begin();

	feed(&f, "one\ntwo\r\n\nfour\r\r\n");
	expect(&f, "one");
	expect(&f, "two");
	expect(&f, "");
	expect(&f, "four\r");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	ck_assert_uint_eq(f.l.number, 4);
	end(&f);
}
END_TEST

START_TEST(line_arrives_in_pieces)
{
	struct fixture f = begin();

	feed(&f, "al");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	feed(&f, "pha\r");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	feed(&f, "\nbe");
	expect(&f, "alpha");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	end(&f);
}
END_TEST

START_TEST(last_line_needs_no_newline)
{
	struct fixture f = begin();

	feed(&f, "one\ntwo");
	expect(&f, "one");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	finish_feed(&f);
	expect(&f, "two");
	ck_assert_int_eq(next(&f), LINES_END);
	ck_assert_int_eq(next(&f), LINES_END);
	end(&f);
}
END_TEST

START_TEST(empty_file_has_no_line)
{
	struct fixture f = begin();

	finish_feed(&f);
	ck_assert_int_eq(next(&f), LINES_END);
	end(&f);
}
END_TEST

START_TEST(line_of_exactly_the_bound_is_given)
{
	struct fixture f = begin();

	feed(&f, "0123456789abcdef\r\n0123456789abcdef\n");
	expect(&f, "0123456789abcdef");
	expect(&f, "0123456789abcdef");
	feed(&f, "0123456789abcdef0\n");
	ck_assert_int_eq(next(&f), LINES_LONG);
	end(&f);
}
END_TEST

START_TEST(long_line_is_told_once_and_the_next_is_whole)
{
	struct fixture f = begin();

	feed(&f, "before\n0123456789abcdef");
	expect(&f, "before");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	for (int i = 0; i < 100; i++) {
		feed(&f, "{\"half\":\"an event\"}");
		ck_assert_int_eq(next(&f), LINES_EMPTY);
	}
	feed(&f, "tail\nafter\n");
	ck_assert_int_eq(next(&f), LINES_LONG);
	ck_assert_uint_eq(f.l.number, 2);
	expect(&f, "after");
	ck_assert_uint_eq(f.l.number, 3);
	end(&f);
}
END_TEST

START_TEST(long_last_line_is_told)
{
	struct fixture f = begin();

	feed(&f, "0123456789abcdef0123456789abcdef");
	ck_assert_int_eq(next(&f), LINES_EMPTY);
	finish_feed(&f);
	ck_assert_int_eq(next(&f), LINES_LONG);
	ck_assert_int_eq(next(&f), LINES_END);
	end(&f);
}
END_TEST

START_TEST(fill_times_out_on_a_silent_pipe)
{
	struct fixture f = begin();

	ck_assert(!lines_ready(&f.l));
	ck_assert_int_eq(lines_fill(&f.l, 0), MQL_ETIMEOUT);
	feed(&f, "x\n");
	expect(&f, "x");
	end(&f);
}
END_TEST

START_TEST(blocks_of_a_file_join_without_a_seam)
{
	char path[SCRATCH_PATH], want[16];
	struct lines l;
	struct str line;
	int fd = scratch_file(path, "lines"), n = 0;

	ck_assert_int_ge(fd, 0);
	unlink(path);
	FILE *file = fdopen(dup(fd), "w");
	for (int i = 0; i < 100000; i++)
		fprintf(file, "line %d\n", i);
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(lines_init(&l, MAX), 0);
	lines_begin(&l, fd);
	for (;;) {
		enum lines_got got = lines_next(&l, &line);
		if (got == LINES_END)
			break;
		if (got == LINES_EMPTY) {
			ck_assert_int_eq(lines_fill(&l, 1000), 0);
			continue;
		}
		snprintf(want, sizeof want, "line %d", n++);
		ck_assert(str_eq(line, str_of(want)));
	}
	ck_assert_int_eq(n, 100000);
	lines_fini(&l);
	close(fd);
}
END_TEST

/* However a file is cut, each line is given once, by the part it begins in. */
START_TEST(parts_of_a_file_give_each_line_once)
{
	static const char text[] = "a\n\r\nbcd\r\n0123456789abcdef0\nef\n\n"
				   "0123456789abcdef\r\nlast";
	size_t size = sizeof text - 1;
	FILE *file = tmpfile();
	struct lines l;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	fflush(file);
	ck_assert_int_eq(lines_init(&l, MAX), 0);
	for (size_t block = 1; block <= size + 1; block++) {
		char got[128] = "";
		uint64_t lines = 0;

		for (size_t beg = 0; beg <= size; beg += block) {
			lines_begin_part(&l, fileno(file), beg, beg + block,
					 beg > 0);
			add_lines(&l, got);
			lines += l.number;
		}
		ck_assert_str_eq(got, "a||bcd|LONG|ef||0123456789abcdef|last|");
		ck_assert_uint_eq(lines, 8);
	}
	lines_fini(&l);
	fclose(file);
}
END_TEST

START_TEST(data_may_begin_in_a_line_that_is_passed_over)
{
	char got[128] = "";
	struct lines l;

	ck_assert_int_eq(lines_init(&l, MAX), 0);
	memcpy(l.data, "rest\nwhole\nlast", 15);
	lines_begin_data(&l, 15, true);
	add_lines(&l, got);
	ck_assert_str_eq(got, "whole|last|");
	lines_begin_data(&l, 4, true);
	add_lines(&l, got);
	ck_assert_str_eq(got, "whole|last|");
	lines_fini(&l);
}
END_TEST

TEST_MAIN(lines, lines_end_with_newline_or_crlf, line_arrives_in_pieces,
	  last_line_needs_no_newline, empty_file_has_no_line,
	  line_of_exactly_the_bound_is_given,
	  long_line_is_told_once_and_the_next_is_whole, long_last_line_is_told,
	  fill_times_out_on_a_silent_pipe, blocks_of_a_file_join_without_a_seam,
	  parts_of_a_file_give_each_line_once,
	  data_may_begin_in_a_line_that_is_passed_over)
