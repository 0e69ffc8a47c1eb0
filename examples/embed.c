/* embed.c - the smallest service that can be asked: events as JSON text. */
#include <mql/agent.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct mql_stream *requests;
	char line[4096];

	opt.app = "embed";
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "requests", &requests))
		return 1;
	while (fgets(line, sizeof line, stdin)) /* the service's own work */
		mql_publish_json(requests, line, strcspn(line, "\n"));
	mql_agent_close(agent, 1000);
	return 0;
}
