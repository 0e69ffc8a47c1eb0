/* json_seek_word.c - 8 bytes at a time, in whatever C compiles for; and the
 * choice between these three. */
#include <endian.h>

#include "event/json_seek_plain.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* A bit for each byte of w that is c. Adding 127 to the lower seven bits of a
 * byte sets its top bit unless they are zero, and carries nowhere. */
static inline uint64_t
equal(uint64_t w, unsigned char c)
{
	const uint64_t x = w ^ EACH(c), low = EACH(0x7f);
	const uint64_t zero = ~(((x & low) + low) | x | low);

	/* The top bits, gathered in the top byte by a product. */
	return (zero >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline struct masks
read_block(const char *p)
{
	struct masks m = { 0 };

	for (int i = 0; i < 64; i += 8) {
		uint64_t w, bracket;

		memcpy(&w, p + i, sizeof w);
		w = le64toh(w);
		bracket = w | EACH('{' ^ '[');
		m.quote |= equal(w, '"') << i;
		m.slash |= equal(w, '\\') << i;
		m.open |= equal(bracket, '{') << i;
		m.close |= equal(bracket, '}') << i;
	}
	return m;
}

static inline uint64_t
match(const char *p, char a, char b, char c)
{
	uint64_t mask = 0;

	for (int i = 0; i < 64; i += 8) {
		uint64_t w[3];

		for (int k = 0; k < 3; k++) {
			memcpy(&w[k], p + i + k, sizeof w[k]);
			w[k] = le64toh(w[k]);
		}
		mask |= (equal(w[0], (unsigned char)a) &
			 equal(w[1], (unsigned char)b) &
			 equal(w[2], (unsigned char)c)) << i;
	}
	return mask;
}

#include "event/json_needle_loop.inc"
#include "event/json_seek_loop.inc"

const char *
seek_word(struct seek *k, const struct seek_filter *f)
{
	return seek_loop(k, f);
}

bool
needle_word(const struct needle *n, struct str text)
{
	return needle_loop(n, text);
}

seek_fn *
seek_best(void)
{
#ifdef __x86_64__
	if (seek_has_avx512())
		return seek_avx512;
	if (seek_has_avx2())
		return seek_avx2;
#endif
	return seek_vector;
}

/* --- filters --------------------------------------------------------------- */

static void
add_byte(struct seek_filter *f, int nth, unsigned char c, uint8_t class)
{
	f->byte[nth].low[c & 15] |= class;
	f->byte[nth].high[c >> 4] |= class;
}

/* Any second byte does behind an escape; that class is in every filter. */
static void
add_escapes(struct seek_filter *f, uint8_t class)
{
	add_byte(f, 0, '\\', class);
	for (int i = 0; i < 16; i++) {
		f->byte[1].low[i] |= class;
		f->byte[1].high[i] |= class;
	}
}

void
seek_filter_add(struct seek_filter *f, struct str key, unsigned nth)
{
	enum { CLASSES = 8, ESCAPES = CLASSES - 1 };
	const uint8_t class = (uint8_t)(1u << nth % ESCAPES);
	const unsigned char *k = (const unsigned char *)key.ptr;

	f->lengths |= UINT64_C(1) << key.len % 64;
	if (key.len > f->longest)
		f->longest = key.len;
	add_escapes(f, 1u << ESCAPES);
	add_byte(f, 0, key.len > 0 ? k[0] : '"', class);
	add_byte(f, 1, key.len > 1 ? k[1] : '"', class);
	add_byte(f, 1, '\\', class);
	if (key.len)
		return;
	/* `""`, and then anything. */
	for (int i = 0; i < 16; i++) {
		f->byte[1].low[i] |= class;
		f->byte[1].high[i] |= class;
	}
}
