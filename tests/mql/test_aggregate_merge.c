/* test_aggregate_merge.c - a stream split any way gives what one pass gives. */
#include "aggregate_run.h"

enum { ROWS = 3000, MAX_PARTS = 9, ROUNDS = 8, MIXES = 4 };

struct row {
	char    json[40];
	int64_t at;
};

/* Values of a kind that tries everything: integers, floats, text; and numbers
 * of which about a thousand differ, some of them in two spellings. */
static void
make_rows(struct row *row, int n, uint64_t *seed, int mix)
{
	static const char *const tail[] = { "", ".0", ".5" };

	for (int i = 0; i < n; i++) {
		const int64_t whole = (int64_t)dice(seed) >> dice(seed) % 60;
		const double f = ldexp((double)whole,
				       -(int)(dice(seed) % 80));
		/* Times differ, so that first and last have one answer. */
		row[i].at = (int64_t)(dice(seed) >> 30) * n + i;
		if (mix == 0)
			snprintf(row[i].json, sizeof row[i].json, "%lld",
				 (long long)whole);
		else if (mix == 3)
			snprintf(row[i].json, sizeof row[i].json,
				 "%d%s", (int)(dice(seed) % 580),
				 tail[dice(seed) % 3]);
		else if (mix == 1 || dice(seed) % 2)
			snprintf(row[i].json, sizeof row[i].json, "%.17g", f);
		else
			snprintf(row[i].json, sizeof row[i].json, "\"%lld\"",
				 (long long)whole % 700);
	}
}

static void
add_row(const struct aggregate_call *c, void *s, const struct row *r)
{
	add(c, s, r->json, r->at);
}

/* Merge parts two at a time, any two, until one is left. */
static void *
merge_all(const struct aggregate_call *c, void **part, int n, uint64_t *seed)
{
	while (n > 1) {
		const int a = (int)(dice(seed) % (unsigned)n);
		void *tmp = part[a];
		part[a] = part[n - 1];
		part[n - 1] = tmp;
		if (dice(seed) % 2)
			ck_assert_int_eq(c->fn->merge(c, part[n - 2],
						      part[n - 1]), 0);
		else
			merge_by_wire(c, part[n - 2], part[n - 1]);
		state_free(c, part[--n]);
	}
	return part[0];
}

static void *
split_and_merge(const struct aggregate_call *c, const struct row *row, int n,
		uint64_t *seed)
{
	const int parts = 1 + (int)(dice(seed) % MAX_PARTS);
	void *part[MAX_PARTS];

	for (int p = 0; p < parts; p++)
		part[p] = state_new(c);
	for (int i = 0; i < n; i++) { /* the first parts get the most */
		const uint64_t a = dice(seed) % (unsigned)parts;
		const uint64_t b = dice(seed) % (unsigned)parts;
		add_row(c, part[a < b ? a : b], &row[i]);
	}
	return merge_all(c, part, parts, seed);
}

static bool
depends_on_order(const struct kind *k)
{
	return !strcmp(k->name, "list") || !strcmp(k->name, "top");
}

static bool
is_rounded(const struct kind *k)
{
	return !strcmp(k->name, "stddev") || !strcmp(k->name, "variance");
}

/* Percentiles promise more than the same result. */
static void
check_same_state(const struct aggregate_call *c, const void *s, const void *m)
{
	struct buf one = BUF_INIT, many = BUF_INIT;

	c->fn->put(c, s, &one);
	c->fn->put(c, m, &many);
	ck_assert_uint_eq(one.len, many.len);
	ck_assert_mem_eq(one.data, many.data, one.len);
	buf_fini(&one);
	buf_fini(&many);
}

static void
check_round(const struct kind *k, const struct row *row, int n,
	    uint64_t *seed)
{
	static char one[SCRATCH], many[SCRATCH];
	const struct aggregate_call c = call_of(k);
	void *s = state_new(&c), *m;

	for (int i = 0; i < n; i++)
		add_row(&c, s, &row[i]);
	m = split_and_merge(&c, row, n, seed);
	result_text(&c, s, one);
	result_text(&c, m, many);
	if (is_rounded(k))
		ck_assert_double_eq_tol(atof(one), atof(many),
					1e-9 * fabs(atof(one)) + 1e-300);
	else
		ck_assert_msg(!strcmp(one, many), "%s of %d: %s, not %s",
			      k->name, n, many, one);
	if (k->name[0] == 'p')
		check_same_state(&c, s, m);
	ck_assert_uint_le(c.fn->heap(&c, m), AGGREGATE_MAX_BYTES);
	state_free(&c, s);
	state_free(&c, m);
}

START_TEST(parts_in_any_order_give_the_result_of_one_pass)
{
	static const int sizes[] = { 0, 1, 2, 20, 40, 600, ROWS };
	static struct row row[ROWS];
	uint64_t seed = 2;

	for (int round = 0; round < ROUNDS * 7; round++) {
		const int n = sizes[round % 7];
		make_rows(row, n, &seed, round % MIXES);
		for (int i = 0; i < KINDS; i++)
			if (!depends_on_order(&kinds[i]))
				check_round(&kinds[i], row, n, &seed);
	}
}
END_TEST

START_TEST(top_with_few_values_does_not_depend_on_the_split)
{
	static struct row row[ROWS];
	const struct kind k = { "top", "3", false };
	uint64_t seed = 4;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < ROWS; i++)
			snprintf(row[i].json, sizeof row[i].json,
				 i % 2 ? "%d" : "\"%d\"",
				 (int)(dice(&seed) % 100));
		check_round(&k, row, ROWS, &seed);
	}
}
END_TEST

