/* text.c - numbers with commas, and strings that no terminal will obey. */
#include "cli/text.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <wchar.h>

void
text_init(void)
{
	/* Output is UTF-8 always; the user's own locale may be plain C. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
}

struct text_short
text_number(uint64_t n)
{
	struct text_short t = { "" };
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);

	for (int i = 0, o = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			t.z[o++] = ',';
		t.z[o++] = digits[i];
	}
	return t;
}

struct text_short
text_count(uint64_t n, const char *one, const char *many)
{
	struct text_short t;

	snprintf(t.z, sizeof t.z, "%.27s %.35s", text_number(n).z,
		 n == 1 ? one : many);
	return t;
}

struct text_short
text_one_in(double n)
{
	struct text_short t;

	if (n < 2)
		snprintf(t.z, sizeof t.z, "%.3g%%", 100 / n);
	else
		snprintf(t.z, sizeof t.z, "1 in %.3g", n);
	return t;
}

static bool
turns_direction(wchar_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static size_t
put_escape(unsigned code, bool is_byte, struct buf *out)
{
	const char *names = "\n" "n" "\t" "t" "\r" "r";
	size_t before = out->len;

	for (const char *p = names; *p; p += 2)
		if (code == (unsigned char)*p) {
			buf_printf(out, "\\%c", p[1]);
			return 2;
		}
	buf_printf(out, is_byte || code < 0x80 ? "\\x%02x" : "\\u%04x", code);
	return out->len - before;
}

/* Append the character at p; *len is its bytes, the answer its columns. */
static size_t
put_char(const char *p, size_t left, size_t *len, struct buf *out)
{
	mbstate_t state = { 0 };
	wchar_t c = 0;

	*len = 1;
	if (*p >= ' ' && *p < 0x7f) {
		buf_put_u8(out, (uint8_t)*p);
		return 1;
	}
	size_t n = mbrtowc(&c, p, left, &state);
	if (n == 0 || n > left) /* a NUL, or no character */
		return put_escape((unsigned char)*p, true, out);
	*len = n;
	int width = turns_direction(c) ? -1 : wcwidth(c);
	if (width < 0)
		return put_escape((unsigned)c, false, out);
	buf_put(out, p, n);
	return (size_t)width;
}

size_t
text_put_safe(struct str s, size_t max, struct buf *out)
{
	size_t width = 0, fits = 0, cut = out->len;

	for (size_t i = 0, n; i < s.len; i += n) {
		width += put_char(s.ptr + i, s.len - i, &n, out);
		if (width > max) {
			out->len = cut;
			buf_puts(out, "…");
			return fits + 1;
		}
		if (width < max) { /* leaves room for the ellipsis */
			fits = width;
			cut = out->len;
		}
	}
	return width;
}

bool
text_is_hazard(const char *p, size_t left, unsigned *code, size_t *len)
{
	mbstate_t state = { 0 };
	wchar_t c = 0;

	*len = mbrtowc(&c, p, left, &state);
	if (!*len || *len > left)
		return false;
	*code = (unsigned)c;
	return c == 0x7f || (c >= 0x80 && c < 0xa0) || turns_direction(c);
}
