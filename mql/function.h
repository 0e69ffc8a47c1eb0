/* function.h - the scalar functions of the language: one table declares each.
 *
 * From the table come the checks of calls, `mql functions`, the reference in
 * docs/mql.md, and what the planner may send to an agent. A function is pure:
 * its result depends on its arguments (and, for now(), on the time that it
 * is given) alone. It allocates nothing but scratch, and its cost is linear
 * in its arguments' text at most, unless its class says so. Any thread. */
#ifndef MQL_FUNCTION_H
#define MQL_FUNCTION_H

#include "common/buf.h"
#include "event/value.h"

enum { FUNCTION_MAX_ARGS = 8 };

enum function_null {
	FUNCTION_STRICT,  /* null when any argument is: run is not called */
	FUNCTION_LENIENT, /* run sees nulls */
};

enum function_cost { /* of one call, for the admission of a query */
	FUNCTION_CHEAP,  /* constant */
	FUNCTION_TEXT,   /* linear in the text of its arguments */
	FUNCTION_HEAVY,  /* a bounded multiple of that */
};

struct function_call {
	const struct value *arg;
	unsigned            narg;
	struct buf         *scratch; /* fixed; results may point into it */
	int64_t             now;     /* ms since the epoch */
};

struct function {
	const char *name;
	/* One letter an argument: s string, n number, i integer, b boolean,
	 * t time (see time.h), v any value; `?` after a letter: optional;
	 * `*` at the end: the last one may be repeated. A constant argument
	 * of another type is refused at compile time; at run time a value of
	 * another type makes the result null. */
	const char *args;
	const char *result; /* string, number, integer, boolean or any */
	enum function_null null;
	enum function_cost cost;
	bool        agent;   /* may run in an agent */
	const char *group;   /* Text, Numbers, Values, Time or Network */
	const char *about;   /* one line */
	const char *example; /* an expression, and what it gives as JSON */
	const char *gives;
	/* NULL for what the compiler itself turns into code (if, coalesce,
	 * regexp_extract, exists). The result's text points into an argument,
	 * into scratch or into static memory; when scratch is full the result
	 * is null. */
	struct value (*run)(const struct function_call *c);
};

/* The table in the order of the reference; *n is its length. */
const struct function *function_table(size_t *n);

/* By name, in any case; NULL when there is none. */
const struct function *function_find(struct str name);

/* The nearest name for "did you mean", or NULL. */
const char *function_near(struct str name);

/* Can it be called with so many arguments? */
bool function_takes(const struct function *f, unsigned narg);
/* The letter of argument i (the last one again for repeated ones). */
char function_arg(const struct function *f, unsigned i);

/* Check types, apply the null rule, run. */
struct value function_apply(const struct function *f,
			    const struct function_call *c);

#endif
