/* text.c - see text.h. */
#include "wire/text.h"

#include "common/utf8.h"

bool
text_ok(struct str s)
{
	return !s.len || (!memchr(s.ptr, 0, s.len) && utf8_good(s) == s.len);
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
