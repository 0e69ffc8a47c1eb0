/* functions.c - mql functions [NAME]: the reference of what a query can call,
 * printed from the language's own tables. docs/mql.md holds what --markdown
 * prints. Needs no daemon. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cmd.h"
#include "mql/aggregate.h"
#include "mql/function.h"
#include "mql/mql.h"

enum { SIGNATURE = 26 }; /* columns */

/* --- as text -------------------------------------------------------------- */

/* "substr(text, integer [, integer])" */
static void
signature(const struct mql_function *f, char *out, size_t size)
{
	snprintf(out, size, "%s(%s)", f->name, f->args);
}

static void
list(const struct mql_function *f)
{
	char text[200];

	signature(f, text, sizeof text);
	if (strlen(text) >= SIGNATURE)
		printf("  %s\n  %*s", text, SIGNATURE, "");
	else
		printf("  %-*s", SIGNATURE, text);
	puts(f->about);
}

static void
list_all(void)
{
	struct mql_function f;
	const char *group = "";

	for (size_t i = 0; mql_function_at(i, &f); i++) {
		if (strcmp(f.group, group))
			printf("%s%s\n", i ? "\n" : "", f.group);
		group = f.group;
		list(&f);
	}
}

static bool
find(const char *name, struct mql_function *f)
{
	for (size_t i = 0; mql_function_at(i, f); i++)
		if (!strcasecmp(f->name, name))
			return true;
	return false;
}

static void
show_function(const struct mql_function *f)
{
	const struct function *own = function_find(str_of(f->name));
	char text[200];

	signature(f, text, sizeof text);
	printf("%s: %s\n  %s\n  %s is %s\n", text, f->result, f->about,
	       f->example, f->gives);
	if (own && own->null == FUNCTION_STRICT && *f->args)
		puts("  null when an argument is null, or of another type");
}

static void
show_aggregate(const struct mql_function *f)
{
	const struct aggregate *own = aggregate_find(str_of(f->name));
	char text[200];

	signature(f, text, sizeof text);
	printf("%s: aggregate, %s\n  %s\n  %s of 1, 2, 2 and 5 is %s\n", text,
	       own && own->exact ? "exact" : "within its error", f->about,
	       f->example, f->gives);
}

static int
show(const char *name)
{
	struct mql_function f;
	const char *near = function_near(str_of(name));
	bool found = find(name, &f);

	if (found && f.aggregate)
		show_aggregate(&f);
	else if (found)
		show_function(&f);
	else if (near || (near = aggregate_near(str_of(name))))
		cmd_complain("there is no function `%s`; did you mean `%s`?",
			     name, near);
	else
		cmd_complain("there is no function `%s`", name);
	return found ? CMD_FINE : CMD_USAGE;
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
row(const struct mql_function *f)
{
	char text[200];

	signature(f, text, sizeof text);
	fputs("| `", stdout);
	cell(text);
	fputs("` | ", stdout);
	cell(f->about);
	fputs(" | `", stdout);
	cell(f->example);
	fputs("` | `", stdout);
	cell(f->gives);
	puts("` |");
}

static void
print_functions(void)
{
	struct mql_function f;
	const char *group = "";

	for (size_t i = 0; mql_function_at(i, &f) && !f.aggregate; i++) {
		if (strcmp(f.group, group))
			printf("%s### %s\n\n| | | example | is |\n"
			       "|---|---|---|---|\n", i ? "\n" : "", f.group);
		group = f.group;
		row(&f);
	}
}

static void
print_aggregates(void)
{
	struct mql_function f;

	puts("| | | example | of 1, 2, 2, 5 |\n|---|---|---|---|");
	for (size_t i = 0; mql_function_at(i, &f); i++)
		if (f.aggregate)
			row(&f);
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
