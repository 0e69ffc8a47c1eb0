/* pathset.c - see pathset.h, and pathset_trie.h for what it looks like. */
#include "event/pathset_trie.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mql/error.h"

enum { FIRST_SLOTS = 8, FIRST_NODES = 16, PLAIN_CHILDREN = 8 };

/* --- the table -------------------------------------------------------------- */

static size_t
hash_of(unsigned parent, struct str key, int32_t index)
{
	const XXH64_hash_t seed = (XXH64_hash_t)parent << 32 | (uint32_t)index;

	return XXH3_64bits_withSeed(key.ptr, key.len, seed);
}

/* Where that node stands in the table, or where it would. */
static uint16_t *
table_at(const struct pathset *ps, unsigned parent, struct str key,
	 int32_t index)
{
	size_t i = hash_of(parent, key, index);

	for (;; i++) {
		uint16_t *at = &ps->table[i & (ps->tablecap - 1)];
		const struct node *n = &ps->node[*at];
		if (!*at || (n->parent == parent && n->index == index &&
			     !n->key.ptr == !key.ptr && str_eq(n->key, key)))
			return at;
	}
}

unsigned
pathset_key_child(const struct pathset *ps, unsigned parent, struct str key)
{
	if (!(ps->node[parent].filter & key_bit(key)))
		return PATHSET_NO_NODE;
	return *table_at(ps, parent, key, 0);
}

unsigned
pathset_index_child(const struct pathset *ps, unsigned parent, int32_t index)
{
	if (index > ps->node[parent].max_index)
		return PATHSET_NO_NODE;
	return *table_at(ps, parent, (struct str){ NULL, 0 }, index);
}

/* Room for one more node, there and in the table. */
static int
reserve_node(struct pathset *ps)
{
	unsigned cap = ps->nodecap ? ps->nodecap * 2 : FIRST_NODES;
	struct node *node;
	uint16_t *table;

	if (ps->nnode == PATHSET_MAX_NODES)
		return MQL_ELIMIT;
	if (ps->nnode < ps->nodecap)
		return 0;
	node = reallocarray(ps->node, cap, sizeof *node);
	if (!node)
		return MQL_ENOMEM;
	ps->node = node;
	table = calloc(2 * (size_t)cap, sizeof *table);
	if (!table)
		return MQL_ENOMEM;
	free(ps->table);
	ps->table = table;
	ps->nodecap = cap;
	ps->tablecap = 2 * cap;
	for (unsigned i = 1; i < ps->nnode; i++) {
		const struct node *n = &node[i];
		*table_at(ps, n->parent, n->key, n->index) = (uint16_t)i;
	}
	return 0;
}

/* --- nodes ------------------------------------------------------------------ */

static int
add_root(struct pathset *ps)
{
	int err = reserve_node(ps);

	if (err)
		return err;
	ps->node[ps->nnode++] = (struct node){
		.max_index = -1, .first = PATHSET_NO_SLOT,
	};
	return 0;
}

static bool
is_plain(struct str key)
{
	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];
		if (c < ' ' || c == '"' || c == '\\')
			return false;
	}
	return true;
}

/* Names that a text may have as they are, at most PLAIN_CHILDREN of a parent:
 * to try them all is cheap. */
static void
link_plain(struct pathset *ps, unsigned child)
{
	struct node *n = &ps->node[child], *parent = &ps->node[n->parent];

	if (!is_plain(n->key) || parent->nplain == PLAIN_CHILDREN) {
		parent->unlisted = true;
		return;
	}
	parent->nplain++;
	n->sibling = parent->child;
	parent->child = (uint16_t)child;
}

/* The child of *at by a key, or by an index where key.ptr is NULL. */
static int
descend(struct pathset *ps, unsigned *at, struct str key, int32_t index)
{
	unsigned parent = *at, found = *table_at(ps, parent, key, index);
	int err;

	if (found) {
		*at = found;
		return 0;
	}
	if ((err = reserve_node(ps)))
		return err;
	if (key.ptr && !(key = arena_str(&ps->texts->mem, key)).ptr)
		return MQL_ENOMEM;
	*at = ps->nnode++;
	ps->node[*at] = (struct node){
		.key = key, .index = index, .max_index = -1,
		.parent = (uint16_t)parent, .first = PATHSET_NO_SLOT,
	};
	if (key.ptr) {
		ps->node[parent].filter |= key_bit(key);
		seek_filter_add(&ps->node[parent].seek, key, *at);
		link_plain(ps, *at);
	} else if (index > ps->node[parent].max_index) {
		ps->node[parent].max_index = index;
	}
	*table_at(ps, parent, key, index) = (uint16_t)*at;
	return 0;
}

