/* text.h - text for people: safe on a terminal, measured in its columns. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

struct text_short {
	char z[64];
};

/* "1,204" and, in front of a noun, "1 row" or "1,204 rows". By value: usable
 * several times in one printf(). */
struct text_short text_number(uint64_t n);
struct text_short text_count(uint64_t n, const char *one, const char *many);

/* What one in n is (n > 1): "1 in 3.8", and of most "95%". */
struct text_short text_one_in(double n);

/* Append s with control characters, invalid UTF-8 and marks that turn the
 * writing direction as visible escapes (\n, \x1b, \u202e). A text wider than
 * max columns is cut and ends in an ellipsis. Returns the columns used.
 * text_init() comes first. */
size_t text_put_safe(struct str s, size_t max, struct buf *out);

/* Is this character of a JSON text one that a terminal may act upon? (JSON
 * itself excludes the others.) *len is how many bytes it takes. */
bool text_is_hazard(const char *p, size_t left, unsigned *code, size_t *len);

/* Start-up only: character widths of UTF-8, whatever the environment says. */
void text_init(void);

#endif
