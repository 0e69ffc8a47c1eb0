/* pretest.c - see pretest.h. The terms are read off the program, which is what
 * decides: a test that is always run, and whose no is an answer of no. */
#include "mql/pretest.h"

#include "mql/prog.h"

enum {
	TRIAL = 512,       /* events that a term is tried on */
	ROUND = 64 * 1024, /* events until the terms are tried again */
	/* A pass costs the look and saves nothing. */
	WORTHWHILE = TRIAL * 3 / 10,
};

/* --- terms ------------------------------------------------------------------- */

/* The name that stands before the value at a path. */
static bool
last_key(const struct path *p, struct str *key)
{
	const struct step *last = p->steps + p->nsteps;

	if (p->meta || !p->nsteps || last[-1].kind != STEP_KEY)
		return false;
	*key = last[-1].key;
	return true;
}

static bool
add_needle(struct pretest_term *t, const struct path *p, const struct value *v)
{
	struct str key;

	return v->type == VALUE_STR && t->n < PRETEST_NEEDLES &&
	       last_key(p, &key) &&
	       needle_init(&t->needle[t->n++], key, value_str(v));
}

static bool
equals(const struct prog *p, uint16_t field, uint16_t konst,
       struct pretest_term *t)
{
	return (field & OPERAND_KIND) == OPERAND_FIELD &&
	       (konst & OPERAND_KIND) == OPERAND_CONST &&
	       add_needle(t, &p->path[field & OPERAND_INDEX],
			  &p->konst[konst & OPERAND_INDEX]);
}

static bool
is_among(const struct prog *p, const struct insn *in, struct pretest_term *t)
{
	const struct set *set = &p->set[in->b];
	const struct path *path = &p->path[in->a & OPERAND_INDEX];

	if ((in->a & OPERAND_KIND) != OPERAND_FIELD || !set->n)
		return false;
	for (size_t i = 0; i < set->n; i++)
		if (!add_needle(t, path, &set->member[i]))
			return false;
	return true;
}

/* False: the test is none that can be looked for. */
static bool
term_of(const struct prog *p, const struct insn *in, struct pretest_term *t)
{
	*t = (struct pretest_term){ .n = 0 };
	if (in->op == OP_IN)
		return is_among(p, in, t);
	if (in->op != OP_EQ)
		return false;
	if (equals(p, in->a, in->b, t))
		return true;
	t->n = 0;
	return equals(p, in->b, in->a, t);
}

/* The first guess: few needles, and a long value is a rare one. */
static bool
is_better(const struct pretest_term *a, const struct pretest_term *b)
{
	if (a->n != b->n)
		return a->n < b->n;
	return a->needle[0].value.len > b->needle[0].value.len;
}

static void
add_term(struct pretest_query *q, const struct pretest_term *t)
{
	unsigned i = q->n;

	if (q->n == PRETEST_TERMS) {
		if (!is_better(t, &q->term[PRETEST_TERMS - 1]))
			return;
		i--;
	} else {
		q->n++;
	}
	for (; i && is_better(t, &q->term[i - 1]); i--)
		q->term[i] = q->term[i - 1];
	q->term[i] = *t;
}

/* Is a no of the test at pc the answer? */
static bool
is_decisive(const struct prog *p, unsigned pc)
{
	const struct insn *next = &p->code[pc + 1];

	return next->op == OP_RET ||
	       (next->op == OP_JF && p->code[next->a].op == OP_RET);
}

/* From the top, as long as nothing answers. Jumps go forward: what stands
 * before the farthest target so far may be jumped over. One that leaves with a
 * no does not count. */
static void
find_terms(const struct prog *p, struct pretest_query *q, unsigned most)
{
	unsigned certain = 0, to;
	struct pretest_term t;

	for (unsigned pc = 0; p->code[pc].op != OP_RET; pc++) {
		const struct insn *in = &p->code[pc];

		if (pc >= certain && is_decisive(p, pc) &&
		    term_of(p, in, &t) && t.n <= most)
			add_term(q, &t);
		to = 0;
		if (in->op == OP_ANY)
			pc = in->c - 1u; /* its body is of the elements */
		else if (op_operands(in->op)[0] == 'j')
			to = in->a;
		if (to && p->code[to].op == OP_RET && in->op != OP_JF)
			return;
		if (to > certain && p->code[to].op != OP_RET)
			certain = to;
	}
}

static unsigned
most_needles(const struct pretest_query *q)
{
	unsigned most = 0;

	for (unsigned i = 0; i < q->n; i++)
		if (q->term[i].n > most)
			most = q->term[i].n;
	return most;
}

void
pretest_add(struct pretest *t, const struct mql_query *q)
{
	struct pretest_query *to = &t->query[t->n];

	t->useless |= t->n == PRETEST_QUERIES;
	if (t->useless)
		return;
	to->n = 0;
	find_terms(&q->prog, to, PRETEST_NEEDLES - t->needles);
	t->n++;
	t->needles += most_needles(to);
	t->useless = !to->n;
}

/* --- asking -------------------------------------------------------------------- */

static bool
lies_in(const struct pretest *t, unsigned nth, struct str text)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct pretest_query *q = &t->query[i];
		const unsigned last = q->n - 1;
		const struct pretest_term *term =
			&q->term[nth < last ? nth : last];

		for (unsigned k = 0; k < term->n; k++)
			if (needle_in(&term->needle[k], text))
				return true;
	}
	return false;
}

static unsigned
choices(const struct pretest *t)
{
	unsigned most = 0;

	for (unsigned i = 0; i < t->n; i++)
		if (t->query[i].n > most)
			most = t->query[i].n;
	return most;
}

static void
settle(struct luck *l, unsigned n)
{
	unsigned best = 0;

	for (unsigned i = 1; i < n; i++)
		if (l->passed[i] < l->passed[best])
			best = i;
	l->asked = l->passed[best] > WORTHWHILE ? PRETEST_TERMS
						: (uint8_t)best;
	l->trial = false;
	l->left = ROUND;
}

/* Try the next term, or the first one; or go by what was seen. */
static __attribute__((noinline)) void
judge(const struct pretest *t, struct luck *l)
{
	const unsigned n = choices(t);

	if (l->of == t && l->trial && l->asked + 1u >= n) {
		settle(l, n);
		return;
	}
	if (l->of == t && l->trial)
		l->asked++;
	else
		*l = (struct luck){ .of = t, .trial = true };
	l->left = TRIAL;
}

bool
pretest_passes(const struct pretest *t, struct luck *l, struct str text)
{
	bool passes;

	if (!t->n || t->useless)
		return true;
	if (l->of != t || !l->left)
		judge(t, l);
	l->left--;
	if (l->asked == PRETEST_TERMS)
		return true;
	passes = lies_in(t, l->asked, text);
	l->passed[l->asked] += passes && l->trial;
	return passes;
}
