/* check_main.h - the main() of every unit test program.
 *
 *     TEST_MAIN(buf, buf_error_is_sticky, buf_detach_gives_all_bytes)
 *
 * names a suite and its START_TEST functions. Check runs each in a process of
 * its own; CK_FORK=no in the environment keeps one for a debugger. */
#ifndef TESTS_CHECK_MAIN_H
#define TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

#define TEST_MAIN(name, ...)                                             \
	int main(void)                                                   \
	{                                                                \
		/* A busy machine's speed is no matter of a test. */     \
		setenv("MQL_AGENT_BUDGET", "off", 0);                  \
		setenv("MQL_AGENT_STATE_DIR", "off", 0);               \
		const TTest *const tests[] = { __VA_ARGS__ };            \
		Suite *s = suite_create(#name);                          \
		TCase *tc = tcase_create(#name);                         \
		size_t n = sizeof tests / sizeof tests[0];               \
		for (size_t i = 0; i < n; i++)                           \
			tcase_add_test(tc, tests[i]);                    \
		tcase_set_timeout(tc, 120);                              \
		suite_add_tcase(s, tc);                                  \
		SRunner *r = srunner_create(s);                          \
		srunner_run_all(r, CK_ENV);                              \
		int failed = srunner_ntests_failed(r);                   \
		srunner_free(r);                                         \
		return failed != 0;                                      \
	}

#endif
