/* mql-sink-sse - rows of a fleet for browsers.
 *
 * Start here, then hub.h (subscriptions and the thread that feeds them),
 * viewer.h (one open stream) and server.h (the HTTP side). docs/sse.md is what
 * it promises to whoever connects. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/signals.h"
#include "mql/error.h"
#include "sink/sse/server.h"
#include "wire/keys.h"

enum { EXIT_USAGE = 2, LOOK_MS = 20, LEAVE_MS = 500 };

struct args { /* for SIGHUP */
	int    argc;
	char **argv;
};
static struct args args;

/* Of the configuration the log takes what is new at once. */
static void
reload(void)
{
	struct config fresh;
	bool done = false;

	if (config_parse(&fresh, args.argc, args.argv, &done) || done)
		log_error("the configuration stays as it was");
	else
		daemon_log(&fresh.daemon);
	config_fini(&fresh);
}

/* Is it to end? Waits so many ms for a word (negative: for ever). */
static bool
signalled(int sigfd, int ms)
{
	struct pollfd fd = { .fd = sigfd, .events = POLLIN };

	poll(&fd, 1, ms);
	const enum signals came = signals_take(sigfd);
	if (came == SIGNALS_RELOAD)
		reload();
	return came == SIGNALS_END;
}

static void
announce(const struct server *s)
{
	printf("{\"ready\":true,\"http\":\"%s://%s\",\"pid\":%d}\n",
	       s->door.cert ? "https" : "http", s->address, (int)getpid());
	fflush(stdout);
	notify("READY=1");
}

/* Wait until all viewers are gone; false: a second signal. */
static bool
await_viewers(struct hub *h, int sigfd, int64_t until)
{
	while (atomic_load(&h->nviewers) && clock_mono_ms() < until)
		if (signalled(sigfd, LOOK_MS))
			return false;
	return true;
}

/* Queries are ended, viewers get their last rows and `end`. */
static int
drain(struct hub *h, int sigfd)
{
	const int64_t until = clock_mono_ms() + h->config->drain;

	notify("STOPPING=1");
	log_info("draining: %u viewers", atomic_load(&h->nviewers));
	hub_drain(h);
	bool patient = await_viewers(h, sigfd, until - LEAVE_MS);
	hub_close(h);
	if (patient)
		await_viewers(h, sigfd, until);
	return patient ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
serve(struct server *s, int sigfd)
{
	char why[400] = "";
	int status = EXIT_FAILURE;

	if (server_open(s, why, sizeof why)) {
		log_error("%s", why);
	} else {
		announce(s);
		while (!signalled(sigfd, -1))
			;
		status = drain(s->hub, sigfd);
	}
	hub_close(s->hub);
	server_close(s);
	return status;
}

int
main(int argc, char **argv)
{
	static struct config config;
	static struct hub hub;
	struct server server = { .config = &config, .hub = &hub };
	struct wire_keys *keys = NULL;
	int status = EXIT_FAILURE, sigfd = -1;
	bool done = false;
	char why[300] = "";

	log_init("mql-sink-sse", LOG_INFO);
	if (config_parse(&config, argc, argv, &done))
		return EXIT_USAGE;
	if (done)
		return EXIT_SUCCESS;
	daemon_log(&config.daemon);
	args = (struct args){ argc, argv };
	server.started = clock_mono_ms();
	if (wire_keys_load_both(config.peer.key, config.peer.server_key, &keys,
				why, sizeof why)) {
		log_error("%s", why);
	} else if ((sigfd = signals_open()) < 0 ||
		   hub_start(&hub, &config, keys)) {
		log_error("%s", mql_strerror(MQL_EOS));
	} else {
		status = serve(&server, sigfd);
		hub_stop(&hub);
	}
	wire_keys_free(keys);
	config_fini(&config);
	if (sigfd >= 0)
		close(sigfd);
	return status;
}
