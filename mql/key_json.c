/* key_json.c - JSON text in its one form, so that equal containers have equal
 * bytes. Each object is written in its own order, then its members, which are
 * pieces of what was written, are put in order. Recursion is bounded by what
 * the reader accepts, JSON_MAX_DEPTH. */
#include <stdlib.h>

#include "event/json.h"
#include "mql/key.h"
#include "mql/mql.h"

struct member {
	size_t at, nname, len; /* `"name":value` in out */
};

static void put(struct str text, struct buf *out);

static void
put_scalar(struct str raw, struct buf *out)
{
	uint8_t digits[32];
	struct buf undone = BUF_INIT, key = BUF_INIT;
	struct buf room = BUF_FIXED(digits, sizeof digits);

	buf_room(&undone, raw.len);
	struct value v = json_value(raw, &undone);
	v.raw = v.type == VALUE_STR ? NULL : v.raw;
	if (value_is_number(&v)) { /* 1.0 is 1 */
		key_put(&v, false, &key);
		struct str in = { (const char *)key.data, key.len };
		v = key_get(&in, &room);
	}
	value_write_json(&v, out);
	if (undone.err || key.err)
		out->err = MQL_ENOMEM;
	buf_fini(&key);
	buf_fini(&undone);
}

static void
put_array(struct str text, struct buf *out)
{
	struct str none, value;
	size_t at = 0;
	const char *before = "[";

	while (json_member_next(text, &at, &none, &value)) {
		buf_puts(out, before);
		put(value, out);
		before = ",";
	}
	buf_puts(out, *before == '[' ? "[]" : "]");
}

/* --- objects ------------------------------------------------------------------ */

static int
by_name(const void *a, const void *b, void *base)
{
	const struct member *x = a, *y = b;
	const char *p = base;
	int c = str_cmp((struct str){ p + x->at, x->nname },
			(struct str){ p + y->at, y->nname });

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* Append the members in text's order, one behind the other; m (growing, of
 * struct member) tells where each is. */
static void
put_members(struct str text, struct buf *m, struct buf *out)
{
	struct str name, value;
	size_t at = 0;

	while (json_member_next(text, &at, &name, &value)) {
		struct member x = { .at = out->len };

		put_scalar(name, out);
		x.nname = out->len - x.at;
		buf_puts(out, ":");
		put(value, out);
		x.len = out->len - x.at;
		buf_put(m, &x, sizeof x);
	}
}

static void
put_object(struct str text, struct buf *out)
{
	struct buf list = BUF_INIT, sorted = BUF_INIT;
	size_t mark = out->len;

	put_members(text, &list, out);
	struct member *m = (void *)list.data;
	size_t n = list.len / sizeof *m;
	if (list.err || out->err)
		goto out;
	if (n)
		qsort_r(m, n, sizeof *m, by_name, out->data);
	buf_puts(&sorted, "{");
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = out->data + m[i].at;

		if (i && m[i].nname == m[i - 1].nname &&
		    !memcmp(at, out->data + m[i - 1].at, m[i].nname))
			continue;
		if (sorted.len > 1)
			buf_puts(&sorted, ",");
		buf_put(&sorted, at, m[i].len);
	}
	buf_puts(&sorted, "}");
	out->len = mark;
	buf_put(out, sorted.data, sorted.len);
out:
	if (list.err || sorted.err)
		out->err = MQL_ENOMEM;
	buf_fini(&sorted);
	buf_fini(&list);
}

static void
put(struct str text, struct buf *out)
{
	if (text.len && *text.ptr == '{')
		put_object(text, out);
	else if (text.len && *text.ptr == '[')
		put_array(text, out);
	else
		put_scalar(text, out);
}

void
key_json(struct str text, struct buf *out)
{
	put(text, out);
}
