/* help.c - mql help [COMMAND]. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

static void
overview(void)
{
	static char name[] = "mql", flag[] = "--help";
	char *argv[] = { name, flag, NULL };

	cmd_tail.run(2, argv);
	puts("\nCommands (mql help COMMAND tells more):");
	for (int i = 0; cmd_all[i]; i++) {
		const struct cmd *c = cmd_all[i];
		if (c != &cmd_tail)
			printf("  %-9s %-20s %s\n", c->name, c->args, c->about);
	}
	puts("\nExamples:\n"
	     "  mql \"select * where country=='BR' and device=='ipad'\"\n"
	     "  mql --for 10s -o csv \"select title, latency where status >= "
	     "500\"\n"
	     "  mql eval \"select path where status >= 500\" access.ndjson\n"
	     "\nThe language: man 7 mql. Exit status: 0 fine, 1 the query "
	     "failed or ended early,\n2 usage or query error, 3 nobody to talk "
	     "to.");
}

static int
run(int argc, char **argv)
{
	static char flag[] = "--help";

	if (argc < 2) {
		overview();
		return CMD_FINE;
	}
	const struct cmd *c = cmd_find(argv[1]);
	if (!c) {
		cmd_complain("there is no command `%s`; try mql help", argv[1]);
		return CMD_USAGE;
	}
	if (c == &cmd_help) {
		overview();
		return CMD_FINE;
	}
	char *args[] = { argv[1], flag, NULL };
	return c->run(2, args);
}

const struct cmd cmd_help = { "help", "[COMMAND]", "this, or more", run };
