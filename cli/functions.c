/* functions.c - mql functions [NAME]: the reference of what a query can call,
 * printed from the language's own tables. docs/mql.md holds what --markdown
 * prints. Needs no daemon. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "mql/aggregate.h"
#include "mql/function.h"

enum { SIGNATURE = 26 }; /* columns */

/* --- signatures ----------------------------------------------------------- */

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

/* "substr(text, integer [, integer])" of "sii?" */
static void
signature(const char *name, const char *args, char *out, size_t size)
{
	FILE *to = fmemopen(out, size, "w");

	if (!to)
		return;
	fprintf(to, "%s(", name);
	if (!strcmp(args, "*")) /* of an aggregate: events, or values */
		fputs("* | [distinct] value", to);
	for (const char *p = args; *p && strcmp(args, "*"); p++) {
		const char *comma = p == args ? "" : ", ";

		if (p[1] == '?')
			fprintf(to, "%s[%s%s]", p == args ? "" : " ",
				comma, letter_word(*p));
		else
			fprintf(to, "%s%s", comma, letter_word(*p));
		if (p[1] == '*')
			fputs(", ...", to);
		p += p[1] == '?' || p[1] == '*';
	}
	fputc(')', to);
	fclose(to);
}

/* --- as text -------------------------------------------------------------- */

static void
list(const char *name, const char *args, const char *about)
{
	char text[200] = "";

	signature(name, args, text, sizeof text);
	if (strlen(text) >= SIGNATURE)
		printf("  %s\n  %*s", text, SIGNATURE, "");
	else
		printf("  %-*s", SIGNATURE, text);
	puts(about);
}

static void
list_all(void)
{
	size_t nf, na;
	const struct function *f = function_table(&nf);
	const struct aggregate *a = aggregate_table(&na);

	for (size_t i = 0; i < nf; i++) {
		if (!i || strcmp(f[i].group, f[i - 1].group))
			printf("%s%s\n", i ? "\n" : "", f[i].group);
		list(f[i].name, f[i].args, f[i].about);
	}
	puts("\nAggregates");
	for (size_t i = 0; i < na; i++)
		list(a[i].name, a[i].args, a[i].about);
}

static void
show_function(const struct function *f)
{
	char text[200] = "";

	signature(f->name, f->args, text, sizeof text);
	printf("%s: %s\n  %s\n  %s is %s\n", text, f->result, f->about,
	       f->example, f->gives);
	if (f->null == FUNCTION_STRICT && *f->args)
		puts("  null when an argument is null, or of another type");
}

static void
show_aggregate(const struct aggregate *a)
{
	char text[200] = "";

	signature(a->name, a->args, text, sizeof text);
	printf("%s: aggregate, %s\n  %s\n  %s of 1, 2, 2 and 5 is %s\n", text,
	       a->exact ? "exact" : "within its error", a->about, a->example,
	       a->gives);
}

static int
show(const char *name)
{
	const struct function *f = function_find(str_of(name));
	const struct aggregate *a = aggregate_find(str_of(name));
	const char *near = function_near(str_of(name));

	if (f)
		show_function(f);
	else if (a)
		show_aggregate(a);
	else if (near || (near = aggregate_near(str_of(name))))
		cmd_complain("there is no function `%s`; did you mean `%s`?",
			     name, near);
	else
		cmd_complain("there is no function `%s`", name);
	return f || a ? CMD_FINE : CMD_USAGE;
}

/* --- as Markdown ---------------------------------------------------------- */

/* A bar would end the cell. */
static void
cell(const char *text)
{
	for (; *text; text++)
		if (*text == '|')
			fputs("\\|", stdout);
		else
			putchar(*text);
}

static void
row(const char *name, const char *args, const char *about,
    const char *example, const char *gives)
{
	char text[200] = "";

	signature(name, args, text, sizeof text);
	fputs("| `", stdout);
	cell(text);
	fputs("` | ", stdout);
	cell(about);
	fputs(" | `", stdout);
	cell(example);
	fputs("` | `", stdout);
	cell(gives);
	puts("` |");
}

static void
print_functions(void)
{
	size_t n;
	const struct function *f = function_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(f[i].group, f[i - 1].group))
			printf("%s### %s\n\n| | | example | is |\n"
			       "|---|---|---|---|\n", i ? "\n" : "",
			       f[i].group);
		row(f[i].name, f[i].args, f[i].about, f[i].example,
		    f[i].gives);
	}
}

static void
print_aggregates(void)
{
	size_t n;
	const struct aggregate *a = aggregate_table(&n);

	puts("| | | example | of 1, 2, 2, 5 |\n|---|---|---|---|");
	for (size_t i = 0; i < n; i++)
		row(a[i].name, a[i].args, a[i].about, a[i].example,
		    a[i].gives);
}

/* --- the command ---------------------------------------------------------- */

static int
run(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql functions", "[options] [NAME]",
		"Print the functions and aggregates that a query can call, or "
		"what one of them does.\nNothing is asked.",
		"Example:\n"
		"  mql functions split_part\n",
	};
	bool functions = false, aggregates = false;
	const struct option table[] = {
		{ "markdown", 0, OPTION_FLAG, NULL, NULL,
		  "the functions as tables of the manual", &functions },
		{ "markdown-aggregates", 0, OPTION_FLAG, NULL, NULL,
		  "the aggregates as a table of the manual", &aggregates },
		{ 0 },
	};
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest > 1) {
		cmd_complain("functions takes one name");
		return CMD_USAGE;
	}
	if (nrest)
		return show(argv[1]);
	if (functions)
		print_functions();
	if (aggregates)
		print_aggregates();
	if (!functions && !aggregates)
		list_all();
	return CMD_FINE;
}

const struct cmd cmd_functions = {
	"functions", "[NAME]", "what a query can call", run
};