/* Where the steps that a forward scan can take lead, in one of the readings. */
static int
find_end(struct pathset *ps, const struct path *p, enum reading r,
	 unsigned *at)
{
	const unsigned direct = path_direct_steps(p);
	unsigned i = 0;
	int err = 0;

	*at = 0;
	if (r == READ_FLAT) {
		err = descend(ps, at, p->flat, 0);
		i = p->nflat;
	}
	for (; i < direct && !err; i++) {
		const struct step *s = &p->steps[i];
		const struct str none = { NULL, 0 };
		struct str key = s->key.ptr ? s->key : STR("");
		err = s->kind == STEP_KEY ? descend(ps, at, key, 0)
					  : descend(ps, at, none, s->index);
	}
	return err;
}

/* --- slots ------------------------------------------------------------------ */

static int
reserve_slot(struct pathset *ps)
{
	unsigned cap = ps->slotcap ? ps->slotcap * 2 : FIRST_SLOTS;
	struct field_place *place;
	struct slot *slot;

	if (ps->nslot == PATHSET_MAX)
		return MQL_ELIMIT;
	if (ps->nslot < ps->slotcap)
		return 0;
	slot = reallocarray(ps->slot, cap, sizeof *slot);
	if (!slot)
		return MQL_ENOMEM;
	ps->slot = slot;
	place = reallocarray(ps->place, cap, sizeof *place);
	if (!place)
		return MQL_ENOMEM;
	ps->place = place;
	ps->slotcap = cap;
	return 0;
}

static int
copy_path(struct arena *mem, const struct path *p, struct path *out)
{
	*out = *p;
	out->steps = arena_alloc(mem, p->nsteps * sizeof *p->steps);
	if (!out->steps)
		return MQL_ENOMEM;
	for (unsigned i = 0; i < p->nsteps; i++) {
		out->steps[i] = p->steps[i];
		if (p->steps[i].kind != STEP_KEY)
			continue;
		out->steps[i].key = arena_str(mem, p->steps[i].key);
		if (!out->steps[i].key.ptr)
			return MQL_ENOMEM;
	}
	if (p->nflat > 1)
		out->flat = arena_str(mem, p->flat);
	return p->nflat > 1 && !out->flat.ptr ? MQL_ENOMEM : 0;
}

static struct field_place
place_of(const struct slot *s)
{
	const struct schema_ref *r = &s->ref;

	if (!r->found || s->guard || r->walked != s->path.nsteps ||
	    r->offset > UINT32_MAX || r->field->size > UINT32_MAX ||
	    r->field->type == MQL_T_JSON || r->field->type == MQL_T_STRUCT)
		return (struct field_place){ .type = PLACE_NONE };
	return (struct field_place){
		.offset = (uint32_t)r->offset,
		.size = (uint32_t)r->field->size,
		.type = (uint8_t)r->field->type,
	};
}

static int
new_slot(struct pathset *ps, const struct path *p, unsigned *slot)
{
	struct slot s = {
		.direct = (uint16_t)path_direct_steps(p),
		.any = path_has_any(p),
	};
	int err = reserve_slot(ps);

	if (err || (err = copy_path(&ps->texts->mem, p, &s.path)))
		return err;
	if (ps->schema && !p->meta)
		s.ref = schema_resolve(ps->schema, &s.path);
	*slot = ps->nslot++;
	ps->slot[*slot] = s;
	ps->place[*slot] = place_of(&s);
	return 0;
}

static int
add_meta(struct pathset *ps, const struct path *p, unsigned *slot)
{
	int err = 0;

	if (ps->meta[p->meta] == PATHSET_NO_SLOT) {
		err = new_slot(ps, p, slot);
		if (!err)
			ps->meta[p->meta] = (uint16_t)*slot;
	}
	*slot = ps->meta[p->meta];
	return err;
}

/* Among the slots whose nested reading ends at a node. */
static bool
find_slot_at(const struct pathset *ps, unsigned node, const struct path *p,
	     unsigned *slot)
{
	for (unsigned i = ps->node[node].first; i != PATHSET_NO_SLOT;
	     i = ps->slot[i].next)
		if (path_equal(&ps->slot[i].path, p)) {
			*slot = i;
			return true;
		}
	return false;
}

