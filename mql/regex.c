/* regex.c - PCRE2 with a budget, and without what could hurt the host.
 *
 * PCRE2's own match limit counts from each place where a match may begin, and
 * does not see how far a single item runs: `a++b` over a megabyte of a's takes
 * minutes within any limit. So every item of a pattern is compiled with a
 * callout before it, which counts items and the characters moved over, and
 * gives up when that is more than the text's length justifies. (An item that
 * fails late goes uncounted: `x{60000}`, a back reference. Both are bounded.)
 *
 * Patterns are UTF-8 as the text of a query is, yet subjects may hold any
 * bytes: one that is in no character matches nothing. \C, which would split
 * a character, is refused. */
#include "mql/regex.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "mql/mql.h"

/* In units of a character moved over, about a nanosecond: a match costs a
 * millisecond at most, and for a long text 32 ns a byte. */
enum {
	COST_OF_ITEM = 16,
	BUDGET = 1000 * 1000,
	BUDGET_PER_BYTE = 32,
	MAX_HEAP_KIB = 256,
	MAX_PATTERN = 16 * 1024,
	MAX_GROUP = 99,
};

struct regex_match {
	pcre2_match_data    *data;
	pcre2_match_context *limits;
	size_t at;   /* where in the subject the last item was tried */
	size_t left; /* of the budget */
};

static void *
take(size_t n, void *arena)
{
	return arena_alloc(arena, n);
}

static void
leave(void *p, void *arena) /* goes with the arena */
{
	(void)p;
	(void)arena;
}

static pcre2_compile_context *
context(struct arena *a)
{
	pcre2_general_context *g = pcre2_general_context_create(take, leave, a);

	return g ? pcre2_compile_context_create(g) : NULL;
}

int
regex_compile(struct arena *a, struct str text, bool whole, struct regex *out,
	      struct regex_error *why)
{
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
		PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT |
		(whole ? PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0);
	pcre2_compile_context *ctx = context(a);
	int err;

	*out = (struct regex){ .text = text, .whole = whole };
	if (!ctx)
		return MQL_ENOMEM;
	pcre2_set_max_pattern_length(ctx, MAX_PATTERN);
	out->code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, options,
				  &err, &why->at, ctx);
	if (out->code) {
		uint32_t n;

		pcre2_pattern_info(out->code, PCRE2_INFO_CAPTURECOUNT, &n);
		out->ngroup = n < MAX_GROUP ? n : MAX_GROUP;
		return 0;
	}
	if (err == PCRE2_ERROR_HEAP_FAILED || err == PCRE2_ERROR_NOMEMORY)
		return MQL_ENOMEM;
	if (pcre2_get_error_message(err, (PCRE2_UCHAR *)why->text,
				    sizeof why->text) < 0)
		snprintf(why->text, sizeof why->text, "not a valid pattern");
	return MQL_ESYNTAX;
}

/* The callout before each item. */
static int
charge(pcre2_callout_block *now, void *match)
{
	struct regex_match *m = match;
	size_t cost = COST_OF_ITEM;

	if (now->current_position > m->at)
		cost += now->current_position - m->at;
	m->at = now->current_position;
	if (cost > m->left)
		return PCRE2_ERROR_MATCHLIMIT;
	m->left -= cost;
	return 0;
}

int
regex_match_new(struct regex_match **out)
{
	struct regex_match *m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return MQL_ENOMEM;
	m->limits = pcre2_match_context_create(NULL);
	m->data = pcre2_match_data_create(MAX_GROUP + 1, NULL);
	if (!m->limits || !m->data) {
		regex_match_free(m);
		return MQL_ENOMEM;
	}
	pcre2_set_heap_limit(m->limits, MAX_HEAP_KIB);
	pcre2_set_callout(m->limits, charge, m);
	*out = m;
	return 0;
}

void
regex_match_free(struct regex_match *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->limits);
	free(m);
}

static int
match(const struct regex *re, struct regex_match *m, struct str subject,
      const char *ptr)
{
	m->at = 0;
	m->left = BUDGET + BUDGET_PER_BYTE * subject.len;
	int n = pcre2_match(re->code, (PCRE2_SPTR)ptr, subject.len, 0, 0,
			    m->data, m->limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	return n < 0 ? MQL_ELIMIT : 1;
}

int
regex_matches(const struct regex *re, struct regex_match *m,
	      struct str subject)
{
	return match(re, m, subject, subject.ptr ? subject.ptr : "");
}

int
regex_find(const struct regex *re, struct regex_match *m, struct str subject,
	   struct str *out)
{
	const char *ptr = subject.ptr ? subject.ptr : "";
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
	int found = match(re, m, subject, ptr);

	if (found <= 0)
		return found;
	at += 2 * re->group;
	if (at[0] == PCRE2_UNSET || at[0] > at[1])
		return 0;
	*out = (struct str){ ptr + at[0], at[1] - at[0] };
	return 1;
}
