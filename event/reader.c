/* reader.c - see reader.h.
 *
 * Everything is read when it is first asked for: a field of a struct, of a
 * built event, a meta field, what stands behind an index from the end, and of
 * a JSON text as much as stands before the field. */
#include "event/reader.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "event/json_find.h"
#include "event/pathset_trie.h"
#include "event/policy.h"
#include "mql/error.h"

enum {
	MIN_ROOM = 64 * 1024, /* structs have no size in advance */
	ROOMS    = 9,         /* of the buffers together */
	ALIGNED  = 16,
};

struct reader {
	struct reader_known known; /* first: see reader_get() */
	const struct pathset *ps;
	const struct event   *ev;
	size_t   max_event;
	struct buf undone;      /* texts that live until the next begin */
	struct buf walked;      /* texts that live for one callback; as large
				   as two events, since walks may nest */
	struct buf lent;        /* reader_scratch() */
	struct buf names;       /* reader_write_fields(), for a JSON text */
	struct buf guarded;     /* texts that a policy made: until
				   the next begin */
	size_t   mapped;
	struct find  find;      /* EVENT_JSON */
	/* The memory of the buffers follows. */
};

/* --- life ---------------------------------------------------------------------- */

int
reader_new(size_t max_event, struct reader **out)
{
	size_t room = max_event > MIN_ROOM ? max_event : MIN_ROOM, mapped = 0;
	struct reader *r = MAP_FAILED;
	uint8_t *mem;

	*out = NULL;
	if (room < PTRDIFF_MAX / 16) {
		room = (room | (ALIGNED - 1)) + 1;
		mapped = sizeof(struct reader) + ROOMS * room;
		r = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	}
	if (r == MAP_FAILED)
		return MQL_ENOMEM;
	mem = (uint8_t *)(r + 1);
	r->max_event = max_event;
	r->mapped = mapped;
	r->undone = (struct buf)BUF_FIXED(mem, room);
	r->walked = (struct buf)BUF_FIXED(mem + room, 2 * room);
	r->lent = (struct buf)BUF_FIXED(mem + 3 * room, room);
	r->names = (struct buf)BUF_FIXED(mem + 4 * room, 3 * room);
	r->guarded = (struct buf)BUF_FIXED(mem + 7 * room, 2 * room);
	*out = r;
	return 0;
}

void
reader_free(struct reader *r)
{
	if (r)
		munmap(r, r->mapped);
}

struct buf *
reader_scratch(struct reader *r)
{
	return &r->lent;
}

/* --- begin --------------------------------------------------------------------- */

static bool
has(const struct reader *r, unsigned slot)
{
	return r->known.have[slot / 64] >> slot % 64 & 1;
}

int
reader_begin(struct reader *r, const struct pathset *ps,
	     const struct event *ev)
{
	r->ps = ps;
	r->ev = ev;
	r->known.record = ev->form == EVENT_STRUCT ? ev->record : NULL;
	r->known.place = ps->place;
	buf_reset(&r->undone);
	buf_reset(&r->walked);
	buf_reset(&r->lent);
	buf_reset(&r->guarded);
	for (unsigned i = 0; i < ps->nslot; i += 64)
		r->known.have[i / 64] = 0;
	switch (ev->form) {
	case EVENT_JSON:
		if (ev->text.len > r->max_event)
			return MQL_EBADEVENT;
		return find_begin(&r->find, ev->text, ps, &r->undone);
	case EVENT_BUILT:
		return built_ok(ev->built) ? 0 : MQL_EBADEVENT;
	case EVENT_STRUCT:
		break;
	}
	return 0;
}

int
reader_check(struct reader *r, bool whole)
{
	if (r->ev->form != EVENT_JSON)
		return 0;
	if (whole && !r->find.bad)
		return json_check(r->ev->text, NULL);
	return r->find.bad ? MQL_EBADEVENT : 0;
}

/* --- values ---------------------------------------------------------------------- */

static struct value
text_or_null(struct str s)
{
	if (!s.len || s.len > UINT32_MAX)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_STR, .ptr = s.ptr,
			       .len = (uint32_t)s.len };
}

