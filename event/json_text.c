/* json_text.c - what a token means: escapes undone, digits read. */
#include "event/json_scan.h"

enum { REPLACEMENT = 0xfffd }; /* for a surrogate that has no partner */

/* Four hexadecimal digits at p, or -1. */
static int32_t
hex4(const char *p, const char *end)
{
	int32_t n = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = (unsigned char)p[i];
		n = n * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return n;
}

static size_t
put_utf8(int32_t c, char *out)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const int lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

static bool
is_surrogate(int32_t c, int32_t first)
{
	return c >= first && c < first + 0x400;
}

/* *p is behind \u. */
static int32_t
code_point(const char **p, const char *end)
{
	int32_t c = hex4(*p, end), low = -1;

	if (c < 0) { /* not in valid text */
		*p = end;
		return REPLACEMENT;
	}
	*p += 4;
	if (is_surrogate(c, 0xdc00))
		return REPLACEMENT;
	if (!is_surrogate(c, 0xd800))
		return c;
	if (end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u')
		low = hex4(*p + 2, end);
	if (!is_surrogate(low, 0xdc00))
		return REPLACEMENT;
	*p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

size_t
json_unescape(const char **p, const char *end, char *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at;
	char c;

	if (end - *p < 2) {
		*p = end;
		return 0;
	}
	c = (*p)[1];
	*p += 2;
	if (c == 'u')
		return put_utf8(code_point(p, end), out);
	at = c ? strchr(from, c) : NULL;
	*out = at ? to[at - from] : c;
	return 1;
}

struct str
json_unquote(struct str raw, struct buf *scratch)
{
	const char *p = raw.ptr + 1, *end = raw.ptr + raw.len - 1;
	const char *slash = memchr(p, '\\', (size_t)(end - p));
	char *room, *to;

	if (!slash)
		return (struct str){ p, (size_t)(end - p) };
	/* What an escape means is never longer than the escape. */
	room = to = (char *)buf_room(scratch, (size_t)(end - p));
	if (!room)
		return (struct str){ NULL, 0 };
	while (slash) {
		to = mempcpy(to, p, (size_t)(slash - p));
		to += json_unescape(&slash, end, to);
		p = slash;
		slash = memchr(p, '\\', (size_t)(end - p));
	}
	to = mempcpy(to, p, (size_t)(end - p));
	scratch->len += (size_t)(to - room);
	return (struct str){ room, (size_t)(to - room) };
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static struct str
trim(struct str t)
{
	while (t.len && is_space(*t.ptr)) {
		t.ptr++;
		t.len--;
	}
	while (t.len && is_space(t.ptr[t.len - 1]))
		t.len--;
	return t;
}

static struct value
value_of(struct str t, struct buf *scratch)
{
	const struct value boolean = { .type = VALUE_BOOL, .b = *t.ptr == 't' };
	struct str s = t;

	switch (*t.ptr) {
	case 'n':
		return VALUE_NONE;
	case 't':
	case 'f':
		return boolean;
	case '{':
	case '[':
		break;
	case '"':
		s = json_unquote(t, scratch);
		if (!s.ptr)
			return VALUE_NONE;
		break;
	default:
		return json_number(t);
	}
	return (struct value){
		.type = *t.ptr == '{' ? VALUE_OBJECT
		      : *t.ptr == '[' ? VALUE_ARRAY : VALUE_STR,
		.ptr = s.ptr, .len = (uint32_t)s.len,
	};
}

struct value
json_value(struct str text, struct buf *scratch)
{
	struct str t = trim(text);
	struct value v;

	if (!t.len || t.len > UINT32_MAX)
		return VALUE_NONE;
	v = value_of(t, scratch);
	v.raw = t.ptr;
	v.nraw = (uint32_t)t.len;
	return v;
}
