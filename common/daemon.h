/* daemon.h - what our daemons are told at their start: options and nothing
 * else. What is wrong with them is a sentence in the log, and MQL_EINVAL: exit
 * status 2. Start-up only. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>

#include "common/door.h"
#include "common/options.h"

/* The rows of an options table that every daemon has, filling an int that is
 * an enum log_level, and those of --http, filling a struct door_files. */
#define DAEMON_LOG_OPTION(to)                                              \
	{ "log-level", 0, OPTION_CHOICE, "error|warn|info|debug", "info",  \
	  "what goes to standard error", (to) }
#define DAEMON_HTTP_OPTIONS(files)                                         \
	{ "token-file", 0, OPTION_STRING, "FILE", NULL,                    \
	  "a bearer token, which who asks for /metrics must say",          \
	  &(files)->token },                                               \
	{ "tls-cert", 0, OPTION_STRING, "FILE", NULL,                      \
	  "certificate chain of --http, PEM", &(files)->cert },            \
	{ "tls-key", 0, OPTION_STRING, "FILE", NULL,                       \
	  "its key, PEM", &(files)->key }

/* As options_parse(); what is no option is refused. */
int daemon_options(const struct option_usage *usage,
		   const struct option *table, int argc, char **argv,
		   bool *done);

/* Say "--option why". Returns MQL_EINVAL. */
int daemon_refuse(const char *option, const char *why);

/* An HTTP door that --option opens at address ("off": none): a certificate has
 * its key, and other machines reach it only with TLS and a token, or where the
 * owner says --insecure. 0 or MQL_EINVAL. */
int daemon_check_door(const char *option, const char *address,
		      const struct door_files *files, bool insecure);

#endif
