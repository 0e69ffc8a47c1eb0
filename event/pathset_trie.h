/* pathset_trie.h - the inside of a path set, for the scanner and the reader.
 *
 * A node is a place in the event; a path ends at one, or at two when it has
 * two readings. `id.orig_h`, `id[0]` and `tags[*]` give
 *
 *     #0 (the event) -+- "id.orig_h"   slot 0, as one key
 *                     +- "id" -+- "orig_h"   slot 0
 *                     |        +- [0]        slot 1
 *                     +- "tags"   slot 2: [*] is walked from here
 *
 * Children are found through one table of (parent, step) for the whole set.
 * Private to event/. */
#ifndef EVENT_PATHSET_TRIE_H
#define EVENT_PATHSET_TRIE_H

#include "common/arena.h"
#include "event/json_seek.h"
#include "event/pathset.h"
#include "event/policy.h"
#include "event/schema.h"

enum {
	PATHSET_MAX_NODES = 8192,
	PATHSET_NO_NODE   = 0, /* the root is nobody's child */
	PATHSET_NO_SLOT   = UINT16_MAX,
};

/* The two readings of a path, in the order in which they count. */
enum reading { READ_FLAT, READ_NESTED, READINGS };

struct node {
	struct str key;       /* ptr NULL: a step by index */
	int32_t    index;
	int32_t    max_index; /* of children, -1: none is an index */
	uint64_t   filter;    /* a bit for each child's key, see key_bit() */
	struct seek_filter seek; /* the same children, for a scan of text */
	uint16_t   parent;
	uint16_t   child;     /* the first that a text may name as it is */
	uint16_t   sibling;   /* the next such child of our parent */
	uint8_t    nplain;    /* such children */
	bool       unlisted;  /* there are others by name, too */
	uint16_t   first;     /* of the slots whose nested reading ends here */
};

struct slot {
	struct path       path;
	struct schema_ref ref;    /* where the set has a schema */
	uint16_t          direct; /* path_direct_steps() */
	bool              any;    /* path_has_any() */
	uint8_t           guard;  /* enum policy_verdict on the value that is
				     read: POLICY_OPEN is 0 */
	uint16_t          end[READINGS]; /* nodes; no flat one unless
					    path.nflat > 1 */
	uint16_t          next; /* whose nested reading ends at that node */
};

/* Steps to the value that is read: with a [*] that is the container before
 * it. */
static inline unsigned
slot_steps(const struct slot *s)
{
	return s->any ? s->direct : s->path.nsteps;
}

struct pathset_texts { /* steps and keys: only ever added to */
	unsigned     refs;
	struct arena mem;
};

struct pathset {
	const struct schema *schema;
	const struct policy *policy; /* NULL: nothing is hidden */
	struct pathset_texts *texts; /* shared with copies */
	struct slot *slot;
	struct field_place *place;   /* by slot */
	struct node *node;
	uint16_t    *table;  /* of nodes, 0: free; a power of two, half empty */
	unsigned     nslot, slotcap, nnode, nodecap, tablecap;
	uint16_t     meta[META_COUNT]; /* the slot of each */
};

/* Which of 64 bits stands for a key: most keys of an event that nobody asks
 * for are told apart by it, without a hash. */
static inline uint64_t
key_bit(struct str key)
{
	unsigned n = (unsigned)key.len;

	if (n)
		n += 5u * (unsigned char)key.ptr[0] +
		     3u * (unsigned char)key.ptr[key.len - 1];
	return UINT64_C(1) << n % 64;
}

/* PATHSET_NO_NODE when no path goes there. */
unsigned pathset_key_child(const struct pathset *ps, unsigned parent,
			   struct str key);
unsigned pathset_index_child(const struct pathset *ps, unsigned parent,
			     int32_t index);

#endif
