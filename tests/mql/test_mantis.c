/* test_mantis.c - the answers of Netflix's own engine to its cases, and the
 * places where ours are meant to differ. The cases lie beside the tree; without
 * them there is nothing to compare. Those of mode `superset` are left out: they
 * ask what an agent sends for several queries at once, and ours sends each
 * query its own columns. */
#include <jansson.h>
#include <stdio.h>

#include "tests/mql/ask.h"
#include "tests/check_main.h"

static const char cases[] = "../shared/mantis-cases.jsonl";

/* Ours: one character an event, 1 where it matches. docs/mql.md tells them
 * under "Coming from Mantis". */
static const struct deviation {
	const char *id, *ours, *why;
} deviation[] = {
	{ "f-val-15", "00000000011000", "5 equals 5.0" },
	{ "f-val-16", "00000000011000", "5.0 equals 5" },
	{ "f-val-34", "11111011111111", "not takes in the comparison" },
	{ "f-val-35", "11111101111111", "not takes in the comparison" },
	{ "f-val-36", "00000000011010", "5 equals 5.0" },
	{ "f-num-05", "11101110", ".5 is a number" },
	{ "f-num-07", "00001100", "1 equals 1.0" },
	{ "f-re-20", "0000000000100000", "its optimizer loses a match" },
	{ "f-contains-num-rhs", "1", "the text of a number is searched for" },
	{ "f-dotted-key", "11", "without such a key the path is nested" },
	{ "f-str-order", "10", "strings have an order" },
};

static const struct deviation *
deviates(const char *id)
{
	for (size_t i = 0; i < sizeof deviation / sizeof *deviation; i++)
		if (!strcmp(deviation[i].id, id))
			return &deviation[i];
	return NULL;
}

