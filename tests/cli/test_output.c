/* test_output.c - the forms of rows, as they come out of a file descriptor. */
#include "cli/output.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/text.h"
#include "common/scratch.h"
#include "event/json.h"
#include "tests/check_main.h"

struct sink {
	struct output *o;
	int  fd;
	char text[4096];
};

static struct sink
sink_for(enum output_kind kind, enum output_color color, const char *query)
{
	char path[SCRATCH_PATH];
	struct sink s = { .fd = scratch_file(path, "output") };
	struct mql_query *q = NULL;

	ck_assert_int_ge(s.fd, 0);
	unlink(path);
	text_init();
	if (query)
		ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	ck_assert_int_eq(output_new(kind, color, s.fd, q, NULL, &s.o), 0);
	mql_query_free(q);
	return s;
}

static void
put(struct sink *s, const char *row)
{
	output_row(s->o, str_of(row));
}

static void
expect(struct sink *s, const char *want)
{
	ck_assert_int_eq(output_end(s->o), 0);
	ssize_t n = pread(s->fd, s->text, sizeof s->text - 1, 0);
	ck_assert_int_ge(n, 0);
	s->text[n] = '\0';
	ck_assert_str_eq(s->text, want);
	output_free(s->o);
	close(s->fd);
}

START_TEST(json_is_byte_for_byte)
{
	struct sink s = sink_for(OUTPUT_JSON, OUTPUT_AUTO, NULL);

	put(&s, "{\"a\" : 1.50,\"b\":\"\\u00e9\\/\xc2\x9b\"}");
	put(&s, "{\"n\":123456789012345678901234567890}");
	expect(&s, "{\"a\" : 1.50,\"b\":\"\\u00e9\\/\xc2\x9b\"}\n"
		   "{\"n\":123456789012345678901234567890}\n");
}
END_TEST

static void
strip_colors(char *z)
{
	char *to = z;

	for (; *z; z++) {
		if (*z == '\033')
			z = strchr(z, 'm');
		else
			*to++ = *z;
	}
	*to = '\0';
}

START_TEST(colors_only_add_colors)
{
	struct sink s = sink_for(OUTPUT_JSON, OUTPUT_ALWAYS, NULL);
	const char *row = "{\"a\":-1.5e3,\"b\":[true,null,\"x\\\"y\"],"
			  "\"c\": {\"d\":\"\xc3\xa9\"}}";

	put(&s, row);
	output_flush(s.o);
	ssize_t n = pread(s.fd, s.text, sizeof s.text - 1, 0);
	ck_assert_int_gt(n, 0);
	s.text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(s.text, "\033[2m\"a\"\033[0m"));
	ck_assert_ptr_nonnull(strstr(s.text, "\033[36m-1.5e3\033[0m"));
	ck_assert_ptr_nonnull(strstr(s.text, "\033[33mtrue\033[0m"));
	ck_assert_ptr_nonnull(strstr(s.text, "\033[32m\"x\\\"y\"\033[0m"));
	strip_colors(s.text);
	s.text[strlen(s.text) - 1] = '\0';
	ck_assert_str_eq(s.text, row);
	output_free(s.o);
	close(s.fd);
}
END_TEST

START_TEST(colored_json_cannot_command_a_terminal)
{
	struct sink s = sink_for(OUTPUT_JSON, OUTPUT_ALWAYS, NULL);

	put(&s, "[\"\x7f\xc2\x9b\xe2\x80\xae\xff\xc3\xa9\"]");
	expect(&s, "[\033[32m\"\\u007f\\u009b\\u202e\xff\xc3\xa9\"\033[0m]\n");
}
END_TEST

START_TEST(csv_header_is_the_projection)
{
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO,
				 "select a, b.c as 'x,y', d");

	put(&s, "{\"a\":1,\"d\":\"z\"}");
	put(&s, "{\"x,y\":[1,\"q\"]}");
	expect(&s, "a,\"x,y\",d\r\n1,,z\r\n,\"[1,\"\"q\"\"]\",\r\n");
}
END_TEST

START_TEST(csv_without_rows_has_its_header)
{
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO, "select a, b");

	expect(&s, "a,b\r\n");
}
END_TEST

START_TEST(csv_quotes_what_needs_it)
{
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO, NULL);

	put(&s, "{\"plain\":\"a b\",\"quote\":\"say \\\"hi\\\"\","
		"\"line\":\"1\\n2\",\"comma\":\"1,5\",\"empty\":\"\","
		"\"null\":null,\"big\":12345678901234567890123}");
	expect(&s, "plain,quote,line,comma,empty,null,big\r\n"
		   "a b,\"say \"\"hi\"\"\",\"1\n2\",\"1,5\",\"\",,"
		   "12345678901234567890123\r\n");
}
END_TEST

