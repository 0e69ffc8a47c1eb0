/* fuzz_partial.c - any bytes as the states of an aggregate: what can be read
 * can be merged, written, read again and finished, within its bound.
 *
 *     byte 0   which aggregate; its top bit: distinct
 *     byte 1   k of top, q of percentile
 *     rest     states, one behind the other */
#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/aggregate.h"
#include "mql/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char scratch[512 * 1024];

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_bound(const struct aggregate_call *c, const void *s)
{
	require(c->fn->heap(c, s) + c->fn->size <= AGGREGATE_MAX_BYTES);
}

static void
check_finish(const struct aggregate_call *c, const void *s)
{
	static char line[512 * 1024];
	struct buf room = BUF_FIXED(scratch, sizeof scratch);
	struct buf out = BUF_FIXED(line, sizeof line);
	const struct value v = c->fn->finish(c, s, 1000, &room);

	value_write_json(&v, &out);
	require(!out.err && !memchr(line, '\n', out.len) &&
		!json_check((struct str){ line, out.len }, NULL));
}

/* What we write, we can read. */
static void
check_round(const struct aggregate_call *c, const void *s)
{
	struct buf b = BUF_INIT;
	void *again = calloc(1, c->fn->size);

	c->fn->put(c, s, &b);
	struct str in = { (char *)b.data, b.len };
	require(again && !b.err && !c->fn->get(c, again, &in) && !in.len);
	c->fn->fini(c, again);
	free(again);
	buf_fini(&b);
}

static bool
call(struct aggregate_call *c, uint8_t which, uint8_t param)
{
	size_t n;
	const struct aggregate *fn = aggregate_table(&n) + (which & 31) % n;
	struct value v = { .type = VALUE_INT, .i = param * 4 + 1 };
	const bool takes = !strcmp(fn->name, "top") ||
			   !strcmp(fn->name, "percentile");
	char why[100];

	if (!strcmp(fn->name, "percentile"))
		v = (struct value){ .type = VALUE_FLOAT,
				    .f = (param + 0.5) / 256 };
	return !aggregate_call_init(c, fn, which >> 7, &v, takes, why,
				    sizeof why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct value one = { .type = VALUE_INT, .i = 1 };
	struct aggregate_call c;
	struct str in;
	void *all, *s;
	int err = 0;

	if (size < 2 || !call(&c, data[0], data[1]))
		return 0;
	in = (struct str){ (const char *)data + 2, size - 2 };
	all = calloc(1, c.fn->size);
	s = calloc(1, c.fn->size);
	if (!all || !s)
		abort();
	c.fn->init(&c, all);
	while (!err && in.len) {
		err = c.fn->get(&c, s, &in);
		check_bound(&c, s);
		if (!err) {
			check_round(&c, s);
			require(!c.fn->merge(&c, all, s));
			require(!c.fn->update(&c, all, &one, 1, 1));
			check_bound(&c, all);
			check_finish(&c, all);
		}
		c.fn->fini(&c, s);
	}
	check_round(&c, all);
	c.fn->fini(&c, all);
	free(all);
	free(s);
	return 0;
}
