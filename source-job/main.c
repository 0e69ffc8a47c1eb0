/* mql-source-job - stands between agents and subscribers.
 *
 * Start here, then job.h (the parts), loop.c and worker.c (a turn), and follow
 * a row: agent_messages.c -> ingest.c -> merge.c -> delivery.c. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "http/http.h"
#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/kafka/source.h"
#include "source-job/loop.h"
#include "source-job/merge.h"
#include "source-job/metrics.h"
#include "source-job/registry.h"
#include "common/notify.h"
#include "common/signals.h"
#include "wire/keys.h"

enum {
	IO_THREADS = 2, /* at least; links are spread among them for life */
	IO_THREADS_MAX = 8,
	LINGER_MS = 500,
	KEEP_BYTES = 16 << 20, /* at most, of each of malloc's arenas */
};

enum { EXIT_USAGE = 2 };

static void
name_job(struct job *j)
{
	char host[64] = "localhost";
	uint32_t salt = 0;

	gethostname(host, sizeof host - 1);
	if (getrandom(&salt, sizeof salt, GRND_NONBLOCK) < 0)
		salt = (uint32_t)clock_wall_ms();
	if (getrandom(&j->token, sizeof j->token, GRND_NONBLOCK) < 0)
		j->token = (uint64_t)clock_mono_ns();
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
complain(int err, const char *why)
{
	if (err)
		log_error("%s", *why ? why : mql_strerror(err));
	return err;
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
	return complain(err, why);
}

static int
limit_links(struct job *j)
{
	const struct wire_limits limits = {
		.links = j->config.max_links,
		.of_address = j->config.max_of_address,
	};

	return complain(wire_context_limit(j->context, &limits, say, NULL),
			"");
}

/* A socket for each worker, and one for the subscribers. */
static int
open_hops(struct job *j)
{
	struct wire_router *router[WORKERS_MAX];
	char why[256] = "";
	int err = wire_routers_open(j->context, j->config.agents,
				    WIRE_ROLE_AGENT, router, j->nworker, why,
				    sizeof why);

	for (unsigned i = 0; !err && i < j->nworker; i++)
		j->worker[i].hop.router = router[i];
	if (!err)
		err = wire_router_open(j->context, j->config.subscribers,
				       WIRE_ROLE_SUBSCRIBER |
				       WIRE_ROLE_OPERATOR,
				       &j->subscriber_hop.router, why,
				       sizeof why);
	return complain(err, why);
}

static bool
ready(void *arg, struct buf *why)
{
	const char *wait = saved_waits(arg);

	buf_puts(why, job_draining(arg) ? "draining" : wait ? wait : "");
	return !why->len;
}

static void
metrics(void *arg, struct buf *out)
{
	metrics_write(arg, out);
}

static int
open_http(struct job *j, struct http **out)
{
	const struct http_service service = {
		.name = "mql-source-job", .ready = ready, .metrics = metrics,
		.arg = j, .files = j->config.door,
	};
	char why[400] = "";
	int err;

	*out = NULL;
	if (!strcmp(j->config.http, "off"))
		return 0;
	err = http_open(&service, j->config.http, out, why, sizeof why);
	if (err)
		log_error("%s", why);
	return err;
}

static int
init_workers(struct job *j)
{
	int err = 0;

	for (unsigned i = 0; !err && i < j->nworker; i++) {
		struct worker *w = &j->worker[i];
		w->index = i;
		w->config = &j->config;
		w->id = j->id;
		w->registry = j->registry;
		w->serial = &j->serial;
		w->token = j->token;
		credit_init(&w->agents.credit, j->config.agents_memory,
			    j->seats, j->nworker, j->config.agent_credit);
		err = worker_init(w, &j->bell);
	}
	return err;
}

/* A door that is open everywhere is one here. */
static void
own_door(const char *endpoint, char *out, size_t nout)
{
	static const char *const any[][2] = {
		{ "tcp://0.0.0.0:", "tcp://127.0.0.1:" },
		{ "tcp://[::]:", "tcp://[::1]:" },
	};

	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		const size_t n = strlen(any[i][0]);

		if (!strncmp(endpoint, any[i][0], n)) {
			snprintf(out, nout, "%s%s", any[i][1], endpoint + n);
			return;
		}
	}
	snprintf(out, nout, "%s", endpoint);
}

