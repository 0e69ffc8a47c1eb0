/* duration.c - by hand and in integers: strtod() reads the locale's decimal
 * point, exponents and "inf", and 0.1 times 1000 is not its business. */
#include "common/duration.h"

#include "mql/error.h"

static const struct {
	struct str name;
	int64_t    ms;
} units[] = {
	{ { "", 0 }, 1000 },        { { "ms", 2 }, 1 },
	{ { "s", 1 }, 1000 },       { { "m", 1 }, 60 * 1000 },
	{ { "h", 1 }, 3600 * 1000 },
};

static int64_t
unit_ms(struct str name)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (str_eq(units[i].name, name))
			return units[i].ms;
	return 0;
}

static size_t
count_digits(struct str s, size_t from)
{
	size_t i = from;

	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		i++;
	return i - from;
}

/* digits times ms, or MQL_ELIMIT. */
static int
whole(struct str digits, int64_t ms, int64_t *out)
{
	int64_t n = 0;

	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, digits.ptr[i] - '0', &n))
			return MQL_ELIMIT;
	return __builtin_mul_overflow(n, ms, out) ? MQL_ELIMIT : 0;
}

/* 0.digits times ms, rounded down. No unit has more than 7 digits of ms, so
 * later digits of the fraction mean nothing. */
static int64_t
fraction(struct str digits, int64_t ms)
{
	int64_t n = 0, scale = 1;

	for (size_t i = 0; i < digits.len && i < 9; i++) {
		n = n * 10 + (digits.ptr[i] - '0');
		scale *= 10;
	}
	return n * ms / scale;
}

int
duration_parse(struct str s, int64_t *ms)
{
	size_t nint = count_digits(s, 0), at = nint, nfrac = 0;
	bool dot = at < s.len && s.ptr[at] == '.';
	int64_t unit;
	int err;

	if (!nint)
		return MQL_EINVAL;
	if (dot) {
		nfrac = count_digits(s, at + 1);
		at += 1 + nfrac;
	}
	unit = unit_ms((struct str){ s.ptr + at, s.len - at });
	if ((dot && !nfrac) || !unit)
		return MQL_EINVAL;
	err = whole((struct str){ s.ptr, nint }, unit, ms);
	if (err || !nfrac)
		return err;
	int64_t rest = fraction((struct str){ s.ptr + nint + 1, nfrac }, unit);
	return __builtin_add_overflow(*ms, rest, ms) ? MQL_ELIMIT : 0;
}
