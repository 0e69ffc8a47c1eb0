/* test_key.c - keys of rows, by expression and by group. */
#include "sink/kafka/key.h"

#include "tests/check_main.h"

static void
assert_key(struct key *k, const char *row, const char *want)
{
	struct str key;

	ck_assert_int_eq(key_make(k, str_of(row), &key), 0);
	if (!want) {
		ck_assert_ptr_null(key.ptr);
		return;
	}
	ck_assert_msg(key.ptr && str_eq(key, str_of(want)),
		      "'%.*s' for '%s' of %s", (int)key.len,
		      key.ptr ? key.ptr : "", want, row);
}

START_TEST(key_is_an_expression_of_the_row)
{
	static const struct {
		const char *expr, *row, *key;
	} given[] = {
		{ "id", "{\"id\":\"a\"}", "a" },
		{ "id", "{\"id\":\"\"}", "" },
		{ "id", "{\"id\":\"a\\\"\\u00e9\"}", "a\"\xc3\xa9" },
		{ "id", "{\"id\":12345678901234567890}",
		  "12345678901234567890" },
		{ "id", "{\"id\":true}", "true" },
		{ "id", "{\"id\":{\"a\": [1]}}", "{\"a\": [1]}" },
		{ "id", "{\"id\":null}", NULL },
		{ "id", "{}", NULL },
		{ "id", "{\"\\u0069d\":1,\"id\":2}", "1" },
		{ "id", "{\"a\":1,\"\\u0069d\":3}", "3" },
		{ "id", "{\"id\":null,\"id\":2}", NULL },
		{ "id", "{\"x\":{\"id\":1}}", NULL },
		{ "True", "{\"True\":1}", "true" },
		{ "id", " {\"id\":4}", "4" },
		{ "u.id", "{\"u\":{\"id\":7}}", "7" },
		{ "a, b", "{}", "" },
		{ "upper(id)", "{\"id\":\"ab\"}", "AB" },
		{ "n % 4", "{\"n\":7}", "3" },
		{ "e['count(*)']", "{\"count(*)\":2}", "2" },
	};

	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		struct mql_diag d;
		struct key *k;
		int err = key_new(given[i].expr, &k, &d);
		if (!strcmp(given[i].expr, "a, b")) {
			ck_assert_int_eq(err, MQL_ESYNTAX);
			continue;
		}
		ck_assert_msg(!err, "%s", d.text);
		assert_key(k, given[i].row, given[i].key);
		if (strcmp(given[i].expr, "True"))
			assert_key(k, "{}", NULL);
		key_free(k);
	}
}
END_TEST

START_TEST(what_is_no_row_has_no_key)
{
	static const char *const rows[] = {
		"", "{", "{\"id\"", "{\"id\":", "{\"id\":\"a", "[\"id\"]",
		"{\"id\":\"\\u1\"}", "7", "{\"ad\":1}}", " ",
		"{\"ad\":1,}", "{\"a\":x,\"id\":1}",
	};
	struct mql_diag d;
	struct key *k;

	ck_assert_int_eq(key_new("id", &k, &d), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str key;
		ck_assert_int_eq(key_make(k, str_of(rows[i]), &key),
				 MQL_EBADEVENT);
		ck_assert_ptr_null(key.ptr);
	}
	key_free(k);
}
END_TEST

START_TEST(a_wrong_key_is_told_at_its_place)
{
	struct mql_diag d;
	struct key *k;

	ck_assert_int_eq(key_new("id ==", &k, &d), MQL_ESYNTAX);
	ck_assert_ptr_null(k);
	ck_assert_int_eq(key_new("nope(id)", &k, &d), MQL_ESYNTAX);
	ck_assert_int_eq(d.col, 1);
	ck_assert_int_eq(d.beg, 0);
	ck_assert_int_eq(key_new("count(*)", &k, &d), MQL_ETYPE);
	ck_assert_ptr_null(k);
	ck_assert_int_eq(key_new("a) as k where (b", &k, &d), MQL_ESYNTAX);
}
END_TEST

static struct key *
grouped(const char *query)
{
	struct mql_query *q;
	struct key *k;

	ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	ck_assert_int_eq(key_of_groups(q, "the name", &k), 0);
	mql_query_free(q);
	return k;
}

START_TEST(key_of_groups_is_what_a_query_groups_by)
{
	struct key *k = grouped("select count(*), node group by node");

	assert_key(k, "{\"count(*)\":1,\"node\":\"a\"}", "a");
	assert_key(k, "{\"count(*)\":1}", "null");
	key_free(k);
	k = grouped("select bucket(ms, 10) as 'it''s', count(*) "
		    "group by bucket(ms, 10)");
	assert_key(k, "{\"it's\":20,\"count(*)\":1}", "20");
	key_free(k);
	k = grouped("select a.b, c as x, d, count(*) group by a.b, c, d");
	assert_key(k, "{\"a.b\":\"q\\\"\",\"x\":2,\"d\":true}",
		   "[\"q\\\"\",2,true]");
	assert_key(k, "{\"x\":2}", "[null,2,null]");
	assert_key(k, "{\"d\":2}", "[null,null,2]");
	assert_key(k, "{}", "[null,null,null]");
	key_free(k);
	k = grouped("select count(*)");
	assert_key(k, "{\"count(*)\":1}", "the name");
	key_free(k);
}
END_TEST

START_TEST(groups_that_are_not_shown_make_no_key)
{
	struct mql_query *q;
	struct key *k;

	ck_assert_int_eq(mql_query_compile("select a, count(*) group by a, b",
					   &q, NULL), 0);
	ck_assert_int_eq(key_of_groups(q, "", &k), MQL_EUNSUP);
	ck_assert_ptr_null(k);
	mql_query_free(q);
}
END_TEST

TEST_MAIN(key, key_is_an_expression_of_the_row, what_is_no_row_has_no_key,
	  a_wrong_key_is_told_at_its_place,
	  key_of_groups_is_what_a_query_groups_by,
	  groups_that_are_not_shown_make_no_key)
