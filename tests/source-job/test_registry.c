#include "tests/check_main.h"

#include <pthread.h>

#include "mql/error.h"
#include "source-job/registry.h"

START_TEST(the_last_claim_holds_and_tells_whose_it_was)
{
	struct registry *r;
	int before;

	ck_assert_int_eq(registry_new(10, &r), 0);
	ck_assert_int_eq(registry_claim(r, STR("a"), 1, &before), 0);
	ck_assert_int_eq(before, REGISTRY_NOBODY);
	ck_assert_int_eq(registry_claim(r, STR("a"), 2, &before), 0);
	ck_assert_int_eq(before, 1);
	registry_release(r, STR("a"), 1); /* no longer its */
	ck_assert_int_eq(registry_claim(r, STR("a"), 2, &before), 0);
	ck_assert_int_eq(before, 2);
	registry_release(r, STR("a"), 2);
	ck_assert_int_eq(registry_claim(r, STR("a"), 3, &before), 0);
	ck_assert_int_eq(before, REGISTRY_NOBODY);
	registry_free(r);
}
END_TEST

START_TEST(there_are_so_many_agents_and_no_more)
{
	struct registry *r;
	int before;

	ck_assert_int_eq(registry_new(2, &r), 0);
	ck_assert_int_eq(registry_claim(r, STR("a"), 0, &before), 0);
	ck_assert_int_eq(registry_claim(r, STR("b"), 1, &before), 0);
	ck_assert_int_eq(registry_claim(r, STR("c"), 0, &before), MQL_ELIMIT);
	ck_assert_int_eq(registry_claim(r, STR("a"), 1, &before), 0);
	registry_release(r, STR("b"), 1);
	ck_assert_int_eq(registry_claim(r, STR("c"), 0, &before), 0);
	registry_free(r);
}
END_TEST

enum { THREADS = 4, ROUNDS = 20000 };
static struct registry *shared;

static void *
claim(void *arg)
{
	int me = *(int *)arg, before;

	for (int i = 0; i < ROUNDS; i++) {
		char id = (char)('a' + i % 5);
		struct str key = { &id, 1 };
		if (registry_claim(shared, key, me, &before))
			return arg;
		if (i % 3 == 0)
			registry_release(shared, key, me);
	}
	return NULL;
}

START_TEST(workers_claim_at_the_same_time)
{
	static int index[THREADS] = { 0, 1, 2, 3 };
	pthread_t thread[THREADS];
	void *failed;

	ck_assert_int_eq(registry_new(5, &shared), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, claim,
						&index[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &failed);
		ck_assert_ptr_null(failed);
	}
	registry_free(shared);
}
END_TEST

TEST_MAIN(registry, the_last_claim_holds_and_tells_whose_it_was,
	  there_are_so_many_agents_and_no_more,
	  workers_claim_at_the_same_time)
