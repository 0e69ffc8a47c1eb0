/* hash.c - see hash.h.
 *
 * Numbers are hashed as little-endian bytes, a float that is whole as the
 * integer that it is, and the members of an object as a sum, which knows no
 * order. What type it was goes in by a number of our own: the enum may
 * change, the hashes may not. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/json.h"
#include "mql/hash.h"
#include "mql/hash_two.h"

enum tag { TAG_NULL, TAG_BOOL, TAG_INT, TAG_FLOAT, TAG_STR, TAG_ARRAY,
	   TAG_OBJECT };

static uint64_t
hash_float(double f)
{
	const double limit = 0x1p63;
	uint64_t bits;

	if (f >= -limit && f < limit && !(f < (double)(int64_t)f) &&
	    !(f > (double)(int64_t)f))
		return hash_two(TAG_INT, (uint64_t)(int64_t)f);
	memcpy(&bits, &f, sizeof bits);
	return hash_two(TAG_FLOAT, bits);
}

static uint64_t hash_any(const struct value *v, struct buf *tmp);

static uint64_t
hash_json(struct str text, struct buf *tmp)
{
	const size_t len = tmp->len;
	struct value v = json_value(text, tmp);
	uint64_t h = hash_any(&v, tmp);

	tmp->len = len;
	return h;
}

static uint64_t
hash_array(struct str text, struct buf *tmp)
{
	uint64_t h = TAG_ARRAY;
	struct str none, item;

	for (size_t at = 0; json_member_next(text, &at, &none, &item);)
		h = hash_two(h, hash_json(item, tmp));
	return hash_two(TAG_ARRAY, h);
}

/* A null member is hashed, too: `==` can tell it from a missing one. */
static uint64_t
hash_object(struct str text, struct buf *tmp)
{
	uint64_t h = 0;
	struct str key, item;

	for (size_t at = 0; json_member_next(text, &at, &key, &item);)
		h += hash_two(hash_json(key, tmp), hash_json(item, tmp));
	return hash_two(TAG_OBJECT, h);
}

/* As deep as JSON may be nested, at most. */
static uint64_t
hash_any(const struct value *v, struct buf *tmp)
{
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		return hash_two(TAG_BOOL, v->b);
	case VALUE_INT:
		return hash_two(TAG_INT, (uint64_t)v->i);
	case VALUE_FLOAT:
		return hash_float(v->f);
	case VALUE_STR:
		return XXH3_64bits_withSeed(v->len ? v->ptr : "", v->len,
					    TAG_STR);
	case VALUE_ARRAY:
		return hash_array(value_str(v), tmp);
	case VALUE_OBJECT:
		return hash_object(value_str(v), tmp);
	}
	return hash_two(TAG_NULL, 0);
}

int
hash_value(const struct value *v, struct buf *tmp, uint64_t *hash)
{
	*hash = hash_any(v, tmp);
	return tmp->err;
}
