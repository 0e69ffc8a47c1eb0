/* schema.c - see schema.h. Tables are copied level by level into an arena. */
#include "event/schema.h"

#include <stdlib.h>

#include "common/arena.h"
#include "event/json.h"

enum { MAX_FIELDS = 1024, MAX_LEVELS = 8 };

struct schema {
	struct arena            arena;
	const struct mql_field *fields;
	size_t                  n, total;
};

/* --- the copy ----------------------------------------------------------------- */

static bool
is_first_of_its_name(const struct mql_field *fields, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(fields[j].name, fields[i].name))
			return false;
	return true;
}

static bool
field_ok(const struct mql_field *f)
{
	if (!f->name || !*f->name || (int)f->type < 0 ||
	    f->type > MQL_T_STRUCT)
		return false;
	if (f->type == MQL_T_CHARS)
		return f->size > 0 && f->size <= UINT32_MAX;
	return f->type != MQL_T_STRUCT || (f->fields && f->nfields);
}

static int
copy_table(struct schema *s, const struct mql_field *from, size_t n,
	   unsigned level, const struct mql_field **out)
{
	if (!from || !n || level > MAX_LEVELS || n > MAX_FIELDS - s->total)
		return MQL_EINVAL;
	s->total += n;
	struct mql_field *to = arena_alloc(&s->arena, n * sizeof *to);
	if (!to)
		return MQL_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!field_ok(&from[i]) || !is_first_of_its_name(from, i))
			return MQL_EINVAL;
		to[i] = from[i];
		to[i].name = arena_str(&s->arena, str_of(from[i].name)).ptr;
		if (!to[i].name)
			return MQL_ENOMEM;
		if (from[i].type != MQL_T_STRUCT)
			continue;
		int err = copy_table(s, from[i].fields, from[i].nfields,
				     level + 1, &to[i].fields);
		if (err)
			return err;
	}
	*out = to;
	return 0;
}

int
schema_new(const struct mql_field *fields, size_t n, struct schema **out)
{
	struct schema *s = calloc(1, sizeof *s);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!s)
		return err;
	err = copy_table(s, fields, n, 1, &s->fields);
	s->n = n;
	if (err)
		schema_free(s);
	else
		*out = s;
	return err;
}

void
schema_free(struct schema *s)
{
	if (!s)
		return;
	arena_fini(&s->arena);
	free(s);
}

/* --- paths --------------------------------------------------------------------- */

static const struct mql_field *
find(const struct mql_field *fields, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(fields[i].name), key))
			return &fields[i];
	return NULL;
}

/* Follow the steps from `walked` on, through embedded structs. */
static struct schema_ref
follow(const struct mql_field *f, const struct path *p, unsigned walked)
{
	unsigned n = path_direct_steps(p);
	size_t offset = f ? f->offset : 0;

	while (f && f->type == MQL_T_STRUCT && walked < n) {
		f = p->steps[walked].kind == STEP_KEY ?
			find(f->fields, f->nfields, p->steps[walked].key) :
			NULL;
		offset += f ? f->offset : 0;
		walked++;
	}
	/* Only JSON text has an inside beyond the table. */
	if (!f || (walked < n && f->type != MQL_T_JSON))
		return (struct schema_ref){ 0 };
	return (struct schema_ref){ .found = true, .field = f,
				    .offset = offset,
				    .walked = (uint16_t)walked };
}

struct schema_ref
schema_resolve(const struct schema *s, const struct path *p)
{
	struct schema_ref r = { 0 };

	if (p->meta != META_NONE || !path_direct_steps(p) ||
	    p->steps[0].kind != STEP_KEY)
		return r;
	if (p->nflat > 1)
		r = follow(find(s->fields, s->n, p->flat), p, p->nflat);
	if (!r.found)
		r = follow(find(s->fields, s->n, p->steps[0].key), p, 1);
	return r;
}

/* --- values --------------------------------------------------------------------- */

static struct value
text(const char *ptr, size_t len)
{
	if (!ptr || len > UINT32_MAX)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_STR, .ptr = ptr,
			       .len = (uint32_t)len };
}

/* Beyond int64 the digits themselves are kept. */
static struct value
unsigned_integer(uint64_t u, struct buf *scratch)
{
	if (u <= INT64_MAX)
		return value_int((int64_t)u);
	struct value v = value_float((double)u);
	size_t at = scratch->len;
	buf_printf(scratch, "%llu", (unsigned long long)u);
	if (!scratch->err) {
		v.raw = (const char *)scratch->data + at;
		v.nraw = (uint32_t)(scratch->len - at);
	}
	scratch->err = 0;
	return v;
}

