/* meta.c - see meta.h. */
#include "sink/sse/meta.h"

#include <inttypes.h>

#include "common/clock.h"
#include "event/json.h"

/* What is no character becomes `?`: texts may be cut anywhere. */
static size_t
character(struct str s)
{
	const unsigned char c = (unsigned char)*s.ptr;
	size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 :
		   c >> 3 == 30 ? 4 : 0;

	if (!n || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s.ptr[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void
meta_write_text(struct str s, struct buf *out)
{
	struct buf clean = BUF_INIT;

	while (s.len) {
		size_t n = character(s);
		buf_put(&clean, n ? s.ptr : "?", n ? n : 1);
		s.ptr += n ? n : 1;
		s.len -= n ? n : 1;
	}
	json_write_str(clean.len ? (struct str){ (char *)clean.data,
						 clean.len } : STR(""), out);
	if (clean.err)
		out->err = clean.err;
	buf_fini(&clean);
}

static void
write_refusals(const struct mql_tail *t, struct buf *out)
{
	buf_puts(out, ",\"refusals\":[");
	for (size_t i = 0; t && i < t->nrefusal; i++) {
		buf_puts(out, i ? ",{\"why\":" : "{\"why\":");
		meta_write_text(str_of(t->refusal[i].why), out);
		buf_printf(out, ",\"agents\":%" PRIu32 "}",
			   t->refusal[i].agents);
	}
	buf_puts(out, "]");
}

/* A gauge may have fallen since its baseline. */
static uint64_t
gauge(uint64_t v)
{
	return (int64_t)v < 0 ? 0 : v;
}

static void
write_books(const struct sub *s, struct buf *out)
{
	struct books b = s->books;
	char sep = '{';

	b.agent.queued = gauge(b.agent.queued);
	buf_printf(out, ",\"targeted\":%" PRIu32 ",\"live\":%" PRIu32
		   ",\"refused\":%" PRIu32 ",\"lost_agents\":%" PRIu32
		   ",\"left\":%" PRIu32, b.targeted, b.live, b.refused,
		   b.lost_agents, b.left);
	write_refusals(s->tail, out);
	buf_puts(out, ",\"limited\":");
	if (s->tail && *s->tail->limits)
		meta_write_text(str_of(s->tail->limits), out);
	else
		buf_puts(out, "null");
#define X(name, text)                                                      \
	buf_printf(out, "%c\"" #name "\":%" PRIu64, sep, b.agent.name);     \
	sep = ',';
	buf_puts(out, ",\"agent\":");
	BOOKS_AGENT(X)
#undef X
	buf_puts(out, "},\"source\":");
	sep = '{';
#define X(name, text)                                                      \
	buf_printf(out, "%c\"" #name "\":%" PRIu64, sep, b.source.name);    \
	sep = ',';
	BOOKS_SOURCE(X)
#undef X
	buf_printf(out, "},\"received\":%" PRIu64 ",\"balanced\":%s",
		   s->received, s->balanced ? "true" : "false");
}

void
meta_write_window(const struct sub *s, const struct mql_window *w,
		  struct buf *out)
{
	buf_printf(out, "{\"start\":%" PRId64 ",\"end\":%" PRId64
		   ",\"agents\":%" PRIu32 ",\"live\":%" PRIu32
		   ",\"events\":%" PRIu64 ",\"late\":%" PRIu64
		   ",\"total\":%s}", w->start, w->end, w->agents, w->live,
		   w->events, w->late,
		   s->kind == CLIENT_TOTAL ? "true" : "false");
}

void
meta_write(const struct sub *s, unsigned viewers, struct buf *out)
{
	static const char *const kind[] = {
		[CLIENT_ROWS] = "rows", [CLIENT_WINDOWS] = "windows",
		[CLIENT_TOTAL] = "total",
	};
	bool first = s->tail && !s->tail->accepted;
	const char *link = s->up ? "up" : first ? "connecting" : "down";

	buf_puts(out, "\"query\":");
	meta_write_text(str_of(s->canonical), out);
	buf_printf(out, ",\"kind\":\"%s\",\"link\":\"%s\",\"link_why\":",
		   kind[s->kind], link);
	if (s->up || !*s->why)
		buf_puts(out, "null");
	else
		meta_write_text(str_of(s->why), out);
	write_books(s, out);
	if (s->window.end) {
		buf_puts(out, ",\"window\":");
		meta_write_window(s, &s->window, out);
	}
	buf_printf(out, ",\"viewers\":%u,\"since\":%" PRId64
		   ",\"at\":%" PRId64, viewers, s->began, clock_wall_ms());
}

static const char *
code(int err)
{
	switch (err) {
#define X(name, value, text) case MQL_E##name: return #name;
	MQL_ERRORS(X)
#undef X
	default: return "OS";
	}
}

void
meta_write_error(int err, const struct mql_diag *d, struct buf *out)
{
	const char *text = d && *d->text ? d->text : mql_strerror(err);

	buf_printf(out, "{\"code\":\"%s\",\"text\":", code(err));
	meta_write_text(str_of(text), out);
	if (d && d->line)
		buf_printf(out, ",\"line\":%d,\"col\":%d,\"beg\":%d,"
			   "\"end\":%d", d->line, d->col, d->beg, d->end);
	buf_puts(out, "}");
}
