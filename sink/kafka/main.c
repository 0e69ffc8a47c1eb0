/* mql-sink-kafka - rows of a fleet into Kafka.
 *
 * Start here, then sink.h (all of it), output.h (one query and its topic) and
 * producer.h (Kafka). docs/kafka.md is what it promises. One thread takes rows
 * and makes records; librdkafka has its own. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/signals.h"
#include "http/http.h"
#include "mql/error.h"
#include "sink/kafka/sink.h"

enum { EXIT_USAGE = 2, LAST_MS = 300 };

struct daemon {
	struct sink  sink;
	struct http *http;
	int          sigfd, epfd; /* epfd: readable when any other is */
	int          argc;        /* for SIGHUP */
	char       **argv;
};

static bool
ready(void *arg, struct buf *why)
{
	return sink_is_ready(arg, why);
}

static void
metrics(void *arg, struct buf *out)
{
	sink_metrics(arg, out);
}

static int
open_http(struct daemon *d, const char *address, struct buf *why)
{
	const struct config *c = d->sink.world.config;
	const struct http_service service = {
		.name = "mql-sink-kafka", .ready = ready, .metrics = metrics,
		.arg = &d->sink, .files = c->door,
	};
	char text[400] = "";
	int err = strcmp(address, "off") ?
		http_open(&service, address, &d->http, text, sizeof text) : 0;

	buf_puts(why, text);
	return err;
}

static int
watch(struct daemon *d)
{
	struct epoll_event ev = { .events = EPOLLIN };

	d->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (d->epfd < 0 || epoll_ctl(d->epfd, EPOLL_CTL_ADD, d->sigfd, &ev) ||
	    (d->http &&
	     epoll_ctl(d->epfd, EPOLL_CTL_ADD, http_fd(d->http), &ev)))
		return MQL_EOS;
	return 0;
}

static void
announce(const struct daemon *d)
{
	printf("{\"ready\":true,");
	if (d->http)
		printf("\"http\":\"%s\",", http_address(d->http));
	printf("\"pid\":%d}\n", (int)getpid());
	fflush(stdout);
	notify("READY=1");
}

/* Of the configuration the log and the HTTP door take what is new at once. */
static void
reload(struct daemon *d)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct config fresh;
	char why[400] = "";
	bool done = false;

	if (config_parse(&fresh, d->argc, d->argv, &done) || done) {
		log_error("the configuration stays as it was");
		goto out;
	}
	daemon_log(&fresh.daemon);
	if (!d->http)
		goto out;
	if (http_reload(d->http, &fresh.door, why, sizeof why))
		log_error("--http stays as it was: %s", why);
	epoll_ctl(d->epfd, EPOLL_CTL_ADD, http_fd(d->http), &ev);
out:
	config_fini(&fresh);
}

/* Is it to end? */
static bool
signalled(struct daemon *d)
{
	const enum signals came = signals_take(d->sigfd);

	if (came == SIGNALS_RELOAD)
		reload(d);
	return came == SIGNALS_END;
}

/* One turn; true: it is to end. */
static bool
turn(struct daemon *d)
{
	sink_wait(&d->sink, sink_turn(&d->sink), d->epfd);
	if (d->http)
		http_run(d->http);
	return signalled(d);
}

/* Queries are ended, what is on the way has so long. */
static void
drain(struct daemon *d)
{
	int64_t until = clock_mono_ms() + d->sink.world.config->drain;

	notify("STOPPING=1");
	sink_stop(&d->sink);
	while (!sink_is_over(&d->sink) && clock_mono_ms() < until)
		if (turn(d))
			break;
	if (sink_is_over(&d->sink))
		return;
	sink_give_up(&d->sink);
	until = clock_mono_ms() + LAST_MS;
	while (!sink_is_over(&d->sink) && clock_mono_ms() < until)
		turn(d);
}

static int
serve(struct daemon *d)
{
	const char *why = NULL;

	announce(d);
	while (!sink_is_over(&d->sink) && !(why = sink_failed(&d->sink)))
		if (turn(d))
			break;
	if (why)
		log_error("%s", why);
	else
		drain(d);
	return why ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run(const struct config *config, int argc, char **argv)
{
	struct daemon d = { .sigfd = signals_open(), .epfd = -1,
			    .argc = argc, .argv = argv };
	struct buf why = BUF_INIT;
	int status = EXIT_FAILURE;
	int err = d.sigfd < 0 ? MQL_EOS : 0;

	if (!err && !(err = sink_open(&d.sink, config, &why)) &&
	    !(err = open_http(&d, config->http, &why)) && !(err = watch(&d)))
		status = serve(&d);
	if (err)
		log_error("%.*s", (int)(why.len ? why.len : 21),
			  why.len ? (char *)why.data : "the system refuses us");
	if (d.sigfd >= 0)
		status = sink_close(&d.sink) ? status : EXIT_FAILURE;
	http_close(d.http);
	if (d.epfd >= 0)
		close(d.epfd);
	if (d.sigfd >= 0)
		close(d.sigfd);
	buf_fini(&why);
	return err == MQL_EINVAL || err == MQL_ESYNTAX || err == MQL_ETYPE ?
	       EXIT_USAGE : status;
}

int
main(int argc, char **argv)
{
	struct config config;
	bool done = false;
	int status = EXIT_USAGE;

	log_init("mql-sink-kafka", LOG_INFO);
	if (!config_parse(&config, argc, argv, &done)) {
		daemon_log(&config.daemon);
		status = done ? EXIT_SUCCESS : run(&config, argc, argv);
	}
	config_fini(&config);
	return status;
}
