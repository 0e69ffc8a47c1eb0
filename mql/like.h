/* like.h - the patterns of `like`: % any text, _ one character, \ takes the
 * next one as it is. The whole text must fit. */
#ifndef MQL_LIKE_H
#define MQL_LIKE_H

#include <stdbool.h>

#include "common/str.h"

/* Does text fit pattern? fold: ASCII letters match in either case. A
 * character is a UTF-8 sequence, or a byte that is in none. Returns 1, 0, or
 * MQL_ELIMIT when that would take too many steps. Any thread. */
int like_match(struct str text, struct str pattern, bool fold);

#endif
