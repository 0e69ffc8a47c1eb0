/* key.c - see key.h.
 *
 * A number is the nearest double, its bits turned so that they sort, and what
 * an integer has over it: (double)i never falls as i rises, so that pair
 * orders as the exact numbers do, and 1 is the same as 1.0. */
#include "mql/key.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/error.h"

enum {
	TAG_NULL = 1, TAG_FALSE, TAG_TRUE, TAG_NUMBER, TAG_STRING, TAG_ARRAY,
	TAG_OBJECT,
	END       = 0x00, /* of a text; a NUL in it is 00 ff */
	ESCAPED   = 0xff,
	REST_ZERO = 0x8000,
	NUMBER_BYTES = 8 + 2,
	MAX_BIG   = 20,   /* digits; the rest fits into 16 bits */
};

/* No integer that we take apart is as large as this. */
static const double big_end = 0x1p67;

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

/* --- numbers ---------------------------------------------------------------- */

struct number {
	double f;
	int    rest;
};

/* The digits of an integer beyond int64, as it came in. */
static bool
big_digits(const struct value *v, wide *out)
{
	uint32_t i = v->raw && v->nraw && *v->raw == '-';
	const bool minus = i != 0;

	if (!v->raw || v->nraw - i > MAX_BIG)
		return false;
	for (*out = 0; i < v->nraw; i++) {
		if (v->raw[i] < '0' || v->raw[i] > '9')
			return false;
		*out = *out * 10 + (v->raw[i] - '0');
	}
	if (minus)
		*out = -*out;
	return true;
}

static struct number
number_of(const struct value *v)
{
	struct number n = { .f = value_number(v) };
	wide w;

	if (v->type == VALUE_INT)
		w = v->i;
	else if (!big_digits(v, &w))
		return n;
	n.rest = (int)(w - (wide)n.f);
	return n;
}

static struct value
number_value(struct number n, struct buf *scratch)
{
	struct value v = { .type = VALUE_FLOAT, .f = n.f };
	const uint64_t split = 10000000000;
	char *to;
	int len;

	if (!(fabs(n.f) < big_end) || trunc(n.f) < n.f || trunc(n.f) > n.f)
		return v;
	wide w = (wide)n.f + n.rest;
	if (w >= INT64_MIN && w <= INT64_MAX)
		return (struct value){ .type = VALUE_INT, .i = (int64_t)w };
	to = (char *)buf_room(scratch, 32);
	if (!to)
		return VALUE_NONE;
	uwide u = w < 0 ? (uwide)-w : (uwide)w;
	len = snprintf(to, 32, "%s%llu%010llu", w < 0 ? "-" : "",
		       (unsigned long long)(u / split),
		       (unsigned long long)(u % split));
	scratch->len += (size_t)len;
	v.raw = to;
	v.nraw = (uint32_t)len;
	return v;
}

static void
put_be(uint64_t v, unsigned bytes, struct buf *out)
{
	while (bytes-- > 0)
		buf_put_u8(out, (uint8_t)(v >> 8 * bytes));
}

static uint64_t
get_be(struct str *in, unsigned bytes)
{
	uint64_t v = 0;

	if (in->len >= sizeof v) { /* at once; the rest is shifted out */
		memcpy(&v, in->ptr, sizeof v);
		in->ptr += bytes;
		in->len -= bytes;
		return be64toh(v) >> (64 - 8 * bytes);
	}
	for (; bytes && in->len; bytes--, in->ptr++, in->len--)
		v = v << 8 | (uint8_t)*in->ptr;
	return v;
}

static void
put_number(const struct value *v, struct buf *out)
{
	const uint64_t sign = UINT64_C(1) << 63;
	struct number n = number_of(v);
	uint64_t bits;

	if (fpclassify(n.f) == FP_ZERO)
		n.f = 0; /* minus zero is zero */
	memcpy(&bits, &n.f, sizeof bits);
	buf_put_u8(out, TAG_NUMBER);
	put_be(bits & sign ? ~bits : bits | sign, 8, out);
	put_be((uint64_t)(n.rest + REST_ZERO), 2, out);
}

static struct value
get_number(struct str *in, struct buf *scratch)
{
	const uint64_t sign = UINT64_C(1) << 63;
	uint64_t bits = get_be(in, 8);
	struct number n;

	bits = bits & sign ? bits & ~sign : ~bits;
	memcpy(&n.f, &bits, sizeof bits);
	n.rest = (int)get_be(in, 2) - REST_ZERO;
	return number_value(n, scratch);
}

/* --- text ------------------------------------------------------------------- */

static void
put_text(uint8_t tag, struct str s, struct buf *out)
{
	buf_put_u8(out, tag);
	while (s.len) {
		const char *nul = memchr(s.ptr, END, s.len);
		size_t n = nul ? (size_t)(nul - s.ptr) : s.len;

		buf_put(out, s.ptr, n);
		if (!nul)
			break;
		put_be(ESCAPED, 2, out);
		s.ptr += n + 1;
		s.len -= n + 1;
	}
	buf_put_u8(out, END);
}

