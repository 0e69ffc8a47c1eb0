/* fields_decode.c - JSON to a message, by its table. See fields.h.
 *
 * The text is hostile. Before jansson builds a tree, one pass over the bytes
 * bounds its depth (jansson's own bound is 2,048 levels) and the number of
 * its containers, each of which costs a hundred times its two bytes. */
#include <jansson.h>
#include <limits.h>

#include "mql/error.h"
#include "wire/fields.h"

/* An entry of a list holds two objects at most: itself and its books. */
enum { MAX_CONTAINERS = 3 * WIRE_MAX_LIST };

static bool
bounded(struct str body)
{
	unsigned depth = 0, containers = 0;
	bool quoted = false;

	for (size_t i = 0; i < body.len; i++) {
		char c = body.ptr[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > WIRE_MAX_DEPTH ||
			    ++containers > MAX_CONTAINERS)
				return false;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
		}
	}
	return true;
}

static int
read_text(const struct field *f, const json_t *v, struct str *to,
	  struct arena *mem)
{
	struct str s;

	if (!json_is_string(v) || json_string_length(v) > f->max)
		return MQL_EBADFRAME;
	s = (struct str){ json_string_value(v), json_string_length(v) };
	*to = arena_str(mem, s);
	return to->ptr ? 0 : MQL_ENOMEM;
}

static int
read_int(const json_t *v, int64_t min, int64_t max, int64_t *to)
{
	if (!json_is_integer(v))
		return MQL_EBADFRAME;
	*to = json_integer_value(v);
	return *to >= min && *to <= max ? 0 : MQL_EBADFRAME;
}

static int
read_number(const struct field *f, const json_t *v, void *at)
{
	int64_t n = 0;
	int err;

	if (f->kind == FIELD_U32) {
		err = read_int(v, 0, UINT32_MAX, &n);
		*(uint32_t *)at = (uint32_t)n;
	} else if (f->kind == FIELD_INT) {
		err = read_int(v, INT_MIN, INT_MAX, &n);
		*(int *)at = (int)n;
	} else if (f->kind == FIELD_U64) {
		err = read_int(v, 0, (int64_t)f->max, &n);
		*(uint64_t *)at = (uint64_t)n;
	} else {
		err = read_int(v, INT64_MIN, INT64_MAX, &n);
		*(uint64_t *)at = (uint64_t)n;
	}
	return err;
}

static int
read_choice(const struct field *f, const json_t *v, unsigned *to)
{
	if (!json_is_string(v))
		return MQL_EBADFRAME;
	for (unsigned i = 0; f->word[i]; i++) {
		if (!strcmp(f->word[i], json_string_value(v))) {
			*to = i;
			return 0;
		}
	}
	return MQL_EBADFRAME;
}

static int read_object(const struct field *table, const json_t *v, char *to,
		       struct arena *mem);
static int read_list(const struct field *f, const json_t *v, char *to,
		     struct arena *mem);

/* v into a field of the struct at `to`. */
static int
read_value(const struct field *f, const json_t *v, char *to,
	   struct arena *mem)
{
	void *at = to + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		return read_text(f, v, at, mem);
	case FIELD_BOOL:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v) ? 0 : MQL_EBADFRAME;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_INT:
		return read_number(f, v, at);
	case FIELD_CHOICE:
		return read_choice(f, v, at);
	case FIELD_OBJECT:
		return read_object(f->sub, v, at, mem);
	case FIELD_LIST:
		return read_list(f, v, to, mem);
	}
	return MQL_EBADFRAME;
}

static int
read_list(const struct field *f, const json_t *v, char *to, struct arena *mem)
{
	size_t n = json_array_size(v);
	char *element;
	int err = 0;

	if (!json_is_array(v) || n > WIRE_MAX_LIST)
		return MQL_EBADFRAME;
	if (n == 0)
		return 0;
	element = arena_alloc(mem, n * f->size);
	if (!element)
		return MQL_ENOMEM;
	memcpy(to + f->at, &element, sizeof element);
	*(size_t *)(void *)(to + f->count) = n;
	for (size_t i = 0; !err && i < n; i++, element += f->size)
		err = read_value(f->sub, json_array_get(v, i), element, mem);
	return err;
}

static int
read_object(const struct field *table, const json_t *v, char *to,
	    struct arena *mem)
{
	int err = 0;

	if (!json_is_object(v))
		return MQL_EBADFRAME;
	for (const struct field *f = table; !err && f->name; f++) {
		const json_t *member = json_object_get(v, f->name);
		if (member)
			err = read_value(f, member, to, mem);
		else if (f->need == MUST)
			err = MQL_EBADFRAME;
	}
	return err;
}

int
fields_decode(const struct field *table, struct str body, void *message,
	      struct arena *mem)
{
	json_error_t why;
	json_t *tree;
	int err;

	if (!bounded(body))
		return MQL_EBADFRAME;
	tree = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, &why);
	if (!tree)
		return json_error_code(&why) == json_error_out_of_memory ?
			MQL_ENOMEM : MQL_EBADFRAME;
	err = read_object(table, tree, message, mem);
	json_decref(tree);
	return err;
}
