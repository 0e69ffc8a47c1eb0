/* keys.c - which key the agent has, and whom it speaks to.
 *
 * They are read once, at open: a service may give up its rights after that,
 * and the agents of its children have what it had. */
#include <stdlib.h>

#include "agent/agent.h"
#include "wire/keys.h"

static bool
is_given(const char *opt)
{
	return opt && *opt;
}

int
owner_keys(struct mql_agent *a, const struct mql_agent_options *opt)
{
	const char *key = owner_text(opt->key, "MQL_AGENT_KEY");
	const char *server = owner_text(opt->server_key,
					"MQL_AGENT_SERVER_KEY");
	char why[300] = "";
	int err;

	if (a->off)
		return 0;
	err = wire_keys_load_both(key, server, &a->keys, why, sizeof why);
	if (err != MQL_EINVAL)
		return err;
	if (!is_given(opt->key) && !is_given(opt->server_key)) {
		owner_switch_off(a, "MQL_AGENT_KEY", why);
		return 0;
	}
	owner_say(a, "in the options: %s", why);
	return err;
}
