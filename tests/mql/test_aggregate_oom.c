/* test_aggregate_oom.c - fail the 1st, 2nd, 3rd... allocation of every
 * aggregate: a failed update leaves the state as it was, nothing leaks.
 * Linked with -Wl,--wrap, so the library needs no hook for it. */
#include "aggregate_run.h"
#include "tests/mql/starve.h"

/* The i-th of values that grow every table there is. */
static struct value
nth(int i)
{
	static char text[200];
	struct value v = { .type = VALUE_FLOAT, .f = exp(i % 90) };

	if (i % 2)
		return v;
	v = (struct value){ .type = VALUE_STR, .ptr = text,
			    .len = (uint32_t)(20 + i % 180) };
	memset(text, ' ', sizeof text);
	snprintf(text, 20, "%d", i);
	text[strlen(text)] = '.';
	return v;
}

/* Each update fails once before it succeeds, if it allocates at all. Check
 * allocates too: nothing is asserted while allocations fail. */
START_TEST(update_without_memory_leaves_the_state_as_it_was)
{
	static char before[SCRATCH], after[SCRATCH];
	long failed = 0;

	for (int k = 0; k < KINDS; k++) {
		const struct aggregate_call c = call_of(&kinds[k]);
		void *s = state_new(&c);
		for (int i = 0; i < 700; i++) {
			const struct value v = nth(i);
			for (long left = 0;; left++) {
				if (left < 4)
					result_text(&c, s, before);
				countdown = left;
				const int err = c.fn->update(&c, s, &v, i, 1);
				countdown = -1;
				if (!err)
					break;
				ck_assert_int_eq(err, MQL_ENOMEM);
				ck_assert_str_eq(result_text(&c, s, after),
						 before);
				failed++;
			}
		}
		state_free(&c, s);
	}
	ck_assert_int_gt(failed, 50);
}
END_TEST

/* The step from values to buckets allocates everything anew. */
START_TEST(percentile_without_memory_for_buckets_keeps_its_values)
{
	static char before[SCRATCH], after[SCRATCH];
	const struct aggregate_call c = call("p50");
	const struct value more = { .type = VALUE_FLOAT, .f = 0.5 };
	void *s = state_new(&c);
	int err = MQL_ENOMEM;
	long failed = 0;

	for (int i = 0; i < 1024; i++)
		add_int(&c, s, i * i);
	result_text(&c, s, before);
	for (; err; failed++) {
		ck_assert_str_eq(result_text(&c, s, after), before);
		countdown = failed;
		err = c.fn->update(&c, s, &more, 0, 1);
		countdown = -1;
	}
	ck_assert_int_gt(failed, 5);
	ck_assert_double_eq_tol(atof(result_text(&c, s, after)), 511 * 511,
				0.01 * 511 * 511);
	state_free(&c, s);
}
END_TEST

START_TEST(get_and_merge_without_memory_fail_and_leak_nothing)
{
	static char unused[SCRATCH];
	long failed = 0;

	for (int k = 0; k < KINDS; k++) {
		const struct aggregate_call c = call_of(&kinds[k]);
		void *from = state_new(&c);
		struct buf b = BUF_INIT;
		int err = MQL_ENOMEM;
		for (int i = 0; i < 700; i++) {
			const struct value v = nth(i);
			ck_assert_int_eq(c.fn->update(&c, from, &v, i, 1), 0);
		}
		c.fn->put(&c, from, &b);
		for (long left = 0; err; left++, failed++) {
			void *s = state_new(&c), *to = state_new(&c);
			struct str in = { (char *)b.data, b.len };
			countdown = left;
			err = c.fn->get(&c, s, &in);
			if (!err)
				err = c.fn->merge(&c, to, s);
			countdown = -1;
			ck_assert(!err || err == MQL_ENOMEM);
			result_text(&c, to, unused);
			state_free(&c, s);
			state_free(&c, to);
		}
		buf_fini(&b);
		state_free(&c, from);
	}
	ck_assert_int_gt(failed, 50);
}
END_TEST

TEST_MAIN(aggregate_oom, update_without_memory_leaves_the_state_as_it_was,
	  percentile_without_memory_for_buckets_keeps_its_values,
	  get_and_merge_without_memory_fail_and_leak_nothing)
