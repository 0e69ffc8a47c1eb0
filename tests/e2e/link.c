/* link - a bad network between two ends of TCP, in a process.
 *
 *     link tcp://127.0.0.1:PORT
 *
 * listens, says where on standard output, and passes on to PORT, and back,
 * what each connection brings. Lines on standard input change what becomes of
 * all connections, at once:
 *
 *     delay MS   each byte arrives so much later than it was sent
 *     stall      nothing is read any more: senders wait
 *     hole       all is read, nothing arrives: nobody waits, nobody knows
 *     cut        connections are reset, and so are new ones
 *     go         as it should be; what a stall held back arrives. Connections
 *                that fell into a hole are reset
 *
 * It answers each line with one when that is so. One thread; it ends with its
 * input. For where the kernel has no netem, and for what netem cannot do. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

enum { MOST = 500, CHUNK = 64 << 10, HELD_MAX = 4 << 20, TURN_MS = 5 };

struct chunk {
	STAILQ_ENTRY(chunk) next;
	int64_t due; /* ms */
	size_t  len, gone;
	char    bytes[];
};

struct way { /* from one end to the other */
	int    from, to;
	bool   ended; /* no more comes */
	size_t held;
	STAILQ_HEAD(, chunk) chunks;
};

struct pair {
	struct way way[2];
};

static enum { GO, STALL, HOLE, CUT } mode;
static int64_t delay;
static struct sockaddr_in target;
static struct pair *pair[MOST];
static unsigned npair;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- connections ------------------------------------------------------------------ */

static void
reset(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

static void
drop(struct way *w)
{
	struct chunk *c;

	while ((c = STAILQ_FIRST(&w->chunks))) {
		STAILQ_REMOVE_HEAD(&w->chunks, next);
		free(c);
	}
}

static void
end_pair(unsigned i)
{
	struct pair *p = pair[i];

	drop(&p->way[0]);
	drop(&p->way[1]);
	reset(p->way[0].from);
	reset(p->way[1].from);
	free(p);
	pair[i] = pair[--npair];
}

static void
end_all(void)
{
	while (npair)
		end_pair(0);
}

static void
begin_pair(int fd)
{
	struct pair *p = calloc(1, sizeof *p);
	int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!p || to < 0)
		die("a connection");
	if (npair == MOST || mode == CUT ||
	    connect(to, (const void *)&target, sizeof target)) {
		reset(fd);
		reset(to);
		free(p);
		return;
	}
	p->way[0].from = p->way[1].to = fd;
	p->way[1].from = p->way[0].to = to;
	STAILQ_INIT(&p->way[0].chunks);
	STAILQ_INIT(&p->way[1].chunks);
	pair[npair++] = p;
}

/* --- bytes ------------------------------------------------------------------------ */

static bool
is_read(const struct way *w)
{
	return mode != STALL && !w->ended && w->held < HELD_MAX;
}

/* False when the connection is broken. */
static bool
take(struct way *w)
{
	struct chunk *c = malloc(sizeof *c + CHUNK);
	ssize_t n;

	if (!c)
		die("memory");
	n = recv(w->from, c->bytes, CHUNK, MSG_DONTWAIT);
	if (n <= 0 || mode == HOLE) {
		free(c);
		w->ended |= n == 0;
		return n >= 0 || errno == EAGAIN;
	}
	c->due = clock_mono_ms() + delay;
	c->len = (size_t)n;
	c->gone = 0;
	w->held += c->len;
	STAILQ_INSERT_TAIL(&w->chunks, c, next);
	return true;
}

/* What is due; likewise. */
static bool
give(struct way *w, int64_t now)
{
	struct chunk *c;

	while (mode == GO && (c = STAILQ_FIRST(&w->chunks)) && c->due <= now) {
		ssize_t n = send(w->to, c->bytes + c->gone, c->len - c->gone,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		c->gone += (size_t)n;
		w->held -= (size_t)n;
		if (c->gone < c->len)
			return true;
		STAILQ_REMOVE_HEAD(&w->chunks, next);
		free(c);
	}
	/* who has ended is told when all that he said is there */
	return !w->ended || !STAILQ_EMPTY(&w->chunks) || mode == HOLE;
}

static void
turn(const struct pollfd *fds, unsigned n)
{
	const int64_t now = clock_mono_ms();

	for (unsigned i = n; i-- > 0;) {
		bool good = true;

		for (unsigned k = 0; k < 2; k++) {
			struct way *w = &pair[i]->way[k];
			if (good && fds[2 * i + k].revents && is_read(w))
				good = take(w);
			good = good && give(w, now);
		}
		if (!good)
			end_pair(i);
	}
}

/* --- what is asked ---------------------------------------------------------------- */

static void
obey(const char *line)
{
	const bool was_hole = mode == HOLE;

	if (sscanf(line, "delay %ld", &delay) == 1)
		;
	else if (!strcmp(line, "stall\n"))
		mode = STALL;
	else if (!strcmp(line, "hole\n"))
		mode = HOLE;
	else if (!strcmp(line, "cut\n"))
		mode = CUT;
	else if (!strcmp(line, "go\n"))
		mode = GO;
	else
		fprintf(stderr, "link: what is %s", line);
	if (mode == CUT || (was_hole && mode != HOLE))
		end_all();
	fputs(line, stdout);
	fflush(stdout);
}

static int
listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const void *)&at, sizeof at) ||
	    listen(fd, MOST) || getsockname(fd, (void *)&at, &len))
		die("listen");
	printf("tcp://127.0.0.1:%u\n", (unsigned)ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

/* False when the input has ended. */
static bool
serve(int door)
{
	static struct pollfd fds[2 + 2 * MOST];
	const unsigned n = npair;
	char line[100];

	fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = door, .events = POLLIN };
	for (unsigned i = 0; i < 2 * n; i++) {
		const struct way *w = &pair[i / 2]->way[i % 2];
		fds[2 + i] = (struct pollfd){ .fd = is_read(w) ? w->from : -1,
					      .events = POLLIN };
	}
	poll(fds, 2 + 2 * n, TURN_MS);
	turn(fds + 2, n);
	if (fds[1].revents)
		begin_pair(accept4(door, NULL, NULL, SOCK_CLOEXEC));
	if (!fds[0].revents)
		return true;
	if (!fgets(line, sizeof line, stdin))
		return false;
	obey(line);
	return true;
}

int
main(int argc, char **argv)
{
	unsigned port;
	int door;

	if (argc != 2 || sscanf(argv[1], "tcp://127.0.0.1:%u", &port) != 1) {
		fputs("usage: link tcp://127.0.0.1:PORT\n", stderr);
		return 2;
	}
	target = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees what is there */
	door = listen_somewhere();
	while (serve(door))
		;
	return 0;
}
