/* daemon.h - what our daemons are told at their start: options and nothing
 * else. What is wrong with them is a sentence in the log, and MQL_EINVAL: exit
 * status 2. Start-up, or when SIGHUP has them read again. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>

#include "common/door.h"
#include "common/options.h"

struct daemon_config { /* what every daemon has */
	struct option_file file;
	int log_level, log_format; /* of log.h */
};

/* The rows of an options table that every daemon has, filling that, and those
 * of --http, filling a struct door_files. */
#define DAEMON_OPTIONS(d)                                                  \
	{ "config", 0, OPTION_CONFIG, "FILE", NULL,                        \
	  "more options, `name = value` a line; SIGHUP has it read again", \
	  &(d)->file },                                                    \
	{ "log-level", 0, OPTION_CHOICE, "error|warn|info|debug", "info",  \
	  "what goes to standard error", &(d)->log_level },                \
	{ "log-format", 0, OPTION_CHOICE, "text|json", "text",             \
	  "and in which form", &(d)->log_format }
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

/* The log is from now on as they say. */
void daemon_log(const struct daemon_config *d);

/* Say "--option why". Returns MQL_EINVAL. */
int daemon_refuse(const char *option, const char *why);

/* An HTTP door that --option opens at address ("off": none): a certificate has
 * its key, and other machines reach it only with TLS and a token, or where the
 * owner says --insecure. 0 or MQL_EINVAL. */
int daemon_check_door(const char *option, const char *address,
		      const struct door_files *files, bool insecure);

#endif