bool
pathset_find(const struct pathset *ps, const struct path *p, unsigned *slot)
{
	unsigned at = 0;

	if (p->meta) {
		*slot = ps->meta[p->meta];
		return *slot != PATHSET_NO_SLOT;
	}
	for (unsigned i = 0; i < path_direct_steps(p); i++) {
		const struct step *s = &p->steps[i];
		const struct str none = { NULL, 0 };
		struct str key = s->key.ptr ? s->key : STR("");

		at = s->kind == STEP_KEY ? *table_at(ps, at, key, 0) :
					   *table_at(ps, at, none, s->index);
		if (at == PATHSET_NO_NODE)
			return false;
	}
	return find_slot_at(ps, at, p, slot);
}

int
pathset_add(struct pathset *ps, const struct path *p, unsigned *slot)
{
	unsigned end[READINGS] = { 0 };
	struct node *n;
	int err;

	if (p->meta)
		return add_meta(ps, p, slot);
	if ((err = find_end(ps, p, READ_NESTED, &end[READ_NESTED])))
		return err;
	if (find_slot_at(ps, end[READ_NESTED], p, slot))
		return 0;
	if (p->nflat > 1 &&
	    (err = find_end(ps, p, READ_FLAT, &end[READ_FLAT])))
		return err;
	if ((err = new_slot(ps, p, slot)))
		return err;
	n = &ps->node[end[READ_NESTED]]; /* nodes may have moved */
	for (int r = 0; r < READINGS; r++)
		ps->slot[*slot].end[r] = (uint16_t)end[r];
	ps->slot[*slot].next = n->first;
	n->first = (uint16_t)*slot;
	return 0;
}

/* --- the set ------------------------------------------------------------------ */

int
pathset_new(const struct schema *schema, struct pathset **out)
{
	struct pathset *ps = calloc(1, sizeof *ps);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!ps || !(ps->texts = calloc(1, sizeof *ps->texts)))
		goto out;
	ps->texts->refs = 1;
	ps->schema = schema;
	for (unsigned i = 0; i < META_COUNT; i++)
		ps->meta[i] = PATHSET_NO_SLOT;
	if ((err = add_root(ps)))
		goto out;
	*out = ps;
	ps = NULL;
out:
	pathset_free(ps);
	return err;
}

/* A block of its own with the same content. */
static bool
copy_block(const void *from, size_t n, size_t size, void **out)
{
	*out = n ? reallocarray(NULL, n, size) : NULL;
	if (*out)
		memcpy(*out, from, n * size);
	return *out || !n;
}

int
pathset_copy(const struct pathset *ps, struct pathset **out)
{
	struct pathset *copy = malloc(sizeof *copy);
	void *slot = NULL, *place = NULL, *node = NULL, *table = NULL;

	*out = NULL;
	if (!copy || !copy_block(ps->slot, ps->slotcap, sizeof *ps->slot,
				 &slot) ||
	    !copy_block(ps->place, ps->slotcap, sizeof *ps->place, &place) ||
	    !copy_block(ps->node, ps->nodecap, sizeof *ps->node, &node) ||
	    !copy_block(ps->table, ps->tablecap, sizeof *ps->table, &table)) {
		free(copy);
		free(slot);
		free(place);
		free(node);
		free(table);
		return MQL_ENOMEM;
	}
	*copy = *ps;
	copy->slot = slot;
	copy->place = place;
	copy->node = node;
	copy->table = table;
	copy->texts->refs++;
	*out = copy;
	return 0;
}

void
pathset_free(struct pathset *ps)
{
	if (!ps)
		return;
	if (ps->texts && !--ps->texts->refs) {
		arena_fini(&ps->texts->mem);
		free(ps->texts);
	}
	free(ps->slot);
	free(ps->place);
	free(ps->node);
	free(ps->table);
	free(ps);
}

bool
pathset_guard(struct pathset *ps, const struct policy *policy)
{
	struct policy_at at;
	bool any = false;

	ps->policy = policy_empty(policy) ? NULL : policy;
	for (unsigned i = 0; ps->policy && i < ps->nslot; i++) {
		struct slot *s = &ps->slot[i];

		s->guard = (uint8_t)policy_path(policy, &s->path,
						slot_steps(s), &at);
		any |= s->guard != POLICY_OPEN;
		ps->place[i] = place_of(s);
	}
	return any;
}

unsigned
pathset_size(const struct pathset *ps)
{
	return ps->nslot;
}

const struct path *
pathset_path(const struct pathset *ps, unsigned slot)
{
	return &ps->slot[slot].path;
}

bool
pathset_uses(const struct pathset *ps, enum path_meta m)
{
	return ps->meta[m] != PATHSET_NO_SLOT;
}
