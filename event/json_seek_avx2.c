/* json_seek_avx2.c - 32 bytes at a time, on most x86-64 since 2013. This file
 * alone may use such instructions, and seek_best() asks first. */
#include "event/json_check.h"
#include "event/json_seek.h"

#ifdef __x86_64__
#include <immintrin.h>

#define SEEK_TARGET __attribute__((target("avx2,pclmul,bmi,popcnt")))

struct masks {
	uint64_t quote, slash, open, close;
};

SEEK_TARGET static inline __m256i
load(const char *p)
{
	return _mm256_loadu_si256((const __m256i_u *)p);
}

SEEK_TARGET static inline uint64_t
mask_of(__m256i first, __m256i second)
{
	return (uint32_t)_mm256_movemask_epi8(first) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(second) << 32;
}

SEEK_TARGET static inline uint64_t
equal(__m256i first, __m256i second, char c)
{
	const __m256i all = _mm256_set1_epi8(c);

	return mask_of(_mm256_cmpeq_epi8(first, all),
		       _mm256_cmpeq_epi8(second, all));
}

/* { and [, } and ] differ in one bit. */
SEEK_TARGET static inline struct masks
read_block(const char *p)
{
	const __m256i bit = _mm256_set1_epi8('{' ^ '[');
	__m256i first = load(p), second = load(p + 32);
	struct masks m = {
		.quote = equal(first, second, '"'),
		.slash = equal(first, second, '\\'),
	};

	first = _mm256_or_si256(first, bit);
	second = _mm256_or_si256(second, bit);
	m.open = equal(first, second, '{');
	m.close = equal(first, second, '}');
	return m;
}

/* A product without carries by all ones. */
SEEK_TARGET static inline uint64_t
prefix_xor(uint64_t bits)
{
	const __m128i ones = _mm_set1_epi8(-1);
	__m128i x = _mm_set_epi64x(0, (long long)bits);

	x = _mm_clmulepi64_si128(x, ones, 0);
	return (uint64_t)_mm_cvtsi128_si64(x);
}

/* The classes of each byte at p, as first or second one. */
SEEK_TARGET static inline __m256i
classes(const char *p, const struct seek_filter *f, int nth)
{
	const __m256i half = _mm256_set1_epi8(15);
	const __m256i low = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i_u *)f->byte[nth].low));
	const __m256i high = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i_u *)f->byte[nth].high));
	__m256i v = load(p), top = _mm256_srli_epi16(v, 4);

	return _mm256_and_si256(
		_mm256_shuffle_epi8(low, _mm256_and_si256(v, half)),
		_mm256_shuffle_epi8(high, _mm256_and_si256(top, half)));
}

SEEK_TARGET static inline __m256i
fail(const char *p, const struct seek_filter *f)
{
	const __m256i both = _mm256_and_si256(classes(p + 1, f, 0),
					      classes(p + 2, f, 1));

	return _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
}

SEEK_TARGET static inline uint64_t
pass(const char *p, const struct seek_filter *f, uint64_t quotes)
{
	return quotes & ~mask_of(fail(p, f), fail(p + 32, f));
}

/* Where a, b and c stand one after the other. */
SEEK_TARGET static inline __m256i
row_of(const char *p, char a, char b, char c)
{
	__m256i x = _mm256_cmpeq_epi8(load(p), _mm256_set1_epi8(a));
	__m256i y = _mm256_cmpeq_epi8(load(p + 1), _mm256_set1_epi8(b));
	__m256i z = _mm256_cmpeq_epi8(load(p + 2), _mm256_set1_epi8(c));

	return _mm256_and_si256(_mm256_and_si256(x, y), z);
}

SEEK_TARGET static inline uint64_t
match(const char *p, char a, char b, char c)
{
	return mask_of(row_of(p, a, b, c), row_of(p + 32, a, b, c));
}

/* What is at most c, without a sign. */
SEEK_TARGET static inline uint64_t
at_most(__m256i first, __m256i second, char c)
{
	const __m256i all = _mm256_set1_epi8(c);

	return mask_of(_mm256_cmpeq_epi8(_mm256_min_epu8(first, all), first),
		       _mm256_cmpeq_epi8(_mm256_min_epu8(second, all), second));
}

/* A byte is space when its low half selects the same byte. */
SEEK_TARGET static inline uint64_t
spaces(__m256i first, __m256i second)
{
	const __m256i space = _mm256_setr_epi8(
		' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r',
		-1, -1, ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1,
		-1, '\r', -1, -1);

	return mask_of(
		_mm256_cmpeq_epi8(_mm256_shuffle_epi8(space, first), first),
		_mm256_cmpeq_epi8(_mm256_shuffle_epi8(space, second), second));
}

SEEK_TARGET static inline struct classes
read_classes(const char *p)
{
	const __m256i bit = _mm256_set1_epi8('{' ^ '[');
	const __m256i nought = _mm256_set1_epi8('0');
	__m256i first = load(p), second = load(p + 32);
	__m256i bracket1 = _mm256_or_si256(first, bit);
	__m256i bracket2 = _mm256_or_si256(second, bit);

	return (struct classes){
		.quote = equal(first, second, '"'),
		.slash = equal(first, second, '\\'),
		.open = equal(bracket1, bracket2, '{'),
		.close = equal(bracket1, bracket2, '}'),
		.brace = equal(first, second, '{'),
		.comma = equal(first, second, ','),
		.colon = equal(first, second, ':'),
		.space = spaces(first, second),
		.control = at_most(first, second, ' ' - 1),
		.digit = at_most(_mm256_sub_epi8(first, nought),
				 _mm256_sub_epi8(second, nought), 9),
		.zero = equal(first, second, '0'),
		.dot = equal(first, second, '.'),
		.minus = equal(first, second, '-'),
	};
}

#include "event/json_needle_loop.inc"
#include "event/json_seek_loop.inc"
#include "event/json_check_loop.inc"

bool
seek_has_avx2(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("pclmul") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

SEEK_TARGET const char *
seek_avx2(struct seek *k, const struct seek_filter *f)
{
	return seek_loop(k, f);
}

SEEK_TARGET bool
needle_avx2(const struct needle *n, struct str text)
{
	return needle_loop(n, text);
}

SEEK_TARGET bool
check_avx2(struct str text)
{
	return check_loop(text);
}
#endif
