/* group.c - groups with count and p99 over JSON text, beside jq on the same
 * events. jq reads them from a file and starts once for all of them; ours
 * reads memory: the file's part is mql eval's. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "common/clock.h"
#include "mql/mql.h"

enum { ROUNDS = 10, TIMES = 50 }; /* the corpus for jq; the target */

static const char query[] =
	"select country, count(*), p99(latency_ms) group by country";

static const char command[] =
	"jq -nc '[inputs | {k: .country, v: .latency_ms}] | group_by(.k) | "
	"map({country: .[0].k, n: length, "
	"p99: (map(.v) | sort | .[(length * 0.99 | floor)])})[]' %s";

static struct corpus corpus;

static bool
count_row(void *arg, const char *row, size_t len)
{
	(void)row;
	(void)len;
	++*(size_t *)arg;
	return true;
}

/* A whole query over n events; returns how many groups there were. */
static size_t
run_ours(size_t n)
{
	struct mql_query *q;
	struct mql_runner *r;
	size_t rows = 0, len;
	const char *row;

	if (mql_query_compile(query, &q, NULL) || mql_runner_new(q, 0, &r))
		bench_die("cannot compile: %s", query);
	mql_runner_rows(r, count_row, &rows);
	for (size_t i = 0; i < n; i++) {
		struct str t = corpus_event(&corpus, i);

		if (mql_runner_event(r, t.ptr, t.len, &row, &len))
			bench_die("a bad event");
	}
	mql_runner_end(r);
	mql_runner_free(r);
	mql_query_free(q);
	return rows;
}

static void
loop_ours(void *arg, size_t n)
{
	(void)arg;
	run_ours(n);
}

static void
write_events(const char *path)
{
	FILE *to = fopen(path, "w");

	for (size_t i = 0; to && i < ROUNDS * CORPUS_EVENTS; i++) {
		struct str t = corpus_event(&corpus, i);

		fprintf(to, "%.*s\n", (int)t.len, t.ptr);
	}
	if (!to || fclose(to))
		bench_die("cannot write %s", path);
}

/* Lines that jq prints. */
static size_t
run_jq(const char *path)
{
	char text[sizeof command + 4096];
	size_t lines = 0;
	FILE *from;
	int c;

	snprintf(text, sizeof text, command, path);
	from = popen(text, "r");
	while (from && (c = getc(from)) != EOF)
		lines += c == '\n';
	if (!from || pclose(from))
		bench_die("cannot run jq");
	return lines;
}

int
main(int argc, char **argv)
{
	char path[4000];
	int64_t began;
	double jq;

	snprintf(path, sizeof path, "%s/group.ndjson",
		 argc > 1 ? argv[1] : ".");
	corpus_fill(&corpus, CORPUS_EARLY);
	write_events(path);
	if (run_jq(path) != run_ours(ROUNDS * CORPUS_EVENTS))
		bench_die("we and jq do not find the same groups");
	began = clock_mono_ns();
	run_jq(path);
	jq = (double)(clock_mono_ns() - began) / (ROUNDS * CORPUS_EVENTS);
	unlink(path);
	bench_report("group", "count and p99 by key, beside jq",
		     bench_ns(loop_ours, NULL), "ns", jq, jq / TIMES);
	return 0;
}
