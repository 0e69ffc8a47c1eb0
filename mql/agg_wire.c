/* agg_wire.c - states written and read. What is read came from a socket. */
#include "mql/agg.h"

#include "event/json.h"

void
agg_put_count(struct buf *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_put_u8(out, (uint8_t)(n | 0x80));
	buf_put_u8(out, (uint8_t)n);
}

int
agg_get_count(struct str *in, uint64_t max, uint64_t *n)
{
	uint8_t byte = 0x80;

	if (in->len && !(*in->ptr & 0x80)) { /* most are one byte */
		*n = (uint8_t)*in->ptr++;
		in->len--;
		return *n <= max ? 0 : MQL_EBADFRAME;
	}
	*n = 0;
	for (int shift = 0; byte & 0x80; shift += 7) {
		if (!in->len || shift > 63)
			return MQL_EBADFRAME;
		byte = (uint8_t)*in->ptr++;
		in->len--;
		if (shift == 63 && byte > 1)
			return MQL_EBADFRAME;
		*n |= (uint64_t)(byte & 0x7f) << shift;
	}
	return *n <= max ? 0 : MQL_EBADFRAME;
}

void
agg_put_int(struct buf *out, int64_t i)
{
	uint64_t u = (uint64_t)i;

	agg_put_count(out, i < 0 ? ~(u << 1) : u << 1);
}

int
agg_get_int(struct str *in, int64_t *i)
{
	uint64_t u;
	int err = agg_get_count(in, UINT64_MAX, &u);

	*i = (int64_t)(u & 1 ? ~(u >> 1) : u >> 1);
	return err;
}

void
agg_put_double(struct buf *out, double f)
{
	uint64_t bits;

	memcpy(&bits, &f, sizeof bits);
	buf_put_u64(out, bits);
}

int
agg_get_double(struct str *in, double *f)
{
	uint64_t bits;
	int err = agg_get_u64(in, &bits);

	memcpy(f, &bits, sizeof bits);
	return err;
}

int
agg_get_u64(struct str *in, uint64_t *u)
{
	struct str s;

	*u = 0;
	if (agg_get_bytes(in, 8, &s))
		return MQL_EBADFRAME;
	for (int i = 0; i < 8; i++)
		*u |= (uint64_t)(uint8_t)s.ptr[i] << 8 * i;
	return 0;
}

int
agg_get_bytes(struct str *in, size_t n, struct str *bytes)
{
	if (in->len < n)
		return MQL_EBADFRAME;
	*bytes = (struct str){ in->ptr, n };
	in->ptr += n;
	in->len -= n;
	return 0;
}

void
agg_set_u32(struct buf *out, size_t at, uint32_t u)
{
	for (size_t i = 0; !out->err && i < 4; i++)
		out->data[at + i] = (uint8_t)(u >> 8 * i);
}

int
agg_get_u32(struct str *in, uint32_t *u)
{
	struct str s;

	*u = 0;
	if (agg_get_bytes(in, 4, &s))
		return MQL_EBADFRAME;
	for (int i = 0; i < 4; i++)
		*u |= (uint32_t)(uint8_t)s.ptr[i] << 8 * i;
	return 0;
}

/* The length goes in front of the text when it is known. */
void
agg_put_value(struct buf *out, const struct value *v)
{
	const size_t at = out->len;

	buf_put_u32(out, 0);
	value_write_json(v, out);
	agg_set_u32(out, at, (uint32_t)(out->len - at - 4));
}

int
agg_get_value(struct str *in, struct buf *tmp, struct value *v)
{
	struct str s;
	uint32_t n;

	if (agg_get_u32(in, &n) || agg_get_bytes(in, n, &s) ||
	    json_check(s, NULL))
		return MQL_EBADFRAME;
	tmp->len = 0;
	*v = json_value(s, tmp);
	return tmp->err;
}
