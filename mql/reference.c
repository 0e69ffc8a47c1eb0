/* reference.c - what a query can call, for people: mql_function_at(). */
#include "common/buf.h"
#include "mql/aggregate.h"
#include "mql/function.h"
#include "mql/mql.h"

static const char *
letter_word(char letter)
{
	switch (letter) {
	case 's': return "text";
	case 'n': return "number";
	case 'i': return "integer";
	case 'b': return "condition";
	case 't': return "time";
	default:  return "value";
	}
}

/* "text, integer [, integer]" of "sii?" */
static void
spell_args(const char *args, char *out, size_t size)
{
	struct buf to = BUF_FIXED(out, size - 1);

	if (!strcmp(args, "*")) /* of an aggregate: events, or values */
		buf_puts(&to, "* | [distinct] value");
	for (const char *p = args; *p && strcmp(args, "*"); p++) {
		const char *comma = p == args ? "" : ", ";

		if (p[1] == '?')
			buf_printf(&to, "%s[%s%s]", p == args ? "" : " ",
				   comma, letter_word(*p));
		else
			buf_printf(&to, "%s%s", comma, letter_word(*p));
		if (p[1] == '*')
			buf_puts(&to, ", ...");
		p += p[1] == '?' || p[1] == '*';
	}
	out[to.len] = '\0';
}

bool
mql_function_at(size_t i, struct mql_function *out)
{
	size_t nf, na;
	const struct function *f = function_table(&nf);
	const struct aggregate *a = aggregate_table(&na);

	if (i >= nf + na)
		return false;
	if (i < nf) {
		f += i;
		*out = (struct mql_function){
			.name = f->name, .result = f->result,
			.group = f->group, .about = f->about,
			.example = f->example, .gives = f->gives,
		};
		spell_args(f->args, out->args, sizeof out->args);
		return true;
	}
	a += i - nf;
	*out = (struct mql_function){
		.name = a->name, .result = "any", .group = "Aggregates",
		.about = a->about, .example = a->example, .gives = a->gives,
		.aggregate = true,
	};
	spell_args(a->args, out->args, sizeof out->args);
	return true;
}
