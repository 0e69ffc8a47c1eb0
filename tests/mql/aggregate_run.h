/* aggregate_run.h - aggregates in tests: made, fed with JSON, printed. */
#ifndef TESTS_MQL_AGGREGATE_RUN_H
#define TESTS_MQL_AGGREGATE_RUN_H

#include <math.h>
#include <stdio.h>

#include "event/json.h"
#include "mql/aggregate.h"
#include "mql/error.h"
#include "tests/check_main.h"

enum { SCRATCH = 512 * 1024, SPAN_MS = 10 * 1000 };

struct kind { /* a way to call an aggregate */
	const char *name;
	const char *param; /* JSON, or NULL */
	bool        distinct;
};

/* Every aggregate in every form. */
static const struct kind kinds[] = {
	{ "count", NULL, false }, { "count", NULL, true },
	{ "sum", NULL, false }, { "avg", NULL, false },
	{ "min", NULL, false }, { "max", NULL, false },
	{ "stddev", NULL, false }, { "variance", NULL, false },
	{ "p1", NULL, false }, { "p50", NULL, false },
	{ "p99", NULL, false }, { "p995", NULL, false },
	{ "percentile", "0.333", false }, { "top", "3", false },
	{ "top", "1000", false }, { "list", NULL, false },
	{ "first", NULL, false }, { "last", NULL, false },
	{ "rate", NULL, false },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static inline struct value
value_of(const char *json)
{
	static char text[64 * 1024];
	struct buf b = BUF_FIXED(text, sizeof text);

	return json_value(str_of(json), &b);
}

static inline struct aggregate_call
call_of(const struct kind *k)
{
	struct aggregate_call c;
	char why[100];
	struct value param = k->param ? value_of(k->param) : VALUE_NONE;
	const struct aggregate *fn = aggregate_find(str_of(k->name));

	ck_assert_ptr_nonnull(fn);
	ck_assert_int_eq(aggregate_call_init(&c, fn, k->distinct, &param,
					     k->param != NULL, why,
					     sizeof why), 0);
	return c;
}

static inline struct aggregate_call
call(const char *name)
{
	const struct kind k = { name, NULL, false };

	return call_of(&k);
}

static inline void *
state_new(const struct aggregate_call *c)
{
	void *s = calloc(1, c->fn->size);

	ck_assert_ptr_nonnull(s);
	c->fn->init(c, s);
	return s;
}

static inline void
state_free(const struct aggregate_call *c, void *s)
{
	c->fn->fini(c, s);
	ck_assert_uint_eq(c->fn->heap(c, s), 0);
	free(s);
}

static inline void
add(const struct aggregate_call *c, void *s, const char *json, int64_t at)
{
	const struct value v = value_of(json);

	ck_assert_int_eq(c->fn->update(c, s, &v, at, 1), 0);
}

static inline void
add_int(const struct aggregate_call *c, void *s, int64_t i)
{
	const struct value v = { .type = VALUE_INT, .i = i };

	ck_assert_int_eq(c->fn->update(c, s, &v, 0, 1), 0);
}

static inline void
add_float(const struct aggregate_call *c, void *s, double f)
{
	const struct value v = { .type = VALUE_FLOAT, .f = f };

	ck_assert_int_eq(c->fn->update(c, s, &v, 0, 1), 0);
}

/* The result as a value; its text lives until the next call. */
static inline struct value
result(const struct aggregate_call *c, const void *s)
{
	static char text[SCRATCH];
	struct buf scratch = BUF_FIXED(text, sizeof text);

	return c->fn->finish(c, s, SPAN_MS, &scratch);
}

/* And as JSON, in memory of the caller's (SCRATCH). */
static inline char *
result_text(const struct aggregate_call *c, const void *s, char *text)
{
	struct buf out = BUF_FIXED(text, SCRATCH - 1);
	const struct value v = result(c, s);

	value_write_json(&v, &out);
	ck_assert_int_eq(out.err, 0);
	text[out.len] = '\0';
	return text;
}

/* The result over values, as a JSON array, one a second from 0 on. */
static inline const char *
over(const struct kind *k, const char *values)
{
	static char text[SCRATCH];
	const struct aggregate_call c = call_of(k);
	void *s = state_new(&c);
	struct str key, item;
	char one[1000];
	int64_t second = 0;

	for (size_t at = 0;
	     json_member_next(str_of(values), &at, &key, &item);) {
		snprintf(one, sizeof one, "%.*s", (int)item.len, item.ptr);
		add(&c, s, one, 1000 * second++);
	}
	result_text(&c, s, text);
	state_free(&c, s);
	return text;
}

/* Through the wire: what comes out of it is merged into `to`. */
static inline void
merge_by_wire(const struct aggregate_call *c, void *to, const void *from)
{
	struct buf b = BUF_INIT;
	void *s = calloc(1, c->fn->size);
	struct str in;

	c->fn->put(c, from, &b);
	ck_assert_int_eq(b.err, 0);
	buf_put_u8(&b, 0x5a); /* the next one's */
	in = (struct str){ (char *)b.data, b.len };
	ck_assert_int_eq(c->fn->get(c, s, &in), 0);
	ck_assert_uint_eq(in.len, 1);
	ck_assert_int_eq(c->fn->merge(c, to, s), 0);
	buf_fini(&b);
	state_free(c, s);
}

/* The same numbers in every run (splitmix64). */
static inline uint64_t
dice(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline double
uniform(uint64_t *seed) /* above 0, below 1 */
{
	return ((double)(dice(seed) >> 12) + 0.5) / 0x1p52;
}

#endif
