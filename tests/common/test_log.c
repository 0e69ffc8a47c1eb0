/* test_log.c - one line for one thing worth telling. */
#include "common/log.h"

#include <string.h>

#include "tests/check_main.h"
#include "tests/common/capture.h"

START_TEST(log_line_says_who_and_how_bad)
{
	struct capture c;

	log_init("prog", LOG_DEBUG);
	capture_start(&c, STDERR_FILENO);
	log_error("a %d", 1);
	log_warn("b %s", "two");
	log_info("c");
	log_debug("d");
	ck_assert_str_eq(capture_stop(&c), "prog: error: a 1\n"
			 "prog: warning: b two\nprog: c\nprog: debug: d\n");
}
END_TEST

START_TEST(log_keeps_quiet_above_its_level)
{
	struct capture c;

	log_init("prog", LOG_WARN);
	capture_start(&c, STDERR_FILENO);
	log_info("no");
	log_debug("no");
	log_warn("yes");
	ck_assert_str_eq(capture_stop(&c), "prog: warning: yes\n");
}
END_TEST

START_TEST(log_line_stays_one_line)
{
	struct capture c;

	log_init("prog", LOG_INFO);
	capture_start(&c, STDERR_FILENO);
	log_info("%s", "a\nprog: error: forged\x1b[2J\t.");
	ck_assert_str_eq(capture_stop(&c),
			 "prog: a?prog: error: forged?[2J?.\n");
}
END_TEST

START_TEST(log_line_is_bounded)
{
	struct capture c;
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_init("prog", LOG_INFO);
	capture_start(&c, STDERR_FILENO);
	log_info("%s", text);
	log_info("next");
	const char *out = capture_stop(&c);
	ck_assert_uint_lt(strlen(out), 1100);
	ck_assert_ptr_nonnull(strstr(out, "xxx\nprog: next\n"));
}
END_TEST

START_TEST(log_as_json_is_one_object_a_line)
{
	struct capture c;

	log_init("prog", LOG_INFO);
	log_set(LOG_WARN, LOG_JSON);
	capture_start(&c, STDERR_FILENO);
	log_info("no");
	log_warn("%s", "a \"b\" c:\\d\n\xc3\xa4 \xff\xc3");
	const char *out = capture_stop(&c);
	ck_assert_ptr_eq(strstr(out, "{\"at\":\"20"), out);
	ck_assert_ptr_nonnull(strstr(out, "Z\",\"level\":\"warning\","
				     "\"name\":\"prog\",\"pid\":"));
	ck_assert_ptr_nonnull(strstr(out, ",\"text\":\"a \\\"b\\\" c:\\\\d?"
				     "\xc3\xa4 ??\"}\n"));
	ck_assert_ptr_eq(strchr(out, '\n'), strrchr(out, '\n'));
}
END_TEST

START_TEST(log_as_json_is_bounded_and_whole)
{
	struct capture c;
	char text[5000];

	memset(text, '"', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_init("prog", LOG_INFO);
	log_set(LOG_INFO, LOG_JSON);
	capture_start(&c, STDERR_FILENO);
	log_info("%s", text);
	const char *out = capture_stop(&c);
	ck_assert_uint_lt(strlen(out), 2400);
	ck_assert_str_eq(out + strlen(out) - 5, "\\\"\"}\n");
}
END_TEST

/* Ten of a second, and what is left out is told. */
START_TEST(log_lines_that_others_provoke_are_few)
{
	struct capture c;
	unsigned said = 0;

	log_init("prog", LOG_INFO);
	for (unsigned i = 0; i < 100000 && said != 2; i++) {
		capture_start(&c, STDERR_FILENO);
		for (int n = 0; n < 1000; n++)
			log_rarely(LOG_WARN, "again");
		const char *out = capture_stop(&c);
		/* Not more than those of two seconds that meet here. */
		ck_assert_uint_le(strlen(out), 22 * 60);
		said = strstr(out, "lines like the next were left out") ? 2 : 1;
	}
	ck_assert_uint_eq(said, 2);
}
END_TEST

TEST_MAIN(log, log_as_json_is_one_object_a_line,
	  log_as_json_is_bounded_and_whole,
	  log_lines_that_others_provoke_are_few, log_line_says_who_and_how_bad,
	  log_keeps_quiet_above_its_level,
	  log_line_stays_one_line, log_line_is_bounded)
