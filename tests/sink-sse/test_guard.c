/* test_guard.c - names, forms. */
#include <stdlib.h>

#include "sink/sse/server.h"
#include "tests/check_main.h"

START_TEST(guard_takes_addresses_and_names_that_were_given)
{
	const char *names[] = { "tail.example" };
	struct config c = { .host = { names, 1 } };
	static const char *const good[] = {
		"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:7480",
		"10.1.2.3:1", "[::1]", "[::1]:7480", "tail.example",
		"Tail.Example:443",
	};
	static const char *const bad[] = {
		"", ":80", "evil.example", "tail.example.evil",
		"localhost.evil", "127.0.0.1.evil", "x127.0.0.1", "example",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(guard_host(&c, good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!guard_host(&c, bad[i]), "%s", bad[i]);
}
END_TEST

static void
collect(void *arg, struct str name, struct str value)
{
	buf_printf(arg, "[%.*s|%.*s]", (int)name.len, name.ptr,
		   (int)value.len, value.ptr);
}

START_TEST(form_is_undone_whatever_it_holds)
{
	static const struct {
		const char *form, *says;
	} cases[] = {
		{ "", "" },
		{ "q=a", "[q|a]" },
		{ "q=a+b%20c&limit=5", "[q|a b c][limit|5]" },
		{ "q=%3D%3d%26&&x", "[q|==&][|][x|]" },
		{ "q=%", "[q|%]" },
		{ "q=%4", "[q|%4]" },
		{ "q=%zz%41", "[q|%zzA]" },
		{ "=&=", "[|][|]" },
		{ "a=b=c", "[a|b=c]" },
		{ "%71=1", "[q|1]" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf form = BUF_INIT, out = BUF_INIT;

		buf_puts(&form, cases[i].form);
		params_form(&form, collect, &out);
		buf_put_u8(&out, 0);
		ck_assert_str_eq((char *)out.data, cases[i].says);
		buf_fini(&form);
		buf_fini(&out);
	}
}
END_TEST

TEST_MAIN(guard, guard_takes_addresses_and_names_that_were_given,
	  form_is_undone_whatever_it_holds)
