/* eval.c - `mql eval` over a file of 200 MB in the page cache, per event of
 * 3 KB, beside `rg -c -F` with the rarer value, which answers less, and jq,
 * which answers the same. Without rg or jq its rows are left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "common/clock.h"
#include "common/scratch.h"

enum { EVENTS = 66000, RUNS = 5 };

#define QUERY "select type where country == 'BR' and device == 'ipad'"
#define JQ    "select(.country == \"BR\" and .device == \"ipad\") | {type}"

/* Room for the names of a build and a directory. */
enum { COMMAND = 1024 };

struct shown {
	char command[COMMAND];
	double ns[RUNS];
};

static bool
have(const char *program)
{
	char line[COMMAND];

	snprintf(line, sizeof line, "command -v %s > /dev/null", program);
	if (!system(line))
		return true;
	fprintf(stderr, "bench: no %s here: its rows of eval are left out\n",
		program);
	return false;
}

static void
write_events(const char *file)
{
	static struct corpus c;
	FILE *f = fopen(file, "w");

	if (!f)
		bench_die("cannot write %s", file);
	corpus_fill(&c, CORPUS_EARLY);
	for (size_t i = 0; i < EVENTS; i++) {
		struct str t = corpus_event(&c, i);
		fwrite(t.ptr, 1, t.len, f);
		putc('\n', f);
	}
	if (fclose(f))
		bench_die("cannot write %s", file);
}

static double
run(const char *command)
{
	int64_t began = clock_mono_ns();

	if (system(command))
		bench_die("failed: %s", command);
	return (double)(clock_mono_ns() - began) / EVENTS;
}

/* Beside one another in time, so that they find the machine in one state. */
static void
run_in_turn(struct shown *s, size_t n)
{
	for (int i = 0; i < RUNS; i++)
		for (size_t k = 0; k < n; k++)
			s[k].ns[i] = run(s[k].command);
}

static void
beside_rg(const char *build, const char *file)
{
	static struct shown s[3];

	snprintf(s[0].command, COMMAND, "%s/mql eval \"%s\" %s > /dev/null",
		 build, QUERY, file);
	snprintf(s[1].command, COMMAND,
		 "%s/mql eval --threads 1 \"%s\" %s > /dev/null", build, QUERY,
		 file);
	snprintf(s[2].command, COMMAND, "rg -c -F '\"BR\"' %s > /dev/null",
		 file);
	run_in_turn(s, 3);
	double rg = bench_percentile(s[2].ns, RUNS, 50);
	bench_report("eval", "2 terms, beside rg -c -F",
		     bench_percentile(s[0].ns, RUNS, 50), "ns", rg, rg);
	bench_report("eval", "the same, one thread",
		     bench_percentile(s[1].ns, RUNS, 50), "ns", rg, NONE);
}

/* Both must find the same, and jq is run once: it takes seconds. */
static void
beside_jq(const char *build, const char *dir, const char *file)
{
	static struct shown s;
	char jq[COMMAND], cmp[COMMAND];

	snprintf(s.command, COMMAND, "%s/mql eval \"%s\" %s > %s/ours", build,
		 QUERY, file, dir);
	snprintf(jq, sizeof jq, "jq -c '%s' %s > %s/jq", JQ, file, dir);
	snprintf(cmp, sizeof cmp, "cmp %s/ours %s/jq", dir, dir);
	run_in_turn(&s, 1);
	double peer = run(jq);
	run(cmp);
	bench_report("eval", "2 terms, beside jq",
		     bench_percentile(s.ns, RUNS, 50), "ns", peer, peer / 100);
}

int
main(int argc, char **argv)
{
	char dir[SCRATCH_PATH], file[SCRATCH_PATH + 16];
	char clean[SCRATCH_PATH + 16];

	if (argc != 2)
		bench_die("eval takes the folder of the build");
	if (!scratch_dir(dir, "bench-eval"))
		bench_die("no directory for temporary files");
	snprintf(file, sizeof file, "%s/events.ndjson", dir);
	snprintf(clean, sizeof clean, "rm -rf %s", dir);
	write_events(file);
	if (have("rg"))
		beside_rg(argv[1], file);
	if (have("jq"))
		beside_jq(argv[1], dir, file);
	return system(clean) != 0;
}
