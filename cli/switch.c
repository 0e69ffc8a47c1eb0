/* switch.c - mql off, mql on: all evaluation in the fleet, at once. */
#include <stdlib.h>

#include "cli/cmd.h"
#include "common/buf.h"
#include "event/json.h"

enum { WHY_MAX = 256 }; /* what a request carries */

struct switch_args {
	const char *source_job;
	bool        quiet;
};

static bool
options(struct switch_args *a, const struct option_usage *usage, int argc,
	char **argv, int *nrest, int *status)
{
	const struct option table[] = {
		{ "source-job", 's', OPTION_STRING, "ENDPOINTS",
		  "tcp://127.0.0.1:7401", "whom to ask", &a->source_job },
		{ "quiet", 'q', OPTION_FLAG, NULL, NULL,
		  "say nothing but errors", &a->quiet },
		{ 0 },
	};

	return cmd_options(usage, table, argc, argv, nrest, status);
}

/* The text of a member of the answer; it lives in room. */
static struct str
member(const char *json, struct str quoted, struct buf *room)
{
	struct str key, raw;
	size_t at = 0;

	while (!json_check(str_of(json), NULL) &&
	       json_member_next(str_of(json), &at, &key, &raw)) {
		if (!str_eq(key, quoted) || !buf_room(room, raw.len))
			continue;
		struct value v = json_value(raw, room);
		if (v.type == VALUE_STR)
			return value_str(&v);
	}
	return (struct str){ "", 0 };
}

static void
join(char **argv, int n, struct buf *out)
{
	for (int i = 1; i <= n; i++) {
		buf_puts(out, i > 1 ? " " : "");
		buf_puts(out, argv[i]);
	}
	buf_put_u8(out, '\0');
}

static int
off(const struct switch_args *a, const char *why)
{
	struct buf room = BUF_INIT;
	char *json = NULL;
	int status = ask(a->source_job, "off", why, &json);

	if (!status && !a->quiet) {
		struct str s = member(json, STR("\"why\""), &room);

		cmd_complain("%.*s", (int)s.len, s.ptr);
	}
	buf_fini(&room);
	free(json);
	return status;
}

static int
run_off(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql off", "[options] [REASON]",
		"Switch off all evaluation of the source-job's agents: every "
		"query leaves them\nwithin a second, and none is taken until "
		"`mql on`. Those who ask keep their\nsubscriptions and are "
		"told who did it, when and why.",
		"Example:\n  mql off \"p99 is up, until we know why\"\n",
	};
	struct switch_args a = { 0 };
	struct buf why = BUF_INIT;
	int nrest, status;

	if (!options(&a, &usage, argc, argv, &nrest, &status))
		return status;
	join(argv, nrest, &why);
	if (why.err || why.len > WHY_MAX) {
		cmd_complain("a reason has at most %d bytes", WHY_MAX - 1);
		status = CMD_USAGE;
	} else {
		status = off(&a, (char *)why.data);
	}
	buf_fini(&why);
	return status;
}

static int
run_on(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql on", "[options]",
		"Switch evaluation on again. Queries that are still asked go "
		"on.",
		"Example:\n  mql on\n",
	};
	struct switch_args a = { 0 };
	char *json = NULL;
	int nrest, status;

	if (!options(&a, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest) {
		cmd_complain("on takes no arguments");
		return CMD_USAGE;
	}
	status = ask(a.source_job, "on", "", &json);
	if (!status && !a.quiet)
		cmd_complain("evaluation is switched on");
	free(json);
	return status;
}

const struct cmd cmd_off = {
	"off", "[REASON]", "switch off all evaluation", run_off
};
const struct cmd cmd_on = { "on", "", "and on again", run_on };
