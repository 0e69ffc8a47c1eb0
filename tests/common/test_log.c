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

TEST_MAIN(log, log_line_says_who_and_how_bad, log_keeps_quiet_above_its_level,
	  log_line_stays_one_line, log_line_is_bounded)
