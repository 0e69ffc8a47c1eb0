/* save.c - mql save, rm, saved: queries that the source-job keeps and runs,
 * whether anybody listens or not. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "client/saved.h"

static int
run_save(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql save", "[options] NAME \"<query>\"",
		"Keep a query at the source-job, where it runs from now on, "
		"after restarts too,\nwhether anybody listens or not. "
		"`mql --saved NAME` gives its rows; while nobody\ndoes, they "
		"are counted and thrown away. An old query of that name is "
		"replaced.",
		"Example:\n"
		"  mql save errors \"select * where status >= 500\"\n"
		"  mql --saved errors\n",
	};
	struct order o;
	struct mql_query *q = NULL;
	int nrest, status;

	if (!order_options(&o, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest != 2) {
		cmd_complain("save takes a name, and a query in quotes");
		return CMD_USAGE;
	}
	if ((status = cmd_compile(argv[2], &q)))
		return status;
	mql_query_free(q);
	const struct question what = { .what = "save", .arg = argv[1],
				       .query = argv[2] };
	return order_give(&o, &what, "%s is saved", argv[1]);
}

static int
run_rm(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql rm", "[options] NAME",
		"Forget a saved query. Who listens to it goes on; `mql saved` "
		"shows the names.",
		"Example:\n  mql rm errors\n",
	};
	struct order o;
	int nrest, status;

	if (!order_options(&o, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1) {
		cmd_complain("rm takes one name (mql saved shows them)");
		return CMD_USAGE;
	}
	const struct question what = { .what = "rm", .arg = argv[1] };
	return order_give(&o, &what, "%s is removed", argv[1]);
}

int
ask_saved(const struct peer *p, const char *name, char **query)
{
	char *json = NULL;
	int status = ask(p, "saved", name, &json);

	*query = NULL;
	if (!status)
		client_saved_text(str_of(json), name, query);
	free(json);
	if (status || *query)
		return status;
	cmd_complain("no query is saved as %s (mql saved shows them)", name);
	return CMD_USAGE;
}

const struct cmd cmd_save = {
	"save", "NAME \"<query>\"", "keep a query, and run it always", run_save
};
const struct cmd cmd_rm = { "rm", "NAME", "forget a saved query", run_rm };