static struct value
read_meta(const struct event_meta *m, enum path_meta which)
{
	switch (which) {
	case META_ts:
		return (struct value){ .type = VALUE_INT,
				       .i = m->clock ? m->clock() : m->ts };
	case META_seq:
		return (struct value){ .type = VALUE_INT,
				       .i = (int64_t)m->seq };
	case META_app:
		return text_or_null(m->app);
	case META_host:
		return text_or_null(m->host);
	case META_zone:
		return text_or_null(m->zone);
	case META_version:
		return text_or_null(m->version);
	case META_agent:
		return text_or_null(m->agent);
	case META_stream:
		return text_or_null(m->stream);
	case META_NONE:
	case META_COUNT:
		break;
	}
	return VALUE_NONE;
}

/* Many slots may lead to one string. It is undone for the first and shared by
 * the others, so that what is kept of an event never needs more room than the
 * event. NULL: this is the first. */
static const struct value *
same_text(const struct reader *r, const char *raw)
{
	for (unsigned i = 0; i < r->ps->nslot; i++)
		if (has(r, i) && r->known.value[i].raw == raw)
			return &r->known.value[i];
	return NULL;
}

/* Let a string that was undone while walking live until the next begin. */
static struct value
keep(struct reader *r, struct value v)
{
	const uint8_t *at = r->undone.data + r->undone.len;
	const struct value *same;

	if (v.type != VALUE_STR || (v.raw && v.ptr == v.raw + 1))
		return v;
	if (v.raw && (same = same_text(r, v.raw)))
		return *same;
	buf_put(&r->undone, v.ptr, v.len);
	if (r->undone.err) {
		r->undone.err = 0;
		return VALUE_NONE;
	}
	v.ptr = (const char *)at;
	return v;
}

/* What stands in a JSON text. */
static struct value
read_text(struct reader *r, unsigned slot)
{
	const struct value *same;
	struct str raw;

	if (!find_slot(&r->find, slot, &raw))
		return VALUE_NONE;
	if (*raw.ptr != '"')
		return json_value(raw, &r->undone);
	if (memchr(raw.ptr, '\\', raw.len)) {
		same = same_text(r, raw.ptr);
		return same ? *same : json_value(raw, &r->undone);
	}
	return (struct value){
		.type = VALUE_STR, .ptr = raw.ptr + 1,
		.len = (uint32_t)raw.len - 2,
		.raw = raw.ptr, .nraw = (uint32_t)raw.len,
	};
}

/* The value at the end of steps from `from`. */
static struct value
walk_to(struct reader *r, const struct value *from, const struct step *steps,
	unsigned nsteps)
{
	const size_t mark = r->walked.len;
	struct value v;

	if (!nsteps)
		return *from;
	v = keep(r, json_at(from, steps, nsteps, &r->walked));
	r->walked.len = mark;
	r->walked.err = 0;
	return v;
}

static void
read_field(struct reader *r, const struct slot *s, struct value *v)
{
	if (!s->ref.found) {
		*v = VALUE_NONE;
		return;
	}
	schema_read(s->ref.field, (const char *)r->ev->record + s->ref.offset,
		    &r->undone, v);
	r->undone.err = 0;
	if (s->direct > s->ref.walked)
		*v = walk_to(r, v, s->path.steps + s->ref.walked,
			     s->direct - s->ref.walked);
}

/* What the owner lets be seen of the value of s. */
static __attribute__((noinline)) struct value
guarded(struct reader *r, const struct slot *s, struct value v)
{
	const struct policy *p = r->ps->policy;
	struct policy_at at;

	policy_path(p, &s->path, slot_steps(s), &at);
	return policy_value(p, s->guard, &at, v, &r->guarded);
}

/* One plain key is found by the layout of the events. */
static void
read_built(struct reader *r, unsigned slot, struct value *v)
{
	const struct path *p = &r->ps->slot[slot].path;
	const struct built *b = r->ev->built;
	const struct value *found;

	if (p->nsteps == 1 && p->steps[0].kind == STEP_KEY) {
		found = built_find(b, r->ev->era, slot, p->steps[0].key);
		if (!found || found->type != VALUE_OBJECT || found->ptr) {
			*v = found ? *found : VALUE_NONE;
			return;
		}
	}
	*v = built_read(b, p, &r->undone);
}

/* What a forward scan, or the table of a struct, finds by itself. */
static void
read_direct(struct reader *r, unsigned slot, struct value *v)
{
	const struct slot *s = &r->ps->slot[slot];

	switch (r->ev->form) {
	case EVENT_JSON:
		*v = read_text(r, slot);
		break;
	case EVENT_BUILT:
		read_built(r, slot, v);
		break;
	case EVENT_STRUCT:
		read_field(r, s, v);
		break;
	}
}

