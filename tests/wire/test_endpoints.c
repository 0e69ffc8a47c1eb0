/* test_endpoints.c - lists of endpoints, and whose each of them is. */
#include "tests/check_main.h"

#include <stdio.h>
#include <stdlib.h>

#include "mql/error.h"
#include "wire/endpoints.h"

static struct wire_endpoints *
list_of(const char *text, bool lines)
{
	struct wire_endpoints *list;
	char why[160] = "";

	ck_assert_msg(!wire_endpoints_of(str_of(text), lines, &list, why,
					 sizeof why), "%s: %s", text, why);
	return list;
}

START_TEST(a_list_is_sorted_and_without_doubles)
{
	struct wire_endpoints *list = list_of(
		"tcp://c:1, tcp://a:1,tcp://b:1 ,tcp://a:1", false);

	ck_assert_uint_eq(list->n, 3);
	ck_assert_str_eq(list->at[0], "tcp://a:1");
	ck_assert_str_eq(list->at[1], "tcp://b:1");
	ck_assert_str_eq(list->at[2], "tcp://c:1");
	ck_assert_int_eq(wire_endpoints_find(list, "tcp://b:1"), 1);
	ck_assert_int_eq(wire_endpoints_find(list, "tcp://d:1"), -1);
	free(list);
}
END_TEST

START_TEST(localhost_is_its_address)
{
	struct wire_endpoints *list = list_of(
		"tcp://localhost:1,tcp://127.0.0.1:1", false);

	ck_assert_uint_eq(list->n, 1);
	ck_assert_str_eq(list->at[0], "tcp://127.0.0.1:1");
	free(list);
}
END_TEST

START_TEST(lines_may_be_empty_and_end_in_comments)
{
	struct wire_endpoints *list = list_of(
		"# the zone\r\n\n  tcp://[::1]:7400  # one\r\n"
		"#tcp://a:1\ntcp://b:2", true);

	ck_assert_uint_eq(list->n, 2);
	ck_assert_str_eq(list->at[0], "tcp://[::1]:7400");
	ck_assert_str_eq(list->at[1], "tcp://b:2");
	free(list);
}
END_TEST

static void
refuse(const char *text, bool lines, const char *sentence)
{
	struct wire_endpoints *list;
	char why[160] = "";

	ck_assert_int_eq(wire_endpoints_of(str_of(text), lines, &list, why,
					   sizeof why), MQL_EADDRESS);
	ck_assert_ptr_null(list);
	ck_assert_msg(strstr(why, sentence) != NULL, "'%s'", why);
}

START_TEST(a_list_with_one_that_is_no_endpoint_is_refused_as_a_whole)
{
	char many[65 * 16] = "";

	refuse("", false, "no endpoint");
	refuse(" , ", false, "no endpoint");
	refuse("# nothing\n", true, "no endpoint");
	refuse("tcp://a:1,nonsense", false, "'nonsense'");
	refuse("tcp://a:0", false, "connect");
	refuse("tcp://a:1\ntcp://b\n", true, "port");
	for (int i = 1; i <= 65; i++)
		sprintf(many + strlen(many), "tcp://a:%d,", i);
	refuse(many, false, "more than 64");
}
END_TEST

START_TEST(as_many_as_are_allowed_are_taken)
{
	char many[64 * 16] = "";
	struct wire_endpoints *list;

	for (int i = 1; i <= 64; i++)
		sprintf(many + strlen(many), "tcp://a:%d,", i);
	list = list_of(many, false);
	ck_assert_uint_eq(list->n, 64);
	free(list);
}
END_TEST

/* --- whose ------------------------------------------------------------------ */

enum { AGENTS = 4000 };

static const char *
best(const struct wire_endpoints *list, int agent)
{
	uint8_t order[WIRE_ENDPOINTS_MAX];
	char name[32];

	snprintf(name, sizeof name, "host:%d:%x", agent, agent * 7919);
	wire_endpoints_rank(list, str_of(name), order);
	return list->at[order[0]];
}

START_TEST(a_rank_names_each_place_once_and_always_the_same_way)
{
	struct wire_endpoints *list = list_of(
		"tcp://a:1,tcp://b:1,tcp://c:1,tcp://d:1,tcp://e:1", false);
	uint8_t order[WIRE_ENDPOINTS_MAX], again[WIRE_ENDPOINTS_MAX];
	unsigned seen = 0;

	wire_endpoints_rank(list, STR("me"), order);
	wire_endpoints_rank(list, STR("me"), again);
	ck_assert_mem_eq(order, again, list->n);
	for (size_t i = 0; i < list->n; i++)
		seen |= 1u << order[i];
	ck_assert_uint_eq(seen, 31);
	free(list);
}
END_TEST

START_TEST(each_endpoint_gets_its_share)
{
	struct wire_endpoints *list = list_of(
		"tcp://a:1,tcp://b:1,tcp://c:1", false);
	int n[3] = { 0 };

	for (int i = 0; i < AGENTS; i++)
		n[wire_endpoints_find(list, best(list, i))]++;
	for (int k = 0; k < 3; k++) /* 5 sigma is 150 */
		ck_assert_msg(abs(n[k] - AGENTS / 3) < 150, "%d", n[k]);
	free(list);
}
END_TEST

START_TEST(one_that_is_added_takes_a_quarter_and_moves_nobody_else)
{
	struct wire_endpoints *three = list_of(
		"tcp://a:1,tcp://b:1,tcp://c:1", false);
	struct wire_endpoints *four = list_of(
		"tcp://a:1,tcp://b:1,tcp://c:1,tcp://d:1", false);
	int moved = 0;

	for (int i = 0; i < AGENTS; i++) {
		const char *was = best(three, i), *is = best(four, i);

		if (!strcmp(was, is))
			continue;
		moved++;
		ck_assert_str_eq(is, "tcp://d:1");
	}
	ck_assert_msg(abs(moved - AGENTS / 4) < 150, "%d", moved);
	free(three);
	free(four);
}
END_TEST

/* To its next, too. */
START_TEST(one_that_is_removed_moves_only_its_own)
{
	struct wire_endpoints *three = list_of(
		"tcp://a:1,tcp://b:1,tcp://c:1", false);
	struct wire_endpoints *two = list_of("tcp://a:1,tcp://c:1", false);
	uint8_t order[WIRE_ENDPOINTS_MAX];
	char name[32];

	for (int i = 0; i < AGENTS; i++) {
		const char *was = best(three, i);

		snprintf(name, sizeof name, "host:%d:%x", i, i * 7919);
		wire_endpoints_rank(three, str_of(name), order);
		ck_assert_str_eq(best(two, i), strcmp(was, "tcp://b:1") ? was :
				 three->at[order[1]]);
	}
	free(three);
	free(two);
}
END_TEST

TEST_MAIN(endpoints,
	a_list_is_sorted_and_without_doubles,
	localhost_is_its_address,
	lines_may_be_empty_and_end_in_comments,
	a_list_with_one_that_is_no_endpoint_is_refused_as_a_whole,
	as_many_as_are_allowed_are_taken,
	a_rank_names_each_place_once_and_always_the_same_way,
	each_endpoint_gets_its_share,
	one_that_is_added_takes_a_quarter_and_moves_nobody_else,
	one_that_is_removed_moves_only_its_own)
