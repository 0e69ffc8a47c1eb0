/* aggregate.c - the table of aggregates, and a call of one.
 *
 * The examples are of a window of 10 s with four events, one a second, whose
 * x is 1, 2, 2 and 5. */
#include "mql/agg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mql/word.h"

enum { DEFAULT_TOP = 10, MAX_NAME = 16 };

/* The functions of a row: which take values in, which gives the result, which
 * know the state. */
#define RUN(input, result, state, heap_)                              \
	.size = sizeof(struct agg_##state), .init = agg_init,         \
	.update = agg_##input##_update, .merge = agg_##input##_merge, \
	.finish = agg_##result##_finish,                              \
	.put = agg_##state##_put, .get = agg_##state##_get,           \
	.fini = agg_##heap_##_fini, .heap = agg_##heap_##_heap

#define P(name_, say, gives_)                                         \
	{ .name = name_, .args = "n", .about = say " 1% of the value", \
	  .example = name_ "(x)", .gives = gives_,                    \
	  RUN(percentile, percentile, percentile, percentile) }

static const struct aggregate table[] = {
	{ .name = "count", .args = "*",
	  .about = "how many events, or values that are not null; "
		   "distinct: within 1.6% when more than 512",
	  .example = "count(distinct x)", .gives = "3",
	  .exact = true, RUN(count, count, count, count) },
	{ .name = "sum", .args = "n",
	  .about = "the sum: of integers exact to 128 bits, of floats "
		   "rounded once",
	  .example = "sum(x)", .gives = "10",
	  .exact = true, RUN(sum, sum, sum, sum) },
	{ .name = "avg", .args = "n", .about = "the mean, as a float",
	  .example = "avg(x)", .gives = "2.5",
	  .exact = true, RUN(sum, avg, sum, sum) },
	{ .name = "average", .args = "n", .about = "the same as avg",
	  .example = "average(x)", .gives = "2.5",
	  .exact = true, RUN(sum, avg, sum, sum) },
	{ .name = "min", .args = "v",
	  .about = "the least; booleans come before numbers, numbers "
		   "before strings",
	  .example = "min(x)", .gives = "1",
	  .exact = true, RUN(min, extreme, extreme, extreme) },
	{ .name = "max", .args = "v", .about = "the greatest, as for min",
	  .example = "max(x)", .gives = "5",
	  .exact = true, RUN(max, extreme, extreme, extreme) },
	{ .name = "stddev", .args = "n",
	  .about = "standard deviation of the sample; null for one value",
	  .example = "round(stddev(x), 3)", .gives = "1.732",
	  RUN(moment, stddev, moment, no) },
	{ .name = "variance", .args = "n",
	  .about = "the square of stddev: divided by n - 1",
	  .example = "round(variance(x), 3)", .gives = "3",
	  RUN(moment, variance, moment, no) },
	P("p1", "1 in 100 values is at most this, within", "1"),
	P("p5", "5 in 100 values are at most this, within", "1"),
	P("p10", "10 in 100 values are at most this, within", "1"),
	P("p25", "the first quartile, within", "1"),
	P("p50", "the median, within", "2"),
	P("p75", "the third quartile, within", "2"),
	P("p90", "90 in 100 values are at most this, within", "5"),
	P("p95", "95 in 100 values are at most this, within", "5"),
	P("p99", "99 in 100 values are at most this, within", "5"),
	P("p995", "995 in 1000 values are at most this, within", "5"),
	{ .name = "percentile", .args = "nn",
	  .about = "the value of rank ceil(q * n), for 0 < q < 1; exact up "
		   "to 1,024 different values, then within 1% of the value",
	  .example = "percentile(x, 0.5)", .gives = "2",
	  RUN(percentile, percentile, percentile, percentile) },
	{ .name = "top", .args = "vi?",
	  .about = "the k (10) most frequent values; each count is too high "
		   "by error at most",
	  .example = "top(x, 1)",
	  .gives = "[{\"value\":2,\"count\":2,\"error\":0}]",
	  RUN(top, top, top, top) },
	{ .name = "list", .args = "v",
	  .about = "the values in their order, the first 1000 or 32 KiB",
	  .example = "list(x)", .gives = "[1,2,2,5]",
	  .exact = true, RUN(list, list, list, list) },
	{ .name = "first", .args = "v", .about = "the first value in time",
	  .example = "first(x)", .gives = "1",
	  .exact = true, RUN(first, edge, edge, edge) },
	{ .name = "last", .args = "v", .about = "the last value in time",
	  .example = "last(x)", .gives = "5",
	  .exact = true, RUN(last, edge, edge, edge) },
	{ .name = "rate", .args = "v?",
	  .about = "events, or values that are not null, a second; without "
		   "a window from the first to the last",
	  .example = "rate()", .gives = "0.4",
	  .exact = true, RUN(rate, rate, rate, no) },
};

enum { ROWS = sizeof table / sizeof *table };

const struct aggregate *
aggregate_table(size_t *n)
{
	*n = ROWS;
	return table;
}

const struct aggregate *
aggregate_find(struct str name)
{
	char lower[MAX_NAME];

	if (name.len > sizeof lower)
		return NULL;
	for (size_t i = 0; i < name.len; i++) {
		const char c = name.ptr[i];
		lower[i] = (char)(c >= 'A' && c <= 'Z' ? c | 32 : c);
	}
	for (size_t i = 0; i < ROWS; i++)
		if (str_eq(str_of(table[i].name),
			   (struct str){ lower, name.len }))
			return &table[i];
	return NULL;
}

const char *
aggregate_near(struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (word_is_near(name, str_of(table[i].name)))
			return table[i].name;
	return NULL;
}

/* --- a call --------------------------------------------------------------- */

__attribute__((format(printf, 4, 5)))
static int
refuse(int err, char *why, size_t nwhy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, nwhy, fmt, ap);
	va_end(ap);
	return err;
}

