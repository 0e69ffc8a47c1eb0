/* test_client_saved.c - the text of a saved query out of an answer. */
#include "client/saved.h"

#include <stdlib.h>

#include "mql/error.h"
#include "tests/check_main.h"

static const char list[] =
	"[{\"name\":\"a\",\"query\":\"select 1\",\"by\":\"x\"},"
	" {\"query\":\"select '\\u00e9\\n\\\"'\",\"name\":\"b\"},"
	" {\"name\":\"a\",\"query\":\"another\"},"
	" {\"name\":\"c\"}, {\"name\":7,\"query\":\"x\"}, 3, []]";

START_TEST(it_is_found_by_its_name)
{
	static const struct {
		const char *name, *text;
	} given[] = {
		{ "a", "select 1" }, { "b", "select '\xc3\xa9\n\"'" },
		{ "c", NULL }, { "d", NULL }, { "", NULL }, { "7", NULL },
	};

	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		char *text;
		ck_assert_int_eq(client_saved_text(str_of(list),
						   given[i].name, &text), 0);
		if (given[i].text)
			ck_assert_str_eq(text, given[i].text);
		else
			ck_assert_ptr_null(text);
		free(text);
	}
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const no[] = {
		"", "{}", "[", "{\"error\":\"no\"}", "[{\"name\":\"a\"",
		"[{\"name\":\"a\",\"query\":}]", "7",
	};

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		char *text;
		ck_assert_int_eq(client_saved_text(str_of(no[i]), "a", &text),
				 MQL_EBADFRAME);
		ck_assert_ptr_null(text);
	}
}
END_TEST

TEST_MAIN(client_saved, it_is_found_by_its_name, what_is_no_list_is_refused)
