/* test_aggregate_sketch.c - what the sketches say, against the exact answer. */
#include "aggregate_run.h"

/* --- percentiles ---------------------------------------------------------- */

enum { MANY = 20000 };

static double
constant(uint64_t *seed)
{
	(void)seed;
	return 42.5;
}

static double
normal(uint64_t *seed)
{
	return sqrt(-2 * log(uniform(seed))) * cos(6.283185 * uniform(seed));
}

static double
lognormal(uint64_t *seed) /* like latencies */
{
	return exp(3 + 1.5 * normal(seed));
}

static double
pareto(uint64_t *seed)
{
	return pow(uniform(seed), -1.2);
}

static double
whole(uint64_t *seed)
{
	return (double)(dice(seed) % 1000) - 300;
}

static double
two_humps(uint64_t *seed)
{
	return dice(seed) % 10 ? 1 + uniform(seed) : -1e6 * uniform(seed);
}

static double
mostly_zero(uint64_t *seed)
{
	return dice(seed) % 4 ? 0 : uniform(seed);
}

static double (*const distribution[])(uint64_t *) = {
	constant, uniform, normal, lognormal, pareto, whole, two_humps,
	mostly_zero,
};
enum { DISTRIBUTIONS = sizeof distribution / sizeof *distribution };

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
check_percentile(const char *param, const double *sorted, int n,
		 const struct aggregate_call *feed, const void *s)
{
	struct aggregate_call c = *feed;
	const double q = atof(param);
	const int rank = (int)ceil(q * n - 1e-9);
	const double exact = sorted[rank ? rank - 1 : 0];
	struct value v;
	double got;

	c.q = q;
	v = result(&c, s);
	got = value_number(&v);
	ck_assert_msg(fabs(got - exact) <= 0.01 * fabs(exact) * (1 + 1e-9),
		      "q %s of %d: %.17g, not %.17g", param, n, got, exact);
}

START_TEST(percentiles_are_within_one_percent)
{
	static const char *const q[] = {
		"0.0001", "0.01", "0.05", "0.1", "0.25", "0.5", "0.75",
		"0.9", "0.95", "0.99", "0.995", "0.9999",
	};
	static const int sizes[] = {
		1, 2, 100, 1000, 1024, 1025, 1100, MANY,
	};
	const struct aggregate_call c = call("p50");
	static double x[MANY];
	uint64_t seed = 1;

	for (int d = 0; d < DISTRIBUTIONS * 8; d++) {
		const int n = sizes[d / DISTRIBUTIONS];
		void *s = state_new(&c);
		for (int i = 0; i < n; i++) {
			x[i] = distribution[d % DISTRIBUTIONS](&seed);
			add_float(&c, s, x[i]);
		}
		qsort(x, (size_t)n, sizeof *x, ascending);
		for (size_t i = 0; i < sizeof q / sizeof *q; i++)
			check_percentile(q[i], x, n, &c, s);
		ck_assert_uint_le(c.fn->heap(&c, s), AGGREGATE_MAX_BYTES);
		state_free(&c, s);
	}
}
END_TEST

START_TEST(percentiles_of_integers_are_exact_up_to_1024_different_ones)
{
	const struct aggregate_call c = call("p50"), low = call("p1");
	const int64_t base = INT64_C(1) << 62; /* no double tells them apart */
	void *s = state_new(&c);

	for (int i = 0; i < 10 * 1024; i++)
		add_int(&c, s, base + i * 7 % 1024);
	ck_assert_int_eq(result(&c, s).type, VALUE_INT);
	ck_assert_int_eq(result(&c, s).i, base + 511);
	ck_assert_int_eq(result(&low, s).i, base + 10);
	state_free(&c, s);
}
END_TEST

/* All integers: so is what stands for a bucket, where one is near enough. Up
 * to 50 there is but one in a bucket. */