/* Up to the end, or the next escape. */
static struct str
get_run(struct str *in)
{
	const char *nul = in->len ? memchr(in->ptr, END, in->len) : NULL;
	struct str run = { in->ptr, nul ? (size_t)(nul - in->ptr) : in->len };
	size_t skip = run.len + (nul != NULL);

	in->ptr += skip;
	in->len -= skip;
	return run;
}

static bool
take_escape(struct str *in)
{
	if (!in->len || (uint8_t)*in->ptr != ESCAPED)
		return false;
	in->ptr++;
	in->len--;
	return true;
}

static struct value
get_text(enum value_type type, struct str *in, struct buf *scratch)
{
	struct str s = get_run(in);

	if (take_escape(in)) {
		size_t mark = scratch->len;

		do {
			buf_put(scratch, s.ptr, s.len);
			buf_put_u8(scratch, END);
			s = get_run(in);
		} while (take_escape(in));
		buf_put(scratch, s.ptr, s.len);
		if (scratch->err)
			return VALUE_NONE;
		s.ptr = (const char *)scratch->data + mark;
		s.len = scratch->len - mark;
	}
	return (struct value){ .type = type, .ptr = s.ptr,
			       .len = (uint32_t)s.len };
}

static void
put_container(const struct value *v, struct buf *out)
{
	buf_put_u8(out, v->type == VALUE_ARRAY ? TAG_ARRAY : TAG_OBJECT);
	key_json(value_str(v), out);
	buf_put_u8(out, END); /* JSON text holds no NUL */
}

/* --- any value ---------------------------------------------------------------- */

void
key_put(const struct value *v, bool desc, struct buf *out)
{
	size_t mark = out->len;

	switch (v->type) {
	case VALUE_NULL:
		buf_put_u8(out, TAG_NULL);
		break;
	case VALUE_BOOL:
		buf_put_u8(out, v->b ? TAG_TRUE : TAG_FALSE);
		break;
	case VALUE_INT:
	case VALUE_FLOAT:
		put_number(v, out);
		break;
	case VALUE_STR:
		put_text(TAG_STRING, value_str(v), out);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		put_container(v, out);
		break;
	}
	for (; desc && mark < out->len; mark++)
		out->data[mark] ^= 0xff;
}

struct value
key_get(struct str *in, struct buf *scratch)
{
	switch (get_be(in, 1)) {
	case TAG_FALSE:
		return (struct value){ .type = VALUE_BOOL, .b = false };
	case TAG_TRUE:
		return (struct value){ .type = VALUE_BOOL, .b = true };
	case TAG_NUMBER:
		return get_number(in, scratch);
	case TAG_STRING:
		return get_text(VALUE_STR, in, scratch);
	case TAG_ARRAY:
		return get_text(VALUE_ARRAY, in, scratch);
	case TAG_OBJECT:
		return get_text(VALUE_OBJECT, in, scratch);
	default:
		return VALUE_NONE;
	}
}

/* --- keys that nobody vouches for --------------------------------------------- */

/* The bytes of a text up to its end, which must be there. */
static bool
take_text(struct str *in, struct str *text)
{
	const char *begin = in->ptr;

	do {
		if (!memchr(in->ptr, END, in->len))
			return false;
		get_run(in);
	} while (take_escape(in));
	*text = (struct str){ begin, (size_t)(in->ptr - begin) - 1 };
	return true;
}

/* JSON in its one form, hence without a line break. */
static int
check_container(struct str text, char open)
{
	struct buf again = BUF_INIT;
	int err;

	if (!text.len || *text.ptr != open || json_check(text, NULL))
		return MQL_EBADFRAME;
	key_json(text, &again);
	err = again.err;
	if (!err && !str_eq(text, (struct str){ (char *)again.data,
						again.len }))
		err = MQL_EBADFRAME;
	buf_fini(&again);
	return err;
}

static int
check_number(struct str *in)
{
	struct value v;
	uint8_t room[32];
	struct buf scratch = BUF_FIXED(room, sizeof room);

	if (in->len < NUMBER_BYTES)
		return MQL_EBADFRAME;
	v = get_number(in, &scratch);
	return v.type == VALUE_FLOAT && !isfinite(v.f) ? MQL_EBADFRAME : 0;
}

int
key_check(struct str *in)
{
	const uint64_t tag = get_be(in, 1);
	struct str text;

	if (tag >= TAG_NULL && tag <= TAG_TRUE)
		return 0;
	if (tag == TAG_NUMBER)
		return check_number(in);
	if (tag < TAG_STRING || tag > TAG_OBJECT || !take_text(in, &text))
		return MQL_EBADFRAME;
	if (tag == TAG_STRING)
		return 0;
	return check_container(text, tag == TAG_ARRAY ? '[' : '{');
}
