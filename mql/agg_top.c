/* agg_top.c - top(x, k): the k most frequent values, each with a count that is
 * never too low and too high by `error` at most.
 *
 * SpaceSaving (Metwally et al. 2005) in the form that can be merged (Agarwal
 * et al. 2012): a table of values with counts, and a floor, which no value
 * outside of the table exceeds.
 *
 *     a value in the table      its count rises
 *     one that is not           comes in with floor + 1, of which floor may
 *                               be wrong
 *     no room                   the rarest go, and the floor rises to the
 *                               most frequent of them
 *     merge                     counts are added; a value that one side does
 *                               not know had that side's floor at most
 *
 * While all different values fit, the floor is 0 and everything is exact. An
 * eighth goes at a time, so that making room costs little per value. A value
 * is known by its hash and kept as JSON; one over MAX_VALUE is refused. */
#include "mql/agg.h"

#include <stdlib.h>

#include "event/json.h"

enum {
	MIN_ROOM  = 256,  /* items, whatever k */
	MAX_ROOM  = 1024, /* at least AGGREGATE_MAX_TOP; a power of two */
	PER_K     = 8,
	FIRST     = 16,
	MAX_TEXT  = 16 * 1024, /* of all items */
	MAX_VALUE = 512,
};

static uint32_t
room_of(const struct aggregate_call *c)
{
	uint32_t room = MIN_ROOM;

	while (room < PER_K * c->k && room < MAX_ROOM)
		room *= 2;
	return room;
}

/* --- the table ------------------------------------------------------------ */

/* The slot of the item with this hash, or the free one. Twice as many slots
 * as items: there is always a free one. */
static uint16_t *
slot_of(const struct agg_top *t, uint64_t hash)
{
	const uint64_t mask = 2 * (uint64_t)t->cap - 1;
	uint64_t i = hash & mask;

	while (t->slot[i] && t->item[t->slot[i] - 1].hash != hash)
		i = (i + 1) & mask;
	return &t->slot[i];
}

static struct agg_top_item *
find(const struct agg_top *t, uint64_t hash)
{
	const uint16_t at = t->cap ? *slot_of(t, hash) : 0;

	return at ? &t->item[at - 1] : NULL;
}

static void
fill_slots(struct agg_top *t)
{
	memset(t->slot, 0, 2 * (size_t)t->cap * sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++)
		*slot_of(t, t->item[i].hash) = (uint16_t)(i + 1);
}

static int
resize(struct agg_top *t, uint32_t cap)
{
	uint16_t *slot = malloc(2 * (size_t)cap * sizeof *slot);
	struct agg_top_item *item = NULL;

	if (slot)
		item = realloc(t->item, cap * sizeof *item);
	if (!item) {
		free(slot);
		return MQL_ENOMEM;
	}
	free(t->slot);
	t->slot = slot;
	t->item = item;
	t->cap = cap;
	fill_slots(t);
	return 0;
}

static int
resize_text(struct agg_top *t, uint32_t cap)
{
	uint8_t *text = realloc(t->text, cap);

	if (!text)
		return MQL_ENOMEM;
	t->text = text;
	t->captext = cap;
	return 0;
}

/* Room for so many more items, and bytes of text. */
static int
reserve(struct agg_top *t, uint32_t n, uint32_t ntext)
{
	uint32_t cap = t->cap ? t->cap : FIRST;
	uint32_t captext = t->captext ? t->captext : FIRST;
	int err = 0;

	while (cap < t->n + n)
		cap *= 2;
	while (captext < t->ntext + ntext)
		captext *= 2;
	if (cap > t->cap)
		err = resize(t, cap);
	if (!err && captext > t->captext)
		err = resize_text(t, captext);
	return err;
}

/* Into what was reserved. */
static void
append(struct agg_top *t, const struct agg_top_item *item, const void *text)
{
	struct agg_top_item *to = &t->item[t->n];

	*to = *item;
	to->at = t->ntext;
	memcpy(t->text + t->ntext, text, to->len);
	t->ntext += to->len;
	*slot_of(t, to->hash) = (uint16_t)++t->n;
}

/* --- making room ---------------------------------------------------------- */

/* The highest count that n items reach. Bisecting the counts takes no memory
 * and no sorting, and has no bad case. */
