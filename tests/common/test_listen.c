/* test_listen.c - listening sockets of HTTP doors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/listen.h"
#include "mql/error.h"
#include "tests/check_main.h"

START_TEST(listen_takes_a_free_port_and_names_it)
{
	char name[64], again[64];
	int fd, other;

	ck_assert_int_eq(listen_open("127.0.0.1:0", 5, &fd, name,
				     sizeof name), 0);
	ck_assert(!strncmp(name, "127.0.0.1:", 10));
	ck_assert_str_ne(name, "127.0.0.1:0");
	ck_assert_int_eq(listen_open(name, 5, &other, again, sizeof again),
			 MQL_EINUSE);
	close(fd);
}
END_TEST

START_TEST(listen_refuses_what_is_no_address)
{
	static const char *const bad[] = {
		"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
		"127.0.0.1:99999999", "[::1:80", "256.0.0.1:0",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char name[64];
		int fd;
		ck_assert_msg(listen_open(bad[i], 5, &fd, name, sizeof name) ==
			      MQL_EADDRESS, "%s", bad[i]);
	}
}
END_TEST

TEST_MAIN(listen, listen_takes_a_free_port_and_names_it,
	  listen_refuses_what_is_no_address)
