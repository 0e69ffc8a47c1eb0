/* http.c - the daemon's threads and the table of its doors; see server.h.
 *
 * libmicrohttpd with epoll and a few threads, each with connections of its
 * own. A stream without news is suspended and costs nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/listen.h"
#include "common/log.h"
#include "mql/error.h"
#include "sink/sse/server.h"

enum {
	BACKLOG = 4096,
	SPARE_FDS = 256,       /* files, ZeroMQ, questions */
	SPARE_CONNECTIONS = 1000, /* beyond streams, and as many again: those
				     that ask for nothing until they time out */
};

static door health_door, ready_door;

/* Where a request may go. A path that ends with a slash is a folder. */
static const struct {
	const char *path;
	door       *open;
	bool        guarded; /* a token, and not from other origins */
	bool        posted;  /* POST is fine, too */
} doors[] = {
	{ "/healthz",           health_door,    false, false },
	{ "/readyz",            ready_door,     false, false },
	{ "/metrics",           metrics_door,   true,  false },
	{ "/api/v1/stream",     stream_door,    true,  true },
	{ "/api/v1/explain",    explain_door,   true,  true },
	{ "/api/v1/functions",  functions_door, true,  false },
	{ "/api/v1/agents",     agents_door,    true,  false },
	{ "/api/v1/queries",    queries_door,   true,  false },
	{ "/api/v1/streams",    streams_door,   true,  false },
	{ "/api/v1/fields",     fields_door,    true,  false },
	{ "/",                  page_door,      false, false },
	{ "/assets/",           page_door,      false, false },
};

enum { NDOORS = sizeof doors / sizeof *doors };

static enum MHD_Result
health_door(struct request *r)
{
	return reply(r, MHD_HTTP_OK, "text/plain; charset=utf-8",
		     STR("ok\n"));
}

static enum MHD_Result
ready_door(struct request *r)
{
	if (atomic_load(&r->server->hub->draining))
		return reply(r, MHD_HTTP_SERVICE_UNAVAILABLE,
			     "text/plain; charset=utf-8", STR("draining\n"));
	return reply(r, MHD_HTTP_OK, "text/plain; charset=utf-8",
		     STR("ready\n"));
}

static size_t
find(const char *url)
{
	size_t i = 0;

	for (; i < NDOORS; i++) {
		size_t n = strlen(doors[i].path);
		if (!strcmp(doors[i].path, url) ||
		    (n > 1 && doors[i].path[n - 1] == '/' &&
		     !strncmp(doors[i].path, url, n)))
			break;
	}
	return i;
}

/* Before a page of another origin asks, its browser asks whether it may. */
static enum MHD_Result
preflight(struct request *r)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL,
						MHD_RESPMEM_PERSISTENT);
	enum MHD_Result done;

	if (!response)
		return MHD_NO;
	reply_headers(r, response);
	if (r->server->config->allow_origin) {
		MHD_add_response_header(response,
					"Access-Control-Allow-Methods",
					"GET, HEAD, POST");
		MHD_add_response_header(response,
					"Access-Control-Allow-Headers",
					"Authorization, Last-Event-ID");
		MHD_add_response_header(response, "Access-Control-Max-Age",
					"600");
	}
	done = MHD_queue_response(r->connection, MHD_HTTP_NO_CONTENT,
				  response);
	MHD_destroy_response(response);
	return done;
}

static enum MHD_Result
answer(struct request *r, const char *method)
{
	size_t i = find(r->url);
	const char *why;

	if (!strcmp(method, "OPTIONS"))
		return preflight(r);
	if (i == NDOORS)
		return reply_error(r, MHD_HTTP_NOT_FOUND, "HTTP",
				   "there is nothing here");
	if (r->posted && !doors[i].posted)
		return reply_error(r, MHD_HTTP_METHOD_NOT_ALLOWED, "HTTP",
				   "GET only");
	unsigned status = guard_check(r, doors[i].guarded, &why);
	if (status)
		return reply_error(r, status, "HTTP", why);
	if (r->large)
		return reply_error(r, MHD_HTTP_CONTENT_TOO_LARGE, "LIMIT",
				   "a form has at most 1 MiB");
	return doors[i].open(r);
}

static struct request *
request_new(struct server *s, struct MHD_Connection *c, const char *url,
	    const char *method)
{
	struct request *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->server = s;
	r->connection = c;
	r->url = url;
	r->posted = !strcmp(method, "POST");
	r->head_only = !strcmp(method, "HEAD");
	hub_count(&s->hub->counters.requests, 1);
	return r;
}

