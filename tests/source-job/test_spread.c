/* By what the rows of a shared subscription are spread. */
#include "tests/check_main.h"

#include "common/str.h"
#include "mql/error.h"
#include "source-job/spread.h"

/* NULL: there is nothing to spread by. */
static struct spread *
open_spread(const char *query, const char *key)
{
	struct mql_query *q;
	struct mql_diag diag = { 0 };
	struct spread *sp;

	ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	ck_assert_msg(!spread_open(q, str_of(key), &sp, &diag), "%s",
		      diag.text);
	mql_query_free(q);
	return sp;
}

static uint64_t
of(struct spread *sp, const char *row)
{
	return spread_of(sp, str_of(row));
}

START_TEST(rows_of_one_key_are_one)
{
	struct spread *sp = open_spread("select *", "user.id, lower(x)");

	ck_assert_str_eq(spread_text(sp), "user.id, lower(x)");
	ck_assert(of(sp, "{\"n\":1,\"user\":{\"id\":7},\"x\":\"A\"}") ==
		  of(sp, "{\"x\":\"a\",\"user\":{\"id\":7},\"n\":2}"));
	ck_assert(of(sp, "{\"user\":{\"id\":7},\"x\":\"a\"}") !=
		  of(sp, "{\"user\":{\"id\":8},\"x\":\"a\"}"));
	ck_assert(of(sp, "{}") == of(sp, "{\"n\":1}"));
	ck_assert(of(sp, "no row") == of(sp, "no row either"));
	spread_free(sp);
}
END_TEST

START_TEST(a_query_with_groups_is_spread_by_them)
{
	struct spread *sp = open_spread("select count(*) as n, a.b, k as key "
					"group by a.b, k", "");

	ck_assert_ptr_nonnull(sp);
	ck_assert(of(sp, "{\"n\":1,\"a.b\":1,\"key\":2}") ==
		  of(sp, "{\"n\":9,\"a.b\":1,\"key\":2}"));
	ck_assert(of(sp, "{\"n\":1,\"a.b\":1,\"key\":2}") !=
		  of(sp, "{\"n\":1,\"a.b\":2,\"key\":2}"));
	ck_assert(of(sp, "{\"n\":1,\"a.b\":1,\"key\":2}") !=
		  of(sp, "{\"n\":1,\"a.b\":1,\"key\":3}"));
	spread_free(sp);
}
END_TEST

START_TEST(without_groups_in_the_rows_there_is_no_key)
{
	ck_assert_ptr_null(open_spread("select a, b", ""));
	ck_assert_ptr_null(open_spread("select count(*)", ""));
	ck_assert_ptr_null(open_spread("select count(*) group by k", ""));
}
END_TEST

START_TEST(a_key_is_of_the_row_alone)
{
	static const struct {
		const char *key;
		int         err;
	} bad[] = {
		{ "k +", MQL_ESYNTAX },
		{ "count(*)", MQL_EUNSUP },
		{ "k limit 1", MQL_EUNSUP },
		{ "k sample 10%", MQL_EUNSUP },
		{ "k group by k", MQL_EUNSUP },
	};
	struct mql_diag diag;
	struct mql_query *q;
	struct spread *sp;

	ck_assert_int_eq(mql_query_compile("select *", &q, NULL), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		diag = (struct mql_diag){ 0 };
		ck_assert_msg(spread_open(q, str_of(bad[i].key), &sp, &diag) ==
			      bad[i].err, "%s", bad[i].key);
		ck_assert_ptr_null(sp);
		ck_assert_str_ne(diag.text, "");
	}
	mql_query_free(q);
}
END_TEST

TEST_MAIN(spread, rows_of_one_key_are_one,
	  a_query_with_groups_is_spread_by_them,
	  without_groups_in_the_rows_there_is_no_key,
	  a_key_is_of_the_row_alone)
