/* kill.c - mql kill ID: end a query for all who ask it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"

/* A query id and nothing else: 7, or with several source-jobs 7@2. */
static bool
is_id(const char *z)
{
	size_t n = strspn(z, "0123456789");
	size_t at = z[n] == '@' ? strspn(z + n + 1, "0123456789") : 0;

	return n && n <= 10 && strtoull(z, NULL, 10) <= UINT32_MAX &&
	       at <= 2 && !z[n + at + (at > 0)];
}

static int
run(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql kill", "[options] ID",
		"End a query for everybody who asks it. `mql queries` shows "
		"the ids.",
		"Example:\n  mql kill 7\n",
	};
	struct order o;
	int nrest, status;

	if (!order_options(&o, &usage, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1 || !is_id(argv[1])) {
		cmd_complain("kill takes one id (mql queries shows them)");
		return CMD_USAGE;
	}
	const struct question what = { .what = "kill", .arg = argv[1] };
	return order_give(&o, &what, "query %s is killed", argv[1]);
}

const struct cmd cmd_kill = { "kill", "ID", "end a query", run };
