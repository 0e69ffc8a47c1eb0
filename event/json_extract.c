/* json_extract.c - the values of many paths, in one pass over the text.
 *
 * The scan goes down the trie of the path set wherever the text has what it
 * names, and over everything else with the plain scanner; so it recurses no
 * deeper than the longest path. A node stands for one place in the event, so
 * one bit a node tells that it was met: the first of duplicate keys counts.
 * Extracting ends with the text, for what is sent must be valid as a whole. */
#include "event/json_scan.h"
#include "event/pathset_trie.h"
#include "mql/error.h"

struct extract {
	struct scan           s;
	const struct pathset *ps;
	struct value         *value;
	struct buf           *scratch;
	uint64_t met[PATHSET_MAX_NODES / 64];
	uint64_t flat[PATHSET_MAX / 64]; /* slots that have their value */
};

static bool
test_and_set(uint64_t *bits, unsigned i)
{
	uint64_t bit = UINT64_C(1) << i % 64;
	bool was = bits[i / 64] & bit;

	bits[i / 64] |= bit;
	return was;
}

/* Give a value to the slots that end at a node. A flat reading that is not
 * null stands against the nested one, whichever comes first. */
static void
store(struct extract *x, const struct node *n, struct str raw)
{
	const struct slot *slot = x->ps->slot;
	struct value v;
	unsigned i;

	if (n->first[READ_FLAT] == PATHSET_NO_SLOT &&
	    n->first[READ_NESTED] == PATHSET_NO_SLOT)
		return;
	v = json_value(raw, x->scratch);
	if (v.type == VALUE_NULL)
		return;
	for (i = n->first[READ_FLAT]; i != PATHSET_NO_SLOT;
	     i = slot[i].next[READ_FLAT]) {
		test_and_set(x->flat, i);
		x->value[i] = v;
	}
	for (i = n->first[READ_NESTED]; i != PATHSET_NO_SLOT;
	     i = slot[i].next[READ_NESTED])
		if (!(x->flat[i / 64] >> i % 64 & 1))
			x->value[i] = v;
}

static bool visit(struct extract *x, unsigned node);

/* A value that the trie may know as a child of `node`. */
static bool
visit_child(struct extract *x, unsigned child)
{
	if (child == PATHSET_NO_NODE || test_and_set(x->met, child))
		return scan_skip(&x->s);
	return visit(x, child);
}

static unsigned
key_child(struct extract *x, unsigned node, struct str raw)
{
	const size_t mark = x->scratch->len;
	struct str key = { raw.ptr + 1, raw.len - 2 };

	if (memchr(key.ptr, '\\', key.len)) {
		key = json_unquote(raw, x->scratch);
		x->scratch->len = mark;
		if (!key.ptr)
			return PATHSET_NO_NODE;
	}
	return pathset_key_child(x->ps, node, key);
}

static bool
visit_object(struct extract *x, unsigned node)
{
	struct scan *s = &x->s;
	struct str name;

	if (!scan_open(s))
		return false;
	if (scan_close(s))
		return true;
	do {
		if (!scan_name(s, &name) ||
		    !visit_child(x, key_child(x, node, name)))
			return false;
	} while (scan_comma(s));
	return scan_close(s);
}

static bool
visit_array(struct extract *x, unsigned node)
{
	struct scan *s = &x->s;
	int32_t i = 0;

	if (!scan_open(s))
		return false;
	if (scan_close(s))
		return true;
	do {
		if (!visit_child(x, pathset_index_child(x->ps, node, i)))
			return false;
		i += i < INT32_MAX;
	} while (scan_comma(s));
	return scan_close(s);
}

/* The value at p is what node stands for. */
static bool
visit(struct extract *x, unsigned node)
{
	const struct node *n = &x->ps->node[node];
	const char *beg = x->s.p;
	unsigned char c = scan_peek(&x->s);
	bool good = c == '{' && n->filter ? visit_object(x, node)
		  : c == '[' && n->max_index >= 0 ? visit_array(x, node)
		  : scan_skip(&x->s);

	if (good)
		store(x, n, (struct str){ beg, (size_t)(x->s.p - beg) });
	return good;
}

int
json_extract(struct str text, const struct pathset *ps, struct value *value,
	     struct buf *scratch)
{
	struct extract x;

	if (text.len > UINT32_MAX)
		return MQL_EBADEVENT;
	x.s = scan_of(text);
	x.ps = ps;
	x.value = value;
	x.scratch = scratch;
	memset(x.met, 0, (ps->nnode + 63) / 64 * sizeof *x.met);
	memset(x.flat, 0, (ps->nslot + 63) / 64 * sizeof *x.flat);
	for (unsigned i = 0; i < ps->nslot; i++)
		value[i] = VALUE_NONE;
	scan_space(&x.s);
	if (scan_peek(&x.s) != '{' || !visit(&x, 0))
		return MQL_EBADEVENT;
	scan_space(&x.s);
	return x.s.p == x.s.end ? 0 : MQL_EBADEVENT;
}
