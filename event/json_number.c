/* json_number.c - digits to a value, without a locale and in linear time.
 *
 * Integers that fit are exact. For the rest, short decimals are exact too:
 * a mantissa below 2^53 times or divided by a power of ten below 10^23 is one
 * correctly rounded operation. What is left goes to strtod(3) as `digits e
 * exponent`: without a point there is nothing that a locale can change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/json_scan.h"

enum {
	EXACT_DIGITS = 19,  /* always fit 64 bits */
	EXACT_POWER  = 22,  /* 10^22 is a double, 10^23 is not */
	/* The longest midpoint of two doubles has 768 digits: one digit for
	 * all that follow decides on which side a number lies. */
	SIGNIFICANT  = 800,
	LONG_EXPONENT = 100 * 1000, /* 0 or infinity, however long the text */
};

struct decimal {
	bool     negative, integer;
	size_t   ndigit;    /* significant ones */
	uint64_t mantissa;  /* of the first EXACT_DIGITS */
	int64_t  exponent;  /* of ten, behind the last significant digit */
	const char *first, *last; /* significant digits, the point among them */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t
read_exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int64_t n = 0;

	for (p += p < end && !is_digit(*p); p < end; p++)
		if (n < INT32_MAX)
			n = n * 10 + (*p - '0');
	return negative ? -n : n;
}

/* Read what is valid by the grammar; leading zeros are not significant. */
static struct decimal
read_decimal(struct str raw)
{
	const char *p = raw.ptr, *end = p + raw.len;
	struct decimal d = { .integer = true };

	d.negative = p < end && *p == '-';
	for (p += d.negative; p < end && (*p | 32) != 'e'; p++) {
		if (*p == '.') {
			d.integer = false;
			continue;
		}
		d.exponent -= !d.integer;
		if (!d.ndigit && *p == '0')
			continue;
		if (!d.ndigit)
			d.first = p;
		d.last = p;
		if (d.ndigit++ < EXACT_DIGITS)
			d.mantissa = d.mantissa * 10 + (uint64_t)(*p - '0');
	}
	if (p < end) {
		d.integer = false;
		d.exponent += read_exponent(p + 1, end);
	}
	return d;
}

static bool
to_int(const struct decimal *d, int64_t *out)
{
	const uint64_t most = (uint64_t)INT64_MAX + d->negative;

	if (!d->integer || d->ndigit > EXACT_DIGITS || d->mantissa > most)
		return false;
	*out = (int64_t)(d->negative ? -d->mantissa : d->mantissa);
	return true;
}

static bool
to_short_double(const struct decimal *d, double *out)
{
	static const double power[EXACT_POWER + 1] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
		1e22,
	};

	if (d->ndigit > EXACT_DIGITS || d->mantissa > UINT64_C(1) << 53 ||
	    d->exponent > EXACT_POWER || d->exponent < -EXACT_POWER)
		return false;
	*out = (double)d->mantissa;
	if (d->exponent < 0)
		*out /= power[-d->exponent];
	else
		*out *= power[d->exponent];
	return true;
}

/* Copy the digits that matter, and how many were left out. */
static size_t
copy_digits(const struct decimal *d, char *to, int64_t *left_out)
{
	bool more = false;
	size_t n = 0;

	*left_out = 0;
	for (const char *p = d->first; d->ndigit && p <= d->last; p++) {
		if (*p == '.')
			continue;
		if (n < SIGNIFICANT) {
			to[n++] = *p;
		} else {
			more |= *p != '0';
			++*left_out;
		}
	}
	if (more) {
		to[n++] = '1';
		--*left_out;
	}
	return n;
}

static double
to_double(const struct decimal *d)
{
	char text[SIGNIFICANT + 32];
	int64_t left_out, exponent;
	size_t n = copy_digits(d, text, &left_out);
	int saved = errno; /* the host's */
	double f;

	if (!n)
		return 0;
	exponent = d->exponent + left_out;
	if (exponent > LONG_EXPONENT)
		exponent = LONG_EXPONENT;
	if (exponent < -LONG_EXPONENT)
		exponent = -LONG_EXPONENT;
	snprintf(text + n, sizeof text - n, "e%d", (int)exponent);
	f = strtod(text, NULL);
	errno = saved;
	return f;
}

struct value
json_number(struct str raw)
{
	struct decimal d = read_decimal(raw);
	struct value v = { .type = VALUE_INT };

	if (to_int(&d, &v.i))
		return v;
	v.type = VALUE_FLOAT;
	if (!to_short_double(&d, &v.f))
		v.f = to_double(&d);
	if (d.negative)
		v.f = -v.f;
	return v;
}
