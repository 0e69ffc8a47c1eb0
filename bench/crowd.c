/* crowd.c - see crowd.h. */
#include "bench/crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
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

static int
dial(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
		bench_die("cannot connect");
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

static void
take(struct crowd_part *p, int fd)
{
	static char text[READ_BYTES];
	ssize_t n = recv(fd, text, sizeof text, MSG_DONTWAIT);

	if (n <= 0)
		return;
	unsigned rows = count(text, (size_t)n);
	if (!rows)
		return;
	atomic_store(&p->last, clock_mono_ns());
	atomic_fetch_add(&p->rows, rows);
}

/* The head of the answer, and perhaps more. */
static void
await_head(int fd)
{
	char text[4096];

	if (recv(fd, text, sizeof text, 0) <= 0)
		bench_die("no answer");
}

__attribute__((noreturn))
static void
run(struct crowd_part *p, unsigned n, uint16_t port, const char *path)
{
	int ep = epoll_create1(0);
	char request[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n"
			   "Host: 127.0.0.1\r\n"
			   "Accept: text/event-stream\r\n\r\n", path);
	for (unsigned i = 0; i < n; i++) {
		int fd = dial(port);
		struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
		if (write(fd, request, (size_t)len) != len)
			bench_die("cannot ask");
		await_head(fd);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		atomic_fetch_add(&p->connected, 1);
	}
	for (;;) {
		struct epoll_event ev[EVENTS];
		int got = epoll_wait(ep, ev, EVENTS, -1);
		for (int i = 0; i < got; i++)
			take(p, ev[i].data.fd);
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
crowd_start(struct crowd *c, unsigned n, uint16_t port, const char *path)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	c->n = n;
	c->part = mmap(NULL, CROWD_PROCESSES * sizeof *c->part,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (c->part == MAP_FAILED)
		bench_die("no shared memory");
	for (unsigned i = 0; i < CROWD_PROCESSES; i++) {
		unsigned share = n / CROWD_PROCESSES +
				 (i < n % CROWD_PROCESSES);
		if ((c->pid[i] = fork()) < 0)
			bench_die("cannot start a process");
		if (!c->pid[i])
			run(&c->part[i], share, port, path);
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
