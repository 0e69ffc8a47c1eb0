/* map.h - a hash table from bytes to a pointer.
 *
 * Open addressing with linear probing, at most three quarters full. A key is
 * borrowed: it lives inside the value, or at least as long as its entry.
 * Hashes are seeded at random, since peers choose some of the keys. By hand:
 * search.h has one global table, and Debian has no C map with borrowed keys
 * that is not a macro collection. One owner thread. A zeroed map is empty. */
#ifndef SOURCE_JOB_MAP_H
#define SOURCE_JOB_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct map_slot {
	uint64_t   hash;
	struct str key;
	void      *value; /* NULL: the slot is free */
};

struct map {
	struct map_slot *slot;
	size_t           n, cap; /* cap is 0 or a power of two */
	uint64_t         seed;
};

/* The value at key, or NULL. */
void *map_get(const struct map *m, struct str key);

/* Add or replace. value is not NULL. 0 or MQL_ENOMEM. */
int map_put(struct map *m, struct str key, void *value);

void map_remove(struct map *m, struct str key); /* absent: does nothing */

/* Frees the table, not the values. */
void map_fini(struct map *m);

#endif
