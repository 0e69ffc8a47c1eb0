/* held.c - see held.h.
 *
 * The bytes of all rows stand in one buffer, one behind the other; an item
 * knows where. Throwing rows away means to sort the items, to copy what stays
 * and to begin again. */
#include "mql/held.h"

#include <stdlib.h>

#include "mql/error.h"

enum { SLACK = 256, FIRST_ITEMS = 16 };

struct held_item {
	uint64_t seq;
	size_t   at;    /* key, same, row */
	uint32_t nkey, nsame, nrow;
};

/* A row of several lists. */
struct ranked {
	struct held_row row;
	uint64_t        seq;
};

void
held_init(struct held *h, struct budget *b, uint64_t limit, bool by_content)
{
	*h = (struct held){ .budget = b, .limit = limit,
			    .by_content = by_content };
}

void
held_fini(struct held *h)
{
	if (h->budget)
		budget_give(h->budget, h->taken);
	free(h->item);
	buf_fini(&h->text);
	held_init(h, h->budget, h->limit, h->by_content);
}

static struct held_row
row_of(const struct held *h, const struct held_item *i)
{
	const char *at = (const char *)h->text.data + i->at;

	return (struct held_row){
		.key = { at, i->nkey },
		.same = { at + i->nkey, i->nsame },
		.row = { at + i->nkey + i->nsame, i->nrow },
	};
}

/* --- order ---------------------------------------------------------------------- */

static int
compare(const struct ranked *a, const struct ranked *b, bool by_content)
{
	int c = str_cmp(a->row.key, b->row.key);

	if (!c && by_content)
		c = str_cmp(a->row.row, b->row.row);
	return c ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

static int
by_arrival(const void *a, const void *b)
{
	return compare(a, b, false);
}

static int
by_content(const void *a, const void *b)
{
	return compare(a, b, true);
}

/* All rows of the lists, sorted; the caller frees them. NULL: no memory. */
static struct ranked *
rank(struct held *const *h, size_t n, size_t *count)
{
	size_t all = 0;

	for (size_t k = 0; k < n; k++)
		all += h[k]->n;
	struct ranked *r = malloc((all + 1) * sizeof *r);
	if (!r)
		return NULL;
	*count = 0;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < h[k]->n; i++)
			r[(*count)++] = (struct ranked){
				row_of(h[k], &h[k]->item[i]),
				h[k]->item[i].seq,
			};
	if (all)
		qsort(r, all, sizeof *r,
		      h[0]->by_content ? by_content : by_arrival);
	return r;
}

/* --- adding --------------------------------------------------------------------- */

bool
held_wants(const struct held *h, struct str key)
{
	if (!h->limit || !h->full)
		return h->limit != 0;
	const struct held_row worst = row_of(h, &h->item[h->limit - 1]);
	int c = str_cmp(key, worst.key);
	return c < 0 || (!c && h->by_content);
}

static int
reserve_item(struct held *h)
{
	size_t cap = h->cap ? 2 * h->cap : FIRST_ITEMS;
	struct held_item *item;

	if (h->n < h->cap)
		return 0;
	item = reallocarray(h->item, cap, sizeof *item);
	if (!item)
		return MQL_ENOMEM;
	h->item = item;
	h->cap = cap;
	return 0;
}

/* Append without a look at the limit. */
static int
append(struct held *h, const struct held_row *row, uint64_t seq)
{
	const struct held_item item = {
		.seq = seq, .at = h->text.len,
		.nkey = (uint32_t)row->key.len,
		.nsame = (uint32_t)row->same.len,
		.nrow = (uint32_t)row->row.len,
	};
	const size_t size = row->key.len + row->same.len + row->row.len;

	if (row->key.len > UINT32_MAX || row->same.len > UINT32_MAX ||
	    row->row.len > UINT32_MAX || !buf_room(&h->text, size) ||
	    reserve_item(h))
		return MQL_ENOMEM;
	if (!budget_take(h->budget, size + sizeof item))
		return MQL_ELIMIT;
	h->taken += size + sizeof item;
	buf_put(&h->text, row->key.ptr, row->key.len);
	buf_put(&h->text, row->same.ptr, row->same.len);
	buf_put(&h->text, row->row.ptr, row->row.len);
	h->item[h->n++] = item;
	return 0;
}

/* Keep the first `limit` rows only. */
static int
prune(struct held *h)
{
	struct held kept;
	size_t n = 0;
	struct ranked *r = rank(&h, 1, &n);
	int err = r ? 0 : MQL_ENOMEM;

	/* What stays was paid for: it is moved, not added. */
	held_init(&kept, h->budget, h->limit, h->by_content);
	budget_give(h->budget, h->taken);
	const size_t taken = h->taken;
	h->taken = 0;
	for (size_t i = 0; i < n && i < h->limit && !err; i++)
		err = append(&kept, &r[i].row, r[i].seq);
	free(r);
	if (err) {
		held_fini(&kept);
		h->taken = taken;
		h->budget->used += taken;
		return err;
	}
	kept.full = kept.n == h->limit;
	held_fini(h);
	*h = kept;
	return 0;
}

int
held_add(struct held *h, const struct held_row *row, uint64_t seq)
{
	int err = append(h, row, seq);

	if (err == MQL_ELIMIT && h->limit < h->n) {
		err = prune(h);
		if (!err && held_wants(h, row->key))
			err = append(h, row, seq);
	}
	if (err || h->limit >= SIZE_MAX / 2 ||
	    h->n < h->limit + (h->limit > SLACK ? h->limit : SLACK))
		return err;
	return prune(h);
}

int
held_each(struct held *const *h, size_t n,
	  bool (*fn)(void *arg, const struct held_row *row), void *arg)
{
	size_t count = 0;
	struct ranked *r = rank(h, n, &count);

	if (!r)
		return MQL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!fn(arg, &r[i].row))
			break;
	free(r);
	return 0;
}
