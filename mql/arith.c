/* arith.c - integers while they are exact, floats when they are not. */
#include "mql/arith.h"

#include <math.h>

/* False when the result is no 64-bit integer; b is not 0 for DIV and MOD. */
static bool
exact(enum op op, int64_t a, int64_t b, int64_t *out)
{
	if (op == OP_ADD)
		return !__builtin_add_overflow(a, b, out);
	if (op == OP_SUB)
		return !__builtin_sub_overflow(a, b, out);
	if (op == OP_MUL)
		return !__builtin_mul_overflow(a, b, out);
	if (b == -1) { /* INT64_MIN / -1 traps on real machines */
		*out = 0;
		return op == OP_MOD || !__builtin_sub_overflow(0, a, out);
	}
	*out = op == OP_DIV ? a / b : a % b;
	return op == OP_MOD || a % b == 0;
}

static double
rounded(enum op op, double a, double b)
{
	return op == OP_ADD ? a + b
	     : op == OP_SUB ? a - b
	     : op == OP_MUL ? a * b
	     : op == OP_DIV ? a / b
			    : fmod(a, b);
}

struct value
arith(enum op op, const struct value *a, const struct value *b)
{
	int64_t i;

	if (!value_is_number(a) || !value_is_number(b))
		return VALUE_NONE;
	if ((op == OP_DIV || op == OP_MOD) && !(fabs(value_number(b)) > 0))
		return VALUE_NONE;
	if (a->type == VALUE_INT && b->type == VALUE_INT &&
	    exact(op, a->i, b->i, &i))
		return value_int(i);
	return value_float(rounded(op, value_number(a), value_number(b)));
}

struct value
arith_negate(const struct value *a)
{
	const struct value zero = value_int(0);

	if (a->type == VALUE_FLOAT)
		return value_float(-a->f);
	return arith(OP_SUB, &zero, a);
}
