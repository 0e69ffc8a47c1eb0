/* cmd.c - what every subcommand does the same way: options, errors. */
#include "cli/cmd.h"

#include <stdarg.h>

#include "cli/text.h"

void
cmd_complain(const char *fmt, ...)
{
	struct buf safe = BUF_INIT;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* Some of it came from afar, or from a file's name. */
	text_put_safe(str_of(text), SIZE_MAX, &safe);
	fprintf(stderr, "mql: %.*s\n", (int)safe.len, (char *)safe.data);
	buf_fini(&safe);
}

int
cmd_status_of(int err)
{
	switch (err) {
	case 0:
		return CMD_FINE;
	case MQL_ESYNTAX: case MQL_ETYPE: case MQL_EUNSUP: case MQL_ELIMIT:
	case MQL_EADDRESS: case MQL_EINVAL:
		return CMD_USAGE;
	case MQL_EUNREACH:
		return CMD_NOBODY;
	default:
		return CMD_FAILED;
	}
}

bool
cmd_options(const struct option_usage *usage, const struct option *table,
	    int argc, char **argv, int *nrest, int *status)
{
	bool done = false;

	*status = CMD_FINE;
	if (options_parse(usage, table, argc, argv, nrest, &done))
		*status = CMD_USAGE;
	return !done && *status == CMD_FINE;
}

int
cmd_query_error(int err, const struct mql_diag *diag, const char *text)
{
	if (diag && diag->line > 0)
		mql_diag_print(diag, text, stderr);
	else if (err != MQL_EINTR)
		cmd_complain("%s", diag && diag->text[0] ? diag->text
							 : mql_strerror(err));
	return cmd_status_of(err);
}

int
cmd_compile(const char *text, struct mql_query **q)
{
	struct mql_diag diag = { 0 };
	int err = mql_query_compile(text, q, &diag);

	return err ? cmd_query_error(err, &diag, text) : CMD_FINE;
}