static bool
is_known(const char *method)
{
	return !strcmp(method, "GET") || !strcmp(method, "HEAD") ||
	       !strcmp(method, "POST") || !strcmp(method, "OPTIONS");
}

static void
take_body(struct request *r, const char *data, size_t n)
{
	if (r->large || !r->posted || r->body.len + n > BODY_BYTES) {
		r->large |= r->posted;
		buf_fini(&r->body);
		return;
	}
	buf_put(&r->body, data, n);
}

/* Called once with the head, then with each part of the body, then once more;
 * and again when a suspended request is resumed. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version, const char *upload,
	   size_t *nupload, void **state)
{
	struct request *r = *state;

	(void)version;
	if (!r) {
		if (!(r = *state = request_new(arg, c, url, method)))
			return MHD_NO;
		if (is_known(method))
			return MHD_YES;
		return reply_error(r, MHD_HTTP_METHOD_NOT_ALLOWED, "HTTP",
				   "GET, HEAD, POST or OPTIONS only");
	}
	r->url = url;
	if (*nupload) {
		take_body(r, upload, *nupload);
		*nupload = 0;
		return MHD_YES;
	}
	return answer(r, method);
}

static void
on_completed(void *arg, struct MHD_Connection *c, void **state,
	     enum MHD_RequestTerminationCode why)
{
	struct request *r = *state;

	(void)arg;
	(void)c;
	(void)why;
	if (!r)
		return;
	buf_fini(&r->body);
	batch_unref(r->answer);
	free(r);
	*state = NULL;
}

__attribute__((format(printf, 2, 0)))
static void
on_log(void *arg, const char *fmt, va_list ap)
{
	char line[256];

	(void)arg;
	vsnprintf(line, sizeof line, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug("%s", line);
}

/* --- opening ------------------------------------------------------------------- */

/* Connections that the descriptors suffice for. */
static unsigned
connections(const struct config *c)
{
	uint64_t want = 2 * (c->max_viewers + SPARE_CONNECTIONS);
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return SPARE_CONNECTIONS;
	if (lim.rlim_cur != lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
		getrlimit(RLIMIT_NOFILE, &lim);
	}
	if (lim.rlim_cur == RLIM_INFINITY || want + SPARE_FDS <= lim.rlim_cur)
		return (unsigned)want;
	uint64_t can = lim.rlim_cur > 2 * SPARE_FDS ? lim.rlim_cur - SPARE_FDS
						    : SPARE_FDS;
	if (can < c->max_viewers)
		log_warn("the limit of open files (%llu) allows fewer viewers "
			 "than --max-viewers",
			 (unsigned long long)lim.rlim_cur);
	return (unsigned)can;
}

static struct MHD_Daemon *
start(struct server *s, int fd)
{
	const struct config *c = s->config;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, s->door.cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, s->door.key },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned n = connections(c);

	if (c->threads > n)
		n = (unsigned)c->threads;
	return MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
		MHD_USE_ERROR_LOG | (s->door.cert ? MHD_USE_TLS : 0U), 0,
		NULL, NULL, on_request, s,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_THREAD_POOL_SIZE,
		c->threads > 1 ? (unsigned)c->threads : 0U,
		MHD_OPTION_CONNECTION_LIMIT, n,
		MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)((c->timeout + 999) / 1000),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)c->max_head,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)c->max_per_address,
		s->door.cert ? MHD_OPTION_ARRAY : MHD_OPTION_END, tls,
		MHD_OPTION_END);
}

int
server_open(struct server *s, char *why, size_t nwhy)
{
	int fd = -1;
	int err = door_open(&s->door, &s->config->door, why, nwhy);

	if (err)
		return err;
	err = listen_open(s->config->listen, BACKLOG, &fd, s->address,
			  sizeof s->address);
	if (err) {
		snprintf(why, nwhy, "cannot listen on %s: %s",
			 s->config->listen, mql_strerror(err));
		return err;
	}
	if ((err = asks_start(s)))
		snprintf(why, nwhy, "%s", mql_strerror(err));
	else if ((s->daemon = start(s, fd)))
		return 0;
	else
		snprintf(why, nwhy, "libmicrohttpd does not start%s",
			 s->door.cert ? ": are --tls-cert and --tls-key right?"
				      : "");
	close(fd);
	return err ? err : MQL_EOS;
}

void
server_close(struct server *s)
{
	if (s->asks)
		asks_stop(s);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	free(s->asks);
	door_close(&s->door);
	*s = (struct server){ 0 };
}
