/* main.c - find the subcommand and run it; a query is the command `tail`. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/text.h"

const struct cmd *const cmd_all[] = {
	&cmd_tail,    &cmd_eval, &cmd_explain, &cmd_fmt, &cmd_functions,
	&cmd_tap,     &cmd_agents, &cmd_queries, &cmd_streams, &cmd_fields,
	&cmd_kill,    &cmd_off, &cmd_on, &cmd_help, NULL,
};

/* Promised by name in the design, and not misread as something else. */
static const char *const later[] = { "keygen", NULL };

const struct cmd *
cmd_find(const char *name)
{
	for (int i = 0; cmd_all[i]; i++)
		if (!strcmp(name, cmd_all[i]->name))
			return cmd_all[i];
	return NULL;
}

static bool
is_later(const char *word)
{
	for (int i = 0; later[i]; i++)
		if (!strcmp(word, later[i]))
			return true;
	return false;
}

/* One lower-case word that is no query: somebody meant a command. */
static bool
looks_like_command(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz-");

	return n && *word != '-' && !word[n] && strcmp(word, "select");
}

/* Where in argv the command stands: the first word that is no option. An
 * option may come before the command; the word after it may be its value, so a
 * value that is also a command's name has to be written --option=value. */
static int
command_at(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (cmd_find(argv[i]) || is_later(argv[i]))
			return i;
	return 0;
}

/* Move argv[at] to argv[1]; the options before it stay in order after it. */
static void
to_front(char **argv, int at)
{
	char *name = argv[at];

	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
	argv[1] = name;
}

static int
dispatch(int argc, char **argv)
{
	int at = command_at(argc, argv);

	if (at)
		to_front(argv, at);
	const char *first = argc > 1 ? argv[1] : "--help";
	const struct cmd *c = cmd_find(first);
	if (c)
		return c->run(argc - 1, argv + 1);
	if (!strcmp(first, "--help") || !strcmp(first, "-h"))
		return cmd_help.run(1, argv);
	if (is_later(first)) {
		cmd_complain("`mql %s` is not there yet", first);
		return CMD_USAGE;
	}
	if (looks_like_command(first)) {
		cmd_complain("there is no command `%s`; try mql help", first);
		return CMD_USAGE;
	}
	return cmd_tail.run(argc, argv);
}

int
main(int argc, char **argv)
{
	text_init();
	signal(SIGPIPE, SIG_IGN); /* a write that fails says enough */
	int status = dispatch(argc, argv);

	/* Help and plans go through stdio: a full disk is told too. */
	if (fflush(stdout) && errno != EPIPE && status == CMD_FINE) {
		cmd_complain("cannot write to standard output");
		status = CMD_FAILED;
	}
	return status;
}
