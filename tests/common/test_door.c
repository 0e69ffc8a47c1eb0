/* test_door.c - tokens and where they are read from. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/door.h"
#include "common/scratch.h"
#include "common/str.h"
#include "mql/error.h"
#include "tests/check_main.h"

START_TEST(door_compares_whole_tokens)
{
	ck_assert(door_same("secret", "secret"));
	ck_assert(!door_same("secret", "secre"));
	ck_assert(!door_same("secret", "secrets"));
	ck_assert(!door_same("secret", "secretsecret"));
	ck_assert(!door_same("secret", ""));
	ck_assert(!door_same("secret", "Secret"));
	ck_assert(!door_same("secret", "\xff\xff\xff\xff\xff\xff"));
}
END_TEST

START_TEST(door_lets_in_who_bears_the_token)
{
	char token[] = "secret";
	const struct door open = { 0 }, closed = { .token = token };

	ck_assert(door_lets_in(&open, NULL));
	ck_assert(door_lets_in(&closed, "Bearer secret"));
	ck_assert(door_lets_in(&closed, "bearer secret"));
	ck_assert(!door_lets_in(&closed, NULL));
	ck_assert(!door_lets_in(&closed, "secret"));
	ck_assert(!door_lets_in(&closed, "Basic secret"));
	ck_assert(!door_lets_in(&closed, "Bearer "));
}
END_TEST

START_TEST(door_reads_its_files_and_says_which_is_wrong)
{
	char path[SCRATCH_PATH], why[200] = "";
	struct door_files files = { .token = path };
	int fd = scratch_file(path, "door");
	struct door d;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(door_open(&d, &files, why, sizeof why),
			 MQL_EINVAL);
	ck_assert(strstr(why, "nothing in it"));
	ck_assert_int_eq((int)write(fd, "secret \n\n", 9), 9);
	ck_assert_int_eq(door_open(&d, &files, why, sizeof why), 0);
	ck_assert_str_eq(d.token, "secret");
	ck_assert_ptr_null(d.cert);
	door_close(&d);
	files.cert = "/";
	ck_assert_int_eq(door_open(&d, &files, why, sizeof why), MQL_EINVAL);
	ck_assert(strstr(why, "irectory"));
	files.cert = "/nowhere";
	ck_assert_int_eq(door_open(&d, &files, why, sizeof why), MQL_EINVAL);
	ck_assert(strstr(why, "/nowhere"));
	ck_assert_ptr_null(d.token);
	close(fd);
	unlink(path);
}
END_TEST

/* Or else nothing would be a token. */
START_TEST(door_takes_no_token_that_is_not_one_line_of_text)
{
	const struct { struct str bytes; const char *why; } bad[] = {
		{ STR("\0secret"), "no text" },
		{ STR("sec\0ret"), "no text" },
		{ STR("\n \n"), "nothing in it" },
		{ STR("one\ntwo"), "one line" },
		{ STR("gr\xc3\xbc\xc3\x9f"), "one line" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char path[SCRATCH_PATH], why[200] = "";
		struct door_files files = { .token = path };
		int fd = scratch_file(path, "door");
		struct door d;

		ck_assert_int_eq(write(fd, bad[i].bytes.ptr, bad[i].bytes.len),
				 (ssize_t)bad[i].bytes.len);
		ck_assert_int_eq(door_open(&d, &files, why, sizeof why),
				 MQL_EINVAL);
		ck_assert_msg(strstr(why, bad[i].why), "%s", why);
		ck_assert_ptr_null(d.token);
		close(fd);
		unlink(path);
	}
}
END_TEST

START_TEST(door_is_safe_on_loopback_or_with_all_three)
{
	const struct door_files none = { 0 }, token = { .token = "t" },
		tls = { .cert = "c", .key = "k" }, all = { "t", "c", "k" };

	ck_assert(door_is_safe("127.0.0.1:1", &none));
	ck_assert(!door_is_safe("0.0.0.0:1", &none));
	ck_assert(!door_is_safe("0.0.0.0:1", &token));
	ck_assert(!door_is_safe("0.0.0.0:1", &tls));
	ck_assert(door_is_safe("0.0.0.0:1", &all));
}
END_TEST

TEST_MAIN(door, door_compares_whole_tokens, door_lets_in_who_bears_the_token,
	  door_reads_its_files_and_says_which_is_wrong,
	  door_takes_no_token_that_is_not_one_line_of_text,
	  door_is_safe_on_loopback_or_with_all_three)
