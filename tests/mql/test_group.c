#include <stdio.h>

#include "mql/error.h"
#include "mql/group.h"
#include "tests/check_main.h"

static struct aggregate_call agg[2];
static struct group_layout layout;
static struct budget budget;
static struct groups groups;

static void
begin(size_t max)
{
	agg[0].fn = aggregate_find(STR("count"));
	agg[1].fn = aggregate_find(STR("sum"));
	budget = (struct budget){ 0, max };
	ck_assert_int_eq(group_layout_init(&layout, agg, 2), 0);
	groups_init(&groups, &layout, &budget);
}

static void
end(void)
{
	groups_fini(&groups);
	ck_assert_uint_eq(budget.used, 0);
	group_layout_fini(&layout);
}

/* An event of the group key with the value x. */
static int
put(struct groups *g, const char *key, int64_t x)
{
	struct value v = { .type = VALUE_INT, .i = x };
	const struct value value[2] = { v, v };
	struct group *of;
	bool made;
	int err = groups_get(g, str_of(key), &of, &made);

	return err ? err : group_update(g, of, value, 0, 1);
}

static int64_t
result(const struct groups *g, const struct group *of, unsigned i)
{
	uint8_t mem[64];
	struct buf scratch = BUF_FIXED(mem, sizeof mem);

	return group_result(g, of, i, 0, &scratch).i;
}

static const struct group *
find(const struct groups *g, const char *key)
{
	for (const struct group *of = g->first; of; of = of->next)
		if (str_eq(of->key, str_of(key)))
			return of;
	return NULL;
}

START_TEST(groups_keep_the_states_of_each_key)
{
	begin(1 << 20);
	for (int i = 0; i < 1000; i++) {
		char key[8];
		snprintf(key, sizeof key, "%d", i % 100);
		ck_assert_int_eq(put(&groups, key, i), 0);
	}
	ck_assert_int_eq(put(&groups, "", 7), 0);
	ck_assert_uint_eq(groups.n, 101);
	ck_assert_int_eq(result(&groups, find(&groups, "42"), 0), 10);
	ck_assert_int_eq(result(&groups, find(&groups, "42"), 1), 4920);
	ck_assert_int_eq(result(&groups, find(&groups, ""), 1), 7);
	end();
}
END_TEST

START_TEST(groups_of_a_million_keys_stay_within_the_budget)
{
	int refused = 0;

	begin(1 << 20);
	for (int i = 0; i < 1000000; i++) {
		char key[16];
		snprintf(key, sizeof key, "key %d", i);
		int err = put(&groups, key, 1);
		ck_assert(err == 0 || err == MQL_ELIMIT);
		refused += err != 0;
		ck_assert_uint_le(budget.used, budget.max);
	}
	ck_assert_uint_eq(groups.n + (size_t)refused, 1000000);
	ck_assert_uint_gt(groups.n, 1000);
	/* Those that are there go on. */
	ck_assert_int_eq(put(&groups, "key 0", 1), 0);
	ck_assert_int_eq(result(&groups, find(&groups, "key 0"), 0), 2);
	end();
}
END_TEST

START_TEST(groups_put_together_are_the_groups_of_all_events)
{
	struct groups part[3], all;

	begin(1 << 20);
	groups_init(&all, &layout, &budget);
	for (int k = 0; k < 3; k++)
		groups_init(&part[k], &layout, &budget);
	for (int i = 0; i < 600; i++) {
		char key[8];
		snprintf(key, sizeof key, "%d", i % 7);
		ck_assert_int_eq(put(&part[i % 3], key, i), 0);
		ck_assert_int_eq(put(&groups, key, i), 0);
	}
	for (int k = 3; k-- > 0;)
		ck_assert_int_eq(groups_merge(&all, &part[k]), 0);
	ck_assert_uint_eq(all.n, groups.n);
	for (const struct group *of = all.first; of; of = of->next) {
		char key[8] = "";
		memcpy(key, of->key.ptr, of->key.len);
		const struct group *same = find(&groups, key);
		for (unsigned i = 0; i < 2; i++)
			ck_assert_int_eq(result(&all, of, i),
					 result(&groups, same, i));
	}
	groups_fini(&all);
	for (int k = 0; k < 3; k++)
		groups_fini(&part[k]);
	end();
}
END_TEST

START_TEST(groups_remember_which_changed)
{
	begin(1 << 20);
	put(&groups, "a", 1);
	put(&groups, "b", 1);
	groups_settle(&groups);
	ck_assert_ptr_null(groups.changed);
	put(&groups, "b", 1);
	put(&groups, "b", 1);
	ck_assert(groups.changed && str_eq(groups.changed->key, STR("b")));
	ck_assert_ptr_null(groups.changed->next_changed);
	end();
}
END_TEST

START_TEST(groups_keep_the_earliest_event)
{
	struct group *of;
	bool made;

	begin(1 << 20);
	groups_get(&groups, STR("a"), &of, &made);
	ck_assert(made);
	ck_assert_int_eq(group_keep_event(&groups, of, STR("{1}"), 5), 0);
	ck_assert_int_eq(group_keep_event(&groups, of, STR("{2}"), 5), 0);
	ck_assert(str_eq(of->event, STR("{1}")));
	ck_assert_int_eq(group_keep_event(&groups, of, STR("{3}"), 4), 0);
	ck_assert(str_eq(of->event, STR("{3}")));
	end();
}
END_TEST

TEST_MAIN(group, groups_keep_the_states_of_each_key,
	  groups_of_a_million_keys_stay_within_the_budget,
	  groups_put_together_are_the_groups_of_all_events,
	  groups_remember_which_changed, groups_keep_the_earliest_event)
