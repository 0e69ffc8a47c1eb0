/* json.h - answers to operators: what two files need of it. */
#ifndef SOURCE_JOB_JSON_H
#define SOURCE_JOB_JSON_H

#include <jansson.h>

#include "common/str.h"
#include "wire/frame.h"

/* The text travels as a JSON string inside JSON: each byte may become two. */
enum { JSON_MAX_TEXT = WIRE_MAX_CONTROL / 2 - 1024 };

static inline json_t *
text_json(struct str s)
{
	json_t *v = s.len ? json_stringn(s.ptr, s.len) : json_string("");

	return v ? v : json_string("(not UTF-8)");
}

/* Text that is empty is left out. */
static inline void
set_text(json_t *o, const char *key, struct str s)
{
	if (s.len)
		json_object_set_new(o, key, text_json(s));
}

static inline void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

#endif
