/* pathset.h - the paths that the live queries of a stream read, each once.
 *
 * Slot numbers index the reader's values. Built on the agent's thread, then
 * immutable and shared by all publishers. Keys are interned: one trie node a
 * distinct step, so that one forward scan of a JSON text finds them all. */
#ifndef EVENT_PATHSET_H
#define EVENT_PATHSET_H

#include "event/path.h"

enum { PATHSET_MAX = 1024 }; /* slots: 32 KiB of values a thread */

struct pathset; /* opaque */
struct schema;  /* schema.h */
struct policy;  /* policy.h */

/* Where in a struct the value of a slot lies. */
struct field_place {
	uint32_t offset;
	uint32_t size; /* MQL_T_CHARS */
	uint8_t  type; /* enum mql_type, or: */
};
enum { PLACE_NONE = UINT8_MAX }; /* it is more than one field, or none, or a
				    policy has a say in it */

/* schema may be NULL (JSON and built events). It is borrowed for the life of
 * the set: paths resolve to slots of the struct when they are added. */
int pathset_new(const struct schema *schema, struct pathset **out);
void pathset_free(struct pathset *ps); /* NULL is allowed */

/* Another set with the same paths in the same slots, for more to be added to,
 * while others read ps. Texts are shared: ps and its copies are made, added to
 * and freed on one thread. Returns 0 or MQL_ENOMEM. */
int pathset_copy(const struct pathset *ps, struct pathset **out);

/* Add p (copied) unless it is there; *slot is its number either way. Returns
 * 0, MQL_ELIMIT when the set is full, or MQL_ENOMEM. */
int pathset_add(struct pathset *ps, const struct path *p, unsigned *slot);

/* From now on events are read as the policy, which is borrowed, lets them be
 * seen: all paths that are in the set. None is added after. True when one of
 * them may read another value than the one that was published. */
bool pathset_guard(struct pathset *ps, const struct policy *policy);

/* The number of p, if it is there. */
bool pathset_find(const struct pathset *ps, const struct path *p,
		  unsigned *slot);

unsigned pathset_size(const struct pathset *ps);
const struct path *pathset_path(const struct pathset *ps, unsigned slot);

/* Does any path name this meta field? The publisher reads a clock, or counts
 * a sequence number, only then. */
bool pathset_uses(const struct pathset *ps, enum path_meta m);

#endif
