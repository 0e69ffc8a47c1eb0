/* mql-source-job - stands between agents and subscribers.
 *
 * Start here, then job.h (the parts), loop.c and worker.c (a turn), and follow
 * a row: agent_messages.c -> ingest.c -> merge.c -> delivery.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "http/http.h"
#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/loop.h"
#include "source-job/merge.h"
#include "source-job/metrics.h"
#include "source-job/registry.h"
#include "common/notify.h"
#include "common/signals.h"

enum {
	IO_THREADS = 2, /* at least; links are spread among them for life */
	IO_THREADS_MAX = 8,
	LINGER_MS = 500,
	OTHER_FDS = 256,
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
	snprintf(j->id, sizeof j->id, "%.48s-%d-%08x", host, (int)getpid(),
		 salt);
}

static int
complain(int err, const char *why)
{
	if (err)
		log_error("%s", *why ? why : mql_strerror(err));
	return err;
}

/* A socket for each worker, and one for the subscribers. */
static int
open_hops(struct job *j, struct wire_context *context)
{
	struct wire_router *router[WORKERS_MAX];
	char why[256] = "";
	int err = wire_routers_open(context, j->config.agents, router,
				    j->nworker, why, sizeof why);

	for (unsigned i = 0; !err && i < j->nworker; i++)
		j->worker[i].hop.router = router[i];
	if (!err)
		err = wire_router_open(context, j->config.subscribers,
				       &j->subscriber_hop.router, why,
				       sizeof why);
	return complain(err, why);
}

static bool
ready(void *arg, struct buf *why)
{
	buf_puts(why, job_draining(arg) ? "draining" : "");
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
		.arg = j,
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
		err = worker_init(w, &j->bell);
	}
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
	return complain(err, "");
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
	subscribers_fini(j);
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
serve(struct job *j, struct wire_context *context, int sigfd)
{
	struct http *http = NULL;
	int status = EXIT_FAILURE;

	if (open_hops(j, context) || open_http(j, &http) || start_workers(j))
		goto out;
	announce(j, http);
	status = loop_run(j, http, sigfd);
	notify("STOPPING=1");
out:
	http_close(http);
	return status;
}

/* ZeroMQ's threads read, write and encrypt for all of ours. */
static int
io_threads(const struct config *c)
{
	int n = (int)c->workers / 2;

	return n < IO_THREADS ? IO_THREADS :
	       n > IO_THREADS_MAX ? IO_THREADS_MAX : n;
}

/* Each agent and each subscriber takes a file descriptor. */
static void
check_descriptors(const struct config *c)
{
	const rlim_t want = c->max_agents + c->max_subscribers + OTHER_FDS;
	struct rlimit has;

	if (getrlimit(RLIMIT_NOFILE, &has) || has.rlim_cur >= want)
		return;
	has.rlim_cur = has.rlim_max < want ? has.rlim_max : want;
	setrlimit(RLIMIT_NOFILE, &has);
	if (has.rlim_cur < want)
		log_warn("--max-agents %" PRIu64 " and --max-subscribers %"
			 PRIu64 " need %ju file descriptors, and ulimit -Hn "
			 "allows %ju: links beyond that will wait",
			 c->max_agents, c->max_subscribers, (uintmax_t)want,
			 (uintmax_t)has.rlim_cur);
}

int
main(int argc, char **argv)
{
	static struct job job;
	struct wire_context *context = NULL;
	int status = EXIT_FAILURE;
	bool done = false;

	log_init("mql-source-job", LOG_INFO);
	if (config_parse(&job.config, argc, argv, &done))
		return EXIT_USAGE;
	if (done)
		return EXIT_SUCCESS;
	log_init("mql-source-job", (enum log_level)job.config.log_level);
	int sigfd = signals_open();
	check_descriptors(&job.config);
	if (sigfd < 0 || wire_context_new(io_threads(&job.config), &context)) {
		log_error("%s", mql_strerror(MQL_EOS));
		goto out;
	}
	if (!init(&job))
		status = serve(&job, context, sigfd);
	fini(&job);
out:
	wire_context_free(context);
	if (sigfd >= 0)
		close(sigfd);
	return status;
}
