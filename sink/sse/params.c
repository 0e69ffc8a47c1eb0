/* params.c - what was asked; see server.h. */
#include <stdio.h>

#include "common/duration.h"
#include "sink/sse/server.h"
#include "wire/frame.h"

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo %XX and + in place. */
static struct str
unescape(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '+' ? ' ' : text[i];
		if (c == '%' && i + 2 < len && hex(text[i + 1]) >= 0 &&
		    hex(text[i + 2]) >= 0) {
			c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
			i += 2;
		}
		text[n++] = c;
	}
	return (struct str){ text, n };
}

void
params_form(struct buf *body,
	    void (*fn)(void *arg, struct str name, struct str value), void *arg)
{
	char *at = (char *)body->data, *end = body->len ? at + body->len : at;

	while (at < end) {
		char *stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		char *equal = memchr(at, '=', (size_t)(stop - at));
		char *value = equal ? equal + 1 : stop;
		fn(arg, unescape(at, (size_t)((equal ? equal : stop) - at)),
		   unescape(value, (size_t)(stop - value)));
		at = stop + 1;
	}
}

static bool
parse_number(struct str s, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9' ||
		    __builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(s.ptr[i] - '0'), n))
			return false;
	return s.len;
}

static void
complain(struct params *p, const char *why)
{
	if (!*p->why)
		snprintf(p->why, sizeof p->why, "%s", why);
}

static void
take(void *arg, struct str name, struct str value)
{
	struct params *p = arg;

	if (str_eq(name, STR("q"))) {
		if (p->nq == MAX_QUERIES)
			complain(p, "a stream has at most 16 queries");
		else
			p->q[p->nq++] = value;
	} else if (str_eq(name, STR("limit"))) {
		if (!parse_number(value, &p->limit))
			complain(p, "limit is a whole number");
	} else if (str_eq(name, STR("rate"))) {
		if (!parse_number(value, &p->rate) || p->rate > WIRE_MAX_RATE)
			complain(p, "rate is a whole number of rows a second, "
				    "at most 1000000000");
	} else if (str_eq(name, STR("for"))) {
		if (duration_parse(value, &p->for_ms))
			complain(p, "for is a duration like 10s");
	} else if (str_eq(name, STR("stream"))) {
		p->stream = value;
	} else if (str_eq(name, STR("last_event_id"))) {
		p->last_event_id = value;
	}
}

static enum MHD_Result
take_argument(void *arg, enum MHD_ValueKind kind, const char *name,
	      size_t nname, const char *value, size_t nvalue)
{
	(void)kind;
	take(arg, (struct str){ name, nname },
	     (struct str){ value ? value : "", value ? nvalue : 0 });
	return MHD_YES;
}

int
params_read(struct request *r, struct params *p)
{
	*p = (struct params){ 0 };
	MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND,
				    take_argument, p);
	params_form(&r->body, take, p);
	const char *id = request_header(r, "Last-Event-ID");
	if (id)
		p->last_event_id = str_of(id);
	return *p->why ? MQL_EINVAL : 0;
}
