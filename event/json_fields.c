/* json_fields.c - some members of an object, written as members of another.
 *
 * One scan forward. That a name has been met before is known from a table of
 * offsets into the text, half empty at worst: a member takes five bytes or
 * more, and there is an entry for every four. */
#include "event/json_scan.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mql/error.h"

enum { BYTES_PER_NAME = 4 };

struct names { /* those that were met */
	struct str  text;
	uint32_t   *at;   /* of the name in text; 0, where a brace is: free */
	size_t      size; /* a power of two */
	struct buf *memory; /* the table, then names without escapes */
};

static bool
names_init(struct names *n, struct str text, struct buf *memory)
{
	n->text = text;
	n->memory = memory;
	for (n->size = 1; n->size <= text.len / BYTES_PER_NAME;)
		n->size *= 2;
	buf_reset(memory);
	n->at = (void *)buf_room(memory, n->size * sizeof *n->at);
	if (!n->at || text.len > UINT32_MAX)
		return false;
	memset(n->at, 0, n->size * sizeof *n->at);
	memory->len = n->size * sizeof *n->at;
	return true;
}

/* Is the name at that place of the text this one? */
static bool
is_name(const struct names *n, uint32_t at, struct str name)
{
	struct scan s = scan_of((struct str){ n->text.ptr + at,
					      n->text.len - at });
	const size_t mark = n->memory->len;

	scan_string(&s);
	struct str met = json_unquote((struct str){
		n->text.ptr + at, (size_t)(s.p - n->text.ptr) - at
	}, n->memory);
	n->memory->len = mark;
	return met.ptr && str_eq(met, name);
}

/* Who writes the names of an event may be nobody's friend: where a name goes
 * is not to be foreseen, hence the seed. */
static bool
is_new(struct names *n, struct str key, struct str name)
{
	size_t i = XXH3_64bits_withSeed(name.ptr, name.len, (uintptr_t)n->at);

	for (;; i++) {
		uint32_t *at = &n->at[i & (n->size - 1)];

		if (!*at) {
			*at = (uint32_t)(key.ptr - n->text.ptr);
			return true;
		}
		if (is_name(n, *at, name))
			return false;
	}
}

void
json_write_fields(struct str text, const struct json_fields *f,
		  bool *comma, struct buf *out)
{
	struct str key, value, name = { NULL, 0 };
	struct names met;
	size_t at = 0;

	if (!names_init(&met, text, f->memory))
		goto out;
	const size_t mark = f->memory->len;
	while (json_member_next(text, &at, &key, &value)) {
		f->memory->len = mark;
		name = json_unquote(key, f->memory);
		if (!name.ptr)
			goto out;
		if (!f->wants(f->arg, name) || !is_new(&met, key, name) ||
		    *value.ptr == 'n')
			continue;
		buf_puts(out, *comma ? "," : "");
		buf_put(out, key.ptr, key.len);
		buf_put_u8(out, ':');
		json_write_line(value, out);
		*comma = true;
	}
	return;
out:
	out->err = out->err ? out->err : MQL_ELIMIT;
}
