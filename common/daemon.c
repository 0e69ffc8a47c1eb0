/* daemon.c - see daemon.h. */
#include "common/daemon.h"

#include <string.h>

#include "common/log.h"
#include "mql/error.h"

static void
complain(const char *text)
{
	log_error("%s", text);
}

int
daemon_options(const struct option_usage *usage, const struct option *table,
	       int argc, char **argv, bool *done)
{
	int nrest;
	int err = options_parse_with(usage, table, argc, argv, complain,
				     &nrest, done);

	if (err || *done || !nrest)
		return err;
	log_error("'%s' is not an option; try --help", argv[1]);
	return MQL_EINVAL;
}

void
daemon_log(const struct daemon_config *d)
{
	log_set((enum log_level)d->log_level, (enum log_format)d->log_format);
}

int
daemon_refuse(const char *option, const char *why)
{
	log_error("--%s %s", option, why);
	return MQL_EINVAL;
}

int
daemon_check_door(const char *option, const char *address,
		  const struct door_files *files, bool insecure)
{
	if (!files->cert != !files->key)
		return daemon_refuse("tls-cert", "and --tls-key go together");
	if (insecure || !strcmp(address, "off") || door_is_safe(address, files))
		return 0;
	log_error("--%s %s can be reached from other machines: give "
		  "--tls-cert, --tls-key and --token-file, or say --insecure",
		  option, address);
	return MQL_EINVAL;
}
