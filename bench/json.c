/* json.c - what the exact filter on JSON text costs, per event of 3 KB, beside
 * simdjson with the same fields, and beside a parser that makes a tree.
 *
 * Ours is mql_runner_event(): begin, match, and for the few that match, check
 * and write the row. Where it may, it looks at the raw bytes first
 * (mql/pretest.h); a condition that says the same in a way in which nobody can
 * look for it shows what reading alone costs. */
#include <jansson.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "bench/simdjson.h"
#include "mql/mql.h"

static const char two_terms[] =
	"select type where country == 'BR' and device == 'ipad'";
static const char read_terms[] =
	"select type where not (country != 'BR' or device != 'ipad')";
static const char five_terms[] =
	"select type where country == 'none' or device == 'none' or "
	"cdn == 'none' or player == 'none' or network == 'none'";

struct filter {
	const struct corpus *corpus;
	struct mql_runner   *runner;
	bool (*peer)(const char *text, size_t len);
	size_t hits, events;
};

static void
loop_ours(void *arg, size_t n)
{
	struct filter *f = arg;
	size_t rowlen;
	const char *row;

	for (size_t i = 0; i < n; i++) {
		struct str t = corpus_event(f->corpus, i);

		if (mql_runner_event(f->runner, t.ptr, t.len, &row, &rowlen))
			bench_die("a bad event");
		f->hits += row != NULL;
	}
	f->events += n;
}

static void
loop_peer(void *arg, size_t n)
{
	struct filter *f = arg;

	for (size_t i = 0; i < n; i++) {
		struct str t = corpus_event(f->corpus, i);

		f->hits += f->peer(t.ptr, t.len);
	}
	f->events += n;
}

static bool
jansson_two_terms(const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, 0, NULL);
	const char *c = json_string_value(json_object_get(root, "country"));
	const char *d = json_string_value(json_object_get(root, "device"));
	bool is = c && d && !strcmp(c, "BR") && !strcmp(d, "ipad");

	json_decref(root);
	return is;
}

static double
measure_peer(const struct corpus *c, bool (*peer)(const char *, size_t))
{
	struct filter f = { .corpus = c, .peer = peer };

	return bench_ns(loop_peer, &f);
}

/* Ours, once it is sure that it finds what the peer does. */
static double
measure_ours(const struct corpus *c, const char *query,
	     bool (*peer)(const char *, size_t))
{
	struct filter f = { .corpus = c, .peer = peer };
	struct mql_query *q;
	size_t found;
	double ns;

	if (mql_query_compile(query, &q, NULL) ||
	    mql_runner_new(q, 0, &f.runner))
		bench_die("cannot compile: %s", query);
	loop_peer(&f, CORPUS_EVENTS);
	found = f.hits;
	loop_ours(&f, CORPUS_EVENTS);
	if (f.hits != 2 * found)
		bench_die("we find %zu events, the peer %zu", f.hits - found,
			  found);
	ns = bench_ns(loop_ours, &f);
	mql_runner_free(f.runner);
	mql_query_free(q);
	return ns;
}

static void
report(const char *name, double ours, double peer, double times)
{
	bench_report("json", name, ours, "ns", peer,
		     times > 0 ? peer / times : NONE);
}

static void
measure(const struct corpus *c, const char *names[4])
{
	double peer = measure_peer(c, simdjson_two_terms);

	report(names[0], measure_ours(c, two_terms, simdjson_two_terms), peer,
	       1.4);
	report(names[1], measure_ours(c, read_terms, simdjson_two_terms), peer,
	       1.4);
	peer = measure_peer(c, simdjson_five_terms);
	report(names[2], measure_ours(c, five_terms, simdjson_five_terms),
	       peer, 1);
	peer = measure_peer(c, simdjson_parse);
	report(names[3], measure_ours(c, "select *", simdjson_parse), peer, 0);
}

int
main(void)
{
	static struct corpus early, late;
	double tree;

	corpus_fill(&early, CORPUS_EARLY);
	corpus_fill(&late, CORPUS_LATE);
	measure(&early, (const char *[]){
		"2 terms, early keys", "2 terms, early, all are read",
		"5 terms, some early", "select *: all checked and written" });
	measure(&late, (const char *[]){
		"2 terms, late keys", "2 terms, late, all are read",
		"5 terms, some late", "select *, late keys" });
	tree = measure_peer(&early, jansson_two_terms);
	report("2 terms, early, beside jansson",
	       measure_ours(&early, two_terms, jansson_two_terms), tree,
	       100);
	return 0;
}
