/* pool.c - constants, fields, sets, regular expressions and calls. */
#include "mql/pool.h"

#include "event/pathset.h"

int
pool_too_many(struct pool *pl, struct span at, const char *what)
{
	return fail(pl->c, MQL_ELIMIT, at, "the query has too many %s", what);
}

/* Room for one more in an array of the program. */
#define ROOM(pl, array)                                                    \
	((pl)->p->array = ast_room(&(pl)->c->arena, (pl)->p->array,        \
				   (pl)->p->n##array, &(pl)->cap.array,    \
				   sizeof *(pl)->p->array))

int
pool_insn(struct pool *pl, struct span at, struct insn in)
{
	struct prog *p = pl->p;

	if (p->ncode == PROG_MAX_CODE)
		return pool_too_many(pl, at, "conditions");
	if (!ROOM(pl, code))
		return fail_nomem(pl->c);
	p->code[p->ncode++] = in;
	return 0;
}

/* --- constants and fields -------------------------------------------------- */

int
pool_str(struct pool *pl, struct str *s)
{
	*s = arena_str(pl->arena, *s);
	return s->ptr ? 0 : fail_nomem(pl->c);
}

static int
copy_path(struct pool *pl, const struct path *from, struct path *to)
{
	int err = 0;

	*to = *from;
	if (to->flat.len && (err = pool_str(pl, &to->flat)))
		return err;
	if (!to->nsteps)
		return 0;
	to->steps = arena_alloc(pl->arena, to->nsteps * sizeof *to->steps);
	if (!to->steps)
		return fail_nomem(pl->c);
	for (unsigned i = 0; i < to->nsteps && !err; i++) {
		to->steps[i] = from->steps[i];
		if (to->steps[i].kind == STEP_KEY)
			err = pool_str(pl, &to->steps[i].key);
	}
	return err;
}

int
pool_path(struct pool *pl, const struct path *path, struct span at,
	  uint16_t *index)
{
	struct prog *p = pl->p;
	unsigned i = 0;
	int err;

	while (i < p->npath && !path_equal(&p->path[i], path))
		i++;
	*index = (uint16_t)i;
	if (i < p->npath)
		return 0;
	if (i == PATHSET_MAX)
		return pool_too_many(pl, at, "different fields");
	if (!ROOM(pl, path))
		return fail_nomem(pl->c);
	if ((err = copy_path(pl, path, &p->path[i])))
		return err;
	p->npath++;
	return 0;
}

/* The value of a constant; its text is copied. */
static int
constant(struct pool *pl, const struct ast *n, struct value *v)
{
	*v = VALUE_NONE;
	if (n->kind == AST_BOOL)
		*v = (struct value){ .type = VALUE_BOOL, .b = n->b };
	else if (n->kind == AST_INT)
		*v = (struct value){ .type = VALUE_INT, .i = n->i };
	else if (n->kind == AST_FLOAT)
		*v = (struct value){ .type = VALUE_FLOAT, .f = n->f };
	if (n->kind != AST_STR)
		return 0;
	struct str s = n->str;
	int err = pool_str(pl, &s);
	*v = (struct value){ .type = VALUE_STR, .ptr = s.ptr,
			     .len = (uint32_t)s.len };
	return err;
}

int
pool_constant(struct pool *pl, const struct ast *n, uint16_t *index)
{
	struct prog *p = pl->p;

	*index = (uint16_t)p->nkonst;
	if (p->nkonst > OPERAND_INDEX)
		return pool_too_many(pl, n->at, "constants");
	if (!ROOM(pl, konst))
		return fail_nomem(pl->c);
	return constant(pl, n, &p->konst[p->nkonst++]);
}

/* --- sets and regular expressions ------------------------------------------ */

int
pool_set(struct pool *pl, const struct ast *n, uint16_t *index)
{
	struct prog *p = pl->p;
	unsigned nmember = n->n - 1;
	struct value *member;
	int err;

	*index = (uint16_t)p->nset;
	member = arena_alloc(&pl->c->arena, nmember * sizeof *member);
	if (!member || !ROOM(pl, set))
		return fail_nomem(pl->c);
	for (unsigned i = 0; i < nmember; i++)
		if ((err = constant(pl, n->item[i + 1], &member[i])))
			return err;
	if (set_init(&p->set[p->nset++], pl->arena, member, nmember))
		return fail_nomem(pl->c);
	return 0;
}

/* PCRE2's offset counts bytes of the pattern; in the query text, a slash of
 * it is `\/`. */
static int
bad_regex(struct pool *pl, const struct ast *n,
	  const struct regex_error *why)
{
	const char *text = pl->c->text.ptr;
	int at = n->at.beg + 1;

	for (size_t i = 0; i < why->at && i < n->str.len; i++)
		at += n->str.ptr[i] == '/' && text[at] == '\\' ? 2 : 1;
	return fail(pl->c, MQL_ESYNTAX, (struct span){ at, at + 1 },
		    "the regular expression is wrong here: %s", why->text);
}

int
pool_regex(struct pool *pl, const struct ast *n, bool whole, uint16_t *index)
{
	struct prog *p = pl->p;
	struct regex_error why = { 0 };
	struct str text = n->str;
	struct regex *re;
	int err;

	*index = (uint16_t)p->nregex;
	if (!ROOM(pl, regex))
		return fail_nomem(pl->c);
	if ((err = pool_str(pl, &text)))
		return err;
	re = &p->regex[p->nregex];
	err = regex_compile(pl->arena, text, whole, re, &why);
	if (err == MQL_ENOMEM)
		return fail_nomem(pl->c);
	if (err)
		return bad_regex(pl, n, &why);
	p->nregex++;
	return 0;
}

/* --- functions -------------------------------------------------------------- */

int
pool_call(struct pool *pl, const struct ast *n, uint16_t *index)
{
	struct prog *p = pl->p;

	*index = (uint16_t)p->ncall;
	if (p->ncall == UINT16_MAX)
		return pool_too_many(pl, n->at, "functions");
	if (!ROOM(pl, call))
		return fail_nomem(pl->c);
	p->call[p->ncall++] = (struct call){ n->fn, n->n };
	return 0;
}

/* --- the end ---------------------------------------------------------------- */

/* An exact copy that lives as long as the query. */
#define SETTLE(pl, array)                                                  \
	(!(pl)->cap.array ||                                               \
	 ((pl)->p->array = arena_grow((pl)->arena, (pl)->p->array,         \
			(pl)->p->n##array * sizeof *(pl)->p->array,        \
			(pl)->p->n##array * sizeof *(pl)->p->array)))

int
pool_finish(struct pool *pl)
{
	if (SETTLE(pl, code) && SETTLE(pl, konst) && SETTLE(pl, path) &&
	    SETTLE(pl, regex) && SETTLE(pl, set) && SETTLE(pl, call))
		return 0;
	return fail_nomem(pl->c);
}
