/* json_seek_vector.c - 16 bytes at a time: SSE2 on every x86-64, NEON on
 * every 64-bit ARM. Elsewhere the words of json_seek_word.c have to do. */
#include "event/json_needle.h"
#include "event/json_seek_plain.h"

#if defined(__x86_64__)
#include <emmintrin.h>

typedef __m128i vec;

static inline vec
load(const char *p)
{
	return _mm_loadu_si128((const __m128i_u *)p);
}

static inline vec
with_bits(vec v, char bits)
{
	return _mm_or_si128(v, _mm_set1_epi8(bits));
}

static inline uint64_t
equal(const vec v[4], char c)
{
	const vec all = _mm_set1_epi8(c);
	uint64_t mask = 0;

	for (int i = 0; i < 4; i++) {
		int m = _mm_movemask_epi8(_mm_cmpeq_epi8(v[i], all));
		mask |= (uint64_t)(unsigned)m << 16 * i;
	}
	return mask;
}

#elif defined(__AARCH64EL__)
#include <arm_neon.h>

typedef uint8x16_t vec;

static inline vec
load(const char *p)
{
	return vld1q_u8((const uint8_t *)p);
}

static inline vec
with_bits(vec v, char bits)
{
	return vorrq_u8(v, vdupq_n_u8((uint8_t)bits));
}

/* One bit of each byte, then neighbours are added until eight are one. */
static inline uint64_t
equal(const vec v[4], char c)
{
	static const uint8_t bit[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
					 1, 2, 4, 8, 16, 32, 64, 128 };
	const vec all = vdupq_n_u8((uint8_t)c), bits = vld1q_u8(bit);
	vec m[4], sum;

	for (int i = 0; i < 4; i++)
		m[i] = vandq_u8(vceqq_u8(v[i], all), bits);
	sum = vpaddq_u8(vpaddq_u8(m[0], m[1]), vpaddq_u8(m[2], m[3]));
	sum = vpaddq_u8(sum, sum);
	return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}
#endif

#if defined(__x86_64__) || defined(__AARCH64EL__)

/* { and [, } and ] differ in one bit. */
static inline struct masks
read_block(const char *p)
{
	vec v[4];
	struct masks m;

	for (int i = 0; i < 4; i++)
		v[i] = load(p + 16 * i);
	m.quote = equal(v, '"');
	m.slash = equal(v, '\\');
	for (int i = 0; i < 4; i++)
		v[i] = with_bits(v[i], '{' ^ '[');
	m.open = equal(v, '{');
	m.close = equal(v, '}');
	return m;
}

static inline uint64_t
equal_at(const char *p, char c)
{
	const vec v[4] = { load(p), load(p + 16), load(p + 32), load(p + 48) };

	return equal(v, c);
}

static inline uint64_t
match(const char *p, char a, char b, char c)
{
	return equal_at(p, a) & equal_at(p + 1, b) & equal_at(p + 2, c);
}

#include "event/json_needle_loop.inc"
#include "event/json_seek_loop.inc"

const char *
seek_vector(struct seek *k, const struct seek_filter *f)
{
	return seek_loop(k, f);
}

bool
needle_vector(const struct needle *n, struct str text)
{
	return needle_loop(n, text);
}

#else

const char *
seek_vector(struct seek *k, const struct seek_filter *f)
{
	return seek_word(k, f);
}

bool
needle_vector(const struct needle *n, struct str text)
{
	return needle_word(n, text);
}
#endif