static struct value
json_text(const char *z, struct buf *scratch)
{
	struct str s = str_of(z);

	if (!z || s.len > UINT32_MAX || json_check(s, NULL))
		return VALUE_NONE;
	return json_value(s, scratch);
}

static void write_table(const struct mql_field *fields, size_t n,
			const char *record, struct buf *out);

static struct value
embedded(const struct mql_field *f, const void *at, struct buf *scratch)
{
	size_t begun = scratch->len;

	write_table(f->fields, f->nfields, at, scratch);
	if (scratch->err) { /* larger than any row could be */
		scratch->len = begun;
		scratch->err = 0;
		return VALUE_NONE;
	}
	const char *ptr = (const char *)scratch->data + begun;
	uint32_t len = (uint32_t)(scratch->len - begun);
	return (struct value){ .type = VALUE_OBJECT, .ptr = ptr, .len = len,
			       .raw = ptr, .nraw = len };
}

/* The value of type T at an address that need not be aligned for it. */
#define AT(T) (*(T *)memcpy(&(T){ 0 }, at, sizeof(T)))

static inline struct value
read_field(const struct mql_field *f, const void *at, struct buf *scratch)
{
	switch (f->type) {
	case MQL_T_BOOL:
		/* Any byte may stand there: to read it as bool would not do. */
		return (struct value){ .type = VALUE_BOOL, .b = AT(uint8_t) };
	case MQL_T_I8:   return value_int(AT(int8_t));
	case MQL_T_I16:  return value_int(AT(int16_t));
	case MQL_T_I32:  return value_int(AT(int32_t));
	case MQL_T_I64:  return value_int(AT(int64_t));
	case MQL_T_U8:   return value_int(AT(uint8_t));
	case MQL_T_U16:  return value_int(AT(uint16_t));
	case MQL_T_U32:  return value_int(AT(uint32_t));
	case MQL_T_U64:  return unsigned_integer(AT(uint64_t), scratch);
	case MQL_T_F32:  return value_float((double)AT(float));
	case MQL_T_F64:  return value_float(AT(double));
	case MQL_T_CHARS: return text(at, strnlen(at, f->size));
	case MQL_T_CSTR: {
		const char *z = AT(const char *);
		return text(z, z ? strlen(z) : 0);
	}
	case MQL_T_TEXT: {
		struct mql_text t = AT(struct mql_text);
		return text(t.ptr, t.len);
	}
	case MQL_T_JSON: return json_text(AT(const char *), scratch);
	case MQL_T_STRUCT: return embedded(f, at, scratch);
	}
	return VALUE_NONE;
}

void
schema_read(const struct mql_field *f, const void *at, struct buf *scratch,
	    struct value *out)
{
	*out = read_field(f, at, scratch);
}

/* Write one member; what schema_read() needs goes to a small buffer of its
 * own, since `out` may be the scratch. Returns whether it wrote anything. */
static bool
write_member(const struct mql_field *f, const char *at, bool comma,
	     struct buf *out)
{
	char digits[32];
	struct buf small = BUF_FIXED(digits, sizeof digits);
	struct value v = VALUE_NONE;
	struct str json = { 0 };

	if (f->type == MQL_T_JSON) {
		const char *z;
		memcpy(&z, at, sizeof z);
		json = str_of(z);
		if (!z || json_check(json, NULL))
			return false;
	} else if (f->type != MQL_T_STRUCT) {
		v = read_field(f, at, &small);
		if (v.type == VALUE_NULL)
			return false;
	}
	if (comma)
		buf_put_u8(out, ',');
	json_write_str(str_of(f->name), out);
	buf_put_u8(out, ':');
	if (f->type == MQL_T_STRUCT)
		write_table(f->fields, f->nfields, at, out);
	else if (json.ptr)
		json_write_line(json, out);
	else
		value_write_json(&v, out);
	return true;
}

static void
write_table(const struct mql_field *fields, size_t n, const char *record,
	    struct buf *out)
{
	bool comma = false;

	buf_put_u8(out, '{');
	for (size_t i = 0; i < n; i++)
		comma |= write_member(&fields[i], record + fields[i].offset,
				      comma, out);
	buf_put_u8(out, '}');
}

void
schema_write_json(const struct schema *s, const void *record, struct buf *out)
{
	write_table(s->fields, s->n, record, out);
}

void
schema_write_fields(const struct schema *s, const void *record,
		    bool (*wants)(void *arg, struct str name), void *arg,
		    bool *comma, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct mql_field *f = &s->fields[i];

		if (wants(arg, str_of(f->name)))
			*comma |= write_member(f, (const char *)record +
					       f->offset, *comma, out);
	}
}
