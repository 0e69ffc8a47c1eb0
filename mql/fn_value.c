/* fn_value.c - functions of any value: what it is, and as another type. */
#include <math.h>

#include "event/json.h"
#include "mql/arith.h"
#include "mql/fn.h"
#include "mql/hash.h"

struct value
fn_nullif(const struct function_call *c)
{
	return value_equal(&c->arg[0], &c->arg[1]) ? VALUE_NONE : c->arg[0];
}

struct value
fn_typeof(const struct function_call *c)
{
	return fn_str(str_of(value_type_name(c->arg[0].type)));
}

/* --- text to values --------------------------------------------------------- */

struct value
fn_json(const struct function_call *c)
{
	const struct str text = fn_arg(c, 0);

	return json_check(text, NULL) ? VALUE_NONE
				      : json_value(text, c->scratch);
}

static bool
is_digit(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

/* As JSON has it; a plus and zeros may stand before, as people write them.
 * Null when it is something else. s is not empty. */
static struct value
parse_number(struct str s)
{
	const bool sign = *s.ptr == '-' || *s.ptr == '+';
	size_t digits = sign;
	struct value v;

	while (is_digit(s, digits + 1) && s.ptr[digits] == '0')
		digits++;
	const struct str magnitude = { s.ptr + digits, s.len - digits };
	const bool bare = *s.ptr == '-' && digits == 1;
	if (!is_digit(magnitude, 0) || json_check(magnitude, NULL))
		return VALUE_NONE;
	/* With its minus: the least integer has no magnitude among them. */
	v = json_value(bare ? s : magnitude, NULL);
	return *s.ptr == '-' && !bare ? arith_negate(&v) : v;
}

static bool
is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static struct str
trim(struct str s)
{
	while (s.len && is_space(*s.ptr)) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* The number that v is or says, or null. */
static struct value
number_of(const struct value *v)
{
	if (v->type == VALUE_BOOL)
		return fn_int(v->b);
	if (v->type != VALUE_STR)
		return value_is_number(v) ? *v : VALUE_NONE;
	const struct str s = trim(value_str(v));
	return s.len ? parse_number(s) : VALUE_NONE;
}

struct value
fn_to_int(const struct function_call *c)
{
	const struct value v = number_of(&c->arg[0]);

	if (v.type == VALUE_INT)
		return fn_int(v.i);
	if (v.type == VALUE_NULL)
		return v;
	/* At either end there are floats that stand for longer integers. */
	return fabs(v.f) < 0x1p63 ? fn_int((int64_t)v.f) : VALUE_NONE;
}

struct value
fn_to_float(const struct function_call *c)
{
	const struct value v = number_of(&c->arg[0]);

	return value_is_number(&v) ? fn_float(value_number(&v)) : VALUE_NONE;
}

struct value
fn_to_bool(const struct function_call *c)
{
	const struct value *v = &c->arg[0];

	if (v->type == VALUE_BOOL)
		return *v;
	if (value_is_number(v))
		return fn_bool(fabs(value_number(v)) > 0);
	if (v->type == VALUE_STR && fn_is_word(fn_arg(c, 0), "true"))
		return fn_bool(true);
	if (v->type == VALUE_STR && fn_is_word(fn_arg(c, 0), "false"))
		return fn_bool(false);
	return VALUE_NONE;
}

/* --- values to text and to a number ------------------------------------------ */

struct value
fn_to_string(const struct function_call *c)
{
	const size_t since = c->scratch->len;

	if (c->arg[0].type == VALUE_STR)
		return c->arg[0];
	value_write_text(&c->arg[0], c->scratch);
	return fn_written(c, since);
}

struct value
fn_hash(const struct function_call *c)
{
	uint64_t h;

	if (hash_value(&c->arg[0], c->scratch, &h))
		return VALUE_NONE;
	return fn_int((int64_t)h);
}
