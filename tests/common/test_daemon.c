/* test_daemon.c - what a daemon is told at its start, and what it says. */
#include "common/daemon.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/common/capture.h"

static struct door_files files;
static struct daemon_config common;
static struct capture heard; /* on standard error by the last call */

/* Runs call, whose value is then in err. */
#define HEAR(err, call)                                                     \
	do {                                                                \
		capture_start(&heard, STDERR_FILENO);                       \
		(err) = (call);                                             \
		capture_stop(&heard);                                       \
	} while (0)

static int
parse(const char *a, const char *b, bool *done)
{
	static const struct option_usage usage = { .prog = "d" };
	const struct option table[] = {
		DAEMON_OPTIONS(&common),
		DAEMON_HTTP_OPTIONS(&files),
		{ 0 },
	};
	static char prog[] = "d", first[64], second[64]; /* values are there */
	char *argv[] = { prog, first, second, NULL };
	int err;

	snprintf(first, sizeof first, "%s", a);
	snprintf(second, sizeof second, "%s", b ? b : "");
	files = (struct door_files){ 0 };
	HEAR(err, daemon_options(&usage, table, b ? 3 : 2, argv, done));
	return err;
}

START_TEST(a_daemon_takes_its_level_and_the_files_of_its_door)
{
	bool done;

	ck_assert_int_eq(parse("--token-file=t", "--log-level=warn", &done), 0);
	ck_assert(!done);
	ck_assert_str_eq(files.token, "t");
	ck_assert_ptr_null(files.cert);
	ck_assert_int_eq(common.log_level, LOG_WARN);
	ck_assert_int_eq(parse("--tls-cert=c", "--tls-key=k", &done), 0);
	ck_assert_str_eq(files.cert, "c");
	ck_assert_str_eq(files.key, "k");
	ck_assert_int_eq(common.log_level, LOG_INFO);
}
END_TEST

START_TEST(a_daemon_takes_nothing_but_options)
{
	bool done;

	ck_assert_int_eq(parse("--log-level=warn", "word", &done), MQL_EINVAL);
	ck_assert(strstr(heard.text, "'word' is not an option; try --help"));
	ck_assert_int_eq(parse("--no-such", NULL, &done), MQL_EINVAL);
	ck_assert_int_eq(parse("--version", "word", &done), 0);
	ck_assert(done);
}
END_TEST

START_TEST(a_refusal_names_the_option)
{
	int err;

	HEAR(err, daemon_refuse("queue", "is at least 64K"));
	ck_assert_int_eq(err, MQL_EINVAL);
	ck_assert(strstr(heard.text, "--queue is at least 64K\n"));
}
END_TEST

static int
check(const char *address, const char *token, const char *cert,
      const char *key, bool insecure)
{
	const struct door_files f = { token, cert, key };
	int err;

	HEAR(err, daemon_check_door("http", address, &f, insecure));
	return err;
}

START_TEST(a_door_is_shut_to_others_without_tls_and_a_token)
{
	ck_assert_int_eq(check("127.0.0.1:1", NULL, NULL, NULL, false), 0);
	ck_assert_int_eq(check("off", NULL, NULL, NULL, false), 0);
	ck_assert_int_eq(check("0.0.0.0:1", NULL, NULL, NULL, true), 0);
	ck_assert_int_eq(check("0.0.0.0:1", "t", "c", "k", false), 0);
	ck_assert_int_eq(check("0.0.0.0:1", "t", NULL, NULL, false),
			 MQL_EINVAL);
	ck_assert(strstr(heard.text, "--http 0.0.0.0:1 can be reached from "
			 "other machines: give --tls-cert, --tls-key and "
			 "--token-file, or say --insecure\n"));
}
END_TEST

START_TEST(a_certificate_goes_with_its_key)
{
	ck_assert_int_eq(check("127.0.0.1:1", NULL, "c", NULL, true),
			 MQL_EINVAL);
	ck_assert(strstr(heard.text, "--tls-cert and --tls-key go together\n"));
	ck_assert_int_eq(check("127.0.0.1:1", NULL, NULL, "k", true),
			 MQL_EINVAL);
}
END_TEST

TEST_MAIN(daemon, a_daemon_takes_its_level_and_the_files_of_its_door,
	  a_daemon_takes_nothing_but_options, a_refusal_names_the_option,
	  a_door_is_shut_to_others_without_tls_and_a_token,
	  a_certificate_goes_with_its_key)
