/* json_needle.c - what the kernels have found, looked at closely. */
#include "event/json_needle.h"

#include "event/json_seek.h"

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '/')
			return false;
	}
	return s.len > 0;
}

static void
add_letters(struct needle *n, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		n->letters[s.ptr[i] / 64] |= UINT64_C(1) << s.ptr[i] % 64;
}

static needle_fn *
best(void)
{
#ifdef __x86_64__
	if (seek_has_avx512())
		return needle_avx512;
	if (seek_has_avx2())
		return needle_avx2;
#endif
	return needle_vector;
}

bool
needle_init(struct needle *n, struct str key, struct str value)
{
	*n = (struct needle){ .key = key, .value = value, .kernel = best() };
	if (!is_plain(key) || !is_plain(value))
		return false;
	add_letters(n, key);
	add_letters(n, value);
	return true;
}

/* Back over space, and then c; NULL when that is not what stands there. */
static const char *
back_over(const char *p, const char *beg, char c)
{
	while (p > beg && (p[-1] == ' ' || p[-1] == '\n' || p[-1] == '\r' ||
			   p[-1] == '\t'))
		p--;
	return p > beg && p[-1] == c ? p - 1 : NULL;
}

bool
needle_lies_at(const struct needle *n, struct str text, size_t at)
{
	const char *p = text.ptr + at;

	if (text.len - at < n->value.len + 2 ||
	    memcmp(p + 1, n->value.ptr, n->value.len) != 0 ||
	    p[n->value.len + 1] != '"')
		return false;
	p = back_over(p, text.ptr, ':');
	p = p ? back_over(p, text.ptr, '"') : NULL;
	return p && (size_t)(p - text.ptr) >= n->key.len &&
	       !memcmp(p - n->key.len, n->key.ptr, n->key.len);
}

/* 16: it is not one. */
static unsigned
hex_digit(char c)
{
	const char lower = c | 32;

	return c >= '0' && c <= '9' ? (unsigned)(c - '0')
	     : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10
	     : 16;
}

bool
needle_spelled_at(const struct needle *n, struct str text, size_t at)
{
	const char *p = text.ptr + at;
	unsigned high, low;

	if (text.len - at < 6 || p[2] != '0' || p[3] != '0')
		return false;
	high = hex_digit(p[4]);
	low = hex_digit(p[5]);
	return high < 8 && low < 16 &&
	       n->letters[high / 4] >> (high % 4 * 16 + low) & 1;
}
