/* save.c - mql save, rm, saved: queries that the source-job keeps and runs,
 * whether anybody listens or not. */
#include <stdlib.h>

#include "cli/cmd.h"
#include "event/json.h"

struct save_args {
	struct peer peer;
	bool        quiet;
};

static bool
options(struct save_args *a, const struct option_usage *usage, int argc,
	char **argv, int *nrest, int *status)
{
	const struct option table[] = {
		PEER_OPTIONS(&a->peer),
		{ "quiet", 'q', OPTION_FLAG, NULL, NULL,
		  "say nothing but errors", &a->quiet },
		{ 0 },
	};

	return cmd_options(usage, table, argc, argv, nrest, status);
}

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
	struct save_args a = { 0 };
	struct mql_query *q = NULL;
	char *json = NULL;
	int nrest, status;

	if (!options(&a, &usage, argc, argv, &nrest, &status))
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
	status = ask_question(&a.peer, &what, &json);
	if (!status && !a.quiet)
		cmd_complain("%s is saved", argv[1]);
	free(json);
	return status;
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
	struct save_args a = { 0 };
	char *json = NULL;
	int nrest, status;

	if (!options(&a, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1) {
		cmd_complain("rm takes one name (mql saved shows them)");
		return CMD_USAGE;
	}
	status = ask(&a.peer, "rm", argv[1], &json);
	if (!status && !a.quiet)
		cmd_complain("%s is removed", argv[1]);
	free(json);
	return status;
}

/* Of the one element of a JSON list, a member's text. */
static char *
text_of(const char *json, struct str member)
{
	struct str key, row, name, raw;
	struct buf room = BUF_INIT;
	char *text = NULL;
	size_t at = 0, in = 0;

	if (json_check(str_of(json), NULL) ||
	    !json_member_next(str_of(json), &at, &key, &row))
		return NULL;
	while (!text && json_member_next(row, &in, &name, &raw)) {
		if (!str_eq(name, member) || !buf_room(&room, raw.len))
			continue;
		struct value v = json_value(raw, &room);
		struct str s = value_str(&v);
		text = v.type == VALUE_STR ? strndup(s.ptr, s.len) : NULL;
	}
	buf_fini(&room);
	return text;
}

int
ask_saved(const struct peer *p, const char *name, char **query)
{
	char *json = NULL;
	int status = ask(p, "saved", name, &json);

	*query = status ? NULL : text_of(json, STR("\"query\""));
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
