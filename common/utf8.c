/* utf8.c - see utf8.h. Nearly all text is ASCII: eight bytes at a time. */
#include "common/utf8.h"

#include <stdint.h>

size_t
utf8_char(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
		   p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool
is_ascii(const char *eight)
{
	uint64_t w;

	memcpy(&w, eight, sizeof w);
	return !(w & UINT64_C(0x8080808080808080));
}

size_t
utf8_good(struct str s)
{
	size_t i = 0, n;

	while (i < s.len) {
		if (s.len - i >= 8 && is_ascii(s.ptr + i))
			n = 8;
		else if (!(n = utf8_char((struct str){ s.ptr + i,
						       s.len - i })))
			break;
		i += n;
	}
	return i;
}
