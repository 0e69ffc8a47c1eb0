/* bare_threads.c - see bare_threads.h. */
#include "bench/bare_threads.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/bench.h"

enum { BYTES = 64, SOCKETS = 4096, STACK = 256 << 10 };

static struct {
	void       *context;
	const char *endpoint;
} here; /* of a process */

static void
say(void *socket, char what)
{
	const char text[BYTES] = { what };

	zmq_send(socket, text, sizeof text, 0);
}

static void *
answer(void *arg)
{
	void *socket = zmq_socket(here.context, ZMQ_DEALER);
	char text[BYTES];

	(void)arg;
	if (!socket || zmq_connect(socket, here.endpoint))
		bench_die("a bare peer cannot connect");
	say(socket, 'h');
	while (zmq_recv(socket, text, sizeof text, 0) > 0)
		if (*text == 'q')
			say(socket, 'a');
	return NULL;
}

__attribute__((noreturn))
static void
be_process(const char *endpoint, unsigned n)
{
	pthread_attr_t attr;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	here.context = zmq_ctx_new();
	here.endpoint = endpoint;
	zmq_ctx_set(here.context, ZMQ_MAX_SOCKETS, SOCKETS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&thread, &attr, answer, NULL))
			bench_die("no thread for a bare peer");
	for (;;)
		pause();
}

void
bare_threads_start(struct bare_threads *t, const char *endpoint, unsigned n,
		   unsigned processes)
{
	memset(t, 0, sizeof *t);
	if (processes > BARE_THREADS_PROCESSES)
		bench_die("at most %d processes", BARE_THREADS_PROCESSES);
	for (unsigned k = 0; k < processes; k++) {
		const pid_t pid = fork();

		if (pid < 0)
			bench_die("cannot start a process");
		if (!pid)
			be_process(endpoint, n * (k + 1) / processes -
				   n * k / processes);
		t->pid[t->processes++] = pid;
	}
}

void
bare_threads_stop(struct bare_threads *t)
{
	for (unsigned k = 0; k < t->processes; k++) {
		kill(t->pid[k], SIGKILL);
		waitpid(t->pid[k], NULL, 0);
	}
}
