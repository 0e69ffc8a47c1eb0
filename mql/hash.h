/* hash.h - one number for a value: the same for values that are `==`. */
#ifndef MQL_HASH_H
#define MQL_HASH_H

#include "event/value.h"

/* The hash of v: the same in every process, on every machine and in every
 * release. Equal values have equal hashes: 1 and 1.0, a string with escapes
 * and without, objects whatever the order of their keys (if none is there
 * twice). tmp takes one string or key at a time whose escapes are undone, and
 * is left as long as it was. Returns 0, or tmp->err when that did not fit.
 * Any thread. */
int hash_value(const struct value *v, struct buf *tmp, uint64_t *hash);

#endif