START_TEST(percentiles_of_many_integers_are_integers_if_small)
{
	const struct aggregate_call c = call("p50");
	struct aggregate_call q = c;
	void *s = state_new(&c);

	for (int i = 1; i <= 5000; i++) {
		add_int(&c, s, i);
		add_int(&c, s, -i);
	}
	for (int i = 1; i <= 50; i++) {
		q.q = (5000 + i) / 10000.0;
		ck_assert_int_eq(result(&q, s).type, VALUE_INT);
		ck_assert_int_eq(result(&q, s).i, i);
		q.q = (5001 - i) / 10000.0;
		ck_assert_int_eq(result(&q, s).i, -i);
	}
	for (int i = 51; i <= 5000; i++) {
		q.q = (5000 + i) / 10000.0;
		const struct value v = result(&q, s);
		ck_assert_double_eq_tol(value_number(&v), i,
					0.01 * i * (1 + 1e-9));
	}
	add_float(&c, s, 0.5); /* no longer: 2% may hold any number */
	q.q = 0.9;
	ck_assert_int_eq(result(&q, s).type, VALUE_FLOAT);
	state_free(&c, s);
}
END_TEST

START_TEST(percentiles_stay_between_the_least_and_the_greatest)
{
	const struct aggregate_call low = call("p1"), high = call("p995");
	const int64_t base = (INT64_C(1) << 53) + 1;
	void *s = state_new(&low);

	for (int i = 0; i < 3000; i++)
		add_int(&low, s, base + i);
	ck_assert_int_ge(result(&low, s).i, base);
	ck_assert_int_le(result(&high, s).i, base + 2999);
	state_free(&low, s);
}
END_TEST

START_TEST(percentile_of_few_values_costs_little)
{
	const struct aggregate_call c = call("p50");
	void *s = state_new(&c);

	for (int i = 0; i < 1000; i++)
		add_int(&c, s, i % 3);
	ck_assert_uint_le(c.fn->heap(&c, s), 64);
	for (int i = 0; i < 1024; i++)
		add_int(&c, s, i);
	ck_assert_uint_le(c.fn->heap(&c, s), 16 * 1024);
	state_free(&c, s);
}
END_TEST

START_TEST(percentiles_are_not_spoilt_by_an_absurd_value)
{
	const struct aggregate_call c = call("p50"), high = call("p995");
	void *s = state_new(&c);

	for (int i = 1; i <= 2000; i++)
		add_float(&c, s, i / 2.0);
	add_float(&c, s, 0x1.fffffffffffffp1023);
	add_float(&c, s, -0x1.fffffffffffffp1023);
	add_float(&c, s, 0x1p-1074);
	ck_assert_double_eq_tol(result(&c, s).f, 500, 5.01);
	ck_assert_double_eq_tol(result(&high, s).f, 997, 9.98);
	state_free(&c, s);
}
END_TEST

START_TEST(percentiles_of_every_magnitude_lose_the_lowest_only)
{
	const struct aggregate_call c = call("p99"), low = call("p1");
	void *s = state_new(&c);
	uint64_t seed = 3;

	/* Half of them over 400 powers of ten, half from 1e200 to 1e210. */
	for (int i = 0; i < 10 * MANY; i++) {
		const double e = i % 2 ? 400 * uniform(&seed) - 200
				       : 200 + 10 * uniform(&seed);
		add_float(&c, s, pow(10, e));
	}
	ck_assert_uint_le(c.fn->heap(&c, s), AGGREGATE_MAX_BYTES);
	ck_assert_double_eq_tol(log10(result(&c, s).f), 209.8, 0.02);
	ck_assert_double_le(result(&low, s).f, 1e200);
	state_free(&c, s);
}
END_TEST

/* --- distinct ------------------------------------------------------------- */

