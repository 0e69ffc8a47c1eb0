/* cut.c - see cut.h. */
#include "sink/kafka/cut.h"

#include <ctype.h>

#include "event/json.h"

void
cut_fini(struct cut *c)
{
	buf_fini(&c->value);
	buf_fini(&c->agent);
	buf_fini(&c->host);
	buf_fini(&c->front);
}

bool
cut_has_name(struct str name)
{
	return str_eq(name, STR("@mql.a")) || str_eq(name, STR("@mql.h")) ||
	       str_eq(name, STR("@mql.t"));
}

/* Step over `"name":` at *p, and the comma before it if there is one. */
static bool
skip_name(const char **p, const char *end, bool first, struct str name)
{
	size_t comma = !first;

	if ((size_t)(end - *p) < name.len + comma || (comma && **p != ',') ||
	    memcmp(*p + comma, name.ptr, name.len))
		return false;
	*p += name.len + comma;
	return true;
}

/* The end of the string that begins at p, behind its quote; NULL: none. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : NULL;
}

static bool
take_string(const char **p, const char *end, struct buf *mem, struct str *out)
{
	const char *from = *p, *to;

	if (from == end || *from != '"' || !(to = string_end(from, end)))
		return false;
	*p = to;
	*out = (struct str){ from + 1, (size_t)(to - from) - 2 };
	if (!memchr(out->ptr, '\\', out->len))
		return true;
	const struct str text = { from, (size_t)(to - from) };
	if (json_check(text, NULL))
		return false;
	buf_reset(mem);
	struct value v = json_value(text, mem);
	if (mem->err || v.type != VALUE_STR)
		return false;
	*out = value_str(&v);
	return true;
}

/* Up to 18 digits, which always fit. */
static bool
take_number(const char **p, const char *end, struct origin *o)
{
	const char *from = *p, *at = from;
	int64_t v = 0;

	while (at < end && (unsigned)(*at - '0') < 10)
		v = (int64_t)((uint64_t)v * 10 + (unsigned)(*at++ - '0'));
	*p = at;
	if (at == from || at - from > 18)
		return false;
	o->digits = (struct str){ from, (size_t)(at - from) };
	o->ts = v;
	return true;
}

/* Does another member follow, or the end of the row? */
static bool
goes_on(const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	return p < end && (*p == ',' || *p == '}');
}

/* What is left gets its brace back: in the place of the comma; or, where
 * nothing but an end follows, of the blank that was a brace (mql/row.c), if
 * the row is a whole event, or in front. */
static void
put_rest(struct buf *to, const char *p, const char *end)
{
	size_t n = (size_t)(end - p), at = 0;

	while (at < n && isspace((unsigned char)p[at]))
		at++;
	buf_reset(to);
	if (p[at] != ',' && !at) {
		buf_put_u8(to, '{');
		buf_put(to, p, n);
		return;
	}
	buf_put(to, p, n);
	if (!to->err)
		to->data[p[at] == ',' ? at : 0] = '{';
}

/* A slice of row as one of its copy in c->front. */
static struct str
in_front(const struct cut *c, struct str row, struct str s)
{
	if (s.ptr >= row.ptr && s.ptr < row.ptr + row.len)
		s.ptr = (char *)c->front.data + (s.ptr - row.ptr);
	return s;
}

static void
keep_front(struct cut *c, struct str row, const char *end, struct origin *o)
{
	buf_reset(&c->front);
	buf_put(&c->front, row.ptr, (size_t)(end - row.ptr));
	if (c->front.err)
		buf_reset(&c->front);
	else {
		c->front_agent = in_front(c, row, o->agent);
		c->front_host = in_front(c, row, o->host);
	}
}

/* Step over agent and host. *some: was there any? */
static bool
take_names(struct cut *c, struct str row, const char **p, struct origin *o,
	   bool *some)
{
	const char *end = row.ptr + row.len;
	const size_t known = c->front.len;

	if (known && row.len > known &&
	    !memcmp(row.ptr, c->front.data, known)) {
		*p = row.ptr + known;
		o->agent = c->front_agent;
		o->host = c->front_host;
		return *some = true;
	}
	buf_reset(&c->front); /* its slices may be of c->agent */
	if (skip_name(p, end, !*some, STR("\"@mql.a\":"))) {
		if (!take_string(p, end, &c->agent, &o->agent))
			return false;
		*some = true;
	}
	if (skip_name(p, end, !*some, STR("\"@mql.h\":"))) {
		if (!take_string(p, end, &c->host, &o->host))
			return false;
		if (*some)
			keep_front(c, row, *p, o);
		*some = true;
	}
	return true;
}

int
cut_row(struct cut *c, struct str row, struct origin *o, struct str *value)
{
	const char *p = row.ptr, *end = row.ptr + row.len;
	bool some = false;

	*o = (struct origin){ .agent = STR(""), .host = STR(""),
			       .digits = STR("") };
	*value = row;
	if (!row.len || *p++ != '{')
		return 0;
	if (!take_names(c, row, &p, o, &some))
		return c->agent.err ? c->agent.err : c->host.err;
	if (skip_name(&p, end, !some, STR("\"@mql.t\":"))) {
		if (!take_number(&p, end, o))
			return 0;
		some = true;
	}
	if (!some || !goes_on(p, end))
		return 0;
	put_rest(&c->value, p, end);
	*value = (struct str){ (char *)c->value.data, c->value.len };
	return c->value.err;
}
