/* mql-source-job - stands between agents and subscribers.
 *
 * Start here, then job.h (the parts), loop.c (a turn), and follow a row:
 * agents.c -> ingest.c -> delivery.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/http.h"
#include "source-job/job.h"
#include "source-job/loop.h"
#include "common/notify.h"
#include "common/signals.h"
#include "wire/keys.h"

enum { IO_THREADS = 2, LINGER_MS = 500 };

enum { EXIT_USAGE = 2 };

static void
name_job(struct job *j)
{
	char host[64] = "localhost";
	uint32_t salt = 0;

	gethostname(host, sizeof host - 1);
	if (getrandom(&salt, sizeof salt, GRND_NONBLOCK) < 0)
		salt = (uint32_t)clock_wall_ms();
	snprintf(j->id, sizeof j->id, "%.48s-%d-%08x", host, (int)getpid(),
		 salt);
}

static void
say(void *arg, bool warning, const char *line)
{
	(void)arg;
	log_say(warning ? LOG_WARN : LOG_INFO, "%s", line);
}

static int
use_keys(struct job *j)
{
	const struct config *c = &j->config;
	char why[400] = "";
	int err;

	if (!c->key)
		return 0;
	err = wire_keys_load(c->key, NULL, &j->keys, why, sizeof why);
	if (!err) {
		wire_context_use(j->context, j->keys);
		err = wire_context_allow(j->context, c->allowed_keys, say,
					 NULL, why, sizeof why);
	}
	if (err)
		log_error("%s", why);
	return err;
}

static int
open_hop(struct hop *h, struct wire_context *context, const char *endpoint,
	 unsigned roles)
{
	char why[256] = "";
	int err = hop_open(h, context, endpoint, roles, why, sizeof why);

	if (err)
		log_error("%s", *why ? why : mql_strerror(err));
	return err;
}

static int
open_http(struct job *j, struct http **out)
{
	char why[400] = "";
	int err;

	*out = NULL;
	if (!strcmp(j->config.http, "off"))
		return 0;
	err = http_open(j, j->config.http, out, why, sizeof why);
	if (err)
		log_error("%s", why);
	return err;
}

static int
init(struct job *j)
{
	int err;

	j->now = j->started = clock_mono_ms();
	j->wall = clock_wall_ms();
	name_job(j);
	subscribers_init(j);
	if (!(err = agents_init(j)))
		err = queries_init(j);
	if (err)
		log_error("%s", mql_strerror(err));
	return err ? err : saved_open(j);
}

static void
fini(struct job *j)
{
	saved_fini(j);
	subscribers_fini(j);
	queries_fini(j);
	agents_fini(j);
	hop_close(&j->agent_hop, LINGER_MS);
	hop_close(&j->subscriber_hop, LINGER_MS);
}

static void
announce(const struct job *j, const struct http *http)
{
	printf("{\"ready\":true,\"agents\":\"%s\",\"subscribers\":\"%s\",",
	       wire_router_endpoint(j->agent_hop.router),
	       wire_router_endpoint(j->subscriber_hop.router));
	if (http)
		printf("\"http\":\"%s\",", http_address(http));
	printf("\"pid\":%d}\n", (int)getpid());
	fflush(stdout);
	notify("READY=1");
}

static int
serve(struct job *j, int sigfd)
{
	struct http *http = NULL;
	int status = EXIT_FAILURE;

	if (use_keys(j) ||
	    open_hop(&j->agent_hop, j->context, j->config.agents,
		     WIRE_ROLE_AGENT) ||
	    open_hop(&j->subscriber_hop, j->context, j->config.subscribers,
		     WIRE_ROLE_SUBSCRIBER | WIRE_ROLE_OPERATOR) ||
	    open_http(j, &http))
		goto out;
	announce(j, http);
	status = loop_run(j, http, sigfd);
	notify("STOPPING=1");
out:
	http_close(http);
	return status;
}

int
main(int argc, char **argv)
{
	static struct job job;
	int status = EXIT_FAILURE;
	bool done = false;

	log_init("mql-source-job", LOG_INFO);
	if (config_parse(&job.config, argc, argv, &done))
		return EXIT_USAGE;
	if (done)
		return EXIT_SUCCESS;
	log_init("mql-source-job", (enum log_level)job.config.log_level);
	int sigfd = signals_open();
	if (sigfd < 0 || wire_context_new(IO_THREADS, &job.context)) {
		log_error("%s", mql_strerror(MQL_EOS));
		goto out;
	}
	if (!init(&job))
		status = serve(&job, sigfd);
	fini(&job);
out:
	wire_context_free(job.context);
	wire_keys_free(job.keys);
	if (sigfd >= 0)
		close(sigfd);
	return status;
}
