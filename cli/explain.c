/* explain.c - mql explain "<query>": what would run where. Needs no daemon. */
#include "cli/cmd.h"

static int
run(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql explain", "[options] \"<query>\"",
		"Show the plan of a query: what runs where, the fields that it "
		"reads, what it\nmay cost. Nothing is asked.",
		"Example:\n"
		"  mql explain \"select path where status >= 500\"\n",
	};
	bool program = false;
	const struct option table[] = {
		{ "program", 'p', OPTION_FLAG, NULL, NULL,
		  "list the bytecode too", &program },
		{ 0 },
	};
	struct mql_query *q;
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1) {
		cmd_complain("explain takes one query, in quotes");
		return CMD_USAGE;
	}
	if ((status = cmd_compile(argv[1], &q)))
		return status;
	mql_query_explain(q, stdout);
	if (program) {
		putchar('\n');
		mql_query_disassemble(q, stdout);
	}
	mql_query_free(q);
	return CMD_FINE;
}

const struct cmd cmd_explain = {
	"explain", "\"<query>\"", "the plan of a query", run
};
