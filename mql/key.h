/* key.h - values as bytes that compare as the values do.
 *
 *     null   01                      string  05 bytes 00
 *     false  02   true  03           array   06 canonical JSON 00
 *     number 04 double, rest         object  07 canonical JSON 00
 *
 * One encoding groups, tells distinct rows apart and sorts: the keys of two
 * values are the same bytes exactly when the values are equal (1 and 1.0 are,
 * '1' is another), and memcmp(3) orders them: null, booleans, numbers, strings
 * by bytes, containers. No value's key begins another's, so keys may be put
 * one behind the other. Integers are exact up to 20 digits. Any thread. */
#ifndef MQL_KEY_H
#define MQL_KEY_H

#include "common/buf.h"
#include "event/value.h"

/* Append the key of v; desc: with the order turned round. */
void key_put(const struct value *v, bool desc, struct buf *out);

/* The value of the key at the front of *in, which is advanced; for keys put
 * with desc false. Its text points into the key, or goes to scratch (fixed);
 * null when that is full. */
struct value key_get(struct str *in, struct buf *scratch);

/* Is what lies at the front of *in, which is advanced, the key of some value,
 * put with desc false? For bytes that came from a socket. 0, MQL_EBADFRAME or
 * MQL_ENOMEM. */
int key_check(struct str *in);

/* Append a valid JSON text in its one form: no space, members sorted by name
 * and each name once (the first counts), numbers and strings in one spelling.
 * key_json.c */
void key_json(struct str text, struct buf *out);

#endif
