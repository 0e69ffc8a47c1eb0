/* http.c - see http.h. */
#include "http/http.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "common/door.h"
#include "common/listen.h"
#include "common/str.h"
#include "mql/error.h"

enum {
	CONNECTIONS = 64,
	SPARE = 16, /* of them: that many are free for who comes */
	CONNECTION_BYTES = 16 << 10,
	TIMEOUT_S = 10,
	ROUNDS = 16, /* of work without a wait, at most */
};

struct caller { /* a connection */
	TAILQ_ENTRY(caller) entry;
	int  fd;
	bool cut;
};

struct http {
	struct MHD_Daemon *daemon;
	TAILQ_HEAD(, caller) callers; /* in the order of their coming, but
					 those that are cut */
	size_t ncallers;
	struct http_service service;
	struct door door;
	int   fd; /* epoll */
	char  address[300];
};

/* --- answers ------------------------------------------------------------- */

static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type,
      struct str body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
		body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	if (status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result
say(struct MHD_Connection *c, unsigned status, const char *text)
{
	return reply(c, status, "text/plain; charset=utf-8", str_of(text));
}

static enum MHD_Result
say_metrics(struct MHD_Connection *c, const struct http *h)
{
	struct buf b = BUF_INIT;
	enum MHD_Result done = MHD_NO;

	if (!door_lets_in(&h->door, MHD_lookup_connection_value(c,
				MHD_HEADER_KIND, "Authorization")))
		return say(c, MHD_HTTP_UNAUTHORIZED, "a token is needed: "
			   "Authorization: Bearer TOKEN\n");
	h->service.metrics(h->service.arg, &b);
	if (!b.err)
		done = reply(c, MHD_HTTP_OK, "text/plain; version=0.0.4",
			     (struct str){ (char *)b.data, b.len });
	buf_fini(&b);
	return done;
}

static enum MHD_Result
say_ready(struct MHD_Connection *c, const struct http_service *s)
{
	struct buf b = BUF_INIT;
	enum MHD_Result done = MHD_NO;
	bool ready = s->ready(s->arg, &b);

	buf_puts(&b, b.len ? "\n" : ready ? "ready\n" : "not ready\n");
	if (!b.err)
		done = reply(c, ready ? MHD_HTTP_OK :
			     MHD_HTTP_SERVICE_UNAVAILABLE,
			     "text/plain; charset=utf-8",
			     (struct str){ (char *)b.data, b.len });
	buf_fini(&b);
	return done;
}

static enum MHD_Result
say_name(struct MHD_Connection *c, const struct http_service *s)
{
	char text[120];

	snprintf(text, sizeof text, "%s " MQL_VERSION
		 "\n/healthz  /readyz  /metrics\n", s->name);
	return say(c, MHD_HTTP_OK, text);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version, const char *upload,
	   size_t *nupload, void **state)
{
	const struct http *h = arg;

	(void)version;
	(void)upload;
	(void)state;
	if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
		*nupload = 0;
		return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	}
	if (!strcmp(url, "/healthz"))
		return say(c, MHD_HTTP_OK, "ok\n");
	if (!strcmp(url, "/readyz"))
		return say_ready(c, &h->service);
	if (!strcmp(url, "/metrics"))
		return say_metrics(c, h);
	if (!strcmp(url, "/"))
		return say_name(c, &h->service);
	return say(c, MHD_HTTP_NOT_FOUND, "not found\n");
}

/* --- who calls ----------------------------------------------------------- */

/* A request is answered as soon as it is here: who was first and is still here
 * has nothing to say, and makes room. MHD sees the end of what it reads. */
static void
make_room(struct http *h)
{
	struct caller *first = TAILQ_FIRST(&h->callers);

	if (h->ncallers <= CONNECTIONS - SPARE)
		return;
	TAILQ_REMOVE(&h->callers, first, entry);
	h->ncallers--;
	first->cut = true;
	shutdown(first->fd, SHUT_RDWR);
}