START_TEST(csv_keeps_the_columns_of_the_first_row)
{
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO, "select *");

	put(&s, "{\"a\":1,\"b\":2}");
	put(&s, "{\"b\":3,\"new\":4,\"a\":5,\"a\":6}");
	expect(&s, "a,b\r\n1,2\r\n5,3\r\n");
}
END_TEST

START_TEST(columns_by_prefix_are_known_from_the_rows)
{
	const char *query = "select id, e[^'x.']";
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO, query);

	output_flush(s.o); /* nothing is known yet */
	put(&s, "{\"x.b\":1,\"x.a\":2}");
	put(&s, "{\"id\":7,\"x.a\":3}");
	put(&s, "{}");
	expect(&s, "id,x.b,x.a\r\n,1,2\r\n7,,3\r\n,,\r\n");
	s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, query);
	put(&s, "{\"id\":1}");
	put(&s, "{\"id\":2,\"x.a\":3}");
	expect(&s, "id  x.a\n 1  \n 2    3\n");
}
END_TEST

START_TEST(csv_tells_rows_without_columns_by_empty_fields)
{
	struct sink s = sink_for(OUTPUT_CSV, OUTPUT_AUTO, "select e[^'x']");

	put(&s, "{}");
	output_flush(s.o);
	put(&s, "{}");
	put(&s, "{\"x\":1,\"xy\":2}");
	put(&s, "{}");
	expect(&s, "x,xy\r\n,\r\n,\r\n1,2\r\n,\r\n");
}
END_TEST

START_TEST(table_aligns_numbers_right_and_text_left)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, NULL);

	put(&s, "{\"city\":\"Rio\",\"ms\":7,\"ok\":true}");
	put(&s, "{\"city\":\"S\xc3\xa3o Paulo\",\"ms\":1200,\"ok\":false}");
	expect(&s, "city         ms  ok\n"
		   "Rio           7  true\n"
		   "S\xc3\xa3o Paulo  1200  false\n");
}
END_TEST

START_TEST(table_measures_wide_characters)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, NULL);

	put(&s, "{\"a\":\"\xe6\x97\xa5\xe6\x9c\xac\",\"b\":1}");
	put(&s, "{\"a\":\"abcde\",\"b\":2}");
	expect(&s, "a      b\n\xe6\x97\xa5\xe6\x9c\xac   1\nabcde  2\n");
}
END_TEST

START_TEST(table_shows_control_characters)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, NULL);

	put(&s, "{\"a\":\"\\u001b[2J\\n\\u0000\\u009b\",\"b\":1}");
	expect(&s, "a                    b\n\\x1b[2J\\n\\x00\\u009b  1\n");
}
END_TEST

START_TEST(table_repeats_its_header_for_a_new_column)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, NULL);

	put(&s, "{\"a\":1}");
	output_flush(s.o);
	put(&s, "{\"a\":2,\"b\":\"x\"}");
	put(&s, "{\"b\":\"y\"}");
	expect(&s, "a\n1\n\na  b\n2  x\n   y\n");
}
END_TEST

START_TEST(table_widens_when_a_longer_value_comes)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_AUTO, "select a, b");

	put(&s, "{\"a\":\"x\",\"b\":\"y\"}");
	output_flush(s.o);
	put(&s, "{\"a\":\"longer\",\"b\":\"y\"}");
	put(&s, "{\"a\":\"x\",\"b\":\"y\"}");
	expect(&s, "a  b\nx  y\nlonger  y\nx       y\n");
}
END_TEST

START_TEST(long_text_is_cut_with_an_ellipsis)
{
	struct buf b = BUF_INIT;

	text_init();
	ck_assert_uint_eq(text_put_safe(STR("abcdef"), 6, &b), 6);
	ck_assert_uint_eq(text_put_safe(STR("abcdefg"), 6, &b), 6);
	buf_put_u8(&b, '\0');
	ck_assert_str_eq((char *)b.data, "abcdefabcde…");
	buf_fini(&b);
}
END_TEST

START_TEST(reader_that_left_is_no_error)
{
	struct output *o;
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	close(fd[0]);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(output_new(OUTPUT_JSON, OUTPUT_NEVER, fd[1], NULL,
				    NULL, &o), 0);
	output_flush(o);
	ck_assert(!output_ok(o));
	output_row(o, STR("{}"));
	ck_assert_int_eq(output_end(o), 0);
	output_free(o);
	close(fd[1]);
}
END_TEST