START_TEST(lists_are_joined_in_the_order_of_the_merge)
{
	const struct aggregate_call c = call("list");
	void *a = state_new(&c), *b = state_new(&c);
	char text[SCRATCH];

	add(&c, a, "1", 0);
	add(&c, a, "\"a\\\"]\"", 0);
	add(&c, b, "[2,[3]]", 0);
	add(&c, b, "{\"x\":4}", 0);
	merge_by_wire(&c, a, b);
	ck_assert_str_eq(result_text(&c, a, text),
			 "[1,\"a\\\"]\",[2,[3]],{\"x\":4}]");
	state_free(&c, a);
	state_free(&c, b);
}
END_TEST

START_TEST(list_merge_keeps_the_first_ones)
{
	const struct aggregate_call c = call("list");
	void *a = state_new(&c), *b = state_new(&c);
	char text[SCRATCH];

	for (int i = 0; i < 700; i++) {
		add_int(&c, a, i);
		add_int(&c, b, 1000 + i);
	}
	merge_by_wire(&c, a, b);
	merge_by_wire(&c, a, b);
	result_text(&c, a, text);
	ck_assert_ptr_nonnull(strstr(text, "[0,1,2,"));
	ck_assert_ptr_nonnull(strstr(text, ",699,1000,1001,"));
	ck_assert_ptr_nonnull(strstr(text, ",1298,1299]"));
	state_free(&c, a);
	state_free(&c, b);
}
END_TEST

/* At one time, the state is before what is merged into it. */
START_TEST(first_and_last_of_one_time_go_by_the_order_of_the_merge)
{
	static const char *const name[] = { "first", "last" };
	static const char *const expect[] = { "\"a\"", "\"b\"" };
	char text[SCRATCH];

	for (int i = 0; i < 2; i++) {
		const struct aggregate_call c = call(name[i]);
		void *a = state_new(&c), *b = state_new(&c);
		void *none = state_new(&c);
		add(&c, a, "\"a\"", 7);
		add(&c, b, "\"b\"", 7);
		merge_by_wire(&c, a, none);
		merge_by_wire(&c, a, b);
		merge_by_wire(&c, none, a);
		ck_assert_str_eq(result_text(&c, none, text), expect[i]);
		state_free(&c, a);
		state_free(&c, b);
		state_free(&c, none);
	}
}
END_TEST

/* What was written, read and written again is the same bytes: nothing of a
 * state is lost on the way. */
START_TEST(states_survive_the_wire_whole)
{
	static struct row row[ROWS];
	uint64_t seed = 6;

	for (int i = 0; i < KINDS * 3; i++) {
		const struct aggregate_call c = call_of(&kinds[i / 3]);
		void *a = state_new(&c), *b = state_new(&c);
		struct buf once = BUF_INIT, twice = BUF_INIT;
		const int n = i % 3 == 0 ? 0 : i % 3 == 1 ? 25 : ROWS;
		make_rows(row, n, &seed, 1);
		for (int r = 0; r < n; r++)
			add_row(&c, a, &row[r]);
		c.fn->put(&c, a, &once);
		struct str in = { (char *)once.data, once.len };
		ck_assert_int_eq(c.fn->get(&c, b, &in), 0);
		ck_assert_uint_eq(in.len, 0);
		c.fn->put(&c, b, &twice);
		ck_assert_uint_eq(once.len, twice.len);
		ck_assert_mem_eq(once.data, twice.data, once.len);
		buf_fini(&once);
		buf_fini(&twice);
		state_free(&c, a);
		state_free(&c, b);
	}
}
END_TEST

/* Agents and source-jobs of different age and make read each other: other
 * bytes are another protocol. */
START_TEST(bytes_on_the_wire_do_not_change)
{
	static const struct {
		struct kind kind;
		const char *hex;
	} t[] = {
		{ { "count", NULL, false }, "02" },
		{ { "count", NULL, true },
		  "02" "376a93d2c423e303" "8838be2263cb54fb" },
		{ { "sum", NULL, false },
		  "02" "0100000000000000" "0000000000000000"
		  "01" "10" "01" "0000000000000a00" },
		{ { "max", NULL, false }, "03000000" "322e35" },
		{ { "last", NULL, false }, "d00f" "03000000" "322e35" },
		{ { "p50", NULL, false },
		  "01" "02" "01" "01" "80808080808080848001" "01" "00" },
		{ { "top", "3", false },
		  "00" "02" "01" "00" "01" "31" "01" "00" "03" "322e35" },
		{ { "list", NULL, false }, "00" "07" "5b312c322e355d" },
		{ { "rate", NULL, false }, "02" "00" "d00f" },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct aggregate_call c = call_of(&t[i].kind);
		void *s = state_new(&c);
		struct buf b = BUF_INIT, hex = BUF_INIT;
		add(&c, s, "1", 0);
		add(&c, s, "2.5", 1000);
		c.fn->put(&c, s, &b);
		for (size_t k = 0; k < b.len; k++)
			buf_printf(&hex, "%02x", b.data[k]);
		buf_put_u8(&hex, 0);
		ck_assert_str_eq((char *)hex.data, t[i].hex);
		buf_fini(&b);
		buf_fini(&hex);
		state_free(&c, s);
	}
}
END_TEST

TEST_MAIN(aggregate_merge, parts_in_any_order_give_the_result_of_one_pass,
	  top_with_few_values_does_not_depend_on_the_split,
	  lists_are_joined_in_the_order_of_the_merge,
	  list_merge_keeps_the_first_ones,
	  first_and_last_of_one_time_go_by_the_order_of_the_merge,
	  states_survive_the_wire_whole, bytes_on_the_wire_do_not_change)
