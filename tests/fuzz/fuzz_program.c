/* fuzz_program.c - whatever bytes verify() lets by, the machine survives: the
 * input is where a column begins (two bytes), and the code of a program over a
 * fixed event, which is run as the filter and as the column; and, if it passes
 * as such, of one over a group's cells. */
#include <stdlib.h>
#include <string.h>

#include "mql/function.h"
#include "mql/prog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NPATH = 5, NKONST = 6, NCELL = 2 };

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

	struct buf row = BUF_INIT;

	if (pathset_new(NULL, &ps) || query_link(q, ps, slots) ||
	    reader_new(4096, &r) || eval_new(&e) || reader_begin(r, ps, &ev))
		abort();
	(void)query_match(q, slots, e, r, &counts);
	query_write_row(q, slots, e, r, &counts, &row);
	buf_fini(&row);
	eval_free(e);
	reader_free(r);
	pathset_free(ps);
}

/* The same code as a program for groups. */
static void
run_on_group(const struct prog *p, uint16_t entry)
{
	struct insn always = { .op = OP_RET };
	struct cell cell = { .key = STR("\"x\":"), .entry = &entry,
			     .nentry = 1 };
	uint16_t none[NCELL] = { NO_ENTRY, NO_ENTRY };
	struct mql_query q = {
		.clock = NO_ENTRY, .cell = &cell, .ncell = 1,
		.prog = { .code = &always, .ncode = 1 }, .post = *p,
		.shape = { .folded = true, .on = NO_ENTRY, .having = NO_ENTRY,
			   .arg = none, .nagg = NCELL },
	};
	struct eval_counts counts = { 0 };
	struct buf row = BUF_INIT;
	uint8_t room[256];
	struct buf scratch = BUF_FIXED(room, sizeof room);
	struct env env = { .p = &q.post, .cells = &konst[4], .now = 1,
			   .scratch = &scratch, .counts = &counts };

	q.post.path = NULL;
	q.post.npath = 0;
	q.post.ncell = NCELL;
	if (verify(&q) || eval_new(&env.e))
		return;
	row_write(&q, &env, &row);
	buf_fini(&row);
	eval_free(env.e);
}

static const struct {
	const char *name;
	unsigned    narg;
} callee[] = { { "now", 0 }, { "lower", 1 }, { "substr", 3 }, { "concat", 2 } };
enum { NCALL = sizeof callee / sizeof *callee };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct call call[NCALL];
	uint16_t entry = 0;
	struct cell cell = { .key = STR("\"x\":"), .entry = &entry,
			     .nentry = 1 };

	if (n < sizeof entry)
		return 0;
	memcpy(&entry, data, sizeof entry);
	data += sizeof entry;
	n -= sizeof entry;
	for (size_t i = 0; i < NCALL; i++) {
		call[i].fn = function_find(str_of(callee[i].name));
		call[i].narg = callee[i].narg;
	}
	struct mql_query q = {
		.clock = NO_ENTRY, .cell = &cell, .ncell = 1,
		.shape = { .on = NO_ENTRY, .having = NO_ENTRY },
		.prog = {
			.path = path, .npath = NPATH, .konst = konst,
			.nkonst = NKONST, .nregex = 1, .nset = 1,
			.call = call, .ncall = NCALL,
			.ncode = (unsigned)(n / 8),
		},
	};
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
		run_on_group(&q.prog, entry);
	}
	free(q.prog.code);
	arena_fini(&q.arena);
	return 0;
}
