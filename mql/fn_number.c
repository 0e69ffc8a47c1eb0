/* fn_number.c - functions of numbers: exact on integers while the result is
 * one that fits, else in floats. A float that is whole becomes an integer
 * where that is what the function is for (floor, ceil, round). */
#include <float.h>
#include <math.h>

#include "mql/arith.h"
#include "mql/fn.h"

static double
arg_double(const struct function_call *c, unsigned i)
{
	return value_number(&c->arg[i]);
}

static bool
arg_is_int(const struct function_call *c, unsigned i)
{
	return c->arg[i].type == VALUE_INT;
}

/* f, which has no fraction. */
static struct value
whole(double f)
{
	return fabs(f) < 0x1p63 ? fn_int((int64_t)f) : fn_float(f);
}

/* Nothing to round: an integer, or so large that it is one. Then it keeps
 * its digits, those beyond a double's as well. */
static bool
is_whole(const struct value *v)
{
	return v->type == VALUE_INT || !(fabs(v->f) < 0x1p63);
}

struct value
fn_abs(const struct function_call *c)
{
	const struct value *v = &c->arg[0];

	if (v->type == VALUE_FLOAT)
		return signbit(v->f) ? fn_float(-v->f) : *v;
	return v->i < 0 ? arith_negate(v) : *v;
}

struct value
fn_floor(const struct function_call *c)
{
	return is_whole(c->arg) ? *c->arg : whole(floor(c->arg->f));
}

struct value
fn_ceil(const struct function_call *c)
{
	return is_whole(c->arg) ? *c->arg : whole(ceil(c->arg->f));
}

/* --- round ----------------------------------------------------------------- */

enum {
	EXACT_POWER = 22,  /* of ten, as a double */
	INT_POWER   = 18,  /* as an int64 */
	MAX_POWER   = 308,
};

static double
power_of_ten(int64_t n)
{
	double p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

/* To a multiple of unit, an even number. */
static struct value
round_int(int64_t i, int64_t unit)
{
	const int64_t rest = i % unit;
	const int64_t step = rest >= unit / 2 ? unit
			   : rest <= -unit / 2 ? -unit : 0;
	int64_t near;

	if (__builtin_add_overflow(i - rest, step, &near))
		return fn_float((double)(i - rest) + (double)step);
	return fn_int(near);
}

/* digits < 0: of so many places before the point. */
static struct value
round_places(const struct value *v, int64_t digits)
{
	int64_t unit = 1;
	double p;

	if (digits < -MAX_POWER)
		return fn_int(0);
	if (v->type == VALUE_FLOAT || digits < -INT_POWER) {
		p = power_of_ten(-digits);
		return whole(round(value_number(v) / p) * p);
	}
	while (digits++ < 0)
		unit *= 10;
	return round_int(v->i, unit);
}

struct value
fn_round(const struct function_call *c)
{
	const struct value *v = &c->arg[0];
	const int64_t digits = c->narg > 1 ? c->arg[1].i : 0;
	double p;

	if (digits < 0)
		return round_places(v, digits);
	if (is_whole(v))
		return *v;
	if (!digits)
		return whole(round(v->f));
	if (digits > EXACT_POWER || fabs(v->f) >= 0x1p52)
		return *v;
	p = power_of_ten(digits);
	return isfinite(v->f * p) ? fn_float(round(v->f * p) / p) : *v;
}

/* --- of the C library ------------------------------------------------------ */

struct value
fn_sqrt(const struct function_call *c)
{
	return fn_float(sqrt(arg_double(c, 0)));
}

struct value
fn_log(const struct function_call *c)
{
	return fn_float(log(arg_double(c, 0)));
}

struct value
fn_log10(const struct function_call *c)
{
	return fn_float(log10(arg_double(c, 0)));
}

struct value
fn_exp(const struct function_call *c)
{
	return fn_float(exp(arg_double(c, 0)));
}

/* False when it is no 64-bit integer. */
static bool
int_power(int64_t base, int64_t n, int64_t *out)
{
	if (n < 0)
		return false;
	for (*out = 1; n; n >>= 1) {
		if ((n & 1) && __builtin_mul_overflow(*out, base, out))
			return false;
		if (n > 1 && __builtin_mul_overflow(base, base, &base))
			return false;
	}
	return true;
}

struct value
fn_pow(const struct function_call *c)
{
	int64_t i;

	if (arg_is_int(c, 0) && arg_is_int(c, 1) &&
	    int_power(c->arg[0].i, c->arg[1].i, &i))
		return fn_int(i);
	return fn_float(pow(arg_double(c, 0), arg_double(c, 1)));
}

struct value
fn_mod(const struct function_call *c)
{
	return arith(OP_MOD, &c->arg[0], &c->arg[1]);
}

/* --- buckets --------------------------------------------------------------- */

/* A quotient that is whole but for rounding is whole: people who write 0.1
 * mean a tenth, and 0.3 is the beginning of a bucket of theirs. */
static double
whole_quotient(double x, double width)
{
	const double q = x / width, near = round(q);
	const double error = fmin(4 * DBL_EPSILON * fabs(q), 1e-6);

	return fabs(q - near) <= error ? near : floor(q);
}

static struct value
float_bucket(double x, double width)
{
	const double n = whole_quotient(x, width), per = round(1 / width);

	/* 3 / 10 is 0.3, and 3 * 0.1 is not. */
	if (width < 1 && fabs(per * width - 1) <= 4 * DBL_EPSILON)
		return fn_float(n / per);
	return fn_float(n * width);
}

static struct value
int_bucket(int64_t x, int64_t width)
{
	const int64_t rest = x % width + (x % width < 0 ? width : 0);
	int64_t low;

	if (__builtin_sub_overflow(x, rest, &low))
		return fn_float((double)x - (double)rest);
	return fn_int(low);
}

struct value
fn_bucket(const struct function_call *c)
{
	if (!(arg_double(c, 1) > 0))
		return VALUE_NONE;
	if (arg_is_int(c, 0) && arg_is_int(c, 1))
		return int_bucket(c->arg[0].i, c->arg[1].i);
	return float_bucket(arg_double(c, 0), arg_double(c, 1));
}

/* --- the first in order ----------------------------------------------------- */

/* sign: 1 for the least, -1 for the greatest. */
static struct value
pick(const struct function_call *c, int sign)
{
	struct value best = VALUE_NONE;
	int cmp;

	for (unsigned i = 0; i < c->narg; i++) {
		const struct value *v = &c->arg[i];
		if (v->type == VALUE_NULL)
			continue;
		if (!value_order(v, best.type ? &best : v, &cmp))
			return VALUE_NONE;
		if (!best.type || cmp * sign < 0)
			best = *v;
	}
	return best;
}

struct value
fn_least(const struct function_call *c)
{
	return pick(c, 1);
}

struct value
fn_greatest(const struct function_call *c)
{
	return pick(c, -1);
}
