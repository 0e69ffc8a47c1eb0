/* fn.h - the scalar functions themselves, and what they share.
 *
 * Private to the fn_*.c files and to function.c, whose table is made of them.
 * function_apply() has checked the number and the types of the arguments (a
 * `t` is text or a number here, and may still be no time) and, for strict
 * ones, that none is null. It also sees to what all have in common: a float
 * that is not finite, or a text that did not fit, becomes null; errno stays
 * as it was. */
#ifndef MQL_FN_H
#define MQL_FN_H

#include "mql/function.h"

static inline struct value
fn_bool(bool b)
{
	return (struct value){ .type = VALUE_BOOL, .b = b };
}

static inline struct value
fn_int(int64_t i)
{
	return (struct value){ .type = VALUE_INT, .i = i };
}

static inline struct value
fn_float(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static inline struct value
fn_str(struct str s)
{
	return (struct value){
		.type = VALUE_STR, .ptr = s.ptr, .len = (uint32_t)s.len,
	};
}

/* What was appended to scratch since it was so long; null when it is full. */
static inline struct value
fn_written(const struct function_call *c, size_t since)
{
	const char *p = (const char *)c->scratch->data;

	if (c->scratch->err)
		return VALUE_NONE;
	return fn_str((struct str){ p + since, c->scratch->len - since });
}

/* The text of an argument of type s; its ptr is never NULL. */
static inline struct str
fn_arg(const struct function_call *c, unsigned i)
{
	return c->arg[i].len ? value_str(&c->arg[i]) : STR("");
}

/* ASCII alone, whatever the locale of the host. */
static inline char
fn_lower_char(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch | 32) : ch;
}

/* Is s the word (which is in lower case), in any case? */
bool fn_is_word(struct str s, const char *word);

#define FN(name) struct value fn_##name(const struct function_call *c)

/* fn_text.c */
FN(lower); FN(upper); FN(trim); FN(ltrim); FN(rtrim); FN(length);
FN(substr); FN(replace); FN(split_part); FN(concat);
FN(starts_with); FN(ends_with); FN(contains);

/* fn_number.c */
FN(abs); FN(floor); FN(ceil); FN(round); FN(sqrt); FN(log); FN(log10);
FN(exp); FN(pow); FN(mod); FN(bucket); FN(least); FN(greatest);

/* fn_value.c */
FN(nullif); FN(to_int); FN(to_float); FN(to_string); FN(to_bool);
FN(typeof); FN(json); FN(hash);

/* fn_time.c */
FN(now); FN(iso); FN(time_bucket); FN(year); FN(month); FN(day); FN(hour);
FN(minute); FN(second); FN(weekday);

/* fn_net.c */
FN(cidr_match); FN(url_path); FN(url_host); FN(url_query_param);

#undef FN

#endif
