/* json_write.c - JSON text out: strings escaped, lines kept whole. */
#include "event/json.h"

static bool
needs_escape(unsigned char c)
{
	static const uint64_t which[4] = {
		UINT32_MAX | UINT64_C(1) << '"',
		UINT64_C(1) << ('\\' - 64),
	};

	return which[c / 64] >> c % 64 & 1;
}

static void
put_escape(unsigned char c, struct buf *out)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	static const char hex[] = "0123456789abcdef";
	const char *at = c ? strchr(from, c) : NULL;
	const char named[] = { '\\', at ? to[at - from] : '?' };
	const char coded[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (at)
		buf_put(out, named, sizeof named);
	else
		buf_put(out, coded, sizeof coded);
}

/* Of eight bytes at once: none of them? */
static bool
is_plain(const char *at)
{
	const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
	uint64_t w, quote, back;

	memcpy(&w, at, sizeof w);
	quote = w ^ ones * '"';
	back = w ^ ones * '\\';
	return !((((w - ones * ' ') & ~w) | ((quote - ones) & ~quote) |
		  ((back - ones) & ~back)) & high);
}

/* How many bytes from i on need no escape. */
static size_t
plain_run(struct str s, size_t i)
{
	size_t begun = i;

	while (s.len - i >= sizeof(uint64_t) && is_plain(s.ptr + i))
		i += sizeof(uint64_t);
	while (i < s.len && !needs_escape((unsigned char)s.ptr[i]))
		i++;
	return i - begun;
}

void
json_write_str(struct str s, struct buf *out)
{
	size_t i = 0, n;

	buf_put_u8(out, '"');
	for (;;) {
		n = plain_run(s, i);
		if (n) /* an empty text may have no place */
			buf_put(out, s.ptr + i, n);
		if ((i += n) == s.len)
			break;
		put_escape((unsigned char)s.ptr[i++], out);
	}
	buf_put_u8(out, '"');
}

static void
replace(char *p, size_t n, char from, char to)
{
	const char *end = p + n;

	while ((p = memchr(p, from, (size_t)(end - p))))
		*p++ = to;
}

/* Inside a string of valid text a newline is always written \n: those that
 * stand as they are separate tokens. */
void
json_write_line(struct str text, struct buf *out)
{
	char *to = (char *)buf_room(out, text.len);

	if (!to || !text.len)
		return;
	memcpy(to, text.ptr, text.len);
	replace(to, text.len, '\n', ' ');
	replace(to, text.len, '\r', ' ');
	out->len += text.len;
}