static uint64_t
count_of_rank(const struct agg_top *t, uint32_t n)
{
	uint64_t lo = 0, hi = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (hi < t->item[i].count)
			hi = t->item[i].count;
	while (lo < hi) {
		const uint64_t mid = hi - (hi - lo) / 2;
		uint32_t reach = 0;
		for (uint32_t i = 0; i < t->n; i++)
			reach += t->item[i].count >= mid;
		if (reach >= n)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static void
keep(struct agg_top *t, struct agg_top_item item)
{
	memmove(t->text + t->ntext, t->text + item.at, item.len);
	item.at = t->ntext;
	t->ntext += item.len;
	t->item[t->n++] = item;
}

/* Keep the n most frequent, of equals the older. Items stay in the order of
 * their texts, so both close up from the left. */
static void
keep_best(struct agg_top *t, uint32_t n)
{
	const uint64_t least = count_of_rank(t, n);
	const uint32_t had = t->n;
	uint32_t equal = n; /* how many of the least there is room for */

	for (uint32_t i = 0; i < had; i++)
		equal -= t->item[i].count > least;
	t->n = t->ntext = 0;
	for (uint32_t i = 0; i < had; i++) {
		const struct agg_top_item item = t->item[i];
		if (item.count > least || (item.count == least && equal)) {
			equal -= item.count == least;
			keep(t, item);
		} else if (t->floor < item.count) {
			t->floor = item.count;
		}
	}
}

/* Keep n items, fewer when their text is over ntext. */
static void
shrink(struct agg_top *t, uint32_t n, uint32_t ntext)
{
	if (n < t->n)
		keep_best(t, n);
	while (t->ntext > ntext)
		keep_best(t, t->n - (t->n + 7) / 8);
	fill_slots(t);
}

/* The largest table that is still one of a state's, after what was merged. */
static void
bound(struct agg_top *t, const struct aggregate_call *c)
{
	const uint32_t room = room_of(c);

	if (t->n > room || t->ntext > MAX_TEXT)
		shrink(t, room, MAX_TEXT);
	/* Smaller memory is no reason to fail: then it stays as it is. */
	if (t->cap > room)
		(void)resize(t, room);
	if (t->captext > MAX_TEXT)
		(void)resize_text(t, MAX_TEXT);
}

/* One more item of so much text. */
static int
make_room(struct agg_top *t, const struct aggregate_call *c, uint32_t ntext)
{
	const uint32_t room = room_of(c), most = room - room / 8;

	if (t->n == room || t->ntext + ntext > MAX_TEXT)
		shrink(t, most > c->k ? most : c->k,
		       MAX_TEXT - MAX_TEXT / 8 - ntext);
	return reserve(t, 1, ntext);
}

/* --- input ---------------------------------------------------------------- */

/* v as JSON in its one spelling, whatever it was read from. */
static int
write_value(const struct value *v, struct buf *out)
{
	struct value w = *v;

	if (!agg_is_big(v))
		w.raw = NULL;
	value_write_json(&w, out);
	return out->err;
}

static int
come_in(const struct aggregate_call *c, struct agg_top *t,
	const struct value *v, uint64_t hash, uint64_t weight)
{
	char text[MAX_VALUE];
	struct buf b = BUF_FIXED(text, sizeof text);
	struct agg_top_item item = { .hash = hash };
	int err = write_value(v, &b);

	if (!err)
		err = make_room(t, c, (uint32_t)b.len);
	if (err)
		return err;
	item.count = item.error = t->floor;
	item.len = (uint32_t)b.len;
	agg_add(&item.count, weight);
	append(t, &item, text);
	return 0;
}

int
agg_top_update(const struct aggregate_call *c, void *state,
	       const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_top *t = state;
	struct agg_top_item *item;
	uint64_t hash;
	int err;

	(void)at;
	if (!agg_is_finite(v))
		return 0;
	err = agg_hash(v, &hash);
	if (err)
		return err;
	item = find(t, hash);
	if (!item)
		return come_in(c, t, v, hash, weight);
	agg_add(&item->count, weight);
	return 0;
}

/* Add what the other table knows of an item, or could have seen of it. */
static void
add_other(struct agg_top_item *item, const struct agg_top *other)
{
	const struct agg_top_item *o = find(other, item->hash);

	agg_add(&item->count, o ? o->count : other->floor);
	agg_add(&item->error, o ? o->error : other->floor);
}

int
agg_top_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_top *f = from;
	struct agg_top *t = state;
	const uint32_t mine = t->n;
	int err = reserve(t, f->n, f->ntext);

	if (err)
		return err;
	for (uint32_t i = 0; i < f->n; i++) {
		struct agg_top_item item = f->item[i];
		if (find(t, item.hash))
			continue;
		agg_add(&item.count, t->floor);
		agg_add(&item.error, t->floor);
		append(t, &item, f->text + f->item[i].at);
	}
	for (uint32_t i = 0; i < mine; i++)
		add_other(&t->item[i], f);
	agg_add(&t->floor, f->floor);
	bound(t, c);
	return 0;
}

/* --- results -------------------------------------------------------------- */

/* The most frequent first, equals by their text. */
static int
for_reader(const void *a, const void *b, void *arg)
{
	const struct agg_top_item *x = a, *y = b;
	const uint8_t *text = arg;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return str_cmp((struct str){ (const char *)text + x->at, x->len },
		       (struct str){ (const char *)text + y->at, y->len });
}

struct value
agg_top_finish(const struct aggregate_call *c, const void *state,
	       int64_t span_ms, struct buf *scratch)
{
	const struct agg_top *t = state;
	const size_t at = scratch->len;
	struct agg_top_item item[MAX_ROOM];

	(void)span_ms;
	if (!t->n)
		return VALUE_NONE;
	memcpy(item, t->item, t->n * sizeof *item);
	qsort_r(item, t->n, sizeof *item, for_reader, t->text);
	for (uint32_t i = 0; i < t->n && i < c->k; i++) {
		buf_puts(scratch, i ? ",{\"value\":" : "[{\"value\":");
		buf_put(scratch, t->text + item[i].at, item[i].len);
		buf_printf(scratch, ",\"count\":%llu,\"error\":%llu}",
			   (unsigned long long)item[i].count,
			   (unsigned long long)item[i].error);
	}
	buf_puts(scratch, "]");
	if (scratch->err)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_ARRAY,
			       .ptr = (char *)scratch->data + at,
			       .len = (uint32_t)(scratch->len - at) };
}

