/* json_check.h - is a text valid, told from masks of 64 bytes.
 *
 * Between two tokens JSON has few rules, and all of them are about a token and
 * the one before it. So no token is visited: the bytes behind all commas of a
 * block, space left out, are one mask; that each of them begins a value is one
 * operation for all of them.
 *
 *     {"id":-7.50, "a":[true,{}]}
 *     {     :           [     {       opens a value, or expects one ...
 *      "    -      "    t     }       what must begin there
 *
 * What is looked at byte by byte: brackets, for their match; escapes; numbers
 * with an exponent, and words. Private to event/. */
#ifndef EVENT_JSON_CHECK_H
#define EVENT_JSON_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

/* text begins with a bracket, and ends with one. True: it is valid. False: it
 * is not, or json_scan.h is to say. */
typedef bool check_fn(struct str text);

/* The fastest that this processor has. NULL: none is faster than the scan, as
 * with vectors of 16 bytes. */
check_fn *check_best(void);

#ifdef __x86_64__
check_fn check_avx2;   /* only where seek_has_avx2() */
check_fn check_avx512; /* only where seek_has_avx512() */
#endif

/* Of 64 bytes, which are what, wherever they stand. open and close are of both
 * kinds of brackets, brace is `{`; control is all below the space. */
struct classes {
	uint64_t quote, slash, open, close, brace, comma, colon, space;
	uint64_t control, digit, zero, dot, minus;
};

/* What the kernels share. Is at p a scalar, whose end is end, or what may
 * follow one? Is at p what a backslash before it may escape? */
bool check_scalar(const char *p, const char *end);
bool check_escape(const char *p, const char *end);

#endif
