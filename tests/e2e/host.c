/* host.c - a service that does to its agent what services do.
 *
 *     host MODE [ARGUMENT [ARGUMENT]]
 *
 * Linked to the real libmql-agent.so and run by host.sh against a real
 * source-job. When it ends well it says on standard output how many events it
 * published that must have become rows, and exits 0. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/host.h"

struct mql_agent *agent;
struct mql_stream *stream;
const char *argument, *second;
char *self;
_Atomic unsigned long published;
_Atomic bool stop;
bool lossy;

_Noreturn void
failed(int line, const char *what)
{
	fprintf(stderr, "host.c:%d: %s (%s)\n", line, what, strerror(errno));
	_exit(1);
}

double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

static void
say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "agent: %s\n", line);
}

static void
open_agent(void)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	opt.app = "host";
	opt.wait_when_full = !lossy;
	opt.log = say;
	CHECK(!mql_agent_open(&opt, &agent));
	CHECK(!mql_stream_open(agent, "requests", &stream));
}

void
publish(unsigned n)
{
	char text[64];

	for (unsigned i = 0; i < n; i++) {
		int len = snprintf(text, sizeof text, "{\"n\":%u,\"pid\":%d}",
				   i, (int)getpid());
		mql_publish_json(stream, text, (size_t)len);
	}
	atomic_fetch_add(&published, n);
}

struct mql_agent_stats
stats(void)
{
	struct mql_agent_stats st = { .size = sizeof st };

	mql_agent_stats(agent, &st);
	return st;
}

void
begin(void)
{
	open_agent();
	AWAIT(mql_active(stream));
}

void
end(void)
{
	mql_agent_close(agent, 10000);
}

void
join(int pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!status);
}

bool
there(const char *path)
{
	return !access(path, F_OK);
}

/* The first publish wakes the agent; it comes back with the query. */
void
come_alive(void)
{
	CHECK(mql_active(stream));
	mql_publish_json(stream, "{}", 2);
	AWAIT(stats().connected && mql_active(stream));
}

void *
publish_on(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop))
		publish(1);
	return NULL;
}

/* --- signals ------------------------------------------------------------------- */

/* Every thread but the first blocks all signals, and has a name. */
static void
signals(void)
{
	const unsigned long long all = ~(1ULL << (SIGKILL - 1) |
		1ULL << (SIGSTOP - 1) | 3ULL << 31 /* the C library's */);
	DIR *d;
	struct dirent *e;
	int threads = 0;

	begin();
	CHECK((d = opendir("/proc/self/task")));
	while ((e = readdir(d))) {
		char path[300], line[300], name[64] = "";
		unsigned long long blocked = 0;
		FILE *f;

		if (e->d_name[0] == '.' || atoi(e->d_name) == getpid())
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%s/status",
			 e->d_name);
		CHECK((f = fopen(path, "r")));
		while (fgets(line, sizeof line, f)) {
			sscanf(line, "Name: %63s", name);
			sscanf(line, "SigBlk: %llx", &blocked);
		}
		fclose(f);
#ifdef __SANITIZE_THREAD__
		if (!strcmp(name, "host")) /* it has one itself */
			continue;
#endif
		threads++;
		CHECK((blocked & all) == all);
		CHECK(!strncmp(name, "mql-agent", 9) ||
		      !strncmp(name, "ZMQ", 3));
	}
	closedir(d);
	CHECK(threads == 4); /* one of them because we want the log */
	publish(10);
	end();
}

/* --- threads ------------------------------------------------------------------- */

static void *
publish_one(void *arg)
{
	(void)arg;
	publish(1);
	return NULL;
}

static void
threads(void)
{
	begin();
	for (int i = 0; i < 5000; i += 8) {
		pthread_t t[8];

		for (int k = 0; k < 8; k++)
			CHECK(!pthread_create(&t[k], NULL, publish_one, NULL));
		for (int k = 0; k < 8; k++)
			pthread_join(t[k], NULL);
	}
	/* Of two neighbouring eights at most, each with a ring of 256 KiB, as
	 * much for rows, and its counters. */
	CHECK(stats().memory < 16 * 640 * 1024);
	end();
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "prefork", prefork }, { "busy-fork", busy_fork },
		{ "count", count }, { "exec", exec_child },
		{ "close-all", close_all }, { "none-left", none_left },
		{ "signals", signals }, { "threads", threads },
		{ "close-busy", close_busy }, { "flood", flood }, { "plugins", plugins },
		{ "plugin-stalled", plugin_stalled }, { "both", both },
	};

	self = argv[0];
	argument = argc > 2 ? argv[2] : "";
	second = argc > 3 ? argv[3] : "";
	for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(argv[1], modes[i].name))
			continue;
		modes[i].run();
		printf("%lu\n", atomic_load(&published));
		return 0;
	}
	fprintf(stderr, "usage: host MODE [ARGUMENT]\n");
	return 2;
}
