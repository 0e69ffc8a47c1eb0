/* agg_list.c - list(x): the values as one array, in the order in which they
 * came; the first ones, when they are more than AGGREGATE_MAX_LIST or longer
 * than MAX_BYTES of JSON.
 *
 * The state is the text of the array itself, without its last bracket. */
#include "mql/agg.h"

#include <stdlib.h>

#include "event/json.h"

enum { FIRST_BYTES = 64, MAX_BYTES = 32 * 1024 };

static int
grow(struct agg_list *l)
{
	const uint32_t cap = l->cap ? l->cap * 2 : FIRST_BYTES;
	uint8_t *json = realloc(l->json, cap);

	if (!json)
		return MQL_ENOMEM;
	l->json = json;
	l->cap = cap;
	return 0;
}

/* Append [ or , and what write() writes, or nothing: MQL_ELIMIT when there is
 * no room within MAX_BYTES. */
static int
append(struct agg_list *l, void (*write)(const void *arg, struct buf *out),
       const void *arg)
{
	int err = l->cap ? 0 : grow(l);

	while (!err) {
		struct buf tail = BUF_FIXED(l->json + l->len,
					    l->cap - l->len);
		buf_put_u8(&tail, l->len ? ',' : '[');
		write(arg, &tail);
		if (!tail.err) {
			l->len += (uint32_t)tail.len;
			return 0;
		}
		err = l->cap < MAX_BYTES ? grow(l) : MQL_ELIMIT;
	}
	return err;
}

static void
write_value(const void *arg, struct buf *out)
{
	value_write_json(arg, out);
}

/* The elements of a text of an array: without its brackets, on one line. */
static void
write_elements(const void *arg, struct buf *out)
{
	const struct str *array = arg;

	json_write_line((struct str){ array->ptr + 1, array->len - 2 }, out);
}

static int
add(struct agg_list *l, const struct value *v)
{
	int err;

	if (l->full || l->n == AGGREGATE_MAX_LIST) {
		l->full = true;
		return 0;
	}
	err = append(l, write_value, v);
	if (err == MQL_ELIMIT) {
		l->full = true;
		return 0;
	}
	l->n += !err;
	return err;
}

int
agg_list_update(const struct aggregate_call *c, void *state,
		const struct value *v, int64_t at)
{
	(void)c;
	(void)at;
	return agg_is_finite(v) ? add(state, v) : 0;
}

/* --- arrays, whole -------------------------------------------------------- */

/* The array of what is there; text has room for the bracket. */
static struct str
close_array(const struct agg_list *l, struct buf *text)
{
	buf_put(text, l->json, l->len);
	buf_puts(text, l->len ? "]" : "[]");
	return (struct str){ (char *)text->data, text->len };
}

static int
add_array(struct agg_list *l, struct str array)
{
	struct buf none = BUF_FIXED(NULL, 0);
	struct str key, item;
	int err = 0;

	for (size_t at = 0;
	     !err && json_member_next(array, &at, &key, &item);) {
		/* Its text is written, so escapes need not be undone. */
		struct value v = json_value(item, &none);
		err = add(l, &v);
	}
	return err;
}

int
agg_list_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_list *f = from;
	struct agg_list *l = state;
	struct buf text = BUF_INIT;
	struct str array;
	int err;

	(void)c;
	array = close_array(f, &text);
	err = text.err ? text.err : add_array(l, array);
	l->full |= f->full;
	buf_fini(&text);
	return err;
}

struct value
agg_list_finish(const struct aggregate_call *c, const void *state,
		int64_t span_ms, struct buf *scratch)
{
	const struct agg_list *l = state;
	const size_t at = scratch->len;

	(void)c;
	(void)span_ms;
	if (!l->n)
		return VALUE_NONE;
	close_array(l, scratch);
	if (scratch->err)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_ARRAY,
			       .ptr = (char *)scratch->data + at,
			       .len = (uint32_t)(scratch->len - at) };
}

void
agg_list_put(const struct aggregate_call *c, const void *state,
	     struct buf *out)
{
	const struct agg_list *l = state;

	(void)c;
	agg_put_count(out, l->full);
	agg_put_count(out, l->len);
	buf_put(out, l->json, l->len);
}
