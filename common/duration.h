/* duration.h - `250ms 10s 5m 1h` as people type them. */
#ifndef COMMON_DURATION_H
#define COMMON_DURATION_H

#include <stdint.h>

#include "common/str.h"

/* Parse the whole of s; a bare number is seconds, fractions are allowed
 * ("1.5s"). Returns 0 and *ms >= 0, or MQL_EINVAL, or MQL_ELIMIT when it does
 * not fit. Any thread. */
int duration_parse(struct str s, int64_t *ms);

#endif
