/* call.h - evaluate a call that is written with constants: `lower('A')`.
 *
 * An expression is a call, 'text' (a doubled quote is a quote), JSON for
 * anything else (a number, true, false, null, {...}, [...]), or a duration.
 * It stands on its own so that the functions are tested without the compiler
 * that uses them. */
#ifndef TESTS_CALL_H
#define TESTS_CALL_H

#include "common/duration.h"
#include "event/json.h"
#include "mql/function.h"
#include "tests/check_main.h"

enum { CALL_NOW_S = 1600000000 };

static struct buf call_scratch; /* fixed */

static struct value call_read(const char **p);

static void
call_space(const char **p)
{
	while (**p == ' ')
		++*p;
}

static struct value
call_quoted(const char **p)
{
	const size_t since = call_scratch.len;

	for (++*p; **p && (**p != '\'' || (*p)[1] == '\''); ++*p) {
		*p += **p == '\'';
		buf_put_u8(&call_scratch, (uint8_t)**p);
	}
	++*p;
	return (struct value){
		.type = VALUE_STR,
		.ptr = (char *)call_scratch.data + since,
		.len = (uint32_t)(call_scratch.len - since),
	};
}

/* JSON, or a duration: the shortest that is one and ends where it may. What
 * it points into is the expression. */
static struct value
call_constant(const char **p)
{
	const char *beg = *p;
	int64_t ms;

	for (;; ++*p) {
		*p += strcspn(*p, ",)");
		const struct str text = { beg, (size_t)(*p - beg) };
		if (!json_check(text, NULL))
			return json_value(text, &call_scratch);
		if (!duration_parse(text, &ms))
			return (struct value){ .type = VALUE_INT, .i = ms };
		ck_assert_msg(**p, "what is %s", beg);
	}
}

static struct value
call_function(const char **p, const char *paren)
{
	struct str name = { *p, (size_t)(paren - *p) };
	const struct function *f = function_find(name);
	struct value arg[FUNCTION_MAX_ARGS];
	struct function_call c = {
		.arg = arg, .scratch = &call_scratch,
		.now = (int64_t)CALL_NOW_S * 1000,
	};

	ck_assert_msg(f != NULL, "no function: %s", *p);
	*p = paren + 1;
	for (call_space(p); **p && **p != ')'; call_space(p)) {
		ck_assert_uint_lt(c.narg, FUNCTION_MAX_ARGS);
		arg[c.narg++] = call_read(p);
		*p += **p == ',';
	}
	*p += **p == ')';
	ck_assert_msg(function_takes(f, c.narg), "%s of %u", f->name, c.narg);
	return function_apply(f, &c);
}

static struct value
call_read(const char **p)
{
	size_t word = strspn(*p, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (**p == '\'')
		return call_quoted(p);
	if ((*p)[word] == '(')
		return call_function(p, *p + word);
	return call_constant(p);
}

/* The result as JSON, until the next call. */
static inline const char *
call(const char *expr)
{
	static char room[1 << 16], json[1 << 16];
	struct buf out = BUF_FIXED(json, sizeof json - 1);
	const char *p = expr;

	call_scratch = (struct buf)BUF_FIXED(room, sizeof room);
	const struct value v = call_read(&p);
	ck_assert_msg(!*p, "%s: left is %s", expr, p);
	value_write_json(&v, &out);
	ck_assert(!out.err);
	json[out.len] = '\0';
	return json;
}

#endif
