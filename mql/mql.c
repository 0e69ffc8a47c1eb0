/* mql.c - the compiler's driver: the one file that knows every stage.
 *
 *   text -- lex.l ----> tokens
 *        -- grammar.y -> tree        ast.h     nodes in an arena; tree.h
 *        -- check.c --> checked tree           conditions, types, [*]
 *        -- plan.c ---> plan         plan.h    what runs where, one spelling
 *        -- emit.c ---> program      prog.h    bytecode, op.h lists it
 *        -- verify.c -> trusted                bounds, forward jumps
 *        -- access.c -> indexable               what a matcher looks up
 *
 * A stage that fails has told fail() where and why. */
#include <stdarg.h>

#include "common/utf8.h"
#include "mql/compile.h"
#include "mql/tree.h"
#include "mql/grammar.h"
#include "mql/lex.h"
#include "mql/plan.h"
#include "mql/prog.h"
#include "mql/query.h"

/* --- failing -------------------------------------------------------------- */

/* Columns count characters: bytes that do not go on with one. */
static bool
begins_char(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

struct str
span_text(const struct compile *c, struct span at, size_t max)
{
	struct str s = { c->text.ptr + at.beg, (size_t)(at.end - at.beg) };

	if (s.len > max) {
		s.len = max;
		while (s.len && !begins_char(s.ptr[s.len]))
			s.len--;
	}
	return s;
}

static void
locate(struct str text, int offset, struct mql_diag *d)
{
	d->line = d->col = 1;
	for (int i = 0; i < offset; i++) {
		d->col += begins_char(text.ptr[i]);
		if (text.ptr[i] == '\n') {
			d->line++;
			d->col = 1;
		}
	}
}

/* One line of whole characters, whatever was quoted or cut. */
static void
tidy(char *text)
{
	text[utf8_good(str_of(text))] = 0;
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

int
fail(struct compile *c, int err, struct span at, const char *fmt, ...)
{
	va_list ap;

	if (c->err)
		return c->err;
	c->err = err;
	c->diag->beg = at.beg;
	c->diag->end = at.end;
	locate(c->text, at.beg, c->diag);
	va_start(ap, fmt);
	vsnprintf(c->diag->text, sizeof c->diag->text, fmt, ap);
	va_end(ap);
	tidy(c->diag->text);
	return err;
}

int
fail_nomem(struct compile *c)
{
	return fail(c, MQL_ENOMEM, (struct span){ 0, 0 }, "out of memory");
}

/* --- the stages ----------------------------------------------------------- */

/* What the scanner relies on: UTF-8, no NUL, not too long. */
static int
check_text(struct compile *c)
{
	struct str text = c->text;
	struct span at = { 0, 0 };

	if (text.len > QUERY_MAX_TEXT)
		return fail(c, MQL_ELIMIT, at, "a query has at most %d bytes",
			    QUERY_MAX_TEXT);
	size_t good = utf8_good(text);
	const char *nul = good ? memchr(text.ptr, 0, good) : NULL;

	at.beg = nul ? (int)(nul - text.ptr) : (int)good;
	at.end = at.beg + 1;
	if (nul)
		return fail(c, MQL_ESYNTAX, at, "there is a NUL byte here");
	if (good < text.len)
		return fail(c, MQL_ESYNTAX, at, "this is not UTF-8");
	return 0;
}

static int
parse(struct compile *c)
{
	yyscan_t scanner;

	if (setjmp(c->oom))
		return fail_nomem(c);
	if (mql_yylex_init_extra(c, &scanner))
		return fail_nomem(c);
	/* The scanner works on a copy and goes with the arena. */
	mql_yy_scan_bytes(c->text.ptr, (int)c->text.len, scanner);
	mql_yyparse(scanner, c);
	return c->err;
}

static int
set_time(struct compile *c)
{
	struct window *w = &c->sel.window;

	if (c->timed && w->kind == WINDOW_TIME && !w->on)
		w->on = tree_meta(c, (struct span){ 0, 0 }, STR("@ts"));
	return c->err;
}

static int
compile(struct compile *c, struct mql_query **out)
{
	struct plan made = { 0 };
	int err;

	if ((err = check_text(c)) || (err = parse(c)) || (err = set_time(c)) ||
	    (err = check(c)))
		return err;
	if ((err = plan(c, &made)))
		return err;
	if ((err = emit(c, out))) {
		plan_fini(&made);
		return err;
	}
	(*out)->plan = made;
	if ((err = verify(*out)) || (err = residual_make(*out)) ||
	    (err = access_find(*out, c->sel.where))) {
		mql_query_free(*out);
		*out = NULL;
		return fail(c, err, (struct span){ 0, 0 }, "%s",
			    mql_strerror(err));
	}
	return 0;
}

static int
compile_text(struct str text, bool timed, struct mql_query **out,
	     struct mql_diag *diag)
{
	struct mql_diag ignored;
	struct compile c = {
		.text = text,
		.timed = timed,
		.diag = diag ? diag : &ignored,
		.sel = { .sampling = { .percent = 100,
				       .threshold = UINT64_C(1) << 32 },
			 .window = { .grace_ms = -1 },
			 .limit = UINT64_MAX },
	};

	*out = NULL;
	int err = compile(&c, out);
	arena_fini(&c.arena);
	return err;
}

int
query_compile(struct str text, struct mql_query **out, struct mql_diag *diag)
{
	return compile_text(text, false, out, diag);
}

int
query_compile_timed(struct str text, struct mql_query **out,
		    struct mql_diag *diag)
{
	return compile_text(text, true, out, diag);
}

int
mql_query_compile(const char *text, struct mql_query **out,
		  struct mql_diag *diag)
{
	return query_compile(str_of(text), out, diag);
}

/* --- what the plan says --------------------------------------------------- */

const char *
mql_query_text(const struct mql_query *q)
{
	return q->plan.text;
}

struct str
query_agent_text(const struct mql_query *q)
{
	return str_of(q->plan.agent_text);
}

const char *
query_fold_text(const struct mql_query *q)
{
	return q->plan.fold_text;
}

bool
query_is_unweighed(const struct mql_query *q)
{
	return q->shape.nagg && q->shape.window == WINDOW_COUNT;
}

bool
query_folds_as(const struct mql_query *q, const struct mql_query *fold)
{
	const struct shape *a = &q->shape, *b = &fold->shape;
	unsigned same = 0;

	if (!b->folded || a->ngroup != b->ngroup || a->nagg != b->nagg ||
	    a->window != b->window || a->size_ms != b->size_ms ||
	    a->every_ms != b->every_ms)
		return false;
	while (same < a->nagg && aggregate_same(&a->agg[same], &b->agg[same]))
		same++;
	return same == a->nagg;
}

struct str
query_at_text(const struct mql_query *q)
{
	return str_of(q->plan.at_text);
}

bool
query_wants_stream(const struct mql_query *q, struct str name)
{
	for (size_t i = 0; i < q->plan.nstream; i++)
		if (str_eq(q->plan.stream[i], name))
			return true;
	return !q->plan.nstream;
}

bool
query_stream(const struct mql_query *q, size_t i, struct str *name)
{
	if (i >= q->plan.nstream)
		return false;
	*name = q->plan.stream[i];
	return true;
}

size_t
query_bytes(const struct mql_query *q)
{
	return arena_bytes(&q->arena) + strlen(q->plan.text) +
	       strlen(q->plan.agent_text);
}

uint64_t
query_limit(const struct mql_query *q)
{
	return q->plan.limit;
}

uint64_t
query_sample_threshold(const struct mql_query *q)
{
	return q->plan.sample.threshold;
}

/* --- telling -------------------------------------------------------------- */

enum { DIAG_BEFORE = 60, DIAG_MAX = 120 }; /* bytes of a long line */

/* The part of the line around d that is shown. */
static struct str
excerpt(const struct mql_diag *d, struct str text)
{
	size_t beg = (size_t)d->beg < text.len ? (size_t)d->beg : text.len;
	size_t from = beg, to = beg;

	while (from && text.ptr[from - 1] != '\n' &&
	       beg - from < DIAG_BEFORE)
		from--;
	while (to < text.len && text.ptr[to] != '\n' && to - from < DIAG_MAX)
		to++;
	while (from < beg && !begins_char(text.ptr[from]))
		from++;
	while (to > beg && to < text.len && !begins_char(text.ptr[to]))
		to--;
	return (struct str){ text.ptr + from, to - from };
}

void
mql_diag_print(const struct mql_diag *d, const char *text, FILE *to)
{
	struct str s = excerpt(d, str_of(text));
	const char *beg = text + d->beg, *end = text + d->end;
	int before = 0, marked = 0;

	fprintf(to, "%d:%d: %s\n", d->line, d->col, d->text);
	if (!s.len)
		return;
	fputs("  ", to);
	for (const char *p = s.ptr; p < s.ptr + s.len; p++) {
		/* Nothing that would move the cursor. */
		fputc((unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p, to);
		before += begins_char(*p) && p < beg;
		marked += begins_char(*p) && p >= beg && p < end;
	}
	fprintf(to, "\n  %*s^", before, "");
	while (--marked > 0)
		fputc('^', to);
	fputc('\n', to);
}
