/* fields_encode.c - a message to JSON, by its table. See fields.h.
 *
 * The text is written at once, without a tree in between: a fleet's agents
 * acknowledge each query one by one, and in each a tree would cost as much as
 * half of the query's compilation. */
#include "event/json.h"
#include "event/value.h"
#include "mql/error.h"
#include "wire/fields.h"
#include "wire/text.h"

static void
fail(struct buf *b, int err)
{
	if (!b->err)
		b->err = err;
}

static void
write_text(const struct field *f, struct str s, struct buf *b)
{
	struct buf text = BUF_INIT;

	if (s.len <= f->max && text_ok(s)) {
		json_write_str(s, b);
	} else if (f->kind == FIELD_EXACT) {
		fail(b, s.len > f->max ? MQL_ELIMIT : MQL_EINVAL);
	} else {
		text_put(s, f->max, &text);
		json_write_str((struct str){ (char *)text.data, text.len }, b);
		if (text.err)
			fail(b, text.err);
		buf_fini(&text);
	}
}

static void
write_int(int64_t n, struct buf *b)
{
	const struct value v = value_int(n);

	value_write_json(&v, b);
}

static void write_object(const struct field *table, const char *from,
			 struct buf *b);
static void write_list(const struct field *f, const char *from,
		       struct buf *b);

/* The value of a field of the struct at `from`. */
static void
write_value(const struct field *f, const char *from, struct buf *b)
{
	const void *at = from + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		write_text(f, *(const struct str *)at, b);
		break;
	case FIELD_BOOL:
		buf_puts(b, *(const bool *)at ? "true" : "false");
		break;
	case FIELD_U32:
		write_int(*(const uint32_t *)at, b);
		break;
	case FIELD_U64:
		if (*(const uint64_t *)at > f->max)
			fail(b, MQL_ELIMIT);
		write_int((int64_t)*(const uint64_t *)at, b);
		break;
	case FIELD_COUNT:
		write_int((int64_t)*(const uint64_t *)at, b);
		break;
	case FIELD_INT:
		write_int(*(const int *)at, b);
		break;
	case FIELD_CHOICE:
		json_write_str(str_of(f->word[*(const unsigned *)at]), b);
		break;
	case FIELD_OBJECT:
		write_object(f->sub, at, b);
		break;
	case FIELD_LIST:
		write_list(f, from, b);
		break;
	}
}

static void
write_list(const struct field *f, const char *from, struct buf *b)
{
	size_t n = *(const size_t *)(const void *)(from + f->count);
	const char *element;

	memcpy(&element, from + f->at, sizeof element);
	if (n > WIRE_MAX_LIST) {
		fail(b, MQL_ELIMIT);
		return;
	}
	buf_put_u8(b, '[');
	for (size_t i = 0; i < n && !b->err; i++, element += f->size) {
		if (i)
			buf_put_u8(b, ',');
		write_value(f->sub, element, b);
	}
	buf_put_u8(b, ']');
}

/* Zero, empty, or nothing but such inside: what a reader assumes anyway. */
static bool
is_nothing(const struct field *f, const char *from)
{
	const void *at = from + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		return !((const struct str *)at)->len;
	case FIELD_BOOL:
		return !*(const bool *)at;
	case FIELD_U32:
		return !*(const uint32_t *)at;
	case FIELD_U64:
	case FIELD_COUNT:
		return !*(const uint64_t *)at;
	case FIELD_INT:
		return !*(const int *)at;
	case FIELD_CHOICE:
		return false;
	case FIELD_OBJECT:
		for (const struct field *in = f->sub; in->name.ptr; in++)
			if (in->need == MUST || !is_nothing(in, at))
				return false;
		return true;
	case FIELD_LIST:
		return !*(const size_t *)(const void *)(from + f->count);
	}
	return false;
}

static void
write_object(const struct field *table, const char *from, struct buf *b)
{
	bool comma = false;

	buf_put_u8(b, '{');
	for (const struct field *f = table; f->name.ptr && !b->err; f++) {
		if (f->need == MAY && is_nothing(f, from))
			continue;
		if (comma)
			buf_put_u8(b, ',');
		comma = true;
		buf_put_u8(b, '"'); /* our own names need no escapes */
		buf_put(b, f->name.ptr, f->name.len);
		buf_puts(b, "\":");
		write_value(f, from, b);
	}
	buf_put_u8(b, '}');
}

void
fields_encode(enum wire_kind kind, const struct field *table,
	      const void *message, struct buf *b)
{
	const size_t begun = b->len + WIRE_HEADER;

	wire_put_header(b, kind);
	write_object(table, message, b);
	if (b->len > begun + WIRE_MAX_CONTROL)
		fail(b, MQL_ELIMIT);
}
