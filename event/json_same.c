/* json_same.c - do two texts mean the same? Without memory to sort keys in,
 * each member of one object is looked for in the other. */
#include "event/json_scan.h"

/* --- strings, undone byte by byte --------------------------------------------- */

struct bytes {
	const char *p, *end;
	char        undone[4];
	size_t      at, n;
};

static struct bytes
bytes_of(struct str raw)
{
	return (struct bytes){
		.p = raw.ptr + 1, .end = raw.ptr + raw.len - 1,
	};
}

/* The next byte, or -1. */
static int
next(struct bytes *b)
{
	if (b->at == b->n && b->p < b->end && *b->p == '\\') {
		b->n = json_unescape(&b->p, b->end, b->undone);
		b->at = 0;
	}
	if (b->at < b->n)
		return (unsigned char)b->undone[b->at++];
	return b->p < b->end ? (unsigned char)*b->p++ : -1;
}

static bool
strings_equal(struct str a, struct str b)
{
	struct bytes x = bytes_of(a), y = bytes_of(b);
	int c;

	if (str_eq(a, b))
		return true;
	if (!memchr(a.ptr, '\\', a.len) && !memchr(b.ptr, '\\', b.len))
		return false;
	do {
		c = next(&x);
		if (c != next(&y))
			return false;
	} while (c >= 0);
	return true;
}

/* --- containers --------------------------------------------------------------- */

static bool values_equal(struct str a, struct str b, unsigned depth);

static bool
arrays_equal(struct str a, struct str b, unsigned depth)
{
	struct str none, x, y;
	size_t i = 0, j = 0;

	while (json_member_next(a, &i, &none, &x))
		if (!json_member_next(b, &j, &none, &y) ||
		    !values_equal(x, y, depth))
			return false;
	return !json_member_next(b, &j, &none, &y);
}

/* The first member of that name; *at is behind it. */
static bool
find(struct str object, struct str name, size_t *at, struct str *value)
{
	struct str key;

	*at = 0;
	while (json_member_next(object, at, &key, value))
		if (strings_equal(key, name))
			return true;
	return false;
}

/* How many different names there are. */
static size_t
count_names(struct str object)
{
	struct str name, value, same;
	size_t at = 0, first, n = 0;

	while (json_member_next(object, &at, &name, &value))
		n += find(object, name, &first, &same) && first == at;
	return n;
}

static bool
objects_equal(struct str a, struct str b, unsigned depth)
{
	struct str name, x, y;
	size_t at = 0, first;

	while (json_member_next(a, &at, &name, &x)) {
		if (find(a, name, &first, &y) && first != at)
			continue; /* a duplicate does not count */
		if (!find(b, name, &first, &y) || !values_equal(x, y, depth))
			return false;
	}
	return count_names(a) == count_names(b);
}

static bool
numbers_equal(struct str a, struct str b)
{
	struct value x = json_number(a), y = json_number(b);

	return value_equal(&x, &y);
}

static bool
values_equal(struct str a, struct str b, unsigned depth)
{
	if (str_eq(a, b))
		return true;
	if (depth > JSON_MAX_DEPTH || !a.len || !b.len)
		return false;
	switch (*a.ptr) {
	case '{':
		return *b.ptr == '{' && objects_equal(a, b, depth + 1);
	case '[':
		return *b.ptr == '[' && arrays_equal(a, b, depth + 1);
	case '"':
		return *b.ptr == '"' && strings_equal(a, b);
	case 't':
	case 'f':
	case 'n':
		return false; /* the same text, or not the same */
	default:
		return !strchr("{[\"tfn", *b.ptr) && numbers_equal(a, b);
	}
}

bool
json_same(struct str a, struct str b)
{
	struct buf none = BUF_FIXED(NULL, 0);
	struct value x = json_value(a, &none), y = json_value(b, &none);

	/* raw is the text without the space around it. */
	return values_equal((struct str){ x.raw, x.nraw },
			    (struct str){ y.raw, y.nraw }, 1);
}