static int64_t
distinct_of(int n, uint64_t seed, bool text)
{
	const struct kind k = { "count", NULL, true };
	const struct aggregate_call c = call_of(&k);
	void *s = state_new(&c);
	int64_t got;

	for (int i = 0; i < n; i++) {
		char t[40];
		int len = snprintf(t, sizeof t, "user-%llu-%d",
				   (unsigned long long)seed, i);
		const struct value v = {
			.type = VALUE_STR, .ptr = t, .len = (uint32_t)len,
		};
		if (text)
			ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 1), 0);
		else
			add_int(&c, s, (int64_t)(seed << 32) + i);
		if (i % 3 == 0 && !text) /* again */
			add_int(&c, s, (int64_t)(seed << 32) + i);
	}
	got = result(&c, s).i;
	ck_assert_uint_le(c.fn->heap(&c, s), AGGREGATE_MAX_BYTES);
	state_free(&c, s);
	return got;
}

START_TEST(few_distinct_values_are_counted_exactly_and_cost_little)
{
	const struct kind k = { "count", NULL, true };
	const struct aggregate_call c = call_of(&k);
	void *s = state_new(&c);

	for (int i = 0; i < 1000; i++)
		add_int(&c, s, i % 10);
	ck_assert_int_eq(result(&c, s).i, 10);
	ck_assert_uint_le(c.fn->heap(&c, s), 128);
	state_free(&c, s);
	for (int n = 0; n <= 512; n++)
		ck_assert_int_eq(distinct_of(n, 1, n % 2), n);
}
END_TEST

START_TEST(many_distinct_values_are_counted_within_the_error)
{
	static const int sizes[] = {
		513, 1000, 3000, 8000, 10000, 12000, 20000, 50000, 200000,
	};
	double squares = 0;
	int runs = 0;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (uint64_t seed = 1; seed <= 20; seed++, runs++) {
			const double got = (double)
				distinct_of(sizes[i], seed, seed % 2);
			const double off = got / sizes[i] - 1;
			ck_assert_msg(fabs(off) < 4 * 0.01625,
				      "%d: off by %g", sizes[i], off);
			squares += off * off;
		}
	}
	ck_assert_double_le(sqrt(squares / runs), 0.0165);
}
END_TEST

/* --- top ------------------------------------------------------------------ */

enum { VALUES = 50000, ROWS = 200000 };

/* Values by Zipf's law: number i comes about 1/i as often as the first. */
static int
zipf(uint64_t *seed)
{
	return (int)exp(uniform(seed) * log(VALUES));
}

static void
check_row(struct str row, const int *exact, double most)
{
	int value;
	long long count, error;
	char text[200];

	snprintf(text, sizeof text, "%.*s", (int)row.len, row.ptr);
	ck_assert_int_eq(sscanf(text, "{\"value\":%d,\"count\":%lld,"
				"\"error\":%lld}", &value, &count, &error), 3);
	ck_assert_int_le(exact[value], count);
	ck_assert_int_ge(exact[value], count - error);
	ck_assert_double_le((double)error, most);
}

static void
check_top(const struct aggregate_call *c, const void *s, const int *exact,
	  double most, unsigned sure)
{
	static char text[SCRATCH];
	struct str key, row;
	char begin[40];
	size_t at = 0;
	unsigned rows = 0;

	result_text(c, s, text);
	while (json_member_next(str_of(text), &at, &key, &row)) {
		if (rows++ < sure) { /* far enough apart: in their order */
			snprintf(begin, sizeof begin, "{\"value\":%u,", rows);
			ck_assert_int_eq(strncmp(row.ptr, begin,
						 strlen(begin)), 0);
		}
		check_row(row, exact, most);
	}
	ck_assert_uint_eq(rows, c->k);
}

START_TEST(top_is_within_its_stated_error)
{
	static const char *const k[] = { "5", "100", "1000" };
	static int exact[VALUES];

	for (size_t i = 0; i < 3; i++) {
		const struct kind kind = { "top", k[i], false };
		const struct aggregate_call c = call_of(&kind);
		void *s = state_new(&c);
		uint64_t seed = 5;
		memset(exact, 0, sizeof exact);
		for (int row = 0; row < ROWS; row++) {
			const int value = zipf(&seed);
			exact[value]++;
			add_int(&c, s, value);
		}
		check_top(&c, s, exact, ROWS / 200.0, 4);
		ck_assert_uint_le(c.fn->heap(&c, s), AGGREGATE_MAX_BYTES);
		state_free(&c, s);
	}
}
END_TEST

