/* bare_router.c - see bare_router.h. */
#include "bench/bare_router.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/bench.h"
#include "common/clock.h"

enum {
	IO_THREADS = 2, IO_THREADS_MAX = 8, /* as the source-job has them */
	BACKLOG = 4096, MAX_PEERS = 20000, ID = 5,
	BATCHES = 32, /* on their way from a peer: 1 MB, as credit allows */
	BYTES = 64, BURST = 256, PATIENCE_MS = 30000,
};

struct bare_shared {
	_Atomic bool     ready;
	_Atomic uint64_t hellos, answers, batches;
	_Atomic int64_t  asked, answered, last; /* ns */
};

struct side {
	void    *socket;
	uint8_t (*id)[ID];
	size_t   n;
};

struct router {
	struct bare_shared *shared;
	struct side in, out;
};

/* --- the process ----------------------------------------------------------------- */

static void
listen_on(void *context, struct side *s, const struct wire_keys *keys,
	  char *endpoint, size_t size)
{
	static const struct { int option, value; } options[] = {
		{ ZMQ_BACKLOG, BACKLOG }, { ZMQ_RCVHWM, BATCHES },
		{ ZMQ_SNDHWM, BATCHES }, { ZMQ_ROUTER_MANDATORY, 1 },
		{ ZMQ_LINGER, 0 },
	};

	s->socket = zmq_socket(context, ZMQ_ROUTER);
	s->id = calloc(MAX_PEERS, sizeof *s->id);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		zmq_setsockopt(s->socket, options[i].option,
			       &options[i].value, sizeof(int));
	if (keys) {
		zmq_setsockopt(s->socket, ZMQ_CURVE_SERVER, &(int){ 1 },
			       sizeof(int));
		zmq_setsockopt(s->socket, ZMQ_CURVE_SECRETKEY,
			       wire_keys_secret(keys), WIRE_KEY_BYTES);
	}
	if (!s->id || zmq_bind(s->socket, "tcp://127.0.0.1:*") ||
	    zmq_getsockopt(s->socket, ZMQ_LAST_ENDPOINT, endpoint, &size))
		bench_die("the bare router cannot listen");
}

static void
send_to(struct side *s, const uint8_t *id, zmq_msg_t *m)
{
	zmq_msg_t copy; /* of a large one, a reference */

	if (zmq_send(s->socket, id, ID, ZMQ_SNDMORE) != ID)
		return; /* it is gone */
	zmq_msg_init(&copy);
	zmq_msg_copy(&copy, m);
	if (zmq_msg_send(&copy, s->socket, 0) < 0)
		zmq_msg_close(&copy);
}

static void
send_to_all(struct side *s, zmq_msg_t *m)
{
	for (size_t i = 0; i < s->n; i++)
		send_to(s, s->id[i], m);
}

static void
on_hello(struct router *r, struct side *s, const uint8_t *id)
{
	if (s->n == MAX_PEERS)
		s->n = 0;
	memcpy(s->id[s->n++], id, ID);
	atomic_fetch_add(&r->shared->hellos, 1);
}

static void
take(struct router *r, struct side *s, const uint8_t *id, zmq_msg_t *m)
{
	const char what = zmq_msg_size(m) ? *(char *)zmq_msg_data(m) : '\0';

	switch (what) {
	case 'h':
		on_hello(r, s, id);
		break;
	case 'a':
		atomic_store(&r->shared->answered, clock_mono_ns());
		atomic_fetch_add(&r->shared->answers, 1);
		break;
	case 'p':
		send_to(s, id, m);
		break;
	case 'd':
		atomic_store(&r->shared->last, clock_mono_ns());
		atomic_fetch_add(&r->shared->batches, 1);
		send_to_all(s == &r->in ? &r->out : &r->in, m);
		break;
	default:
		break;
	}
}

