/* fields_encode.c - a message to JSON, by its table. See fields.h.
 *
 * The message becomes a jansson tree, which becomes text at the end: these
 * are control messages, some a second, and a tree keeps the escaping of
 * strings out of here. */
#include <jansson.h>

#include "mql/error.h"
#include "wire/fields.h"
#include "wire/text.h"

static json_t *
write_text(const struct field *f, struct str s, int *err)
{
	struct buf b = BUF_INIT;
	json_t *v = NULL;

	if (f->kind == FIELD_TEXT) {
		text_put(s, f->max, &b);
		s = (struct str){ (const char *)b.data, b.len };
	} else if (s.len > f->max) {
		*err = MQL_ELIMIT;
	} else if (!text_ok(s)) {
		*err = MQL_EINVAL;
	}
	if (!b.err && !*err)
		v = json_stringn_nocheck(s.len ? s.ptr : "", s.len);
	buf_fini(&b);
	return v;
}

static json_t *
write_u64(const struct field *f, uint64_t v, int *err)
{
	if (v > f->max) {
		*err = MQL_ELIMIT;
		return NULL;
	}
	return json_integer((json_int_t)v);
}

static json_t *write_object(const struct field *table, const char *from,
			    int *err);
static json_t *write_list(const struct field *f, const char *from, int *err);

/* The value of a field of the struct at `from`: NULL with *err set, or with
 * *err 0 when memory is out. */
static json_t *
write_value(const struct field *f, const char *from, int *err)
{
	const void *at = from + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		return write_text(f, *(const struct str *)at, err);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)at);
	case FIELD_U64:
		return write_u64(f, *(const uint64_t *)at, err);
	case FIELD_COUNT:
		return json_integer((json_int_t)*(const uint64_t *)at);
	case FIELD_INT:
		return json_integer(*(const int *)at);
	case FIELD_CHOICE:
		return json_string(f->word[*(const unsigned *)at]);
	case FIELD_OBJECT:
		return write_object(f->sub, at, err);
	case FIELD_LIST:
		return write_list(f, from, err);
	}
	return NULL;
}

static json_t *
write_list(const struct field *f, const char *from, int *err)
{
	size_t n = *(const size_t *)(const void *)(from + f->count);
	const char *element;
	json_t *list;

	memcpy(&element, from + f->at, sizeof element);
	if (n > WIRE_MAX_LIST) {
		*err = MQL_ELIMIT;
		return NULL;
	}
	list = json_array();
	for (size_t i = 0; list && i < n; i++, element += f->size) {
		if (json_array_append_new(list, write_value(f->sub, element,
							    err))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Zero, empty, or nothing but such inside: what a reader assumes anyway. */
static bool
is_zero(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return json_object_size(v) == 0;
	case JSON_ARRAY:
		return json_array_size(v) == 0;
	case JSON_STRING:
		return json_string_length(v) == 0;
	case JSON_INTEGER:
		return json_integer_value(v) == 0;
	case JSON_FALSE:
		return true;
	case JSON_TRUE:
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
	return false;
}

static json_t *
write_object(const struct field *table, const char *from, int *err)
{
	json_t *object = json_object();

	for (const struct field *f = table; object && f->name; f++) {
		json_t *v = write_value(f, from, err);
		if (v && f->need == MAY && is_zero(v)) {
			json_decref(v);
		} else if (json_object_set_new_nocheck(object, f->name, v)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int
append(const char *text, size_t n, void *to)
{
	struct buf *b = to;

	buf_put(b, text, n);
	return b->err;
}

void
fields_encode(enum wire_kind kind, const struct field *table,
	      const void *message, struct buf *b)
{
	size_t begin = b->len;
	int err = 0;
	json_t *tree;

	if (b->err)
		return;
	tree = write_object(table, message, &err);
	if (tree) {
		wire_put_header(b, kind);
		if (json_dump_callback(tree, append, b, JSON_COMPACT))
			err = MQL_ENOMEM;
		else if (b->len - begin - WIRE_HEADER > WIRE_MAX_CONTROL)
			err = MQL_ELIMIT;
		json_decref(tree);
	} else if (!err) {
		err = MQL_ENOMEM;
	}
	if (err && !b->err)
		b->err = err;
}
