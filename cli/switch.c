/* switch.c - mql off, mql on: all evaluation in the fleet, at once. */
#include <stdlib.h>

#include "cli/cmd.h"
#include "common/buf.h"

enum { WHY_MAX = 256 }; /* what a request carries */

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
off(const struct order *o, const char *why)
{
	struct buf room = BUF_INIT;
	char *json = NULL;
	int status = ask(&o->peer, "off", why, &json);

	if (!status && !o->quiet) {
		struct str s = ask_text(str_of(json), STR("\"why\""), &room);

		cmd_complain("%.*s", (int)s.len, s.len ? s.ptr : "");
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
	struct order o;
	struct buf why = BUF_INIT;
	int nrest, status;

	if (!order_options(&o, &usage, argc, argv, &nrest, &status))
		return status;
	join(argv, nrest, &why);
	if (why.err || why.len > WHY_MAX) {
		cmd_complain("a reason has at most %d bytes", WHY_MAX - 1);
		status = CMD_USAGE;
	} else {
		status = off(&o, (char *)why.data);
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
	struct order o;
	int nrest, status;

	if (!order_options(&o, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest) {
		cmd_complain("on takes no arguments");
		return CMD_USAGE;
	}
	const struct question what = { .what = "on", .arg = "" };
	return order_give(&o, &what, "evaluation is switched on");
}

const struct cmd cmd_off = {
	"off", "[REASON]", "switch off all evaluation", run_off
};
const struct cmd cmd_on = { "on", "", "and on again", run_on };
