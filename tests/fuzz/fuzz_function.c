/* fuzz_function.c - any arguments to any function: the first byte picks it,
 * each line that follows is an argument, JSON if it is valid and a text if it
 * is not. What comes can be read and written, is finite, and is the same when
 * it is asked for again, or in less room, or is null. */
#include <math.h>
#include <stdlib.h>

#include "event/json.h"
#include "mql/function.h"

enum { MAX_INPUT = 1 << 12, ROOM = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static unsigned
read_args(struct str in, struct value *arg, struct buf *scratch)
{
	unsigned n = 0;

	while (in.len && n < FUNCTION_MAX_ARGS) {
		const char *eol = memchr(in.ptr, '\n', in.len);
		struct str line = { in.ptr, eol ? (size_t)(eol - in.ptr)
						: in.len };
		arg[n++] = json_check(line, NULL)
			 ? (struct value){ .type = VALUE_STR, .ptr = line.ptr,
					   .len = (uint32_t)line.len }
			 : json_value(line, scratch);
		in.len -= line.len + (eol != NULL);
		in.ptr += line.len + (eol != NULL);
	}
	return n;
}

/* Call f in so much room, and read the result to its end. ASan watches. */
static struct buf
run(const struct function *f, struct function_call c, size_t size)
{
	char *room = malloc(size + 1);
	struct buf scratch = BUF_FIXED(room, size), out = BUF_INIT;

	require(room != NULL);
	c.scratch = &scratch;
	const struct value v = function_apply(f, &c);
	require(v.type != VALUE_FLOAT || isfinite(v.f));
	require(!scratch.err && (v.type != VALUE_NULL || !scratch.len));
	value_write_json(&v, &out);
	require(!out.err);
	free(room);
	return out;
}

static bool
same(struct buf a, struct buf b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

static void
check(const struct function *f, struct function_call c)
{
	struct buf first = run(f, c, ROOM), again = run(f, c, ROOM);
	struct buf tight = run(f, c, c.arg[0].len);

	require(same(first, again));
	require(same(first, tight) ||
		(tight.len == 4 && !memcmp(tight.data, "null", 4)));
	buf_fini(&first);
	buf_fini(&again);
	buf_fini(&tight);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char undone[MAX_INPUT];
	struct buf escapes = BUF_FIXED(undone, sizeof undone);
	struct value arg[FUNCTION_MAX_ARGS] = { { .type = VALUE_NULL } };
	struct function_call c = { .arg = arg, .now = 1 };
	size_t n;
	const struct function *table = function_table(&n);

	if (!size || size > MAX_INPUT)
		return 0;
	const struct function *f = &table[data[0] % n];
	char *copy = malloc(size); /* exact, as above */
	require(copy != NULL);
	memcpy(copy, data, size);
	c.narg = read_args((struct str){ copy + 1, size - 1 }, arg, &escapes);
	if (function_takes(f, c.narg))
		check(f, c);
	free(copy);
	return 0;
}