/* What is there, but not for ever. */
static void
drain(struct router *r, struct side *s)
{
	uint8_t id[ID];
	zmq_msg_t m;

	zmq_msg_init(&m);
	for (int i = 0; i < BURST; i++) {
		if (zmq_recv(s->socket, id, ID, ZMQ_DONTWAIT) != ID ||
		    zmq_msg_recv(&m, s->socket, 0) < 0)
			break;
		take(r, s, id, &m);
	}
	zmq_msg_close(&m);
}

static void
ask(struct router *r)
{
	zmq_msg_t m;

	zmq_msg_init_size(&m, BYTES);
	memset(zmq_msg_data(&m), 0, BYTES);
	*(char *)zmq_msg_data(&m) = 'q';
	atomic_store(&r->shared->answers, 0);
	atomic_store(&r->shared->asked, clock_mono_ns());
	send_to_all(&r->in, &m);
	zmq_msg_close(&m);
}

static int
io_threads(bool keys)
{
	const int n = get_nprocs() / (keys ? 1 : 2);

	return n < IO_THREADS ? IO_THREADS :
	       n > IO_THREADS_MAX ? IO_THREADS_MAX : n;
}

__attribute__((noreturn))
static void
serve(struct bare_router *b, const struct wire_keys *keys, int told)
{
	struct router r = { .shared = b->shared };
	void *context = zmq_ctx_new();
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	zmq_ctx_set(context, ZMQ_IO_THREADS, io_threads(keys));
	listen_on(context, &r.in, keys, b->in, sizeof b->in);
	listen_on(context, &r.out, keys, b->out, sizeof b->out);
	atomic_store(&b->shared->ready, true);
	for (;;) {
		zmq_pollitem_t item[] = {
			{ .socket = r.in.socket, .events = ZMQ_POLLIN },
			{ .socket = r.out.socket, .events = ZMQ_POLLIN },
			{ .fd = told, .events = ZMQ_POLLIN },
		};

		if (zmq_poll(item, 3, -1) < 0 && errno != EINTR)
			bench_die("zmq_poll: %s", zmq_strerror(errno));
		if (item[2].revents && read(told, &byte, 1) == 1)
			ask(&r);
		drain(&r, &r.in);
		drain(&r, &r.out);
	}
}

/* --- the program ------------------------------------------------------------------ */

static void
moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

/* The process writes its endpoints where both see them. */
void
bare_router_start(struct bare_router *r, const struct wire_keys *keys)
{
	struct bare_router *common;
	pid_t pid;
	int fd[2];

	common = mmap(NULL, sizeof *common + sizeof *common->shared,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (common == MAP_FAILED || pipe(fd))
		bench_die("no bare router");
	common->shared = (void *)(common + 1);
	if ((pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!pid) {
		close(fd[1]);
		serve(common, keys, fd[0]);
	}
	close(fd[0]);
	common->pid = pid;
	common->tell = fd[1];
	while (!atomic_load(&common->shared->ready))
		moment();
	*r = *common;
}

void
bare_router_stop(struct bare_router *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	close(r->tell);
}

double
bare_router_ask(struct bare_router *r, unsigned n)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct bare_shared *s = r->shared;

	atomic_store(&s->answers, 0);
	if (write(r->tell, "", 1) != 1)
		bench_die("the bare router is gone");
	while (atomic_load(&s->answers) < n) {
		if (clock_mono_ms() > until)
			bench_die("%llu of %u answers",
				  (unsigned long long)
				  atomic_load(&s->answers), n);
		moment();
	}
	return (double)(atomic_load(&s->answered) -
			atomic_load(&s->asked)) / 1e6;
}

uint64_t
bare_router_batches(const struct bare_router *r, int64_t *at)
{
	if (at)
		*at = atomic_load(&r->shared->last);
	return atomic_load(&r->shared->batches);
}

uint64_t
bare_router_hellos(const struct bare_router *r)
{
	return atomic_load(&r->shared->hellos);
}
