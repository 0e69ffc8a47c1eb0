/* policy.c - rules, and which of them hold where. */
#include "event/policy.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/policy_rules.h"
#include "mql/error.h"

/* --- reading rules ---------------------------------------------------------- */

struct rules { /* what is still to be read, and the rule in the making */
	struct policy *p;
	const char    *at, *end;
	struct str     key[PATH_MAX_STEPS];
	unsigned       nkey;
	int            err;
};

static char
peek(const struct rules *r)
{
	return r->at < r->end ? *r->at : '\0';
}

static bool
take(struct rules *r, char c)
{
	bool is = r->at < r->end && *r->at == c;

	r->at += is;
	return is;
}

static void
skip_space(struct rules *r)
{
	while (take(r, ' ') || take(r, '\t') || take(r, '\n'))
		;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void
add_part(struct rules *r, struct str part)
{
	struct str copy = arena_str(&r->p->mem, part);

	if (r->nkey == PATH_MAX_STEPS)
		r->err = MQL_ELIMIT;
	else if (!copy.ptr)
		r->err = MQL_ENOMEM;
	if (r->err)
		return;
	for (size_t i = 0; i < copy.len; i++)
		((char *)(uintptr_t)copy.ptr)[i] = lower(copy.ptr[i]);
	r->key[r->nkey++] = copy;
}

static void
add_any(struct rules *r)
{
	if (r->nkey == PATH_MAX_STEPS)
		r->err = MQL_ELIMIT;
	else
		r->key[r->nkey++] = (struct str){ NULL, 0 };
}

/* The next part of a key between dots; false behind the last. */
static bool
next_part(struct str *rest, struct str *part)
{
	const char *dot;

	if (!rest->ptr)
		return false;
	dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
	*part = *rest;
	if (!dot) {
		rest->ptr = NULL;
		return true;
	}
	part->len = (size_t)(dot - rest->ptr);
	*rest = (struct str){ dot + 1, rest->len - part->len - 1 };
	return true;
}

/* 'a key' with its quotes; one that is doubled stands for itself. */
static void
read_quoted(struct rules *r)
{
	char text[512], quote = *r->at++;
	struct str rest = { text, 0 }, part;

	for (;;) {
		if (r->at == r->end || rest.len == sizeof text) {
			r->err = MQL_EINVAL;
			return;
		}
		text[rest.len] = *r->at++;
		if (text[rest.len] == quote && !take(r, quote))
			break;
		rest.len++;
	}
	while (next_part(&rest, &part))
		add_part(r, part);
}

/* [*], which says nothing, or ['a key'] */
static void
read_bracket(struct rules *r)
{
	skip_space(r);
	if (peek(r) == '\'' || peek(r) == '"')
		read_quoted(r);
	else if (!take(r, '*'))
		r->err = MQL_EINVAL;
	skip_space(r);
	if (!r->err && !take(r, ']'))
		r->err = MQL_EINVAL;
}

static bool
is_bare(char c)
{
	return c && !strchr(".,[]*'\" \t\n", c);
}

static void
read_bare(struct rules *r)
{
	const char *begun = r->at;

	if (take(r, '*')) {
		add_any(r);
		return;
	}
	while (is_bare(peek(r)))
		r->at++;
	if (r->at == begun)
		r->err = MQL_EINVAL;
	else
		add_part(r, (struct str){ begun, (size_t)(r->at - begun) });
}

/* e['a'], as Mantis spells it: past the e, which is the event. */
static bool
take_event(struct rules *r)
{
	struct rules ahead = *r;

	if (!take(&ahead, 'e') || !take(&ahead, '['))
		return false;
	skip_space(&ahead);
	if (peek(&ahead) != '\'' && peek(&ahead) != '"')
		return false;
	r->at++;
	return true;
}

static void
read_field(struct rules *r)
{
	r->nkey = 0;
	if (!take_event(r))
		read_bare(r);
	while (!r->err) {
		if (take(r, '['))
			read_bracket(r);
		else if (take(r, '.'))
			read_bare(r);
		else
			break;
	}
	skip_space(r);
	if (!r->err && (!r->nkey || (r->at < r->end && !take(r, ','))))
		r->err = MQL_EINVAL;
}

static void
keep_rule(struct rules *r, enum policy_verdict verdict)
{
	struct policy *p = r->p;
	struct str *key = arena_alloc(&p->mem, r->nkey * sizeof *key);

	if (p->nrule == POLICY_MAX_RULES)
		r->err = MQL_ELIMIT;
	else if (!key)
		r->err = MQL_ENOMEM;
	if (r->err)
		return;
	memcpy(key, r->key, r->nkey * sizeof *key);
	p->rule[p->nrule++] = (struct policy_rule){ verdict, r->nkey, key };
}

static int
explain(int err, struct str item, char *why, size_t nwhy)
{
	int n = item.len < 80 ? (int)item.len : 80;

	if (err == MQL_EINVAL)
		snprintf(why, nwhy, "'%.*s' names no field", n, item.ptr);
	else if (err == MQL_ELIMIT)
		snprintf(why, nwhy, "more than %d rules or %d keys in one",
			 POLICY_MAX_RULES, PATH_MAX_STEPS);
	else
		snprintf(why, nwhy, "%s", mql_strerror(err));
	return err;
}

int
policy_add(struct policy *p, enum policy_verdict verdict, struct str list,
	   char *why, size_t nwhy)
{
	struct rules r = { .p = p, .at = list.ptr };

	r.end = list.len ? list.ptr + list.len : list.ptr;
	for (skip_space(&r); r.at < r.end; skip_space(&r)) {
		const char *begun = r.at;

		read_field(&r);
		if (!r.err)
			keep_rule(&r, verdict);
		if (r.err)
			return explain(r.err, (struct str){ begun,
				       (size_t)(r.end - begun) }, why, nwhy);
	}
	return 0;
}

/* --- life -------------------------------------------------------------------- */

int
policy_new(struct policy **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return MQL_ENOMEM;
	policy_secret(*out, STR(""));
	return 0;
}

void
policy_free(struct policy *p)
{
	if (!p)
		return;
	arena_fini(&p->mem);
	free(p);
}

void
policy_secret(struct policy *p, struct str secret)
{
	XXH3_generateSecret(p->secret, sizeof p->secret, secret.ptr,
			    secret.len);
}

bool
policy_empty(const struct policy *p)
{
	return !p || !p->nrule;
}

/* --- places ------------------------------------------------------------------ */

struct policy_at
policy_top(const struct policy *p)
{
	struct policy_at at = { 0 };

	for (unsigned i = 0; i < p->nrule; i++)
		at.alive[i / 64] |= UINT64_C(1) << i % 64;
	return at;
}

static bool
same_key(struct str rule, struct str key)
{
	if (!rule.ptr)
		return true;
	if (rule.len != key.len)
		return false;
	for (size_t i = 0; i < key.len; i++)
		if (rule.ptr[i] != lower(key.ptr[i]))
			return false;
	return true;
}

/* One key without dots further; a rule that ends there has its say. */
static enum policy_verdict
descend(const struct policy *p, struct policy_at *at, struct str part)
{
	enum policy_verdict v = POLICY_OPEN, mine;

	for (unsigned i = 0; i < p->nrule; i++) {
		const struct policy_rule *r = &p->rule[i];
		const uint64_t bit = UINT64_C(1) << i % 64;
		uint64_t *word = &at->alive[i / 64];

		if (!(*word & bit))
			continue;
		if (r->nkey <= at->depth ||
		    !same_key(r->key[at->depth], part)) {
			*word &= ~bit;
			continue;
		}
		mine = r->nkey == at->depth + 1 ? r->verdict : POLICY_INSIDE;
		v = mine > v ? mine : v;
	}
	at->depth++;
	return v;
}

/* Is there nothing more to say, whatever comes below? */
static bool
is_last(enum policy_verdict v)
{
	return v == POLICY_OPEN || v == POLICY_DENY;
}

/* A key that begins with the keys of a rule is covered by it as a whole, and
 * further down may meet another rule that is stricter. */
enum policy_verdict
policy_key(const struct policy *p, struct policy_at *at, struct str key)
{
	enum policy_verdict v = POLICY_INSIDE, next;
	struct str rest = { key.ptr ? key.ptr : "", key.len }, part;

	while (!is_last(v) && next_part(&rest, &part)) {
		next = descend(p, at, part);
		v = v == POLICY_INSIDE || next > v ? next : v;
	}
	return v;
}

enum policy_verdict
policy_path(const struct policy *p, const struct path *path, unsigned n,
	    struct policy_at *at)
{
	enum policy_verdict v = POLICY_INSIDE, next;

	*at = policy_top(p);
	if (path->meta || !p->nrule)
		return POLICY_OPEN;
	for (unsigned i = 0; i < n && !is_last(v); i++) {
		bool covered = v > POLICY_INSIDE;

		if (covered)
			v = POLICY_GONE;
		if (path->steps[i].kind != STEP_KEY)
			continue;
		next = policy_key(p, at, path->steps[i].key);
		if (!covered || next == POLICY_DENY)
			v = next;
	}
	return v;
}
