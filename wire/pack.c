/* pack.c - see pack.h. */
#include "wire/pack.h"

#include "mql/error.h"

/* --- is it safe to unpack? -------------------------------------------------- */

/* What follows a head byte: a big-endian length of `width` bytes, `fixed`
 * bytes, and for each unit of the length `bytes` bytes and `items` values. */
struct shape {
	uint8_t width, fixed, bytes, items;
};

static const struct shape shapes[] = { /* from 0xc0 to 0xdf */
	{ 0 }, { 0 }, { 0 }, { 0 },                         /* nil, -, bool */
	{ 1, 0, 1, 0 }, { 2, 0, 1, 0 }, { 4, 0, 1, 0 },     /* bin */
	{ 1, 1, 1, 0 }, { 2, 1, 1, 0 }, { 4, 1, 1, 0 },     /* ext */
	{ 0, 4, 0, 0 }, { 0, 8, 0, 0 },                     /* float */
	{ 0, 1, 0, 0 }, { 0, 2, 0, 0 }, { 0, 4, 0, 0 }, { 0, 8, 0, 0 }, /* uint */
	{ 0, 1, 0, 0 }, { 0, 2, 0, 0 }, { 0, 4, 0, 0 }, { 0, 8, 0, 0 }, /* int */
	{ 0, 2, 0, 0 }, { 0, 3, 0, 0 }, { 0, 5, 0, 0 }, { 0, 9, 0, 0 },
	{ 0, 17, 0, 0 },                                    /* fixext */
	{ 1, 0, 1, 0 }, { 2, 0, 1, 0 }, { 4, 0, 1, 0 },     /* str */
	{ 2, 0, 0, 1 }, { 4, 0, 0, 1 },                     /* array */
	{ 2, 0, 0, 2 }, { 4, 0, 0, 2 },                     /* map */
};

/* The shape of a head byte; *n is the length that the byte itself holds. */
static struct shape
shape_of(uint8_t head, uint64_t *n)
{
	if (head >= 0xc0 && head <= 0xdf)
		return shapes[head - 0xc0];
	if (head >= 0x80 && head <= 0x8f) {
		*n = head & 0x0f;
		return (struct shape){ .items = 2 };
	}
	if (head >= 0x90 && head <= 0x9f) {
		*n = head & 0x0f;
		return (struct shape){ .items = 1 };
	}
	if (head >= 0xa0 && head <= 0xbf) {
		*n = head & 0x1f;
		return (struct shape){ .bytes = 1 };
	}
	return (struct shape){ 0 };
}

/* Walks from head to head of every value. */
bool
pack_bounded(struct str body)
{
	const uint8_t *p = (const uint8_t *)body.ptr;
	uint64_t left = body.len, take;
	uint32_t seen = 0;
	uint64_t values[WIRE_MAX_DEPTH + 1] = { 1 }; /* to come, by level */
	unsigned level = 0;

	for (;;) {
		struct shape s;
		uint64_t n = 0;

		while (values[level] == 0)
			if (level-- == 0)
				return left == 0;
		if (left == 0 || ++seen > PACK_MAX_VALUES)
			return false;
		values[level]--;
		s = shape_of(*p++, &n);
		left--;
		if (s.width > left)
			return false;
		for (unsigned i = 0; i < s.width; i++, left--)
			n = n << 8 | *p++;
		take = s.fixed + n * s.bytes;
		if (take > left || (s.items && level == WIRE_MAX_DEPTH))
			return false;
		p += take;
		left -= take;
		if (s.items)
			values[++level] = n * s.items;
	}
}

/* --- values ------------------------------------------------------------------ */

int
pack_read(struct str body, msgpack_unpacked *u)
{
	msgpack_unpack_return got;

	msgpack_unpacked_init(u);
	if (!pack_bounded(body))
		return MQL_EBADFRAME;
	got = msgpack_unpack_next(u, body.ptr, body.len, NULL);
	if (got == MSGPACK_UNPACK_NOMEM_ERROR)
		return MQL_ENOMEM;
	return got == MSGPACK_UNPACK_SUCCESS ? 0 : MQL_EBADFRAME;
}

int
pack_uint(const msgpack_object *o, uint64_t max, uint64_t *to)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > max)
		return MQL_EBADFRAME;
	*to = o->via.u64;
	return 0;
}

int
pack_array(const msgpack_object *o, size_t least, msgpack_object_array *to)
{
	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size < least)
		return MQL_EBADFRAME;
	*to = o->via.array;
	return 0;
}

int
pack_list(const msgpack_object *o, size_t size, struct arena *mem,
	  msgpack_object_array *list, void **to)
{
	int err = pack_array(o, 0, list);

	*to = NULL;
	if (err || list->size > WIRE_MAX_LIST)
		return MQL_EBADFRAME;
	if (list->size && !(*to = arena_alloc(mem, list->size * size)))
		return MQL_ENOMEM;
	return 0;
}

int
pack_append(void *to, const char *data, size_t n)
{
	struct buf *b = to;

	buf_put(b, data, n);
	return b->err;
}