START_TEST(top_of_merged_parts_is_within_its_stated_error)
{
	static const char *const k[] = { "5", "1000" };
	static int exact[VALUES];

	for (size_t i = 0; i < 2; i++) {
		const struct kind kind = { "top", k[i], false };
		const struct aggregate_call c = call_of(&kind);
		void *all = state_new(&c);
		uint64_t seed = 11;
		memset(exact, 0, sizeof exact);
		for (int part = 0; part < 10; part++) {
			void *s = state_new(&c);
			for (int row = 0; row < ROWS / 10; row++) {
				/* Each agent has favourites of its own. */
				const int value = row % 4 ? zipf(&seed)
							  : 1000 + part;
				exact[value]++;
				add_int(&c, s, value);
			}
			merge_by_wire(&c, all, s);
			state_free(&c, s);
		}
		check_top(&c, all, exact, ROWS / 50.0, 0);
		ck_assert_uint_le(c.fn->heap(&c, all), AGGREGATE_MAX_BYTES);
		state_free(&c, all);
	}
}
END_TEST

START_TEST(top_of_all_different_values_is_bounded_and_honest)
{
	const struct kind kind = { "top", "1000", false };
	const struct aggregate_call c = call_of(&kind);
	void *s = state_new(&c);
	char json[300];

	for (int i = 0; i < 20000; i++) {
		snprintf(json, sizeof json, "\"%d%0*d\"", i, i % 200, 0);
		add(&c, s, json, 0);
		ck_assert_uint_le(c.fn->heap(&c, s) + c.fn->size,
				  AGGREGATE_MAX_BYTES);
	}
	const struct value v = result(&c, s);
	struct str key, row;
	size_t at = 0;
	while (json_member_next(value_str(&v), &at, &key, &row)) {
		long long count, error;
		const char *p = memmem(row.ptr, row.len, "\"count\"", 7);
		ck_assert_int_eq(sscanf(p, "\"count\":%lld,\"error\":%lld",
					&count, &error), 2);
		ck_assert_int_le(count - error, 1);
	}
	state_free(&c, s);
}
END_TEST

/* --- variance ------------------------------------------------------------- */

START_TEST(variance_agrees_with_two_passes)
{
	const struct aggregate_call c = call("variance");
	static double x[MANY];
	uint64_t seed = 9;

	for (int d = 0; d < DISTRIBUTIONS; d++) {
		void *s = state_new(&c);
		long double mean = 0, m2 = 0;
		for (int i = 0; i < MANY; i++) {
			x[i] = distribution[d](&seed) + 1e6;
			mean += (long double)x[i] / MANY;
			add_float(&c, s, x[i]);
		}
		for (int i = 0; i < MANY; i++)
			m2 += ((long double)x[i] - mean) *
			      ((long double)x[i] - mean);
		const double exact = (double)(m2 / (MANY - 1));
		ck_assert_double_eq_tol(result(&c, s).f, exact,
					1e-6 * exact + 1e-9);
		state_free(&c, s);
	}
}
END_TEST

TEST_MAIN(aggregate_sketch, percentiles_are_within_one_percent,
	  percentiles_of_integers_are_exact_up_to_1024_different_ones,
	  percentiles_of_many_integers_are_integers_if_small,
	  percentiles_stay_between_the_least_and_the_greatest,
	  percentile_of_few_values_costs_little,
	  percentiles_are_not_spoilt_by_an_absurd_value,
	  percentiles_of_every_magnitude_lose_the_lowest_only,
	  few_distinct_values_are_counted_exactly_and_cost_little,
	  many_distinct_values_are_counted_within_the_error,
	  top_is_within_its_stated_error,
	  top_of_merged_parts_is_within_its_stated_error,
	  top_of_all_different_values_is_bounded_and_honest,
	  variance_agrees_with_two_passes)
