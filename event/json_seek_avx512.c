/* json_seek_avx512.c - 64 bytes at a time, on servers since about 2020. This
 * file alone may use such instructions, and seek_best() asks first. The first
 * processors that had them lowered their clock for whoever did, which a guest
 * in a service must not cause: those that have VBMI, too, do not. */
#include "event/json_check.h"
#include "event/json_seek.h"

#ifdef __x86_64__
#include <immintrin.h>

#define SEEK_TARGET \
	__attribute__((target("avx512f,avx512bw,pclmul,bmi,popcnt")))

struct masks {
	uint64_t quote, slash, open, close;
};

SEEK_TARGET static inline __m512i
load(const char *p)
{
	return _mm512_loadu_si512(p);
}

/* A mask to reckon with, at once: left to itself gcc does that in the mask
 * registers, which is slow. */
SEEK_TARGET static inline uint64_t
bits(__mmask64 mask)
{
	uint64_t m = mask;

	__asm__("" : "+r"(m));
	return m;
}

SEEK_TARGET static inline uint64_t
equal(__m512i v, char c)
{
	return bits(_mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c)));
}

/* { and [, } and ] differ in one bit. */
SEEK_TARGET static inline struct masks
read_block(const char *p)
{
	__m512i v = load(p);
	__m512i bracket = _mm512_or_si512(v, _mm512_set1_epi8('{' ^ '['));

	return (struct masks){
		.quote = equal(v, '"'), .slash = equal(v, '\\'),
		.open = equal(bracket, '{'), .close = equal(bracket, '}'),
	};
}

/* A product without carries by all ones. */
SEEK_TARGET static inline uint64_t
prefix_xor(uint64_t quotes)
{
	const __m128i ones = _mm_set1_epi8(-1);
	__m128i x = _mm_set_epi64x(0, (long long)quotes);

	x = _mm_clmulepi64_si128(x, ones, 0);
	return (uint64_t)_mm_cvtsi128_si64(x);
}

SEEK_TARGET static inline __m512i
table(const uint8_t entry[16])
{
	return _mm512_broadcast_i32x4(
		_mm_loadu_si128((const __m128i_u *)entry));
}

/* The classes of each byte at p, as first or second one. */
SEEK_TARGET static inline __m512i
classes(const char *p, const struct seek_filter *f, int nth)
{
	const __m512i half = _mm512_set1_epi8(15);
	__m512i v = load(p), top = _mm512_srli_epi16(v, 4);

	return _mm512_and_si512(
		_mm512_shuffle_epi8(table(f->byte[nth].low),
				    _mm512_and_si512(v, half)),
		_mm512_shuffle_epi8(table(f->byte[nth].high),
				    _mm512_and_si512(top, half)));
}

SEEK_TARGET static inline uint64_t
pass(const char *p, const struct seek_filter *f, uint64_t quotes)
{
	return quotes & bits(_mm512_test_epi8_mask(classes(p + 1, f, 0),
						   classes(p + 2, f, 1)));
}

SEEK_TARGET static inline uint64_t
match(const char *p, char a, char b, char c)
{
	return equal(load(p), a) & equal(load(p + 1), b) &
	       equal(load(p + 2), c);
}

/* What a byte is when its low half selects the same byte. */
SEEK_TARGET static inline uint64_t
spaces(__m512i v)
{
	static const uint8_t space[16] = {
		[0] = ' ', [9] = '\t', [10] = '\n', [13] = '\r',
		[1] = 0xff, [2] = 0xff, [3] = 0xff, [4] = 0xff, [5] = 0xff,
		[6] = 0xff, [7] = 0xff, [8] = 0xff, [11] = 0xff, [12] = 0xff,
		[14] = 0xff, [15] = 0xff,
	};

	return bits(_mm512_cmpeq_epi8_mask(
		_mm512_shuffle_epi8(table(space), v), v));
}

SEEK_TARGET static inline uint64_t
below(__m512i v, char c)
{
	return bits(_mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(c)));
}

SEEK_TARGET static inline struct classes
read_classes(const char *p)
{
	__m512i v = load(p);
	__m512i bracket = _mm512_or_si512(v, _mm512_set1_epi8('{' ^ '['));
	__m512i number = _mm512_sub_epi8(v, _mm512_set1_epi8('0'));

	return (struct classes){
		.quote = equal(v, '"'), .slash = equal(v, '\\'),
		.open = equal(bracket, '{'), .close = equal(bracket, '}'),
		.brace = equal(v, '{'), .comma = equal(v, ','),
		.colon = equal(v, ':'), .space = spaces(v),
		.control = below(v, ' '),
		.digit = below(number, 10),
		.zero = equal(v, '0'), .dot = equal(v, '.'),
		.minus = equal(v, '-'),
	};
}

#include "event/json_needle_loop.inc"
#include "event/json_seek_loop.inc"
#include "event/json_check_loop.inc"

bool
seek_has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("pclmul") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

SEEK_TARGET const char *
seek_avx512(struct seek *k, const struct seek_filter *f)
{
	return seek_loop(k, f);
}

SEEK_TARGET bool
needle_avx512(const struct needle *n, struct str text)
{
	return needle_loop(n, text);
}

SEEK_TARGET bool
check_avx512(struct str text)
{
	return check_loop(text);
}
#endif