START_TEST(numbers_have_commas)
{
	ck_assert_str_eq(text_number(0).z, "0");
	ck_assert_str_eq(text_number(999).z, "999");
	ck_assert_str_eq(text_number(1204).z, "1,204");
	ck_assert_str_eq(text_number(UINT64_MAX).z,
			 "18,446,744,073,709,551,615");
	ck_assert_str_eq(text_count(1, "row", "rows").z, "1 row");
	ck_assert_str_eq(text_count(0, "row", "rows").z, "0 rows");
}
END_TEST

START_TEST(members_are_given_in_order)
{
	struct str t = STR(" { \"a\" : [1, {\"x\":\"]\"}] ,\"b\\\"\":\"}\"}");
	struct str key, value;
	size_t at = 0;

	ck_assert(json_member_next(t, &at, &key, &value));
	ck_assert(str_eq(key, STR("\"a\"")));
	ck_assert(str_eq(value, STR("[1, {\"x\":\"]\"}]")));
	ck_assert(json_member_next(t, &at, &key, &value));
	ck_assert(str_eq(key, STR("\"b\\\"\"")));
	ck_assert(str_eq(value, STR("\"}\"")));
	ck_assert(!json_member_next(t, &at, &key, &value));
}
END_TEST

START_TEST(elements_have_no_key)
{
	struct str t = STR("[-1.5, null ,\"x\",[],{}]"), key, value;
	const char *want[] = { "-1.5", "null", "\"x\"", "[]", "{}" };
	size_t at = 0;

	for (size_t i = 0; i < 5; i++) {
		ck_assert(json_member_next(t, &at, &key, &value));
		ck_assert_ptr_null(key.ptr);
		ck_assert(str_eq(value, str_of(want[i])));
	}
	ck_assert(!json_member_next(t, &at, &key, &value));
	at = 0;
	ck_assert(!json_member_next(STR("[ ]"), &at, &key, &value));
}
END_TEST

START_TEST(broken_text_ends_the_members)
{
	const char *broken[] = { "", " ", "{", "[", "{\"a", "{\"a\"",
				 "{\"a\":", "[1,", "[\"\\", "[[[", "x" };
	struct str key, value;

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		char *exact = malloc(strlen(broken[i]) + 1);
		struct str t = { exact, strlen(broken[i]) };
		size_t at = 0, n = 0;

		memcpy(exact, broken[i], t.len);
		while (json_member_next(t, &at, &key, &value) && n < 10)
			n++;
		ck_assert_uint_lt(n, 10);
		free(exact);
	}
}
END_TEST

/* --- running totals and windows --------------------------------------------- */

static const struct output_window window = {
	.start = 1700000000000, .end = 1700000010000, .events = 3,
	.agents = 2, .live = 2,
};

START_TEST(each_window_has_a_table_and_a_title)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_NEVER,
				 "select a, count(*) as n group by a "
				 "window 10s");

	put(&s, "{\"a\":\"x\",\"n\":2}");
	output_close(s.o, &window);
	put(&s, "{\"a\":\"x\",\"n\":3}");
	output_close(s.o, &window);
	expect(&s, "2023-11-14 22:13:20 UTC, 10s: 3 events; 2 agents live\n"
		   "a  n\nx  2\n"
		   "\n2023-11-14 22:13:20 UTC, 10s: 3 events; 2 agents live\n"
		   "a  n\nx  3\n");
}
END_TEST

START_TEST(a_title_says_how_many_agents_have_told_all_of_a_window)
{
	struct sink s = sink_for(OUTPUT_TABLE, OUTPUT_NEVER,
				 "select count(*) as n window 10s");
	struct output_window part = window;

	part.live = 3;
	put(&s, "{\"n\":3}");
	output_close(s.o, &part);
	expect(&s, "2023-11-14 22:13:20 UTC, 10s: 3 events; 2 of 3 agents\n"
		   "n\n3\n");
}
END_TEST

/* A terminal of so many lines: what goes into it, *seen reads. */
static int
terminal(unsigned short lines, int *seen)
{
	const struct winsize size = { .ws_row = lines, .ws_col = 80 };
	struct termios raw;

	*seen = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(*seen, 0);
	ck_assert_int_eq(grantpt(*seen) | unlockpt(*seen), 0);
	int fd = open(ptsname(*seen), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, TIOCSWINSZ, &size), 0);
	ck_assert_int_eq(tcgetattr(fd, &raw), 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(fd, TCSANOW, &raw), 0);
	return fd;
}

