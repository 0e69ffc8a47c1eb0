/* crowd.c - see crowd.h. */
#include "bench/crowd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/clock.h"

enum { EVENTS = 512, READ_BYTES = 64 << 10, PATIENCE_MS = 60000 };

struct client {
	int              fd;
	gnutls_session_t tls; /* NULL: none */
};

static int
dial(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
		bench_die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	return fd;
}

static unsigned
count(const char *text, size_t n)
{
	unsigned rows = 0;

	while (n) {
		const char *at = memchr(text, '~', n);
		if (!at)
			break;
		rows++;
		n -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	return rows;
}

/* What has come; 0 or less: nothing. */
static ssize_t
get(const struct client *c, char *text, size_t n)
{
	return c->tls ? gnutls_record_recv(c->tls, text, n)
		      : recv(c->fd, text, n, MSG_DONTWAIT);
}

static void
take(struct crowd_part *p, const struct client *c)
{
	static char text[READ_BYTES];
	ssize_t n;

	do {
		if ((n = get(c, text, sizeof text)) <= 0)
			return;
		unsigned rows = count(text, (size_t)n);
		if (!rows)
			continue;
		atomic_store(&p->last, clock_mono_ns());
		atomic_fetch_add(&p->rows, rows);
		/* What a record left in the library epoll does not tell of. */
	} while (c->tls && gnutls_record_check_pending(c->tls));
}

static void
begin_tls(struct client *c)
{
	static gnutls_certificate_credentials_t any;
	int err;

	if (!any && gnutls_certificate_allocate_credentials(&any))
		bench_die("no TLS");
	if (gnutls_init(&c->tls, GNUTLS_CLIENT) ||
	    gnutls_set_default_priority(c->tls) ||
	    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, any))
		bench_die("no TLS");
	gnutls_transport_set_int(c->tls, c->fd);
	do
		err = gnutls_handshake(c->tls);
	while (err < 0 && !gnutls_error_is_fatal(err));
	if (err)
		bench_die("TLS: %s", gnutls_strerror(err));
}

/* Ask, and wait for the head of the answer: perhaps with more. */
static void
ask(struct client *c, const struct crowd_options *opt, unsigned i)
{
	char request[512], which[16] = "", text[4096];

	if (opt->queries)
		snprintf(which, sizeof which, "%u", i % opt->queries);
	int len = snprintf(request, sizeof request, "GET %s%s HTTP/1.1\r\n"
			   "Host: 127.0.0.1\r\n"
			   "Accept: text/event-stream\r\n\r\n", opt->path,
			   which);
	ssize_t sent = c->tls ?
		gnutls_record_send(c->tls, request, (size_t)len) :
		write(c->fd, request, (size_t)len);
	ssize_t got = sent != len ? 0 : c->tls ?
		gnutls_record_recv(c->tls, text, sizeof text) :
		recv(c->fd, text, sizeof text, 0);
	if (got < 12 || memcmp(text, "HTTP/1.1 200", 12))
		bench_die("client %u is refused", i);
}

/* A process of the crowd: clients first, first + CROWD_PROCESSES, ... */
__attribute__((noreturn))
static void
run(struct crowd_part *p, const struct crowd_options *opt, unsigned first)
{
	struct client *client = calloc(opt->n, sizeof *client);
	int ep = epoll_create1(0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = first; client && i < opt->n; i += CROWD_PROCESSES) {
		struct client *c = &client[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
		c->fd = dial(opt->port);
		if (opt->tls)
			begin_tls(c);
		ask(c, opt, i);
		fcntl(c->fd, F_SETFL, O_NONBLOCK);
		epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
		atomic_fetch_add(&p->connected, 1);
	}
	for (;;) {
		struct epoll_event ev[EVENTS];
		int got = epoll_wait(ep, ev, EVENTS, -1);
		for (int i = 0; i < got; i++)
			take(p, ev[i].data.ptr);
	}
}

static void
rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
}

static uint64_t
connected(const struct crowd *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CROWD_PROCESSES; i++)
		n += atomic_load(&c->part[i].connected);
	return n;
}

void
crowd_start(struct crowd *c, const struct crowd_options *opt)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	unsigned n = opt->n;

	c->n = n;
	c->part = mmap(NULL, CROWD_PROCESSES * sizeof *c->part,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (c->part == MAP_FAILED)
		bench_die("no shared memory");
	for (unsigned i = 0; i < CROWD_PROCESSES; i++) {
		if ((c->pid[i] = fork()) < 0)
			bench_die("cannot start a process");
		if (!c->pid[i])
			run(&c->part[i], opt, i);
	}
	while (connected(c) < n) {
		if (clock_mono_ms() > until)
			bench_die("only %u of %u clients are connected",
				  (unsigned)connected(c), n);
		rest();
	}
}

void
crowd_stop(struct crowd *c)
{
	for (int i = 0; i < CROWD_PROCESSES; i++) {
		kill(c->pid[i], SIGKILL);
		waitpid(c->pid[i], NULL, 0);
	}
	munmap(c->part, CROWD_PROCESSES * sizeof *c->part);
}

void
crowd_stall(const struct crowd *c, bool on)
{
	for (int i = 0; i < CROWD_PROCESSES; i++)
		kill(c->pid[i], on ? SIGSTOP : SIGCONT);
}

uint64_t
crowd_rows(const struct crowd *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CROWD_PROCESSES; i++)
		n += atomic_load(&c->part[i].rows);
	return n;
}

int64_t
crowd_await(const struct crowd *c, uint64_t rows)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS, last = 0;

	while (crowd_rows(c) < rows) {
		if (clock_mono_ms() > until)
			bench_die("only %llu of %llu rows came",
				  (unsigned long long)crowd_rows(c),
				  (unsigned long long)rows);
		rest();
	}
	for (int i = 0; i < CROWD_PROCESSES; i++) {
		int64_t at = atomic_load(&c->part[i].last);
		last = at > last ? at : last;
	}
	return last;
}
