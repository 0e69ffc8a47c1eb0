/* eval.c - run a verified program on one event, the hot path of the agent, or
 * on a finished group.
 *
 * No allocation, and no check that verify() has made already. The semantics
 * of DESIGN section 4 in three rules: == and != take null as a value; every
 * other test with a null operand is false; NOT flips. */
#include <stdatomic.h>
#include <stdlib.h>

#include "mql/arith.h"
#include "mql/function.h"
#include "mql/like.h"
#include "mql/probe.h"
#include "mql/prog.h"

struct eval {
	struct value        reg[PROG_MAX_REGS];
	struct value        given; /* the answer of a GIVE */
	struct regex_match *match;
	struct probe        probe;
};

int
eval_new(struct eval **out)
{
	struct eval *e = calloc(1, sizeof *e);

	*out = NULL;
	if (!e || regex_match_new(&e->match)) {
		eval_free(e);
		return MQL_ENOMEM;
	}
	*out = e;
	return 0;
}

void
eval_free(struct eval *e)
{
	if (!e)
		return;
	regex_match_free(e->match);
	free(e);
}

struct probe *
eval_probe(struct eval *e)
{
	return &e->probe;
}

static inline const struct value *
operand(const struct env *m, uint16_t v)
{
	unsigned i = v & OPERAND_INDEX;

	if (v & OPERAND_REG)
		return v & OPERAND_CONST ? &m->cells[i] : &m->e->reg[i];
	if (v & OPERAND_CONST)
		return &m->p->konst[i];
	return reader_get(m->r, m->slots[i]);
}

/* Most texts that differ do so in length or in the first byte. */
static inline bool
equal(const struct value *a, const struct value *b)
{
	if (a->type == VALUE_STR && b->type == VALUE_STR)
		return a->len == b->len &&
		       (!a->len || (*a->ptr == *b->ptr &&
				    !memcmp(a->ptr, b->ptr, a->len)));
	if (a->type == VALUE_INT && b->type == VALUE_INT)
		return a->i == b->i;
	return value_equal(a, b);
}