static __attribute__((noinline)) void
read_slot(struct reader *r, unsigned slot, struct value *v)
{
	const struct slot *s = &r->ps->slot[slot];

	if (s->path.meta) {
		*v = read_meta(r->ev->meta, s->path.meta);
	} else {
		read_direct(r, slot, v);
		if (!s->any && s->path.nsteps > s->direct)
			*v = walk_to(r, v, s->path.steps + s->direct,
				     s->path.nsteps - s->direct);
		if (s->guard)
			*v = guarded(r, s, *v);
	}
}

const struct value *
reader_read(struct reader *r, unsigned slot)
{
	const struct slot *s = &r->ps->slot[slot];
	struct value *v = &r->known.value[slot];

	/* Most fields of a struct are read where they lie. */
	if (r->known.record && s->ref.found && !s->guard &&
	    s->ref.walked == s->path.nsteps) {
		schema_read(s->ref.field, r->known.record + s->ref.offset,
			    &r->undone, v);
		r->undone.err = 0;
	} else {
		read_slot(r, slot, v);
	}
	r->known.have[slot / 64] |= UINT64_C(1) << slot % 64;
	return v;
}

void
reader_each(struct reader *r, unsigned slot,
	    bool (*fn)(void *arg, const struct value *v), void *arg)
{
	const struct slot *s = &r->ps->slot[slot];
	const struct value *v = reader_get(r, slot);

	if (!s->any)
		fn(arg, v);
	else if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
		json_walk(value_str(v), s->path.steps + s->direct,
			  s->path.nsteps - s->direct, &r->walked, fn, arg);
}

static void
write_event(const struct event *ev, struct buf *out)
{
	switch (ev->form) {
	case EVENT_JSON:
		json_write_line(ev->text, out);
		break;
	case EVENT_STRUCT:
		schema_write_json(ev->schema, ev->record, out);
		break;
	case EVENT_BUILT:
		built_write_json(ev->built, out);
		break;
	}
}

/* As much of the event as may be seen, as text: at the end of r->guarded,
 * whose length is set back by the caller. */
static struct str
guarded_text(struct reader *r)
{
	const struct policy_at top = policy_top(r->ps->policy);
	struct buf *b = &r->guarded;
	struct str text = r->ev->text;
	size_t mark = b->len;

	if (r->ev->form != EVENT_JSON) {
		write_event(r->ev, b);
		text = (struct str){ (char *)b->data + mark, b->len - mark };
		mark = b->len;
	}
	if (!b->err)
		policy_write(r->ps->policy, &top, text, b);
	return (struct str){ (char *)b->data + mark, b->len - mark };
}

/* Write the event as it may be seen: whole, or (f) some of its fields. */
static void
write_guarded(struct reader *r, const struct json_fields *f, bool *comma,
	      struct buf *out)
{
	const size_t mark = r->guarded.len;
	const struct str text = guarded_text(r);

	if (r->guarded.err)
		out->err = out->err ? out->err : r->guarded.err;
	else if (f)
		json_write_fields(text, f, comma, out);
	else
		buf_put(out, text.ptr, text.len);
	r->guarded.len = mark;
	r->guarded.err = 0;
}

void
reader_write_event(struct reader *r, struct buf *out)
{
	if (r->ps->policy)
		write_guarded(r, NULL, NULL, out);
	else
		write_event(r->ev, out);
}

void
reader_write_fields(struct reader *r,
		    bool (*wants)(void *arg, struct str name), void *arg,
		    bool *comma, struct buf *out)
{
	const struct json_fields f = {
		.wants = wants, .arg = arg, .memory = &r->names,
	};
	const struct event *ev = r->ev;

	if (r->ps->policy) {
		write_guarded(r, &f, comma, out);
		return;
	}
	switch (ev->form) {
	case EVENT_JSON:
		json_write_fields(ev->text, &f, comma, out);
		break;
	case EVENT_STRUCT:
		schema_write_fields(ev->schema, ev->record, wants, arg, comma,
				    out);
		break;
	case EVENT_BUILT:
		built_write_fields(ev->built, wants, arg, comma, out);
		break;
	}
}
