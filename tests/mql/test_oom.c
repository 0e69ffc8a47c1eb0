/* test_oom.c - fail the 1st, 2nd, 3rd... allocation between text and row.
 * Linked with -Wl,--wrap, so the library needs no hook for it. */
#include "tests/mql/ask.h"
#include "tests/check_main.h"
#include "tests/mql/starve.h"

static const char query[] =
	"select a, b.c as 'x y', d as a, e['k'][0], @ts from s, t "
	"where a == 1 and (b.c ==~ /x(y|z)/ or not c[*] > 2) "
	"and d in (1, 2.5, 'three', null) and f like 'a%' "
	"and g between 1 + h * 2 and 10 and (k is null or k !~ /\\d/) "
	"sample 100% limit 5";
static const char event[] =
	"{\"a\":1,\"b\":{\"c\":\"xz\"},\"d\":\"three\",\"f\":\"ab\\n\","
	"\"g\":5,\"h\":1,\"k\":\"none\"}";

/* All of it, once. *tidy: what failed gave nothing. Check allocates too, so
 * nothing is asserted while allocations fail. */
static int
run(bool *row, bool *tidy)
{
	struct mql_runner *r = NULL;
	struct mql_query *q;
	const char *text = NULL;
	size_t len;
	int err;

	if ((err = mql_query_compile(query, &q, NULL)))
		*tidy = !q;
	else if ((err = mql_runner_new(q, 4096, &r)))
		*tidy = !r;
	else if ((err = mql_runner_event(r, event, sizeof event - 1, &text,
					 &len)))
		*tidy = !text;
	*row = text;
	mql_runner_free(r);
	mql_query_free(q);
	return err;
}

START_TEST(everything_survives_every_failed_allocation)
{
	bool row, tidy = true;
	int err, n = 0;

	do {
		countdown = n++;
		err = run(&row, &tidy);
		countdown = -1;
		ck_assert_msg(!err || err == MQL_ENOMEM, "allocation %d: %s",
			      n, mql_strerror(err));
		ck_assert(tidy);
	} while (err);
	ck_assert(row);
	ck_assert_int_gt(n, 20);
}
END_TEST

/* --- behind the filter ------------------------------------------------------ */

static const char folded[] =
	"select b, count(*), sum(a), p99(a), count(distinct a), list(b) "
	"group by b having count(*) > 0 order by sum(a) desc";
static const char *const staged[] = {
	folded,
	"select b, max(a) window 20s every 5s on t grace 1s group by b",
	"select * window |2| order by a desc",
	"select distinct b, v order by v",
	"select * group by v",
};
static const char *const events[] = {
	"{\"a\":1,\"b\":\"x\",\"t\":1,\"v\":[1,{\"b\":1,\"a\":2}]}",
	"{\"a\":2,\"b\":\"y\",\"t\":7,\"v\":\"a\\u0000b\"}",
	"{\"a\":3,\"b\":\"x\",\"t\":40}",
};

static bool
count_row(void *arg, const char *row, size_t len)
{
	int *n = arg;

	*n += row[len - 1] == '}';
	return true;
}

/* Every failure is told: as an error, or as something left out. */
static bool
run_staged(const char *text, int *rows)
{
	struct mql_runner *r = NULL;
	struct mql_runner_stats st = { 0 };
	struct mql_query *q;
	const char *none;
	bool all = false;
	size_t len;

	*rows = 0;
	if (mql_query_compile(text, &q, NULL))
		return false;
	if (!mql_runner_new(q, 4096, &r)) {
		all = true;
		mql_runner_rows(r, count_row, rows);
		for (size_t i = 0; i < sizeof events / sizeof *events; i++)
			all &= !mql_runner_event(r, events[i],
						 strlen(events[i]), &none,
						 &len);
		mql_runner_end(r);
		mql_runner_stats(r, &st);
	}
	mql_runner_free(r);
	mql_query_free(q);
	return all && !st.overflow;
}

START_TEST(stages_survive_every_failed_allocation)
{
	for (size_t i = 0; i < sizeof staged / sizeof *staged; i++) {
		int want, rows, n = 0;
		bool whole;

		ck_assert(run_staged(staged[i], &want));
		ck_assert_int_gt(want, 1);
		do {
			countdown = n++;
			whole = run_staged(staged[i], &rows);
			countdown = -1;
			ck_assert_msg(!whole || rows == want,
				      "%s: allocation %d is missed: %d rows",
				      staged[i], n, rows);
		} while (!whole);
		ck_assert_int_gt(n, 20);
	}
}
END_TEST

TEST_MAIN(oom, everything_survives_every_failed_allocation,
	  stages_survive_every_failed_allocation)