static void
on_connection(void *arg, struct MHD_Connection *c, void **state,
	      enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct caller *caller = *state;
	struct http *h = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		if (!info || !(caller = calloc(1, sizeof *caller)))
			return;
		caller->fd = info->connect_fd;
		TAILQ_INSERT_TAIL(&h->callers, caller, entry);
		h->ncallers++;
		*state = caller;
		make_room(h);
	} else if (caller) {
		if (!caller->cut) {
			TAILQ_REMOVE(&h->callers, caller, entry);
			h->ncallers--;
		}
		free(caller);
		*state = NULL;
	}
}

/* --- listening ----------------------------------------------------------- */

/* The listening socket is the daemon's from here on. */
static int
start(struct http *h, int fd)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, h->door.cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, h->door.key },
		{ MHD_OPTION_END, 0, NULL },
	};

	h->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | (h->door.cert ? MHD_USE_TLS : 0U), 0, NULL,
		NULL, on_request, h,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		h->door.cert ? MHD_OPTION_ARRAY : MHD_OPTION_END, tls,
		MHD_OPTION_END);
	if (!h->daemon)
		return MQL_EOS;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return MQL_EOS;
	h->fd = info->epoll_fd;
	return 0;
}

static int
open_at(struct http *h, const char *address, char *why, size_t nwhy)
{
	const struct http_service *s = &h->service;
	int fd = -1;
	int err = door_open(&h->door, &s->files, why, nwhy);

	if (err)
		return err;
	if (!(err = listen_open(address, CONNECTIONS, &fd, h->address,
				sizeof h->address)))
		err = start(h, fd);
	if (err)
		snprintf(why, nwhy, "cannot listen on %s: %s%s", address,
			 mql_strerror(err), err == MQL_EOS && h->door.cert ?
			 ": are --tls-cert and --tls-key right?" : "");
	if (fd >= 0 && !h->daemon)
		close(fd); /* else it is the daemon's */
	return err;
}

int
http_open(const struct http_service *service, const char *address,
	  struct http **out, char *why, size_t nwhy)
{
	struct http *h = calloc(1, sizeof *h);
	int err;

	*out = NULL;
	if (!h)
		return MQL_ENOMEM;
	h->service = *service;
	TAILQ_INIT(&h->callers);
	if ((err = open_at(h, address, why, nwhy))) {
		http_close(h);
		return err;
	}
	*out = h;
	return 0;
}

/* MHD_stop_daemon() alone would shut down the socket, which another has too. */
static void
stop_beside(struct MHD_Daemon *d)
{
	int fd = MHD_quiesce_daemon(d);

	MHD_stop_daemon(d);
	if (fd >= 0)
		close(fd);
}

/* With the certificate of h->door, beside the one that listens already. */
static int
restart(struct http *h)
{
	struct MHD_Daemon *old = h->daemon;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(old, MHD_DAEMON_INFO_LISTEN_FD);
	int fd = info ? fcntl(info->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd < 0)
		return MQL_EOS;
	if (start(h, fd)) {
		if (h->daemon)
			stop_beside(h->daemon);
		else
			close(fd);
		h->daemon = old;
		return MQL_EOS;
	}
	stop_beside(old);
	return 0;
}

int
http_reload(struct http *h, const struct door_files *files, char *why,
	    size_t nwhy)
{
	struct door old = h->door, fresh;
	const int epoll = h->fd;
	int err = door_open(&fresh, files, why, nwhy);

	if (err)
		return err;
	h->door = fresh;
	if (!str_same(old.cert, fresh.cert) || !str_same(old.key, fresh.key))
		err = restart(h);
	if (err) {
		snprintf(why, nwhy, "%s: are --tls-cert and --tls-key right?",
			 mql_strerror(err));
		h->door = old;
		h->fd = epoll;
		old = fresh;
	}
	door_close(&old);
	return err;
}

void
http_close(struct http *h)
{
	if (!h)
		return;
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	door_close(&h->door);
	free(h);
}

const char *
http_address(const struct http *h)
{
	return h->address;
}

int
http_fd(const struct http *h)
{
	return h->fd;
}

void
http_run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG wait = 0;

	for (int i = 0; i < ROUNDS; i++) {
		MHD_run(h->daemon);
		if (MHD_get_timeout(h->daemon, &wait) != MHD_YES || wait)
			return;
	}
}
