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

/* Append the value; MQL_ELIMIT when there is no room within MAX_BYTES. */
static int
append(struct agg_list *l, const struct value *v)
{
	int err = l->cap ? 0 : grow(l);

	while (!err) {
		struct buf tail = BUF_FIXED(l->json + l->len,
					    l->cap - l->len);
		buf_put_u8(&tail, l->len ? ',' : '[');
		value_write_json(v, &tail);
		if (!tail.err) {
			l->len += (uint32_t)tail.len;
			l->n++;
			return 0;
		}
		err = l->cap < MAX_BYTES ? grow(l) : MQL_ELIMIT;
	}
	return err;
}

/* After the first value that is left out, all are: what is kept is the
 * beginning. */
static int
add(struct agg_list *l, const struct value *v)
{
	int err = MQL_ELIMIT;

	if (!l->full && l->n < AGGREGATE_MAX_LIST)
		err = append(l, v);
	l->full |= err == MQL_ELIMIT;
	return err == MQL_ELIMIT ? 0 : err;
}

int
agg_list_update(const struct aggregate_call *c, void *state,
		const struct value *v, int64_t at, uint64_t weight)
{
	(void)c;
	(void)at;
	(void)weight;
	return agg_is_finite(v) ? add(state, v) : 0;
}

/* --- whole arrays --------------------------------------------------------- */

static void
write_array(const struct agg_list *l, struct buf *out)
{
	buf_put(out, l->json, l->len);
	buf_puts(out, l->len ? "]" : "[]");
}

static int
add_array(struct agg_list *l, struct str array)
{
	struct buf none = BUF_FIXED(NULL, 0);
	struct str key, item;
	int err = 0;

	for (size_t at = 0;
	     !err && json_member_next(array, &at, &key, &item);) {
		/* Written as it stands: no escape needs to be undone. */
		const struct value v = json_value(item, &none);
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
	int err;

	(void)c;
	write_array(f, &text);
	err = text.err;
	if (!err)
		err = add_array(l, (struct str){ (char *)text.data, text.len });
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
	write_array(l, scratch);
	if (scratch->err)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_ARRAY,
			       .ptr = (char *)scratch->data + at,
			       .len = (uint32_t)(scratch->len - at) };
}

/* --- the wire and the heap ------------------------------------------------ */

void
agg_list_put(const struct aggregate_call *c, const void *state,
	     struct buf *out)
{
	const struct agg_list *l = state;

	(void)c;
	agg_put_count(out, l->full);
	agg_put_count(out, l->len ? l->len + 1 : 2);
	write_array(l, out);
}

int
agg_list_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_list *l = state;
	uint64_t full, n;
	struct str array;
	int err;

	(void)c;
	if (agg_get_count(in, true, &full) ||
	    agg_get_count(in, MAX_BYTES + 1, &n) ||
	    agg_get_bytes(in, n, &array) || json_check(array, NULL) ||
	    *array.ptr != '[')
		return MQL_EBADFRAME;
	err = add_array(l, array);
	l->full |= full;
	return err;
}

void
agg_list_fini(const struct aggregate_call *c, void *state)
{
	struct agg_list *l = state;

	free(l->json);
	agg_init(c, l);
}

size_t
agg_list_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_list *l = state;

	(void)c;
	return l->cap;
}
