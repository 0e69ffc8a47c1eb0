/* fn_net.c - functions of addresses and URLs. */
#include <arpa/inet.h>

#include "mql/fn.h"

/* --- addresses --------------------------------------------------------------- */

enum { MAPPED = 96 }; /* bits before an IPv4 address in an IPv6 one */

/* IPv4 as ::ffff:a.b.c.d, so that there is one kind of address to compare. */
struct address {
	uint8_t byte[16];
	bool    v4; /* written as such */
};

static bool
read_address(struct str s, struct address *a)
{
	char text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof text || memchr(s.ptr, '\0', s.len))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*a = (struct address){ .byte[10] = 0xff, .byte[11] = 0xff };
	a->v4 = inet_pton(AF_INET, text, a->byte + MAPPED / 8) == 1;
	return a->v4 || inet_pton(AF_INET6, text, a->byte) == 1;
}

/* At most 3 digits; -1 when it is not that. */
static int
read_bits(struct str s)
{
	int n = 0;

	if (!s.len || s.len > 3)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n;
}

/* An address alone is a network of one. */
static bool
read_network(struct str s, struct address *a, int *bits)
{
	const size_t most = s.len < INET6_ADDRSTRLEN ? s.len : INET6_ADDRSTRLEN;
	const char *slash = memchr(s.ptr, '/', most);
	const size_t end = slash ? (size_t)(slash - s.ptr) : s.len;

	if (!read_address((struct str){ s.ptr, end }, a))
		return false;
	*bits = 128;
	if (!slash)
		return true;
	const int n = read_bits((struct str){ slash + 1, s.len - end - 1 });
	*bits = n + (a->v4 ? MAPPED : 0);
	return n >= 0 && *bits <= 128;
}

static bool
same_bits(const uint8_t *a, const uint8_t *b, int n)
{
	const int rest = n % 8;

	if (memcmp(a, b, (size_t)n / 8))
		return false;
	return !rest || !((a[n / 8] ^ b[n / 8]) >> (8 - rest));
}

/* ::/0 is all that is IPv6: no IPv4, except when it is written as IPv6. */
struct value
fn_cidr_match(const struct function_call *c)
{
	struct address ip, net;
	int bits;

	if (!read_address(fn_arg(c, 0), &ip) ||
	    !read_network(fn_arg(c, 1), &net, &bits))
		return VALUE_NONE;
	if (ip.v4 && bits < MAPPED)
		return fn_bool(false);
	return fn_bool(same_bits(ip.byte, net.byte, bits));
}

/* --- URLs -------------------------------------------------------------------- */

/* scheme://user@host:port/path?query#fragment, or from the slashes or the path
 * on. What is missing is empty. */
struct url {
	struct str authority, path, query;
};

/* The end of s, or its first byte that is one of stops. */
static size_t
until(struct str s, const char *stops)
{
	size_t n = 0;

	while (n < s.len && !(s.ptr[n] && strchr(stops, s.ptr[n])))
		n++;
	return n;
}

static struct str
behind(struct str s, size_t n)
{
	return (struct str){ s.ptr + n, s.len - n };
}

static bool
begins(struct str s, const char *with)
{
	const size_t n = strlen(with);

	return s.len >= n && !memcmp(s.ptr, with, n);
}

static struct url
split(struct str s)
{
	struct url u = { .authority = STR(""), .query = STR("") };
	const size_t scheme = until(s, ":/?#");

	if (begins(behind(s, scheme), "://"))
		s = behind(s, scheme + 1);
	if (begins(s, "//")) {
		s = behind(s, 2);
		u.authority = (struct str){ s.ptr, until(s, "/?#") };
		s = behind(s, u.authority.len);
	}
	u.path = (struct str){ s.ptr, until(s, "?#") };
	s = behind(s, u.path.len);
	if (begins(s, "?")) {
		s = behind(s, 1);
		u.query = (struct str){ s.ptr, until(s, "#") };
	}
	return u;
}

struct value
fn_url_path(const struct function_call *c)
{
	return fn_str(split(fn_arg(c, 0)).path);
}

/* Of [::1]:80 what is in the brackets: an address as cidr_match() takes it. */
struct value
fn_url_host(const struct function_call *c)
{
	struct str s = split(fn_arg(c, 0)).authority;
	const char *at = memrchr(s.ptr, '@', s.len);

	if (at)
		s = behind(s, (size_t)(at + 1 - s.ptr));
	const bool brackets = begins(s, "[");
	s = behind(s, brackets);
	s.len = until(s, brackets ? "]" : ":");
	return s.len ? fn_str(s) : VALUE_NONE;
}

static int
hex(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = fn_lower_char(ch);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* The byte that s begins with, decoded; a % that means nothing is itself. */
static char
next_byte(struct str *s)
{
	char ch = *s->ptr;
	size_t n = 1;

	if (ch == '+')
		ch = ' ';
	if (ch == '%' && s->len > 2 && hex(s->ptr[1]) >= 0 &&
	    hex(s->ptr[2]) >= 0) {
		ch = (char)(hex(s->ptr[1]) << 4 | hex(s->ptr[2]));
		n = 3;
	}
	*s = behind(*s, n);
	return ch;
}

static bool
decodes_to(struct str s, struct str name)
{
	while (s.len && name.len) {
		if (next_byte(&s) != *name.ptr)
			return false;
		name = behind(name, 1);
	}
	return !s.len && !name.len;
}

static struct value
decode(struct str s, const struct function_call *c)
{
	const size_t since = c->scratch->len;
	char *to = (char *)buf_room(c->scratch, s.len);
	size_t n = 0;

	if (!to)
		return VALUE_NONE;
	while (s.len)
		to[n++] = next_byte(&s);
	c->scratch->len += n;
	return fn_written(c, since);
}

struct value
fn_url_query_param(const struct function_call *c)
{
	struct str s = split(fn_arg(c, 0)).query;

	while (s.len) {
		const struct str pair = { s.ptr, until(s, "&") };
		const struct str key = { s.ptr, until(pair, "=") };
		const size_t sign = key.len < pair.len;
		if (decodes_to(key, fn_arg(c, 1)))
			return decode(behind(pair, key.len + sign), c);
		s = behind(s, pair.len + (pair.len < s.len));
	}
	return VALUE_NONE;
}
