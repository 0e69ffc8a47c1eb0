/* matcher.c - what many live queries cost an event, beside the same programs
 * tried one after the other, and what one query more costs the agent.
 *
 * With a number of queries as a second argument only loop_index() runs, on
 * each event once, for who counts instructions. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/many.h"
#include "mql/matcher.h"

enum { MOST = 10001 };

struct suite {
	struct many          *many;
	struct schema        *schema;
	struct reader        *reader;
	struct eval          *eval;
	struct eval_counts    counts[MOST];
	uint16_t              hit[MOST];
	struct matcher_query  query[MOST];
	size_t                n;
	struct matcher       *m;
	/* The same queries for the plain loop. */
	struct pathset       *paths;
	uint16_t             *slots[MOST];
	size_t                hits;
};

static const struct event_meta meta;

static struct event
event_at(const struct suite *s, size_t i)
{
	return (struct event){ .form = EVENT_STRUCT, .schema = s->schema,
			       .record = many_event(s->many, i),
			       .meta = &meta };
}

void loop_index(void *arg, size_t n);
void loop_naive(void *arg, size_t n);

void
loop_index(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		struct event ev = event_at(s, i);

		reader_begin(s->reader, matcher_paths(s->m), &ev);
		s->hits += matcher_match(s->m, s->eval, s->reader, s->counts,
					 NULL,
					 s->hit);
	}
}

void
loop_naive(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		struct event ev = event_at(s, i);

		reader_begin(s->reader, s->paths, &ev);
		for (size_t k = 0; k < s->n; k++)
			s->hits += query_match(s->query[k].q, s->slots[k],
					       s->eval, s->reader,
					       &s->counts[k]);
	}
}

/* One more, then the first one less. Each follows the one that is live. */
static void
loop_add(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		struct matcher_query *of = &s->query[i % s->n];
		struct matcher *next;

		if (matcher_next(s->m, of, 1, &of->id, 1, NULL, &next))
			bench_die("out of memory");
		matcher_free(s->m);
		s->m = next;
	}
}

static void
loop_new(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		struct matcher *m;

		if (matcher_new(s->schema, s->query, s->n, NULL, &m))
			bench_die("out of memory");
		matcher_free(m);
	}
}

/* --- a set of queries ------------------------------------------------------------ */

static void
ask(struct suite *s, size_t n, enum many_first first)
{
	struct mql_diag d;

	s->n = n;
	if (pathset_new(s->schema, &s->paths))
		bench_die("out of memory");
	for (size_t i = 0; i < n; i++) {
		char *z = many_query(s->many, first);
		struct mql_query *q;

		if (mql_query_compile(z, &q, &d))
			bench_die("%s: %s", z, d.text);
		free(z);
		s->query[i] = (struct matcher_query){ .q = q,
						      .id = (uint16_t)i };
		s->slots[i] = calloc(query_paths(q) + 1, sizeof *s->slots[i]);
		if (!s->slots[i] || query_link(q, s->paths, s->slots[i]))
			bench_die("out of memory");
	}
	if (matcher_new(s->schema, s->query, n, NULL, &s->m))
		bench_die("out of memory");
}

static void
forget(struct suite *s)
{
	matcher_free(s->m);
	pathset_free(s->paths);
	for (size_t i = 0; i < s->n; i++) {
		mql_query_free((struct mql_query *)(uintptr_t)s->query[i].q);
		free(s->slots[i]);
	}
}

/* Until the index has seen enough of the events, and only looks at one in
 * many. */
static void
loop_warm(struct suite *s)
{
	for (size_t i = 0; i < 20 * MANY_EVENTS; i++) {
		struct event ev = event_at(s, i);

		reader_begin(s->reader, matcher_paths(s->m), &ev);
		matcher_match(s->m, s->eval, s->reader, s->counts, NULL,
			      s->hit);
	}
}

/* Both loops must find the same. */
static void
check(struct suite *s, const char *name)
{
	size_t naive;

	s->hits = 0;
	loop_naive(s, MANY_EVENTS);
	naive = s->hits;
	loop_index(s, MANY_EVENTS);
	if (s->hits != 2 * naive)
		bench_die("%s: the index finds %zu, the loop %zu", name,
			  s->hits - naive, naive);
	if (getenv("BENCH_VERBOSE"))
		fprintf(stderr, "%s: %.3g matches an event\n", name,
			(double)naive / MANY_EVENTS);
}

/* Below so many ns, and so many times as fast as the loop. */
static void
measure(struct suite *s, size_t n, enum many_first first, const char *name,
	double most, double times)
{
	double naive, target;

	ask(s, n, first);
	check(s, name);
	naive = bench_ns(loop_naive, s);
	target = naive / times;
	bench_report("matcher", name, bench_ns(loop_index, s), "ns", naive,
		     most > 0 && most < target ? most : target);
	forget(s);
}

/* Beside one query of the kind. */
static void
measure_beside_one(struct suite *s, size_t n, enum many_first first,
		   const char *name, double most)
{
	double one;

	ask(s, 1, first);
	one = bench_ns(loop_index, s);
	forget(s);
	ask(s, n, first);
	check(s, name);
	bench_report("matcher", name, bench_ns(loop_index, s), "ns", one,
		     most);
	forget(s);
}

static void
measure_change(struct suite *s)
{
	double whole;

	ask(s, 10000, MANY_SELECTIVE);
	whole = bench_ns(loop_new, s) / 1e3;
	bench_report("matcher", "10,000 queries, one in place of another",
		     bench_ns(loop_add, s) / 1e3, "us", whole, 50);
	forget(s);
}

static void
measure_all(struct suite *s)
{
	measure(s, 1, MANY_SELECTIVE, "1 query, selective", 0, 1 / 1.2);
	measure(s, 10, MANY_SELECTIVE, "10 queries, selective", 0, 1 / 1.2);
	measure(s, 20, MANY_SELECTIVE, "20 queries, selective", 0, 1 / 1.2);
	measure(s, 21, MANY_SELECTIVE, "21 queries, selective", 0, 1 / 1.2);
	measure(s, 100, MANY_SELECTIVE, "100 queries, selective", 342, 1.4);
	measure(s, 1000, MANY_SELECTIVE, "1,000 queries, selective", 1400, 6);
	measure(s, 10000, MANY_SELECTIVE, "10,000 queries, selective", 9400,
		12);
	measure(s, 1000, MANY_ANY, "1,000 queries, broad", 3640, 6);
	measure_beside_one(s, 1000, MANY_RARE, "1,000 queries, few candidates",
			   250);
	measure_beside_one(s, 10000, MANY_CUSTOMER,
			   "10,000 queries, customer_id == N", 100);
	measure_change(s);
}

int
main(int argc, char **argv)
{
	static struct suite s;

	if (argc != 2 && argc != 3)
		bench_die("usage: %s BUILD-DIRECTORY [QUERIES]", argv[0]);
	s.many = many_new();
	if (schema_new(many_fields(), MANY_FIELDS, &s.schema) ||
	    reader_new(65536, &s.reader) || eval_new(&s.eval))
		bench_die("out of memory");
	if (argc == 3) {
		ask(&s, (size_t)atoi(argv[2]) % MOST, MANY_SELECTIVE);
		loop_warm(&s);
		loop_index(&s, MANY_EVENTS);
		forget(&s);
	} else {
		measure_all(&s);
	}
	eval_free(s.eval);
	reader_free(s.reader);
	schema_free(s.schema);
	many_free(s.many);
	return 0;
}
