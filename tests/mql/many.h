/* many.h - for tests of matchers: random events in all three forms, and random
 * queries about them. What they are made of is where comparisons are hard:
 * integers that a double does not hold, -0.0, texts that are digits, prefixes
 * of each other, nulls. Set `seed` first. */
#ifndef TESTS_MQL_MANY_H
#define TESTS_MQL_MANY_H

#include <stdio.h>

#include "event/json.h"
#include "mql/matcher.h"
#include "tests/mql/ask.h"

static uint64_t seed;

static inline unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(seed >> 33) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

/* --- events ------------------------------------------------------------------ */

enum { FIELDS = 6, LAST = FIELDS - 1 }; /* a to e of any type; s a text */

static const char *const value[] = {
	"null", "true", "false", "0", "-0.0", "1", "1.0", "2", "-3", "0.5",
	"7.25", "10", "36028797018963967", "36028797018963968",
	"9007199254740992", "9007199254740993",
	"9007199254740992.0", "18446744073709551615", "-9223372036854775808",
	"9223372036854775807", "1e300", "\"\"", "\"a\"", "\"ab\"",
	"\"abc\"", "\"abcdefgh\"", "\"abcdefghi\"", "\"abcdefghijklm\"",
	"\"abcdefghijklmnopq\"", "\"B\"", "\"1\"", "\"12\"",
	"\"\xc3\xa9t\xc3\xa9\"", "[1]", "{\"x\":1}",
};
static const char *const text[] = {
	"", "a", "ab", "abc", "abcdefgh", "abcdefghi", "abcdefghijklm", "z",
};
static const char *const name[FIELDS] = { "a", "b", "c", "d", "e", "s" };

struct record {
	const char *json[LAST];
	const char *s;
};

struct sample {
	struct record r;
	char          text[512];
	struct built  built;
	char          room[1024]; /* of the built event's texts */
};

static void
fill_json(struct sample *s)
{
	FILE *to = fmemopen(s->text, sizeof s->text, "w");

	fprintf(to, "{\"s\":\"%s\"", s->r.s);
	for (int i = 0; i < LAST; i++)
		if (s->r.json[i])
			fprintf(to, ",\"%s\":%s", name[i], s->r.json[i]);
	fputs("}", to);
	fclose(to);
}

static void
fill_built(struct sample *s)
{
	struct buf scratch = BUF_FIXED(s->room, sizeof s->room);

	built_begin(&s->built);
	built_add(&s->built, STR("s"), (struct value){
		.type = VALUE_STR, .ptr = s->r.s,
		.len = (uint32_t)strlen(s->r.s) });
	for (int i = 0; i < LAST; i++)
		if (s->r.json[i])
			built_add(&s->built, str_of(name[i]),
				  json_value(str_of(s->r.json[i]), &scratch));
}

static inline void
draw_sample(struct sample *s)
{
	for (int i = 0; i < LAST; i++)
		s->r.json[i] = draw(8) ? PICK(value) : NULL;
	s->r.s = PICK(text);
	fill_json(s);
	fill_built(s);
}

static inline struct event
event_of(const struct sample *s, enum event_form form,
	 const struct schema *schema)
{
	static const struct event_meta meta;
	struct event ev = { .form = form, .schema = schema, .meta = &meta };

	if (form == EVENT_JSON)
		ev.text = str_of(s->text);
	else if (form == EVENT_STRUCT)
		ev.record = &s->r;
	else
		ev.built = &s->built;
	return ev;
}

/* --- queries ------------------------------------------------------------------ */

static const char *const constant[] = {
	"0", "-0.0", "1", "1.0", "2", "-3", "0.5", "7.25", "10",
	"9007199254740992", "9007199254740993", "36028797018963967",
	"36028797018963968", "18446744073709551615",
	"-9223372036854775808", "1e300", "''", "'a'", "'ab'", "'abc'",
	"'abcdefg'", "'abcdefgh'", "'abcdefghijklm'", "'B'", "'1'", "'12'",
};
static const char *const number[] = {
	"0", "1", "0.5", "-3", "9007199254740993", "1e300", "7", "12.5",
};
static const char *const word[] = { "''", "'a'", "'abd'", "'abcdefgh'", "'B'" };
static const char *const shape[] = {
	"'a%'", "'ab_'", "'abc%'", "'abcdefg%'", "'abcdefgh%'",
	"'abcdefghijkl%'", "'abcdefghi%q'", "'1%'", "'%'",
	"'\\%'", "'tr%'",
};
static const char *const order[] = { "<", "<=", ">", ">=" };

static void
put_test(FILE *to)
{
	const char *f = name[draw(FIELDS)];

	switch (draw(14)) {
	case 0:
	case 1:
		fprintf(to, "%s == %s", f, PICK(constant));
		break;
	case 2:
		fprintf(to, "%s == %s", PICK(constant), f);
		break;
	case 3:
		fprintf(to, "%s in (%s, %s, %s)", f, PICK(constant),
			PICK(constant), PICK(constant));
		break;
	case 4:
		fprintf(to, "%s %s %s", f, PICK(order), PICK(number));
		break;
	case 5:
		fprintf(to, "%s %s %s", PICK(word), PICK(order), f);
		break;
	case 6:
		fprintf(to, "%s between %s and %s", f, PICK(number),
			PICK(number));
		break;
	case 7:
		fprintf(to, "%s like %s", f, PICK(shape));
		break;
	case 8:
		fprintf(to, "starts_with(%s, %s)", f, PICK(word));
		break;
	case 9:
		fprintf(to, "%s == %s", f, draw(2) ? "null" : "true");
		break;
	case 10:
		fprintf(to, "%s != %s", f, PICK(constant));
		break;
	case 11:
		fprintf(to, "%s == %s", f, name[draw(FIELDS)]);
		break;
	case 12:
		fprintf(to, "%s in (", f);
		for (unsigned n = 8 + draw(8); n; n--)
			fprintf(to, "%s%s", PICK(constant),
				n > 1 ? ", " : ")");
		break;
	default:
		fprintf(to, "%s =~ /b/", f);
	}
}

static void
put_condition(FILE *to, int depth)
{
	unsigned what = depth ? draw(8) : 7;

	if (what > 5) {
		put_test(to);
		return;
	}
	fputs(what == 5 ? "not (" : "(", to);
	put_condition(to, depth - 1);
	if (what != 5) {
		fputs(what < 3 ? " and " : " or ", to);
		put_condition(to, depth - 1);
	}
	fputs(")", to);
}

static char *
draw_text(void)
{
	static const char *const select[] = { "*", "a", "a, b", "s" };
	char *z;
	size_t size;
	FILE *to = open_memstream(&z, &size);

	fprintf(to, "select %s", PICK(select));
	if (draw(40)) {
		fputs(" where ", to);
		for (unsigned n = draw(3);; n--) {
			put_condition(to, (int)draw(3));
			if (!n)
				break;
			fputs(" and ", to);
		}
	}
	fclose(to);
	return z;
}

/* One that compiles: constants without order are refused. */
static inline struct mql_query *
draw_query(void)
{
	struct mql_query *q = NULL;

	while (!q) {
		char *z = draw_text();

		mql_query_compile(z, &q, NULL);
		free(z);
	}
	return q;
}

#endif
