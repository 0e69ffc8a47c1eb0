/* fmt.c - mql fmt "<query>": the query in its one canonical spelling. Needs no
 * daemon. */
#include <stdio.h>

#include "cli/cmd.h"

static int
run(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql fmt", "\"<query>\"",
		"Print the query in its canonical spelling, which is the same "
		"for all queries that\nsay the same in other words.",
		"Example:\n"
		"  mql fmt \"SELECT a WHERE b = 1 && !(c is null)\"\n",
	};
	const struct option table[] = { { 0 } };
	struct mql_query *q;
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1) {
		cmd_complain("fmt takes one query, in quotes");
		return CMD_USAGE;
	}
	if ((status = cmd_compile(argv[1], &q)))
		return status;
	puts(mql_query_text(q));
	mql_query_free(q);
	return CMD_FINE;
}

const struct cmd cmd_fmt = {
	"fmt", "\"<query>\"", "a query in its one spelling", run
};
