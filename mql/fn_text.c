/* fn_text.c - functions of text.
 *
 * A character begins with each byte that does not continue one in UTF-8, and
 * with the first byte. So any bytes are some characters, and those of a text
 * can be counted from either end. */
#include "event/json.h"
#include "mql/fn.h"

/* --- characters ------------------------------------------------------------ */

static bool
continues(char ch)
{
	return ((unsigned char)ch & 0xc0) == 0x80;
}

static size_t
first_char(struct str s) /* 0 of no text */
{
	size_t n = s.len > 0;

	while (n < s.len && continues(s.ptr[n]))
		n++;
	return n;
}

static size_t
last_char(struct str s)
{
	size_t n = s.len > 0;

	while (n < s.len && continues(s.ptr[s.len - n]))
		n++;
	return n;
}

static struct str
without_first(struct str s, size_t n)
{
	return (struct str){ s.ptr + n, s.len - n };
}

static size_t
count_chars(struct str s)
{
	size_t n = s.len && continues(*s.ptr);

	for (size_t i = 0; i < s.len; i++)
		n += !continues(s.ptr[i]);
	return n;
}

/* The bytes of the first n characters. */
static size_t
bytes_of(struct str s, int64_t n)
{
	size_t at = 0;

	for (; n > 0 && at < s.len; n--)
		at += first_char(without_first(s, at));
	return at;
}

/* Where part is in s, from byte `at` on; s.len when it is not. Linear. */
static size_t
find(struct str s, size_t at, struct str part)
{
	const char *p = NULL;

	if (part.len && s.len - at >= part.len)
		p = memmem(s.ptr + at, s.len - at, part.ptr, part.len);
	return p ? (size_t)(p - s.ptr) : s.len;
}

/* --- case ------------------------------------------------------------------ */

/* s with the letters from first to first + 25 in the other case. */
static struct value
other_case(const struct function_call *c, char first)
{
	const struct str s = fn_arg(c, 0);
	const size_t since = c->scratch->len;
	uint8_t *to = buf_room(c->scratch, s.len);

	if (!to)
		return VALUE_NONE;
	for (size_t i = 0; i < s.len; i++) {
		const uint8_t ch = (uint8_t)s.ptr[i];
		const bool letter = (uint8_t)(ch - first) < 26;
		to[i] = letter ? ch ^ 32 : ch;
	}
	c->scratch->len += s.len;
	return fn_written(c, since);
}

struct value
fn_lower(const struct function_call *c)
{
	return other_case(c, 'A');
}

struct value
fn_upper(const struct function_call *c)
{
	return other_case(c, 'a');
}

/* --- trim ------------------------------------------------------------------ */

/* Each character of the text may be looked for among so many bytes. */
enum { MAX_TRIMMED = 64 };

static bool
is_among(struct str one, struct str chars)
{
	for (size_t n; (n = first_char(chars)); chars = without_first(chars, n))
		if (str_eq(one, (struct str){ chars.ptr, n }))
			return true;
	return false;
}

static struct value
trim(const struct function_call *c, bool left, bool right)
{
	struct str s = fn_arg(c, 0);
	struct str chars = c->narg > 1 ? fn_arg(c, 1) : STR(" \t\n\v\f\r");
	size_t n;

	if (chars.len > MAX_TRIMMED)
		return VALUE_NONE;
	while (left && (n = first_char(s)) &&
	       is_among((struct str){ s.ptr, n }, chars))
		s = without_first(s, n);
	while (right && (n = last_char(s)) &&
	       is_among((struct str){ s.ptr + s.len - n, n }, chars))
		s.len -= n;
	return fn_str(s);
}

struct value
fn_trim(const struct function_call *c)
{
	return trim(c, true, true);
}

struct value
fn_ltrim(const struct function_call *c)
{
	return trim(c, true, false);
}

struct value
fn_rtrim(const struct function_call *c)
{
	return trim(c, false, true);
}

/* --- parts ----------------------------------------------------------------- */

struct value
fn_length(const struct function_call *c)
{
	const struct value *v = &c->arg[0];
	struct str key, item;
	int64_t n = 0;

	if (v->type == VALUE_STR)
		return fn_int((int64_t)count_chars(value_str(v)));
	if (v->type < VALUE_STR)
		return VALUE_NONE;
	for (size_t at = 0; json_member_next(value_str(v), &at, &key, &item);)
		n++;
	return fn_int(n);
}

struct value
fn_substr(const struct function_call *c)
{
	struct str s = fn_arg(c, 0);
	int64_t from = c->arg[1].i; /* then the characters before it */

	from += from < 0 ? (int64_t)count_chars(s) : -1;
	s = without_first(s, bytes_of(s, from));
	if (c->narg > 2)
		s.len = bytes_of(s, c->arg[2].i);
	return fn_str(s);
}

static int64_t
count_parts(struct str s, struct str sep)
{
	int64_t n = 1;

	for (size_t at = 0; (at = find(s, at, sep)) < s.len; at += sep.len)
		n++;
	return n;
}

struct value
fn_split_part(const struct function_call *c)
{
	struct str s = fn_arg(c, 0);
	const struct str sep = fn_arg(c, 1);
	int64_t i = c->arg[2].i;
	size_t end;

	if (i < 0)
		i += count_parts(s, sep) + 1;
	if (i < 1)
		return VALUE_NONE;
	for (; (end = find(s, 0, sep)) < s.len && i > 1; i--)
		s = without_first(s, end + sep.len);
	if (i > 1)
		return VALUE_NONE;
	s.len = end;
	return fn_str(s);
}

struct value
fn_replace(const struct function_call *c)
{
	const struct str s = fn_arg(c, 0), from = fn_arg(c, 1);
	const struct str to = fn_arg(c, 2);
	const size_t since = c->scratch->len;
	size_t at = 0, end;

	while ((end = find(s, at, from)) < s.len && !c->scratch->err) {
		buf_put(c->scratch, s.ptr + at, end - at);
		buf_put(c->scratch, to.ptr, to.len);
		at = end + from.len;
	}
	buf_put(c->scratch, s.ptr + at, s.len - at);
	return fn_written(c, since);
}

struct value
fn_concat(const struct function_call *c)
{
	const size_t since = c->scratch->len;

	for (unsigned i = 0; i < c->narg; i++)
		if (c->arg[i].type != VALUE_NULL)
			value_write_text(&c->arg[i], c->scratch);
	return fn_written(c, since);
}

/* --- questions ------------------------------------------------------------- */

struct value
fn_starts_with(const struct function_call *c)
{
	struct str s = fn_arg(c, 0);
	const struct str with = fn_arg(c, 1);

	if (s.len > with.len)
		s.len = with.len;
	return fn_bool(str_eq(s, with));
}

struct value
fn_ends_with(const struct function_call *c)
{
	const struct str s = fn_arg(c, 0), with = fn_arg(c, 1);

	return fn_bool(s.len >= with.len &&
		       str_eq(without_first(s, s.len - with.len), with));
}

struct value
fn_contains(const struct function_call *c)
{
	const struct str s = fn_arg(c, 0), part = fn_arg(c, 1);

	return fn_bool(!part.len || find(s, 0, part) < s.len);
}
