/* json_write.c - JSON text out: strings escaped, lines kept whole. */
#include "event/json.h"

static bool
needs_escape(unsigned char c)
{
	return c < ' ' || c == '"' || c == '\\';
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

void
json_write_str(struct str s, struct buf *out)
{
	size_t done = 0;

	buf_put_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (!needs_escape(c))
			continue;
		buf_put(out, s.ptr + done, i - done);
		put_escape(c, out);
		done = i + 1;
	}
	if (s.len > done)
		buf_put(out, s.ptr + done, s.len - done);
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
