/* plugin.c - a library that carries an agent of its own, to be loaded and
 * unloaded by host.c. Built twice: with the agent inside, and linked to
 * libmql-agent.so. */
#include "mql/agent.h"

#include <string.h>

extern int plugin_open(void);
extern int plugin_active(void);
extern void plugin_publish(const char *text);
extern unsigned long plugin_matched(void);
extern void plugin_close(int deadline_ms);

#define SHOWN __attribute__((visibility("default")))

static struct mql_agent *agent;
static struct mql_stream *stream;

SHOWN int
plugin_open(void)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	int err;

	opt.app = "plugin";
	opt.wait_when_full = true;
	if ((err = mql_agent_open(&opt, &agent)))
		return err;
	return mql_stream_open(agent, "requests", &stream);
}

SHOWN int
plugin_active(void)
{
	return mql_active(stream);
}

SHOWN void
plugin_publish(const char *text)
{
	mql_publish_json(stream, text, strlen(text));
}

SHOWN unsigned long
plugin_matched(void)
{
	struct mql_agent_stats st = { .size = sizeof st };

	mql_agent_stats(agent, &st);
	return st.matched;
}

SHOWN void
plugin_close(int deadline_ms)
{
	mql_agent_close(agent, deadline_ms);
}
