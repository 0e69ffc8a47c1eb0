/* test_mantis.c - the answers of Netflix's own engine to its filter cases, and
 * the places where ours are meant to differ. The cases lie beside the tree;
 * without them there is nothing to compare. */
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

START_TEST(mantis_filters_give_the_answers_of_its_engine)
{
	FILE *f = fopen(cases, "r");
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	while (f && getline(&line, &size, f) > 0) {
		json_t *c = json_loads(line, 0, NULL);
		const char *kind =
			json_string_value(json_object_get(c, "kind"));

		ck_assert_ptr_nonnull(kind);
		if (!strcmp(kind, "filter")) {
			check_case(c);
			n++;
		}
		json_decref(c);
	}
	ck_assert(!f || n > 40);
	free(line);
	if (f)
		fclose(f);
}
END_TEST

TEST_MAIN(mantis, mantis_filters_give_the_answers_of_its_engine)
