/* str.h - a slice of bytes that someone else owns. Never NUL-terminated by
 * promise; len 0 may come with any ptr. */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *ptr;
	size_t      len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str
str_of(const char *z) /* NULL gives the empty slice */
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

/* The same texts, or both NULL? */
static inline bool
str_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Byte order: negative, 0 or positive, as memcmp has it. */
static inline int
str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
