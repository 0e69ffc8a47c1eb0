/* test_lists.c - the answers of several source-jobs as one. */
#include "client/lists.h"

#include "tests/check_main.h"

static char *merged;

static const char *
merge(const char *what, char *one, char *two, char *three)
{
	const struct answer a[] = {
		{ "tcp://a:1", one }, { "tcp://b:1", two },
		{ "tcp://c:1", three },
	};
	struct buf b = BUF_INIT;

	lists_merge(what, a, 3, &b);
	buf_put_u8(&b, '\0');
	ck_assert_int_eq(b.err, 0);
	free(merged);
	merged = (char *)b.data;
	return merged;
}

static char q1[] = "[{\"id\":7,\"query\":\"select a\",\"subscribers\":"
	"[\"x\"],\"live\":3,\"age_ms\":50},"
	"{\"id\":8,\"query\":\"select b\",\"subscribers\":[\"y\"],\"live\":3,"
	"\"age_ms\":9}]";
static char q2[] = "[{\"id\":2,\"query\":\"select b\",\"subscribers\":"
	"[\"y\",\"z\"],\"live\":4,\"refused\":1,\"refusals\":"
	"[{\"why\":\"full\",\"agents\":1}],\"age_ms\":12},"
	"{\"id\":7,\"query\":\"select b\",\"subscribers\":[],\"live\":0}]";
static char empty[] = "[]";

START_TEST(queries_of_one_text_are_one_and_their_numbers_are_added)
{
	ck_assert_str_eq(merge("queries", q1, empty, NULL),
		"[{\"id\":\"7@1\",\"query\":\"select a\",\"subscribers\":"
		"[\"x\"],\"live\":3,\"age_ms\":50},"
		"{\"id\":\"8@1\",\"query\":\"select b\",\"subscribers\":"
		"[\"y\"],\"live\":3,\"age_ms\":9}]");
	merge("queries", q1, q2, empty);
	ck_assert_ptr_nonnull(strstr(merged, "{\"id\":\"8@1\",\"query\":"
		"\"select b\",\"subscribers\":[\"y\",\"z\"],\"live\":7,"
		"\"age_ms\":12,\"refused\":1,\"refusals\":"
		"[{\"why\":\"full\",\"agents\":1}]}"));
}
END_TEST

START_TEST(nothing_is_an_empty_list)
{
	ck_assert_str_eq(merge("agents", NULL, NULL, NULL), "[]");
	ck_assert_str_eq(merge("streams", empty, NULL, empty), "[]");
}
END_TEST

START_TEST(streams_of_one_name_are_one)
{
	char one[] = "[{\"name\":\"b\",\"agents\":2},"
		     "{\"name\":\"a\",\"agents\":1}]";
	char two[] = "[{\"name\":\"a\",\"agents\":40}]";

	ck_assert_str_eq(merge("streams", one, two, NULL),
			 "[{\"name\":\"a\",\"agents\":41},"
			 "{\"name\":\"b\",\"agents\":2}]");
}
END_TEST

START_TEST(an_agent_that_moved_is_listed_where_it_is)
{
	char one[] = "[{\"agent\":\"h:1\",\"state\":\"gone\"}]";
	char two[] = "[{\"agent\":\"h:1\",\"state\":\"connected\"},"
		     "{\"agent\":\"h:0\",\"state\":\"connected\"}]";

	ck_assert_str_eq(merge("agents", one, two, NULL),
		"[{\"source_job\":\"tcp://b:1\",\"agent\":\"h:0\","
		"\"state\":\"connected\"},{\"source_job\":\"tcp://b:1\","
		"\"agent\":\"h:1\",\"state\":\"connected\"}]");
}
END_TEST

START_TEST(an_object_that_is_none_of_ours_harms_nobody)
{
	char odd[] = "[{},1,null,[],{\"query\":{}},{\"left_out\":3}]";

	merge("queries", odd, odd, q1);
	merge("agents", odd, odd, odd);
	merge("streams", odd, NULL, odd);
	ck_assert_ptr_nonnull(merged);
}
END_TEST

START_TEST(an_id_names_one_query)
{
	const struct answer a[] = {
		{ "tcp://a:1", q1 }, { "tcp://b:1", q2 },
		{ "tcp://c:1", NULL },
	};
	bool several;

	ck_assert(str_eq(lists_find(a, 3, "8", &several),
			 STR("\"select b\"")));
	ck_assert(!several);
	ck_assert_uint_eq(lists_find(a, 3, "7", &several).len, 0);
	ck_assert(several);
	ck_assert(str_eq(lists_find(a, 3, "7@1", &several),
			 STR("\"select a\"")));
	ck_assert(str_eq(lists_find(a, 3, "7@2", &several),
			 STR("\"select b\"")));
	ck_assert_uint_eq(lists_find(a, 3, "7@3", &several).len, 0);
	ck_assert_uint_eq(lists_find(a, 3, "9", &several).len, 0);
	ck_assert(!several);
	ck_assert_uint_eq(lists_id(&a[0], STR("\"select b\"")), 8);
	ck_assert_uint_eq(lists_id(&a[1], STR("\"select a\"")), 0);
	ck_assert_uint_eq(lists_id(&a[2], STR("\"select a\"")), 0);
}
END_TEST

TEST_MAIN(lists,
	queries_of_one_text_are_one_and_their_numbers_are_added,
	nothing_is_an_empty_list,
	streams_of_one_name_are_one,
	an_agent_that_moved_is_listed_where_it_is,
	an_object_that_is_none_of_ours_harms_nobody,
	an_id_names_one_query)
