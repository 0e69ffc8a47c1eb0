/* regex.c - PCRE2 with limits, and without what could hurt the host.
 *
 * What a hostile pattern can cost: PCRE2 counts steps from each place where
 * a match may begin, so MAX_STEPS is shared out over the places there are.
 * Patterns are UTF-8 as the text of a query is, yet subjects may hold any
 * bytes: one that is in no character matches nothing. \C, which would split
 * a character, is refused. */
#include "mql/regex.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "mql/mql.h"

enum {
	MAX_STEPS = 1000 * 1000,
	MAX_STEPS_A_PLACE = 10 * 1000,
	MIN_STEPS_A_PLACE = 100,
	MAX_DEPTH = 1000,
	MAX_HEAP_KIB = 256,
	MAX_PATTERN = 16 * 1024,
};

struct regex_match {
	pcre2_match_data    *data;
	pcre2_match_context *limits;
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
		PCRE2_NEVER_BACKSLASH_C |
		(whole ? PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0);
	pcre2_compile_context *ctx = context(a);
	int err;

	*out = (struct regex){ .text = text, .whole = whole };
	if (!ctx)
		return MQL_ENOMEM;
	pcre2_set_max_pattern_length(ctx, MAX_PATTERN);
	out->code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, options,
				  &err, &why->at, ctx);
	if (out->code)
		return 0;
	if (err == PCRE2_ERROR_HEAP_FAILED || err == PCRE2_ERROR_NOMEMORY)
		return MQL_ENOMEM;
	if (pcre2_get_error_message(err, (PCRE2_UCHAR *)why->text,
				    sizeof why->text) < 0)
		snprintf(why->text, sizeof why->text, "not a valid pattern");
	return MQL_ESYNTAX;
}

int
regex_match_new(struct regex_match **out)
{
	struct regex_match *m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return MQL_ENOMEM;
	m->limits = pcre2_match_context_create(NULL);
	m->data = pcre2_match_data_create(1, NULL);
	if (!m->limits || !m->data) {
		regex_match_free(m);
		return MQL_ENOMEM;
	}
	pcre2_set_depth_limit(m->limits, MAX_DEPTH);
	pcre2_set_heap_limit(m->limits, MAX_HEAP_KIB);
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

static uint32_t
steps_a_place(const struct regex *re, size_t len)
{
	size_t n = re->whole ? MAX_STEPS_A_PLACE : MAX_STEPS / (len + 1);

	return n > MAX_STEPS_A_PLACE ? MAX_STEPS_A_PLACE
	     : n < MIN_STEPS_A_PLACE ? MIN_STEPS_A_PLACE
				     : (uint32_t)n;
}

int
regex_matches(const struct regex *re, struct regex_match *m,
	      struct str subject)
{
	const char *ptr = subject.ptr ? subject.ptr : "";

	pcre2_set_match_limit(m->limits, steps_a_place(re, subject.len));
	int n = pcre2_match(re->code, (PCRE2_SPTR)ptr, subject.len, 0, 0,
			    m->data, m->limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	return n < 0 ? MQL_ELIMIT : 1;
}
