/* value.c - see value.h. */
#include "event/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"

const char *
value_type_name(enum value_type type)
{
	static const char *const name[] = {
		[VALUE_NULL] = "null",     [VALUE_BOOL] = "boolean",
		[VALUE_INT] = "integer",   [VALUE_FLOAT] = "float",
		[VALUE_STR] = "string",    [VALUE_ARRAY] = "array",
		[VALUE_OBJECT] = "object",
	};

	return name[type];
}

double
value_number(const struct value *v)
{
	return v->type == VALUE_INT ? (double)v->i : v->f;
}

/* --- comparisons ---------------------------------------------------------------- */

/* An integer against a double that is no NaN. (double)i may round: so the
 * double comes to the integer instead, where it fits. */
static int
order_mixed(int64_t i, double f)
{
	const double limit = 0x1p63;
	double whole;
	int64_t j;

	if (f >= limit)
		return -1;
	if (f < -limit)
		return 1;
	whole = trunc(f);
	j = (int64_t)whole;
	if (i != j)
		return i < j ? -1 : 1;
	return (f < whole) - (f > whole);
}

static bool
order_numbers(const struct value *a, const struct value *b, int *cmp)
{
	if ((a->type == VALUE_FLOAT && isnan(a->f)) ||
	    (b->type == VALUE_FLOAT && isnan(b->f)))
		return false;
	if (a->type == VALUE_INT)
		*cmp = b->type == VALUE_INT ? (a->i > b->i) - (a->i < b->i)
					    : order_mixed(a->i, b->f);
	else
		*cmp = b->type == VALUE_INT ? -order_mixed(b->i, a->f)
					    : (a->f > b->f) - (a->f < b->f);
	return true;
}

bool
value_order(const struct value *a, const struct value *b, int *cmp)
{
	if (value_is_number(a) && value_is_number(b))
		return order_numbers(a, b, cmp);
	if (a->type != VALUE_STR || b->type != VALUE_STR)
		return false;
	*cmp = str_cmp(value_str(a), value_str(b));
	return true;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	int cmp;

	if (value_is_number(a) && value_is_number(b))
		return order_numbers(a, b, &cmp) && !cmp;
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_BOOL:
		return a->b == b->b;
	case VALUE_STR:
		return str_eq(value_str(a), value_str(b));
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return json_same(value_str(a), value_str(b));
	case VALUE_NULL:
	case VALUE_INT:
	case VALUE_FLOAT:
		break;
	}
	return true; /* null is null */
}

/* --- text ------------------------------------------------------------------------- */

enum { DIGITS = 17 }; /* of a double: so many are always enough */

/* The digits of u, most significant first; returns how many. */
static int
digits_of(uint64_t u, char digits[20])
{
	char back[20];
	int n = 0;

	do
		back[n++] = (char)('0' + u % 10);
	while (u /= 10);
	for (int i = 0; i < n; i++)
		digits[i] = back[n - 1 - i];
	return n;
}

/* Most numbers in events have a few decimals: f is a whole number below 10^15
 * over a power of ten. That division rounds as reading its digits would, so
 * when it gives f these are the digits, and no more than 15. 0: not so. */
static int
few_decimals(double f, char digits[20], int *exponent)
{
	static const double power[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };

	for (int i = 0; i < (int)(sizeof power / sizeof *power); i++) {
		double scaled = f * power[i];
		int64_t whole = scaled < 1e15 ? (int64_t)(scaled + 0.5) : 0;

		if (whole < 1)
			continue;
		scaled = (double)whole / power[i];
		if (scaled < f || scaled > f)
			continue;
		int n = digits_of((uint64_t)whole, digits);
		*exponent = n - i;
		return n;
	}
	return 0;
}

/* The fewest digits that read back as f > 0; returns how many. The value is
 * 0.DIGITS times ten to the *exponent. What the locale has for a point is
 * stepped over, and never given to strtod(). */
static int
any_decimals(double f, char digits[DIGITS], int *exponent)
{
	char e[64], back[64];
	int n = 0;

	/* 15 digits, zeros at the end left out, are the shortest whenever
	 * they read back; not so below the normal numbers. */
	for (int want = isnormal(f) ? 15 : 1; want <= DIGITS; want++) {
		snprintf(e, sizeof e, "%.*e", want - 1, f);
		const char *p = e;
		for (n = 0; *p != 'e'; p++)
			if (*p >= '0' && *p <= '9')
				digits[n++] = *p;
		*exponent = atoi(p + 1) + 1;
		snprintf(back, sizeof back, "%.*se%d", n, digits,
			 *exponent - n);
		double read = strtod(back, NULL);
		if (!(read < f) && !(read > f))
			break;
	}
	return n;
}

static int
shortest(double f, char digits[20], int *exponent)
{
	int n = few_decimals(f, digits, exponent);

	if (!n)
		n = any_decimals(f, digits, exponent);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

static void
put_zeros(struct buf *out, int n)
{
	while (n-- > 0)
		buf_put_u8(out, '0');
}

/* 1e21 and above, and below 1e-6, with an exponent: as in JavaScript. */
static void
put_digits(const char *digits, int n, int exponent, struct buf *out)
{
	char power[16];
	int whole = exponent < n ? exponent : n;

	if (exponent > 21 || exponent < -5) {
		snprintf(power, sizeof power, "e%d", exponent - 1);
		buf_put(out, digits, 1);
		if (n > 1)
			buf_put_u8(out, '.');
		buf_put(out, digits + 1, (size_t)n - 1);
		buf_puts(out, power);
		return;
	}
	if (whole <= 0) {
		buf_puts(out, "0.");
		put_zeros(out, -exponent);
		whole = 0;
	}
	buf_put(out, digits, (size_t)whole);
	put_zeros(out, exponent - n);
	if (whole && n > whole)
		buf_put_u8(out, '.');
	buf_put(out, digits + whole, (size_t)(n - whole));
}

static void
put_float(double f, struct buf *out)
{
	char digits[20];
	int exponent, n, saved = errno;

	if (!isfinite(f)) {
		buf_puts(out, "null");
		return;
	}
	if (signbit(f))
		buf_put_u8(out, '-');
	if (fpclassify(f) == FP_ZERO) {
		buf_put_u8(out, '0');
		return;
	}
	n = shortest(fabs(f), digits, &exponent);
	put_digits(digits, n, exponent, out);
	errno = saved; /* the host's */
}

static void
put_int(int64_t i, struct buf *out)
{
	uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
	char digits[20];

	if (i < 0)
		buf_put_u8(out, '-');
	buf_put(out, digits, (size_t)digits_of(u, digits));
}

void
value_write_json(const struct value *v, struct buf *out)
{
	if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT) {
		json_write_line(value_str(v), out);
		return;
	}
	if (v->raw) {
		buf_put(out, v->raw, v->nraw);
		return;
	}
	switch (v->type) {
	case VALUE_NULL:
		buf_puts(out, "null");
		break;
	case VALUE_BOOL:
		buf_puts(out, v->b ? "true" : "false");
		break;
	case VALUE_INT:
		put_int(v->i, out);
		break;
	case VALUE_FLOAT:
		put_float(v->f, out);
		break;
	case VALUE_STR:
		json_write_str(value_str(v), out);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break; /* done */
	}
}

void
value_write_text(const struct value *v, struct buf *out)
{
	if (v->type == VALUE_STR)
		buf_put(out, v->ptr, v->len);
	else
		value_write_json(v, out);
}
