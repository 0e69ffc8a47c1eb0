/* order.c - what all commands that order something have in common: kill, off,
 * on, save, rm. */
#include <stdarg.h>
#include <stdlib.h>

#include "cli/cmd.h"

bool
order_options(struct order *o, const struct option_usage *usage, int argc,
	      char **argv, int *nrest, int *status)
{
	const struct option table[] = {
		PEER_OPTIONS(&o->peer),
		QUIET_OPTION(&o->quiet),
		{ 0 },
	};

	*o = (struct order){ 0 };
	return cmd_options(usage, table, argc, argv, nrest, status);
}

int
order_give(const struct order *o, const struct question *q, const char *fmt,
	   ...)
{
	char *json = NULL, done[512];
	int status = ask_question(&o->peer, q, &json);
	va_list ap;

	free(json);
	va_start(ap, fmt);
	vsnprintf(done, sizeof done, fmt, ap);
	va_end(ap);
	if (!status && !o->quiet)
		cmd_complain("%s", done);
	return status;
}