static int
open_kafka(struct job *j)
{
	const struct config *c = &j->config;
	char door[256], why[512];
	const struct kafka_source_options opt = {
		.bootstrap = c->kafka_bootstrap, .topics = c->kafka_topics,
		.group = c->kafka_group, .property = &c->kafka_property,
		.source_job = door, .max_queries = (unsigned)c->max_queries,
		.token = j->token, .waits = c->state || c->queries_topic,
	};

	if (!c->kafka_topics)
		return 0;
	if (c->key && !getenv("MQL_AGENT_KEY")) {
		log_error("Kafka: among agents with keys ours needs one too: "
			  "MQL_AGENT_KEY and MQL_AGENT_SERVER_KEY name files");
		return MQL_EINVAL;
	}
	own_door(wire_router_endpoint(j->worker[0].hop.router), door,
		 sizeof door);
	int err = kafka_source_open(&opt, &j->kafka, why, sizeof why);
	if (err)
		log_error("Kafka: %s", why);
	return err;
}

/* One of the threads is the job's, unless there is one for all. */
static unsigned
count_workers(const struct config *c)
{
	unsigned n = c->workers > 1 ? (unsigned)c->workers - 1 : 1;

	return strncmp(c->agents, "tcp://", 6) ? 1 : n;
}

static int
init(struct job *j)
{
	int err = bell_open(&j->bell);

	j->now = j->started = clock_mono_ms();
	j->wall = clock_wall_ms();
	name_job(j);
	subscribers_init(j);
	j->seats = j->config.max_agents;
	j->nworker = count_workers(&j->config);
	j->worker = aligned_alloc(_Alignof(struct worker),
				  j->nworker * sizeof *j->worker);
	if (!j->worker)
		return complain(MQL_ENOMEM, "");
	memset(j->worker, 0, j->nworker * sizeof *j->worker);
	if (!err)
		err = registry_new(j->config.max_agents, &j->registry);
	if (!err)
		err = queries_init(j);
	if (!err)
		err = init_workers(j);
	if (!err)
		err = stages_init(&j->stages,
				  (unsigned)j->config.workers - 1);
	return complain(err, "") ? err : saved_open(j);
}

static int
start_workers(struct job *j)
{
	int err = 0;

	for (unsigned i = 0; !err && j->config.workers > 1 && i < j->nworker;
	     i++)
		err = worker_start(&j->worker[i]);
	return complain(err, "");
}

static void
fini(struct job *j)
{
	for (unsigned i = 0; i < j->nworker; i++)
		worker_join(&j->worker[i]);
	saved_fini(j);
	subscribers_fini(j);
	stages_fini(&j->stages);
	merge_discard(j);
	for (unsigned i = 0; j->worker && i < j->nworker; i++)
		worker_fini(&j->worker[i]);
	queries_fini(j);
	hop_close(&j->subscriber_hop, LINGER_MS);
	registry_free(j->registry);
	bell_close(&j->bell);
	free(j->worker);
}

static void
announce(const struct job *j, const struct http *http)
{
	printf("{\"ready\":true,\"agents\":\"%s\",\"subscribers\":\"%s\",",
	       wire_router_endpoint(j->worker[0].hop.router),
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

	if (use_keys(j) || limit_links(j) || open_hops(j) ||
	    open_http(j, &http) || start_workers(j) || open_kafka(j))
		goto out;
	announce(j, http);
	status = loop_run(j, http, sigfd);
	notify("STOPPING=1");
out:
	replays_fini(j);
	kafka_source_close(j->kafka);
	http_close(http);
	return status;
}

/* ZeroMQ's threads read, write and, with keys, encrypt for all of ours. */
static int
io_threads(const struct config *c)
{
	const int n = (int)c->workers / (c->key ? 1 : 2);

	return n < IO_THREADS ? IO_THREADS :
	       n > IO_THREADS_MAX ? IO_THREADS_MAX : n;
}

/* What a turn frees the next one wants again, and the kernel would fill each
 * page with zeros anew: that was a third of what rows cost. */
static void
keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
#endif
}

int
main(int argc, char **argv)
{
	static struct job job;
	int status = EXIT_FAILURE;
	bool done = false;

	keep_memory();
	log_init("mql-source-job", LOG_INFO);
	if (config_parse(&job.config, argc, argv, &done))
		return EXIT_USAGE;
	if (done)
		return EXIT_SUCCESS;
	daemon_log(&job.config.daemon);
	int sigfd = signals_open();
	config_fit(&job.config);
	job.argc = argc;
	job.argv = argv;
	if (sigfd < 0 ||
	    wire_context_new(io_threads(&job.config), &job.context)) {
		log_error("%s", mql_strerror(MQL_EOS));
		goto out;
	}
	if (!init(&job))
		status = serve(&job, sigfd);
	fini(&job);
out:
	config_fini(&job.config);
	wire_context_free(job.context);
	wire_keys_free(job.keys);
	if (sigfd >= 0)
		close(sigfd);
	return status;
}
