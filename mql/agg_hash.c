/* agg_hash.c - values that are equal have equal hashes: those of hash.h.
 *
 * But an integer beyond 64 bits is known by its digits here, also where it is
 * inside an array or an object: so those are taken apart here, an object as a
 * sum over its members, which knows no order. (Of duplicate keys all count.) */
#include "mql/agg.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/json.h"
#include "mql/hash.h"
#include "mql/hash_two.h"

static uint64_t hash_any(const struct value *v, struct buf *tmp);

static uint64_t
hash_text(struct str raw, struct buf *tmp)
{
	struct value v;

	tmp->len = 0;
	v = json_value(raw, tmp);
	return hash_any(&v, tmp);
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

/* Depth is that of valid JSON. tmp holds one string without its escapes; what
 * it has no room for is told by tmp->err. */
static uint64_t
hash_any(const struct value *v, struct buf *tmp)
{
	uint64_t h;

	if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
		return hash_container(v, tmp);
	if (agg_is_big(v))
		return XXH3_64bits_withSeed(v->raw, v->nraw, VALUE_FLOAT);
	(void)hash_value(v, tmp, &h);
	return h;
}

int
agg_hash(const struct value *v, uint64_t *hash)
{
	struct buf tmp = BUF_INIT;
	int err;

	*hash = hash_any(v, &tmp);
	err = tmp.err;
	buf_fini(&tmp);
	return err;
}
