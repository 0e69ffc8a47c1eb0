/* The saved queries as text, and what is no such text. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "source-job/saved.h"

static struct saved all;

static void
forget(void)
{
	for (size_t i = 0; i < all.n; i++)
		saved_query_free(all.query[i]);
	all = (struct saved){ 0 };
}

START_TEST(saved_queries_come_back_as_they_were)
{
	const char *query = "select 'a\"\\u00e9\n' -- \xc3\xa9";
	struct buf b = BUF_INIT;

	all.query[all.n++] = saved_query_new(STR("one"), str_of(query),
					 STR("ann"), 17);
	all.query[all.n++] = saved_query_new(STR("two"), STR("select *"),
					 STR(""), 18);
	strcpy(all.name, "two");
	all.plus = saved_query_new(STR("three"), STR("select x"), STR("bob"),
				 1795280000000);
	saved_encode(&all, &b);
	ck_assert_int_eq(b.err, 0);
	saved_query_free(all.plus);
	forget();
	ck_assert_int_eq(saved_decode(&all, (struct str){ (char *)b.data,
							b.len }), 0);
	ck_assert_uint_eq(all.n, 2);
	ck_assert_str_eq(all.query[0]->name, "one");
	ck_assert_str_eq(all.query[0]->text, query);
	ck_assert_str_eq(all.query[0]->by, "ann");
	ck_assert_str_eq(all.query[1]->name, "three");
	ck_assert_int_eq(all.query[1]->since, 1795280000000);
	buf_fini(&b);
	forget();
}
END_TEST

START_TEST(what_is_no_text_of_ours_is_refused)
{
	static const char *const bad[] = {
		"{", "[]", "null", "{\"saved\":[]}", "{\"version\":1}",
		"{\"version\":2,\"saved\":[]}",
		"{\"version\":1,\"saved\":[1]}",
		"{\"version\":1,\"saved\":[{\"name\":\"a\"}]}",
		"{\"version\":1,\"saved\":"
		"[{\"name\":\"a b\",\"query\":\"x\"}]}",
		"{\"version\":1,\"saved\":[{\"name\":\"\",\"query\":\"x\"}]}",
		"{\"version\":1,\"saved\":[{\"name\":\"a\",\"query\":\"x\"},"
		"{\"name\":\"a\",\"query\":\"y\"}]}",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(saved_decode(&all, str_of(bad[i])) == MQL_EINVAL,
			      "%s", bad[i]);
		forget();
	}
	ck_assert_int_eq(saved_decode(&all, STR("")), 0); /* nothing yet */
	ck_assert_int_eq(saved_decode(&all, STR("{\"version\":1,\"saved\":[],"
					      "\"later\":7}")), 0);
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

START_TEST(one_query_is_a_text_of_its_own)
{
	struct saved_query *q = saved_query_new(STR("one"), STR("select 'x'"),
						STR("ann"), 17), *back;
	struct buf b = BUF_INIT;

	saved_query_encode(q, &b);
	ck_assert_int_eq(b.err, 0);
	struct str text = { (char *)b.data, b.len };
	ck_assert_int_eq(saved_query_decode(STR("two"), text, &back),
			 MQL_EINVAL);
	ck_assert_ptr_null(back);
	ck_assert_int_eq(saved_query_decode(STR("one"), STR("[1]"), &back),
			 MQL_EINVAL);
	ck_assert_int_eq(saved_query_decode(STR("one"), STR(""), &back),
			 MQL_EINVAL);
	ck_assert_int_eq(saved_query_decode(STR("one"), text, &back), 0);
	ck_assert_str_eq(back->text, "select 'x'");
	ck_assert_str_eq(back->by, "ann");
	ck_assert_int_eq(back->since, 17);
	buf_fini(&b);
	saved_query_free(q);
	saved_query_free(back);
}
END_TEST

TEST_MAIN(saved, one_query_is_a_text_of_its_own,
	  saved_queries_come_back_as_they_were,
	  what_is_no_text_of_ours_is_refused)