/* 0.99 of p99 and 0.995 of p995; 0 when it is no such name. */
static double
quantile_of(const struct aggregate *fn)
{
	const int digits = fn->name[0] == 'p' ? atoi(fn->name + 1) : 0;

	return digits > 100 ? digits / 1000.0 : digits / 100.0;
}

/* Constants after the first argument: how many there must be and may be. */
static unsigned
least_params(const struct aggregate *fn)
{
	return fn->args[0] && fn->args[1] && fn->args[1] != '?' &&
	       fn->args[2] != '?';
}

static unsigned
most_params(const struct aggregate *fn)
{
	return fn->args[0] && fn->args[1] && fn->args[1] != '?';
}

static int
set_quantile(struct aggregate_call *c, const struct value *v, char *why,
	     size_t nwhy)
{
	if (!value_is_number(v))
		return refuse(MQL_ETYPE, why, nwhy, "%s() takes a number "
			      "between 0 and 1, such as 0.99", c->fn->name);
	c->q = value_number(v);
	if (c->q > 0 && c->q < 1)
		return 0;
	return refuse(MQL_ELIMIT, why, nwhy, "%s() takes a number between "
		      "0 and 1, such as 0.99", c->fn->name);
}

static int
set_top(struct aggregate_call *c, const struct value *v, char *why,
	size_t nwhy)
{
	if (v->type != VALUE_INT)
		return refuse(MQL_ETYPE, why, nwhy, "%s() takes a whole "
			      "number of values", c->fn->name);
	if (v->i < 1 || v->i > AGGREGATE_MAX_TOP)
		return refuse(MQL_ELIMIT, why, nwhy, "%s() gives 1 to %d "
			      "values", c->fn->name, AGGREGATE_MAX_TOP);
	c->k = (uint32_t)v->i;
	return 0;
}

bool
aggregate_same(const struct aggregate_call *a, const struct aggregate_call *b)
{
	return a->fn == b->fn && !(a->q < b->q) && !(a->q > b->q) &&
	       a->k == b->k && a->distinct == b->distinct;
}

int
aggregate_call_init(struct aggregate_call *c, const struct aggregate *fn,
		    bool distinct, const struct value *param,
		    unsigned nparam, char *why, size_t nwhy)
{
	*c = (struct aggregate_call){
		.fn = fn, .q = quantile_of(fn), .k = DEFAULT_TOP,
		.distinct = distinct,
	};
	if (distinct && fn->update != agg_count_update)
		return refuse(MQL_ETYPE, why, nwhy, "only count() takes "
			      "distinct, not %s()", fn->name);
	if (nparam < least_params(fn))
		return refuse(MQL_ETYPE, why, nwhy, "%s() takes a second "
			      "argument", fn->name);
	if (nparam > most_params(fn))
		return refuse(MQL_ETYPE, why, nwhy, "%s() takes no more than "
			      "%u argument%s", fn->name,
			      most_params(fn) + (fn->args[0] != '\0'),
			      most_params(fn) ? "s" : "");
	if (!nparam)
		return 0;
	if (fn->update == agg_top_update)
		return set_top(c, param, why, nwhy);
	return set_quantile(c, param, why, nwhy);
}