static inline void
count(_Atomic uint64_t *n)
{
	atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

/* True when a and b have an order. That a string has none with a number is
 * counted, so that the asker can be told. */
static inline bool
order(const struct env *m, const struct value *a, const struct value *b,
      int *cmp)
{
	if (a->type == VALUE_INT && b->type == VALUE_INT) {
		*cmp = (a->i > b->i) - (a->i < b->i);
		return true;
	}
	if (value_order(a, b, cmp))
		return true;
	if (a->type != VALUE_NULL && b->type != VALUE_NULL &&
	    !(value_is_number(a) && value_is_number(b)))
		count(&m->counts->mismatches);
	return false;
}

/* --- tests on text --------------------------------------------------------- */

struct text { /* of a value; room for a number made by arithmetic */
	struct str s;
	char       room[32];
};

static bool
text_of(const struct value *v, struct text *t)
{
	struct buf b = BUF_FIXED(t->room, sizeof t->room);

	if (v->type == VALUE_NULL)
		return false;
	if (v->type >= VALUE_STR) {
		t->s = value_str(v);
	} else if (v->raw) {
		t->s = (struct str){ v->raw, v->nraw };
	} else {
		value_write_text(v, &b);
		t->s = (struct str){ t->room, b.len };
	}
	return true;
}

static bool
contains(const struct value *a, const struct value *b)
{
	struct text all, part;

	if (!text_of(a, &all) || !text_of(b, &part))
		return false;
	if (!part.s.len)
		return true;
	return all.s.len &&
	       memmem(all.s.ptr, all.s.len, part.s.ptr, part.s.len);
}

/* Is the outcome of a match the wanted one? One that was given up is none. */
static bool
outcome(const struct env *m, int got, int want)
{
	if (got < 0)
		count(&m->counts->regex_limited);
	return got == want;
}

static bool
like(const struct env *m, const struct insn *in)
{
	struct text a, b;

	return text_of(operand(m, in->a), &a) &&
	       text_of(operand(m, in->b), &b) &&
	       outcome(m, like_match(a.s, b.s, in->op == OP_ILIKE), 1);
}

static bool
match(const struct env *m, const struct insn *in)
{
	struct text a;

	return text_of(operand(m, in->a), &a) &&
	       outcome(m, regex_matches(&m->p->regex[in->b], m->e->match, a.s),
		       in->op == OP_MATCH);
}

/* --- functions --------------------------------------------------------------- */

static struct value
extract(const struct env *m, const struct insn *in)
{
	const struct value *v = operand(m, in->b);
	struct str found;

	if (v->type != VALUE_STR ||
	    !outcome(m, regex_find(&m->p->regex[in->c], m->e->match,
				   value_str(v), &found), 1))
		return VALUE_NONE;
	return (struct value){ .type = VALUE_STR, .ptr = found.ptr,
			       .len = (uint32_t)found.len };
}

static struct value
call(const struct env *m, const struct insn *in)
{
	const struct call *call = &m->p->call[in->b];
	const struct function_call args = {
		.arg = &m->e->reg[in->c], .narg = call->narg,
		.scratch = m->scratch, .now = m->now,
	};

	return function_apply(call->fn, &args);
}

/* --- the machine ----------------------------------------------------------- */

static bool run(const struct env *m, const struct insn *pc);

struct any {
	const struct env  *m;
	const struct insn *in;
	bool               truth;
};

static bool
try_element(void *arg, const struct value *v)
{
	struct any *any = arg;

	any->m->e->reg[any->in->b] = *v;
	any->truth = run(any->m, any->in + 1);
	return !any->truth;
}

static bool
any_element(const struct env *m, const struct insn *in)
{
	struct any any = { .m = m, .in = in };

	reader_each(m->r, m->slots[in->a], try_element, &any);
	return any.truth;
}

/* In GNU C each instruction jumps to the next one's code by itself, which
 * the processor predicts better than one jump for all. Behind a test there
 * stands a jump more often than not, and it is done along with the test. */
#if defined __GNUC__ && !defined MQL_PLAIN_SWITCH
#define CASE(op) case OP_##op: do_##op
#define NEXT     do { pc++; goto *label[pc->op]; } while (0)
#define GO(to)   do { pc = code + (to); goto *label[pc->op]; } while (0)
#define LABEL(name, operands, effect) [OP_##name] = &&do_##name,
#define BEGIN    static const void *const label[] = { MQL_OPS(LABEL) }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#else
#define CASE(op) case OP_##op
#define NEXT     do { pc++; goto next; } while (0)
#define GO(to)   do { pc = code + (to); goto next; } while (0)
#define BEGIN    next:
#define PLAIN_SWITCH
#endif
#define TEST(is)                                             \
	do {                                                 \
		truth = (is);                                \
		if (pc[1].op != OP_JF)                       \
			NEXT;                                \
		if (!truth)                                  \
			GO(pc[1].a);                         \
		pc++;                                        \
		NEXT;                                        \
	} while (0)

#define SET(...) do { reg[pc->a] = (__VA_ARGS__); NEXT; } while (0)

#define A operand(m, pc->a)
#define B operand(m, pc->b)
#define C operand(m, pc->c)

static bool
run(const struct env *m, const struct insn *pc)
{
	const struct insn *const code = m->p->code;
	struct value *const reg = m->e->reg;
	bool truth = false;
	int cmp;

	BEGIN;
	switch ((enum op)pc->op) {
	CASE(TRUTH):
		TEST(A->type == VALUE_BOOL && A->b);
	CASE(EQ):
		TEST(equal(A, B));
	CASE(NE):
		TEST(!equal(A, B));
	CASE(LT):
		TEST(order(m, A, B, &cmp) && cmp < 0);
	CASE(LE):
		TEST(order(m, A, B, &cmp) && cmp <= 0);
	CASE(GT):
		TEST(order(m, A, B, &cmp) && cmp > 0);
	CASE(GE):
		TEST(order(m, A, B, &cmp) && cmp >= 0);
	CASE(CONTAINS):
		TEST(contains(A, B));
	CASE(LIKE):
	CASE(ILIKE):
		TEST(like(m, pc));
	CASE(MATCH):
	CASE(NOMATCH):
		TEST(match(m, pc));
	CASE(IN):
		TEST(set_has(&m->p->set[pc->b], A));
	CASE(ADD):
	CASE(SUB):
	CASE(MUL):
	CASE(DIV):
	CASE(MOD):
		SET(arith((enum op)pc->op, B, C));
	CASE(NEG):
		SET(arith_negate(B));
	CASE(MOVE):
		SET(*B);
	CASE(BOOL):
		SET((struct value){ .type = VALUE_BOOL, .b = truth });
	CASE(CALL):
		SET(call(m, pc));
	CASE(EXTRACT):
		SET(extract(m, pc));
	CASE(NOT):
		truth = !truth;
		NEXT;
	CASE(JUMP):
		GO(pc->a);
	CASE(JT):
		if (truth)
			GO(pc->a);
		NEXT;
	CASE(JF):
		if (!truth)
			GO(pc->a);
		NEXT;
	CASE(ANY):
		truth = any_element(m, pc);
		GO(pc->c);
	CASE(RET):
		return truth;
	CASE(GIVE):
		m->e->given = *A;
		return true;
	case OP_COUNT:
		break;
	}
	return false; /* verify() lets no such opcode by */
}

#ifndef PLAIN_SWITCH
#pragma GCC diagnostic pop
#endif

/* --- from outside ------------------------------------------------------------ */

bool
prog_test(const struct env *env, unsigned entry)
{
	return run(env, env->p->code + entry);
}

const struct value *
prog_peek(const struct env *env, unsigned entry)
{
	const struct insn *pc = env->p->code + entry;

	if (pc->op == OP_GIVE) /* most columns are bare paths */
		return operand(env, pc->a);
	env->e->given = VALUE_NONE;
	run(env, pc);
	return &env->e->given;
}

struct value
prog_value(const struct env *env, unsigned entry)
{
	return *prog_peek(env, entry);
}

/* What calls need: room, and the time, which is that of the event. */
static __attribute__((noinline)) void
prepare_calls(struct env *env, const struct mql_query *q)
{
	env->scratch = reader_scratch(env->r);
	if (q->clock != NO_ENTRY)
		env->now = reader_get(env->r, env->slots[q->clock])->i;
}

bool
query_match(const struct mql_query *q, const uint16_t *slots, struct eval *e,
	    struct reader *r, struct eval_counts *c)
{
	return query_match_from(q, 0, slots, e, r, c);
}

bool
query_match_from(const struct mql_query *q, unsigned entry,
		 const uint16_t *slots, struct eval *e, struct reader *r,
		 struct eval_counts *c)
{
	struct env env = {
		.p = &q->prog, .slots = slots, .e = e, .r = r, .counts = c,
	};

	if (q->prog.ncall)
		prepare_calls(&env, q);
	return run(&env, q->prog.code + entry);
}

void
query_write_row(const struct mql_query *q, const uint16_t *slots,
		struct eval *e, struct reader *r, struct eval_counts *c,
		struct buf *out)
{
	struct env env = {
		.p = &q->prog, .slots = slots, .e = e, .r = r, .counts = c,
	};

	if (q->prog.ncall)
		prepare_calls(&env, q);
	row_write(q, &env, out);
}