/* Give a total of two rows, then the second one anew. */
static void
expect_total(const char *query, unsigned short lines, const char *want)
{
	struct mql_query *q;
	struct output *o;
	char text[1024];
	int seen, fd = terminal(lines, &seen);
	size_t n = 0;

	setenv("TERM", "xterm", 1);
	text_init();
	ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	ck_assert(output_can_update(fd, q));
	ck_assert_int_eq(output_new(OUTPUT_TABLE, OUTPUT_NEVER, fd, q, NULL,
				    &o), 0);
	ck_assert_int_eq(output_update(o, q), 0);
	mql_query_free(q);
	output_row(o, str_of("{\"a\":10,\"n\":2}"));
	output_row(o, str_of("{\"a\":9,\"n\":1}"));
	output_close(o, &window);
	output_flush(o);
	output_row(o, str_of("{\"a\":9,\"n\":3}"));
	output_close(o, &window);
	ck_assert_int_eq(output_end(o), 0);
	while (n < strlen(want)) {
		ssize_t got = read(seen, text + n, sizeof text - 1 - n);
		ck_assert_int_gt(got, 0);
		n += (size_t)got;
	}
	text[n] = '\0';
	ck_assert_str_eq(text, want);
	output_free(o);
	close(fd);
	close(seen);
}

START_TEST(a_running_total_is_updated_in_place_by_its_groups)
{
	expect_total("select a, count(*) as n group by a", 24,
		     " a  n\n 9  1\n10  2\n"
		     "\033[3A\r\033[J"
		     " a  n\n 9  3\n10  2\n");
}
END_TEST

START_TEST(a_ranking_is_replaced_as_a_whole)
{
	expect_total("select a, count(*) as n group by a order by n", 24,
		     " a  n\n10  2\n 9  1\n"
		     "\033[3A\r\033[J"
		     "a  n\n9  3\n");
}
END_TEST

START_TEST(a_group_that_having_drops_leaves_the_table)
{
	expect_total("select a, count(*) as n group by a having n > 0", 24,
		     " a  n\n10  2\n 9  1\n"
		     "\033[3A\r\033[J"
		     "a  n\n9  3\n");
}
END_TEST

START_TEST(a_total_that_does_not_fit_is_a_table_like_others)
{
	expect_total("select a, count(*) as n group by a", 4,
		     " a  n\n 9  1\n10  2\n 9  3\n");
}
END_TEST

START_TEST(only_totals_that_show_their_groups_are_updated)
{
	static const char *const query[] = {
		"select count(*) as n group by a", "select a",
		"select a, count(*) group by a window 10s",
		"select * group by a",
	};
	int seen, fd = terminal(24, &seen);

	setenv("TERM", "xterm", 1);
	for (size_t i = 0; i < sizeof query / sizeof *query; i++) {
		struct mql_query *q;
		ck_assert_int_eq(mql_query_compile(query[i], &q, NULL), 0);
		ck_assert_msg(!output_can_update(fd, q), "%s", query[i]);
		mql_query_free(q);
	}
	close(fd);
	close(seen);
}
END_TEST

TEST_MAIN(output, a_group_that_having_drops_leaves_the_table,
	  columns_by_prefix_are_known_from_the_rows,
	  csv_tells_rows_without_columns_by_empty_fields,
	  each_window_has_a_table_and_a_title,
	  a_title_says_how_many_agents_have_told_all_of_a_window,
	  a_running_total_is_updated_in_place_by_its_groups,
	  a_ranking_is_replaced_as_a_whole,
	  a_total_that_does_not_fit_is_a_table_like_others,
	  only_totals_that_show_their_groups_are_updated,
	  json_is_byte_for_byte, colors_only_add_colors,
	  colored_json_cannot_command_a_terminal, csv_header_is_the_projection,
	  csv_without_rows_has_its_header,
	  csv_quotes_what_needs_it, csv_keeps_the_columns_of_the_first_row,
	  table_aligns_numbers_right_and_text_left,
	  table_measures_wide_characters, table_shows_control_characters,
	  table_repeats_its_header_for_a_new_column,
	  table_widens_when_a_longer_value_comes,
	  long_text_is_cut_with_an_ellipsis, reader_that_left_is_no_error,
	  numbers_have_commas, members_are_given_in_order,
	  elements_have_no_key, broken_text_ends_the_members)
