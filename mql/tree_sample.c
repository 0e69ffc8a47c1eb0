/* tree_sample.c - the clause `sample`: a share by chance, a rate, or the JSON
 * of Mantis, whose strategies RANDOM and RPS are the same two.
 *
 *     sample 5%      sample {'strategy':'RANDOM','threshold':500}
 *     sample 100/s   sample {'strategy':'RPS','threshold':100}
 *                    sample {'strategy':'STICKY','keys':['id'],
 *                            'threshold':500,'factor':10000,'salt':1} */
#include "mql/tree.h"

enum { DEFAULT_FACTOR = 10000 };

static void
by_chance(struct sample *s, double percent)
{
	s->kind = percent < 100 ? SAMPLE_PERCENT : SAMPLE_ALL;
	s->percent = percent;
	s->threshold = (uint64_t)(percent / 100 * 0x1p32 + 0.5);
	if (!s->threshold) /* less than one in four billion: still some */
		s->threshold = 1;
}

int
tree_sample(struct compile *c, const struct ast *n)
{
	double percent = n->kind == AST_INT ? (double)n->i : n->f;

	if (percent <= 0 || percent > 100)
		return fail(c, MQL_ELIMIT, n->at, "`sample` takes more than "
			    "0%% and at most 100%%");
	by_chance(&c->sel.sampling, percent);
	return 0;
}

int
tree_sample_rate(struct compile *c, const struct ast *n, struct span at,
		 struct str unit)
{
	if (!str_eq(unit, STR("s")))
		return fail(c, MQL_ESYNTAX, at, "a rate is so many a second: "
			    "`%lld/s`", (long long)n->i);
	if (!n->i)
		return fail(c, MQL_ELIMIT, n->at, "`sample` takes at least "
			    "one event a second");
	c->sel.sampling.kind = SAMPLE_RATE;
	c->sel.sampling.per_second = (uint64_t)n->i;
	return 0;
}

/* --- Mantis's JSON -------------------------------------------------------- */

/* A name is one of Mantis's words in capitals, all of them in this list. */
static bool
is_strategy(struct str s)
{
	return str_eq(s, STR("RANDOM")) || str_eq(s, STR("STICKY")) ||
	       str_eq(s, STR("RPS"));
}

static int
add_key(struct compile *c, struct ast *key)
{
	struct sample *s = &c->sel.sampling;
	struct str *room = ast_room(&c->arena, s->key, s->nkey, &s->keycap,
				    sizeof *room);

	if (key->kind != AST_STR)
		return fail(c, MQL_ETYPE, key->at,
			    "a key is the name of a field, in quotes");
	if (!room)
		return fail_nomem(c);
	s->key = room;
	s->key[s->nkey++] = key->str;
	return 0;
}

/* The list's own operands begin at 1: 0 is IN's. */
static int
keys(struct compile *c, const struct ast *list)
{
	int err = 0;

	if (list->kind != AST_IN)
		return fail(c, MQL_ETYPE, list->at, "`keys` is a list of "
			    "names: ['a', 'b']");
	for (unsigned i = 1; i < list->n && !err; i++)
		err = add_key(c, list->item[i]);
	return err;
}

static int
whole(struct compile *c, const char *name, const struct ast *n, int64_t least,
      int64_t *out)
{
	if (n->kind != AST_INT || n->i < least)
		return fail(c, MQL_ETYPE, n->at, "`%s` is a whole number%s",
			    name, least > 0 ? " above 0" : "");
	*out = n->i;
	return 0;
}

static int
strategy(struct compile *c, const struct ast *n)
{
	if (n->kind != AST_STR || !is_strategy(n->str))
		return fail(c, MQL_ETYPE, n->at, "there is no such strategy; "
			    "there are RANDOM, STICKY and RPS, in capitals");
	c->strategy = n->str;
	return 0;
}

static int
extrapolate(struct compile *c, const struct ast *n)
{
	if (n->kind != AST_BOOL)
		return fail(c, MQL_ETYPE, n->at,
			    "`extrapolate` is true or false");
	c->sel.sampling.extrapolate = n->b;
	return 0;
}

int
tree_sample_member(struct compile *c, const struct ast *key,
		   const struct ast *value)
{
	struct sample *s = &c->sel.sampling;
	int64_t number = 0;
	int err;

	if (str_eq(key->str, STR("strategy")))
		return strategy(c, value);
	if (str_eq(key->str, STR("keys")))
		return keys(c, value);
	if (str_eq(key->str, STR("extrapolate")))
		return extrapolate(c, value);
	if (str_eq(key->str, STR("threshold"))) {
		err = whole(c, "threshold", value, 1, &number);
		s->sticky_threshold = (uint64_t)number;
	} else if (str_eq(key->str, STR("factor"))) {
		err = whole(c, "factor", value, 1, &number);
		s->factor = (uint64_t)number;
	} else if (str_eq(key->str, STR("salt"))) {
		err = whole(c, "salt", value, INT64_MIN, &s->salt);
		s->salted = true;
	} else {
		err = fail(c, MQL_ESYNTAX, key->at, "`sample` knows strategy, "
			   "keys, threshold, factor, salt and extrapolate");
	}
	return err;
}

int
tree_sample_done(struct compile *c, struct span at)
{
	struct sample *s = &c->sel.sampling;

	if (!c->strategy.len)
		return fail(c, MQL_ESYNTAX, at, "a `strategy` is missing: "
			    "RANDOM, STICKY or RPS");
	if (!s->sticky_threshold)
		return fail(c, MQL_ESYNTAX, at, "a `threshold` is missing");
	if (!s->factor)
		s->factor = DEFAULT_FACTOR;
	if (str_eq(c->strategy, STR("RPS"))) {
		s->kind = SAMPLE_RATE;
		s->per_second = s->sticky_threshold;
		return 0;
	}
	if (str_eq(c->strategy, STR("STICKY")) && !s->nkey)
		return fail(c, MQL_ESYNTAX, at, "`keys` are missing");
	if (s->sticky_threshold >= s->factor)
		s->kind = SAMPLE_ALL;
	else if (str_eq(c->strategy, STR("STICKY")))
		s->kind = SAMPLE_STICKY;
	else
		by_chance(s, 100 * (double)s->sticky_threshold /
				     (double)s->factor);
	return 0;
}
