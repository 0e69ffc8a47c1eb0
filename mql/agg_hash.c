/* agg_hash.c - values that are equal have equal hashes.
 *
 * Everywhere: a state is merged by another process, on another machine. So
 * numbers are hashed as little-endian bytes, 1.0 as the integer that it is,
 * strings without their escapes, and the members of an object as a sum, which
 * knows no order. (Of duplicate keys all count here.) */
#include "mql/agg.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/json.h"

static uint64_t
hash_two(uint64_t a, uint64_t b)
{
	uint8_t le[16];

	for (int i = 0; i < 8; i++) {
		le[i] = (uint8_t)(a >> 8 * i);
		le[8 + i] = (uint8_t)(b >> 8 * i);
	}
	return XXH3_64bits(le, sizeof le);
}

static uint64_t
hash_str(struct str s, enum value_type type)
{
	return XXH3_64bits_withSeed(s.len ? s.ptr : "", s.len, type);
}

static uint64_t
hash_float(const struct value *v)
{
	const double limit = 0x1p63;
	uint64_t bits;

	if (agg_is_big(v))
		return hash_str((struct str){ v->raw, v->nraw }, VALUE_FLOAT);
	if (v->f >= -limit && v->f < limit &&
	    !(v->f < (double)(int64_t)v->f) && !(v->f > (double)(int64_t)v->f))
		return hash_two(VALUE_INT, (uint64_t)(int64_t)v->f);
	memcpy(&bits, &v->f, sizeof bits);
	return hash_two(VALUE_FLOAT, bits);
}

static uint64_t hash_value(const struct value *v, struct buf *tmp);

static uint64_t
hash_text(struct str raw, struct buf *tmp)
{
	struct value v;

	tmp->len = 0;
	v = json_value(raw, tmp);
	return hash_value(&v, tmp);
}

static uint64_t
hash_container(const struct value *v, struct buf *tmp)
{
	uint64_t h = v->type;
	struct str key, item;

	for (size_t at = 0;
	     json_member_next(value_str(v), &at, &key, &item);) {
		if (v->type == VALUE_ARRAY)
			h = hash_two(h, hash_text(item, tmp));
		else
			h += hash_two(hash_text(key, tmp),
				      hash_text(item, tmp));
	}
	return hash_two(v->type, h);
}

/* Depth is that of valid JSON. tmp holds one string without its escapes. */
static uint64_t
hash_value(const struct value *v, struct buf *tmp)
{
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		return hash_two(VALUE_BOOL, v->b);
	case VALUE_INT:
		return hash_two(VALUE_INT, (uint64_t)v->i);
	case VALUE_FLOAT:
		return hash_float(v);
	case VALUE_STR:
		return hash_str(value_str(v), VALUE_STR);
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return hash_container(v, tmp);
	}
	return hash_two(VALUE_NULL, 0);
}

int
agg_hash(const struct value *v, uint64_t *hash)
{
	struct buf tmp = BUF_INIT;
	int err;

	*hash = hash_value(v, &tmp);
	err = tmp.err;
	buf_fini(&tmp);
	return err;
}
