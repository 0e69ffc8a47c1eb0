/* bare.c - see bare.h. */
#include "bench/bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

enum { MAX_CLIENTS = 20000, BACKLOG = 4096, EVENTS = 512, THREADS = 2 };

static int
listening(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		bench_die("no loopback");
	*port = ntohs(at.sin_port);
	return fd;
}

static void
begin(struct bare *b, const char *message,
      void (*serve)(int fd, int told, const char *message))
{
	int told[2], fd = listening(&b->port);

	if (pipe(told) || (b->pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!b->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(told[1]);
		serve(fd, told[0], message);
		_exit(0);
	}
	close(told[0]);
	close(fd);
	b->fd = told[1];
}

void
bare_send(const struct bare *b, uint32_t times)
{
	if (write(b->fd, &times, sizeof times) != sizeof times)
		bench_die("the bare server is gone");
}

void
bare_stop(struct bare *b)
{
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	close(b->fd);
}

/* --- epoll ---------------------------------------------------------------------- */

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: "
			   "text/event-stream\r\n\r\n";

static void
watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static void
answer(int fd)
{
	char request[4096];

	if (recv(fd, request, sizeof request, MSG_DONTWAIT) > 0 &&
	    write(fd, head, sizeof head - 1) < 0)
		bench_die("cannot answer");
}

/* All of it, however full the socket is. */
static void
write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			bench_die("cannot write");
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void
serve_epoll(int fd, int told, const char *message)
{
	static int client[MAX_CLIENTS];
	int n = 0, ep = epoll_create1(0), c;
	size_t len = strlen(message);
	uint32_t times;

	watch(ep, fd);
	watch(ep, told);
	for (;;) {
		struct epoll_event ev[EVENTS];
		int got = epoll_wait(ep, ev, EVENTS, -1);
		for (int i = 0; i < got; i++) {
			if (ev[i].data.fd == told) {
				if (read(told, &times, sizeof times) <= 0)
					return;
				while (times--)
					for (int k = 0; k < n; k++)
						write_all(client[k], message,
							  len);
			} else if (ev[i].data.fd != fd) {
				answer(ev[i].data.fd);
			} else {
				while (n < MAX_CLIENTS &&
				       (c = accept(fd, NULL, NULL)) >= 0)
					watch(ep, client[n++] = c);
			}
		}
	}
}

void
bare_epoll_start(struct bare *b, const char *message)
{
	begin(b, message, serve_epoll);
}

/* --- libmicrohttpd ----------------------------------------------------------------- */

struct reader {
	struct MHD_Connection *connection;
	uint64_t               at; /* bytes of the endless text */
	bool                   parked;
};

static struct {
	pthread_mutex_t lock;
	const char     *message;
	size_t          len;
	uint64_t        end; /* of the text so far */
	struct reader  *reader[MAX_CLIENTS];
	size_t          n;
} mhd = { .lock = PTHREAD_MUTEX_INITIALIZER };

static ssize_t
read_text(void *arg, uint64_t pos, char *to, size_t room)
{
	struct reader *r = arg;
	size_t n = 0;

	(void)pos;
	pthread_mutex_lock(&mhd.lock);
	uint64_t end = mhd.end;
	if (r->at == end) {
		r->parked = true;
		MHD_suspend_connection(r->connection);
	}
	pthread_mutex_unlock(&mhd.lock);
	while (r->at < end && n < room) {
		size_t from = r->at % mhd.len, len = mhd.len - from;
		if (len > room - n)
			len = room - n;
		memcpy(to + n, mhd.message + from, len);
		n += len;
		r->at += len;
	}
	return (ssize_t)n;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version, const char *upload,
	   size_t *nupload, void **state)
{
	struct reader *r = calloc(1, sizeof *r);

	(void)arg, (void)url, (void)method, (void)version, (void)upload;
	(void)nupload, (void)state;
	if (!r)
		return MHD_NO;
	r->connection = c;
	pthread_mutex_lock(&mhd.lock);
	r->at = mhd.end;
	mhd.reader[mhd.n++] = r;
	pthread_mutex_unlock(&mhd.lock);
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 128, read_text, r, NULL);
	MHD_add_response_header(response, "Content-Type", "text/event-stream");
	enum MHD_Result done = MHD_queue_response(c, 200, response);
	MHD_destroy_response(response);
	return done;
}

static void
serve_mhd(int fd, int told, const char *message)
{
	uint32_t times;

	mhd.message = message;
	mhd.len = strlen(message);
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
			      MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
			      on_request, NULL,
			      MHD_OPTION_LISTEN_SOCKET, fd,
			      MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
			      MHD_OPTION_CONNECTION_LIMIT,
			      (unsigned)MAX_CLIENTS - 300,
			      MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			      (size_t)6144, MHD_OPTION_END))
		bench_die("libmicrohttpd does not start");
	while (read(told, &times, sizeof times) == sizeof times) {
		pthread_mutex_lock(&mhd.lock);
		mhd.end += times * mhd.len;
		for (size_t i = 0; i < mhd.n; i++) {
			struct reader *r = mhd.reader[i];
			if (r->parked)
				MHD_resume_connection(r->connection);
			r->parked = false;
		}
		pthread_mutex_unlock(&mhd.lock);
	}
}

void
bare_mhd_start(struct bare *b, const char *message)
{
	begin(b, message, serve_mhd);
}
