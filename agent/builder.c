/* builder.c - mql_event_*(): a thin coat over event/built.h.
 *
 * One builder a thread, mapped at its first use together with room for the
 * escapes of JSON values to be undone; only what is used is ever touched. */
#include <sys/mman.h>

#include "agent/agent.h"
#include "agent/builder.h"
#include "agent/publish.h"
#include "agent/sight.h"
#include "event/json.h"

struct mql_event {
	struct publisher  *p;
	struct mql_stream *stream;
	struct buf         scratch; /* max_event bytes, behind the struct */
	_Alignas(64) struct built built;
	struct layout      layout[STREAM_MAX];
};

static struct mql_event *
builder_new(struct publisher *p)
{
	size_t room = p->agent->max_event;
	void *mem = mmap(NULL, sizeof(struct mql_event) + room,
			 PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mql_event *e = mem;

	if (mem == MAP_FAILED) {
		atomic_fetch_add(&p->agent->starved, 1);
		return NULL;
	}
	atomic_fetch_add(&p->bytes, sizeof *e + room);
	e->p = p;
	e->scratch = (struct buf)BUF_FIXED(e + 1, room);
	return e;
}

void
builder_free(struct mql_event *e, size_t max_event)
{
	if (e)
		munmap(e, sizeof *e + max_event);
}

struct mql_event *
mql_event_begin(struct mql_stream *s)
{
	struct mql_event *e = NULL;
	struct publisher *p;

	if (!mql_active(s))
		return NULL;
	p = publish_enter(s);
	if (p && (p->event || (p->event = builder_new(p)))) {
		e = p->event;
		atomic_store_explicit(&p->building, true,
				      memory_order_relaxed);
		e->stream = s;
		buf_reset(&e->scratch);
		e->built.layout = &e->layout[s->index];
		built_begin(&e->built);
	}
	publish_leave();
	return e;
}

static inline void
add(struct mql_event *e, const char *key, struct value v)
{
	if (e)
		built_add(&e->built, built_key(&e->built, key), v);
}

void
mql_event_null(struct mql_event *e, const char *key)
{
	add(e, key, VALUE_NONE);
}

void
mql_event_bool(struct mql_event *e, const char *key, bool v)
{
	add(e, key, (struct value){ .type = VALUE_BOOL, .b = v });
}

void
mql_event_int(struct mql_event *e, const char *key, int64_t v)
{
	add(e, key, (struct value){ .type = VALUE_INT, .i = v });
}

void
mql_event_double(struct mql_event *e, const char *key, double v)
{
	add(e, key, (struct value){ .type = VALUE_FLOAT, .f = v });
}

void
mql_event_str(struct mql_event *e, const char *key, const char *z)
{
	if (e)
		mql_event_text(e, key, z, z ? strlen(z) : 0);
}

void
mql_event_text(struct mql_event *e, const char *key, const char *ptr,
	       size_t len)
{
	struct value v = { .type = VALUE_STR, .ptr = ptr };

	if (!ptr)
		v = VALUE_NONE;
	else if (len <= UINT32_MAX)
		v.len = (uint32_t)len;
	else if (e)
		e->built.bad = true;
	add(e, key, v);
}

void
mql_event_json(struct mql_event *e, const char *key, const char *ptr,
	       size_t len)
{
	struct str text = { ptr, len };

	if (!e)
		return;
	if (!ptr || len > e->scratch.cap || json_check(text, NULL)) {
		e->built.bad = true;
		return;
	}
	add(e, key, json_value(text, &e->scratch));
	if (e->scratch.err)
		e->built.bad = true;
}

void
mql_event_object(struct mql_event *e, const char *key)
{
	if (e)
		built_object(&e->built, built_key(&e->built, key));
}

void
mql_event_end(struct mql_event *e)
{
	if (e)
		built_end(&e->built);
}

static __attribute__((noinline)) void
publish(struct mql_event *e, bool seen)
{
	struct publisher *p;

	if (!seen) {
		/* Another one than e's own: the agent was closed, or we are a
		 * child. */
		p = publish_enter(e->stream);
		if (p == e->p)
			publish_built(p, e->stream, &e->built);
		else if (p)
			publish_bad(p, e->stream);
		publish_leave();
	}
	built_note(&e->built);
	atomic_store_explicit(&e->p->building, false, memory_order_relaxed);
}

void
mql_event_publish(struct mql_event *e)
{
	bool seen;

	if (!e)
		return;
	seen = sight_refuses_built(e->p, e->stream, &e->built);
	if (seen && built_is_noted(&e->built))
		atomic_store_explicit(&e->p->building, false,
				      memory_order_relaxed);
	else
		publish(e, seen);
}
