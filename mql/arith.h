/* arith.h - arithmetic on values. Any thread. */
#ifndef MQL_ARITH_H
#define MQL_ARITH_H

#include "event/value.h"
#include "mql/op.h"

/* a op b, op one of OP_ADD to OP_MOD. Two integers give an integer as long
 * as it is exact and fits into 64 bits, else a float: 6/2 is 3 and 7/2 is
 * 3.5. The remainder has the sign of a. Null when an operand is no number,
 * when the divisor is zero, or when no finite float holds the result. */
struct value arith(enum op op, const struct value *a, const struct value *b);

/* -a, by the same rules. */
struct value arith_negate(const struct value *a);

#endif
