/* fuzz_program.c - whatever bytes verify() lets by, the machine survives: the
 * input is the code of a program over a fixed event. */
#include <stdlib.h>
#include <string.h>

#include "mql/prog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NPATH = 5, NKONST = 6 };

static const char event[] =
	"{\"a\":1,\"b\":\"text\",\"c\":{\"d\":2.5},\"l\":[1,\"two\",[3]]}";

static struct step step[NPATH] = {
	{ .kind = STEP_KEY, .key = { "a", 1 } },
	{ .kind = STEP_KEY, .key = { "b", 1 } },
	{ .kind = STEP_KEY, .key = { "c", 1 } },
	{ .kind = STEP_KEY, .key = { "none", 4 } },
};
static struct step walk[] = {
	{ .kind = STEP_KEY, .key = { "l", 1 } }, { .kind = STEP_ANY },
};
static struct path path[NPATH] = {
	{ .nsteps = 1, .steps = &step[0] }, { .nsteps = 1, .steps = &step[1] },
	{ .nsteps = 1, .steps = &step[2] }, { .nsteps = 1, .steps = &step[3] },
	{ .nsteps = 2, .steps = walk },
};
static struct value konst[NKONST] = {
	{ .type = VALUE_NULL },
	{ .type = VALUE_BOOL, .b = true },
	{ .type = VALUE_INT, .i = INT64_MIN },
	{ .type = VALUE_INT, .i = -1 },
	{ .type = VALUE_FLOAT, .f = 1e300 },
	{ .type = VALUE_STR, .ptr = "t%", .len = 2 },
};

static void
run(struct mql_query *q)
{
	static const struct event_meta meta;
	const struct event ev = {
		.form = EVENT_JSON, .text = { event, sizeof event - 1 },
		.meta = &meta,
	};
	struct eval_counts counts = { 0 };
	struct pathset *ps = NULL;
	struct reader *r = NULL;
	struct eval *e = NULL;
	uint16_t slots[NPATH];

	if (pathset_new(NULL, &ps) || query_link(q, ps, slots) ||
	    reader_new(4096, &r) || eval_new(&e) || reader_begin(r, ps, &ev))
		abort();
	(void)query_match(q, slots, e, r, &counts);
	eval_free(e);
	reader_free(r);
	pathset_free(ps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct mql_query q = { .prog = {
		.path = path, .npath = NPATH, .konst = konst, .nkonst = NKONST,
		.nregex = 1, .nset = 1, .ncode = (unsigned)(n / 8),
	} };
	struct regex_error why;
	struct regex regex;
	struct set set;

	if (regex_compile(&q.arena, STR("(t|e)+x*t$"), false, &regex, &why) ||
	    set_init(&set, &q.arena, konst, NKONST))
		abort();
	q.prog.regex = &regex;
	q.prog.set = &set;
	q.prog.code = malloc(n / 8 * 8); /* exact: ASan sees overruns */
	if (q.prog.code && n >= 8) {
		memcpy(q.prog.code, data, n / 8 * 8);
		if (verify(&q) == 0)
			run(&q);
	}
	free(q.prog.code);
	arena_fini(&q.arena);
	return 0;
}
