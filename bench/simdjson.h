/* simdjson.h - the same filters, by the library that is the limit for them.
 * Texts need CORPUS_SLACK readable bytes behind them. */
#ifndef BENCH_SIMDJSON_H
#define BENCH_SIMDJSON_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* country == 'BR' and device == 'ipad', On-Demand, the keys in this order */
bool simdjson_two_terms(const char *text, size_t len);

/* Is any of these strings `none`? Looks for all of them, in this order:
 * country, device, cdn, player, network. */
bool simdjson_five_terms(const char *text, size_t len);

/* Read the whole text, strictly, into a tree. */
bool simdjson_parse(const char *text, size_t len);

#ifdef __cplusplus
}
#endif
#endif
