/* keygen.c - mql keygen DIR NAME: a CURVE key pair. */
#include "cli/cmd.h"
#include "wire/keys.h"

static const struct option_usage usage = {
	"mql keygen", "[options] DIR NAME",
	"Make a key pair: DIR/NAME.key, the secret, which stays where its "
	"process runs, and\nDIR/NAME.pub, to be copied to whoever is to let "
	"it in. Nothing is overwritten.",
	"Example:\n"
	"  mql keygen . playback\n"
	"  cp playback.pub /etc/mql/allowed/agents/\n",
};

static int
run(int argc, char **argv)
{
	bool quiet = false;
	const struct option table[] = {
		QUIET_OPTION(&quiet),
		{ 0 },
	};
	char why[400] = "";
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest != 2) {
		cmd_complain("keygen takes a directory and a name");
		return CMD_USAGE;
	}
	int err = wire_keys_make(argv[1], argv[2], why, sizeof why);
	if (err) {
		cmd_complain("%s", why);
		return err == MQL_EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	if (!quiet)
		cmd_complain("made %s/%s.key (secret) and %s/%s.pub", argv[1],
			     argv[2], argv[1], argv[2]);
	return CMD_FINE;
}

const struct cmd cmd_keygen = {
	"keygen", "DIR NAME", "make a key pair", run
};
