/* list.c - mql agents, queries, streams, saved: what a source-job knows, one
 * row a thing; a table for people, JSON for programs. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/output.h"
#include "event/json.h"
#include "mql/client.h"

struct list_args {
	struct peer peer;
	uint64_t    limit;
	int         output, color; /* output < 0: as standard output suggests */
	bool        quiet;
};

/* The answer is an array of objects. */
static int
print_rows(const char *json, uint64_t limit, struct output *o)
{
	struct buf line = BUF_INIT;
	struct str key, row;
	size_t at = 0;

	for (uint64_t n = 0; (!limit || n < limit) &&
	     json_member_next(str_of(json), &at, &key, &row); n++) {
		buf_reset(&line);
		json_write_line(row, &line);
		output_row(o, (struct str){ (char *)line.data, line.len });
	}
	int err = line.err ? line.err : output_end(o);
	buf_fini(&line);
	return err ? CMD_FAILED : CMD_FINE;
}

static bool
is_empty(const char *json)
{
	struct str key, row;
	size_t at = 0;

	return !json_member_next(str_of(json), &at, &key, &row);
}

static int
list(const struct list_args *a, const char *what)
{
	struct output *o = NULL;
	char *json = NULL;
	int status = ask(&a->peer, what, "", &json), kind = a->output;

	if (status)
		return status;
	if (kind < 0)
		kind = isatty(STDOUT_FILENO) ? OUTPUT_TABLE : OUTPUT_JSON;
	int err = json_check(str_of(json), NULL);
	if (!err)
		err = output_new((enum output_kind)kind,
				 (enum output_color)a->color, STDOUT_FILENO,
				 NULL, NULL, &o);
	if (err)
		cmd_complain("%s: %s", a->peer.source_job,
			     err == MQL_EBADEVENT ? "the answer is not JSON"
						  : mql_strerror(err));
	status = err ? CMD_FAILED : print_rows(json, a->limit, o);
	if (!err && kind == OUTPUT_TABLE && is_empty(json) && !a->quiet)
		cmd_complain("there are no %s%s", what,
			     !strcmp(what, "saved") ? " queries" : "");
	output_free(o);
	free(json);
	return status;
}

static int
run(const struct option_usage *usage, int argc, char **argv)
{
	struct list_args a = { .output = -1 };
	const struct option table[] = {
		PEER_OPTIONS(&a.peer),
		{ "output", 'o', OPTION_CHOICE, OUTPUT_KINDS, NULL,
		  "table on a terminal, else json", &a.output },
		{ "limit", 'n', OPTION_UINT, "N", NULL,
		  "the first N", &a.limit },
		{ "color", 0, OPTION_CHOICE, OUTPUT_COLORS, "auto",
		  "colour the rows", &a.color },
		QUIET_OPTION(&a.quiet),
		{ 0 },
	};
	int nrest, status;

	if (!cmd_options(usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest) {
		cmd_complain("%s takes no arguments", argv[0]);
		return CMD_USAGE;
	}
	return list(&a, argv[0]);
}

static int
run_agents(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql agents", "[options]",
		"The agents that are connected to the source-job.",
		"Example:\n  mql agents -o json | jq .host\n",
	};

	return run(&usage, argc, argv);
}

static int
run_queries(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql queries", "[options]",
		"The queries that run now, with their ids and books.",
		"Example:\n  mql queries\n  mql kill 7\n",
	};

	return run(&usage, argc, argv);
}

static int
run_streams(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql streams", "[options]",
		"The streams that can be asked, and how many agents have them.",
		"Example:\n  mql streams\n  mql \"select * from requests\"\n",
	};

	return run(&usage, argc, argv);
}

static int
run_saved(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql saved", "[options]",
		"The queries that are saved: they run whether anybody listens "
		"or not.",
		"Example:\n  mql saved\n  mql --saved errors\n"
		"  mql rm errors\n",
	};

	return run(&usage, argc, argv);
}

const struct cmd cmd_agents = {
	"agents", "", "the agents that are connected", run_agents
};
const struct cmd cmd_queries = {
	"queries", "", "the queries that run now", run_queries
};
const struct cmd cmd_streams = {
	"streams", "", "the streams that can be asked", run_streams
};
const struct cmd cmd_saved = {
	"saved", "", "the queries that are saved", run_saved
};
