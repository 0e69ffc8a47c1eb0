/* text.c - see text.h. jansson knows what UTF-8 is. */
#include "wire/text.h"

#include <jansson.h>

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] - 1u >= 0x7f)
			return false;
	return true;
}

bool
text_ok(struct str s)
{
	json_t *v;

	if (is_ascii(s)) /* most often, or empty */
		return true;
	if (memchr(s.ptr, 0, s.len))
		return false;
	v = json_stringn(s.ptr, s.len);
	json_decref(v);
	return v != NULL;
}

void
text_put(struct str s, size_t max, struct buf *out)
{
	if (s.len > max) {
		s.len = max;
		while (s.len && ((uint8_t)s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	if (text_ok(s)) {
		buf_put(out, s.ptr, s.len);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		buf_put_u8(out, s.ptr[i] >= ' ' && s.ptr[i] <= '~' ?
					(uint8_t)s.ptr[i] : '?');
}