static char *
canonical(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

/* The event's row in canonical form, or NULL. */
static char *
row_of(const char *query, const json_t *event)
{
	char *text = json_dumps(event, 0), *row = ask(query, text), *out = NULL;

	if (row) {
		json_t *j = json_loads(row, 0, NULL);

		ck_assert_ptr_nonnull(j);
		out = canonical(j);
		json_decref(j);
	}
	free(row);
	free(text);
	return out;
}

/* Does Mantis answer this row next? *at is the next one. */
static bool
is_next(const json_t *expect, size_t *at, const char *row)
{
	char *want = canonical(json_array_get(expect, *at));
	bool same = want && !strcmp(row, want);

	*at += same;
	free(want);
	return same;
}

static void
check_case(const json_t *c)
{
	const char *id = json_string_value(json_object_get(c, "id"));
	const char *query = json_string_value(json_object_get(c, "query"));
	const json_t *events = json_object_get(c, "events");
	const json_t *expect = json_object_get(c, "expect");
	const struct deviation *dev = deviates(id);
	size_t at = 0;

	ck_assert(!dev || strlen(dev->ours) == json_array_size(events));
	for (size_t i = 0; i < json_array_size(events); i++) {
		char *row = row_of(query, json_array_get(events, i));
		bool wanted = dev ? dev->ours[i] == '1' : row != NULL;

		ck_assert_msg((row != NULL) == wanted, "%s: %s, event %zu: %s",
			      id, query, i, dev ? dev->why : "");
		ck_assert_msg(dev || !row || is_next(expect, &at, row),
			      "%s: %s: event %zu is not Mantis's", id, query,
			      i);
		free(row);
	}
	ck_assert_msg(dev || at == json_array_size(expect),
		      "%s: %s: %zu rows of %zu", id, query, at,
		      json_array_size(expect));
}

/* --- whole queries ------------------------------------------------------------- */

/* All rows in order, "refused" when the query does not compile. */
static const struct difference {
	const char *id, *ours, *why;
} difference[] = {
	{ "p-01", "{\"a.b.c\":1}",
	  "a column is named by the path's dotted form" },
	{ "p-05", "{\"a.d\":2,\"a.b.c\":1}",
	  "likewise" },
	{ "p-window-select", "{\"a\":1,\"b\":\"x\"} {\"a\":2,\"b\":\"y\"} {\"a\":3,"
	  "\"b\":\"x\"}",
	  "the rows of the window, not an empty object" },
	{ "p-window-star", "{\"a\":1,\"b\":\"x\"} {\"a\":2,\"b\":\"y\"} {\"a\":3,"
	  "\"b\":\"x\"}",
	  "rows, not lists of them" },
	{ "p-group-select", "{\"a\":1,\"b\":\"x\"} {\"a\":2,\"b\":\"y\"}",
	  "the first values of each group, not an empty object" },
	{ "p-doc-dotted", "{\"string literal\":\"string literal\",\"45\":45,"
	  "\"tags.cluster\":\"mantisagent\",\"nf.node\":\"i-123456\"}",
	  "a column is named by the path's dotted form" },
	{ "p-doc-tags", "{\"tags.nf.cluster\":\"c\"}",
	  "likewise" },
	{ "p-sample-rps-before-where", "{\"a\":3} {\"a\":4}",
	  "sampled after the filter" },
	{ "a-04", "{\"count(a)\":2,\"b\":\"x\"} {\"count(a)\":1,\"b\":\"y\"}",
	  "an aggregate is named as it is written" },
	{ "a-13", "{\"count(zz)\":0}",
	  "likewise" },
	{ "a-14", "{}",
	  "a sum of nothing is null" },
	{ "a-15", "{}",
	  "null columns are left out" },
	{ "a-18", "{\"max(b)\":\"y\"}",
	  "strings have an order" },
	{ "a-25", "{\"count(a)\":2,\"b\":\"x\"} {\"count(a)\":1,\"b\":\"y\"}",
	  "named as it is written" },
	{ "a-33", "{}",
	  "a percentile of nothing is null" },
	{ "a-36", "{\"p95(a)\":3}",
	  "p95 works" },
	{ "a-40", "{\"sum(a)\":6,\"a\":1}",
	  "named as it is written" },
	{ "a-pct10-50", "{\"p50(a)\":5}",
	  "what half are not above; Mantis is off by one" },
	{ "a-pct10-75", "{\"p75(a)\":8}",
	  "likewise" },
	{ "a-pct200-75", "{\"p75(a)\":150}", "likewise" },
	{ "a-pct200-90", "{\"p90(a)\":180}", "likewise" },
	{ "a-count-window-tail",
	  "{\"count(a)\":2} {\"count(a)\":2} {\"count(a)\":1}",
	  "named as it is written" },
	{ "a-empty-stream", "{\"count(a)\":0}",
	  "named as it is written" },
	{ "a-doc-count-distinct", "{\"count(distinct esn)\":2}",
	  "named as it is written" },
	{ "a-doc-max-group", "{\"MAX(latency)\":9,\"node\":\"n1\"} "
	  "{\"MAX(latency)\":4,\"node\":\"n2\"}",
	  "9 is 9.0" },
	{ "a-doc-avg", "{\"average(e[\\\"metrics\\\"][\\\"latency\\\"])\":3,"
	  "\"node\":\"n1\"}",
	  "named as it is written" },
	{ "ag-proj-6", "{\"dot.key\":5}",
	  "an agent sends what is selected; it has done with `where`" },
	{ "ag-proj-7", "{\"zz\":true}",
	  "an alias counts everywhere" },
};

static const struct difference *
differs(const char *id)
{
	for (size_t i = 0; i < sizeof difference / sizeof *difference; i++)
		if (!strcmp(difference[i].id, id))
			return &difference[i];
	return NULL;
}

static bool
collect(void *rows, const char *row, size_t len)
{
	json_t *j = json_loadb(row, len, 0, NULL);

	ck_assert_ptr_nonnull(j);
	json_array_append_new(rows, j);
	return true;
}

/* The rows of query over all events, NULL when it is refused. */
static json_t *
rows_of(const char *query, const json_t *events)
{
	struct mql_query *q;
	struct mql_runner *r;
	const char *none;
	size_t len;

	if (mql_query_compile(query, &q, NULL))
		return NULL;
	json_t *rows = json_array();
	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	mql_runner_rows(r, collect, rows);
	for (size_t i = 0; i < json_array_size(events); i++) {
		char *text = json_dumps(json_array_get(events, i), 0);
		ck_assert_int_eq(mql_runner_event(r, text, strlen(text), &none,
						  &len), 0);
		free(text);
	}
	mql_runner_end(r);
	mql_runner_free(r);
	mql_query_free(q);
	return rows;
}

/* The rows of the table above as an array, NULL for "refused". */
static json_t *
rows_from(const char *text)
{
	json_t *rows = json_array(), *row;
	json_error_t e;

	while ((row = json_loads(text, JSON_DISABLE_EOF_CHECK, &e))) {
		json_array_append_new(rows, row);
		text += e.position;
	}
	if (strcmp(text, "refused"))
		return rows;
	json_decref(rows);
	return NULL;
}

static void
check_whole(const json_t *c)
{
	const char *id = json_string_value(json_object_get(c, "id"));
	const char *query = json_string_value(json_object_get(c, "query"));
	json_t *expect = json_object_get(c, "expect");
	const struct difference *diff = differs(id);
	json_t *want = diff			? rows_from(diff->ours)
		       : json_is_string(expect) ? NULL /* "error" */
						: json_incref(expect);
	json_t *rows = rows_of(query, json_object_get(c, "events"));
	char *got = canonical(rows), *ours = canonical(want);

	ck_assert_msg(got && ours ? !strcmp(got, ours) : got == ours,
		      "%s: %s: %s, not %s (%s)", id, query, got, ours,
		      diff ? diff->why : "as Mantis");
	free(got);
	free(ours);
	json_decref(rows);
	json_decref(want);
}

/* --- all of them ---------------------------------------------------------------- */

static bool
is(const json_t *c, const char *key, const char *value)
{
	const char *z = json_string_value(json_object_get(c, key));

	return z && !strcmp(z, value);
}

/* Run check on the cases of two kinds. How many; -1: there is no file. */
static int
each_case(const char *kind, const char *other, void (*check)(const json_t *c))
{
	FILE *f = fopen(cases, "r");
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	while (f && getline(&line, &size, f) > 0) {
		json_t *c = json_loads(line, 0, NULL);

		if ((is(c, "kind", kind) || is(c, "kind", other)) &&
		    !is(c, "mode", "superset")) {
			check(c);
			n++;
		}
		json_decref(c);
	}
	free(line);
	if (!f)
		return -1;
	fclose(f);
	return n;
}

START_TEST(mantis_filters_give_the_answers_of_its_engine)
{
	int n = each_case("filter", "filter", check_case);

	ck_assert(n < 0 || n > 40);
}
END_TEST

START_TEST(mantis_rows_and_aggregates_are_its_own_or_differ_for_a_reason)
{
	int n = each_case("project", "aggregate", check_whole);

	ck_assert(n < 0 || n > 40);
}
END_TEST

TEST_MAIN(mantis, mantis_filters_give_the_answers_of_its_engine,
	  mantis_rows_and_aggregates_are_its_own_or_differ_for_a_reason)