/* --- the wire and the heap ------------------------------------------------ */

void
agg_top_put(const struct aggregate_call *c, const void *state,
	    struct buf *out)
{
	const struct agg_top *t = state;

	(void)c;
	agg_put_count(out, t->floor);
	agg_put_count(out, t->n);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct agg_top_item *item = &t->item[i];
		agg_put_count(out, item->count);
		agg_put_count(out, item->error);
		agg_put_count(out, item->len);
		buf_put(out, t->text + item->at, item->len);
	}
}

/* The value is read and written again: so it is one, spelled in its one way,
 * and its hash is its own. */
static int
get_item(const struct aggregate_call *c, struct agg_top *t, struct str *in)
{
	char undone[MAX_VALUE];
	struct buf b = BUF_FIXED(undone, sizeof undone);
	uint64_t count, error, len, hash;
	struct agg_top_item *item;
	struct value v;
	struct str s;
	int err;

	if (agg_get_count(in, INT64_MAX, &count) ||
	    agg_get_count(in, count, &error) ||
	    agg_get_count(in, MAX_VALUE, &len) ||
	    agg_get_bytes(in, len, &s) || json_check(s, NULL))
		return MQL_EBADFRAME;
	v = json_value(s, &b);
	err = agg_hash(&v, &hash);
	if (err)
		return err;
	if (t->n == room_of(c) || t->ntext + len > MAX_TEXT ||
	    !agg_is_finite(&v) || find(t, hash))
		return MQL_EBADFRAME;
	err = come_in(c, t, &v, hash, 1);
	if (err)
		return err == MQL_ELIMIT ? MQL_EBADFRAME : err;
	item = find(t, hash);
	item->count = count;
	item->error = error;
	return 0;
}

int
agg_top_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_top *t = state;
	uint64_t floor, n;
	int err = 0;

	if (agg_get_count(in, INT64_MAX, &floor) ||
	    agg_get_count(in, room_of(c), &n))
		return MQL_EBADFRAME;
	for (; !err && n; n--)
		err = get_item(c, t, in);
	t->floor = floor;
	return err;
}

void
agg_top_fini(const struct aggregate_call *c, void *state)
{
	struct agg_top *t = state;

	free(t->item);
	free(t->slot);
	free(t->text);
	agg_init(c, t);
}

size_t
agg_top_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_top *t = state;

	(void)c;
	return t->cap * (sizeof *t->item + 2 * sizeof *t->slot) + t->captext;
}
