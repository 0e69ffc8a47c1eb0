/* host.c - a service that does to its agent what services do.
 *
 *     host MODE [ARGUMENT [ARGUMENT]]
 *
 * Linked to the real libmql-agent.so and run by host.sh against a real
 * source-job. When it ends well it says on standard output how many events it
 * published that must have become rows, and exits 0. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mql/agent.h"

static struct mql_agent *agent;
static struct mql_stream *stream;
static const char *argument, *second;
static char *self;
static _Atomic unsigned long published;

#define CHECK(x) ((x) ? (void)0 : failed(__LINE__, #x))

static _Noreturn void
failed(int line, const char *what)
{
	fprintf(stderr, "host.c:%d: %s (%s)\n", line, what, strerror(errno));
	_exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

#define AWAIT(x)                                                        \
	do {                                                            \
		double until_ = now() + 20;                             \
		while (!(x) && now() < until_)                          \
			moment();                                       \
		CHECK(x);                                               \
	} while (0)

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
	opt.wait_when_full = true;
	opt.log = say;
	CHECK(!mql_agent_open(&opt, &agent));
	CHECK(!mql_stream_open(agent, "requests", &stream));
}

static void
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

static struct mql_agent_stats
stats(void)
{
	struct mql_agent_stats st = { .size = sizeof st };

	mql_agent_stats(agent, &st);
	return st;
}

static void
begin(void)
{
	open_agent();
	AWAIT(mql_active(stream));
}

static void
end(void)
{
	mql_agent_close(agent, 10000);
}

static void
join(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!status);
}

/* --- fork ------------------------------------------------------------------ */

static bool
there(const char *path)
{
	return !access(path, F_OK);
}

/* The first publish wakes the agent; it comes back with the query. */
static void
come_alive(void)
{
	CHECK(mql_active(stream));
	mql_publish_json(stream, "{}", 2);
	AWAIT(stats().connected && mql_active(stream));
}

static void
child(void)
{
	come_alive();
	publish(100);
	AWAIT(there(argument));
	end();
	_exit(0);
}

/* As a pre-fork server; ARGUMENT is a file that host.sh makes when it has
 * seen all nine. */
static void
prefork(void)
{
	pid_t pid[8];

	begin();
	publish(10);
	for (int i = 0; i < 8; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0);
		if (!pid[i])
			child();
	}
	publish(10);
	for (int i = 0; i < 8; i++)
		join(pid[i]);
	publish(10);
	CHECK(stats().matched == 30);
	atomic_fetch_add(&published, 8 * 100);
	end();
}

static _Atomic bool stop;

static void *
publish_on(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop))
		publish(1);
	return NULL;
}

/* Of the children some only publish, some leave at once, some fork again. */
static void
busy_child(int i)
{
	pid_t pid;

	if (i % 4 == 1)
		_exit(0);
	if (i % 4 == 3) {
		if ((pid = fork()))
			join(pid);
		else
			come_alive();
		_exit(0);
	}
	for (int n = 0; n < 100; n++)
		publish(1);
	mql_agent_close(agent, 1000);
	_exit(0);
}

static void
busy_fork(void)
{
	pthread_t t[4];

	begin();
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&t[i], NULL, publish_on, NULL));
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			busy_child(i);
		join(pid);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK(stats().matched == atomic_load(&published));
	end();
}

/* --- descriptors ------------------------------------------------------------- */

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int n = -1; /* the directory itself */

	CHECK(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
count(void)
{
	CHECK(descriptors() == atoi(argument));
	_exit(0);
}

/* What a child of fork() and exec() gets is what it got before. */
static void
exec_child(void)
{
	int before = descriptors();
	char number[16];
	pid_t pid;

	begin();
	snprintf(number, sizeof number, "%d", before);
	pid = fork();
	if (!pid) {
		execl(self, self, "count", number, (char *)NULL);
		_exit(2);
	}
	join(pid);
	if (!(pid = fork())) {
		CHECK(descriptors() == before);
		_exit(0);
	}
	join(pid);
	publish(10);
	end();
	CHECK(descriptors() == before);
}

/* A daemon closes all that it does not know, and opens files of its own. */
static void
close_all(void)
{
	struct mql_stream *more;
	int fd[30], n;
	struct stat st[30], after;
	char path[64];

	begin();
	publish(10);
	closefrom(3);
	for (n = 0; n < 30; n++) {
		snprintf(path, sizeof path, "%s.%d", argument, n);
		fd[n] = open(path, O_CREAT | O_RDWR, 0600);
		CHECK(fd[n] >= 0 && !fstat(fd[n], &st[n]));
	}
	publish(10);
	CHECK(!mql_stream_open(agent, "more", &more));
	AWAIT(mql_active(more));
	AWAIT(stats().sent == 20 && stats().connected);
	end();
	while (n--) {
		CHECK(!fstat(fd[n], &after) && after.st_ino == st[n].st_ino);
		CHECK(!after.st_size);
	}
	begin();
	publish(10);
	end();
}

/* None is left; host.sh restarts the source-job meanwhile: ARGUMENT. */
static void
none_left(void)
{
	struct rlimit few = { 40, 40 };
	int fd;

	CHECK(!setrlimit(RLIMIT_NOFILE, &few));
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		;
	begin();
	publish(10);
	AWAIT(stats().sent == 10);
	fprintf(stderr, "sent\n");
	AWAIT(there(argument));
	AWAIT(stats().connected && mql_active(stream));
	publish(10);
	end();
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

static long
resident_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void
threads(void)
{
	long before = 0;

	begin();
	for (int i = 0; i < 5000; i += 8) {
		pthread_t t[8];

		for (int k = 0; k < 8; k++)
			CHECK(!pthread_create(&t[k], NULL, publish_one, NULL));
		for (int k = 0; k < 8; k++)
			pthread_join(t[k], NULL);
		if (i == 800)
			before = resident_kb();
	}
	CHECK(resident_kb() < before + 16 * 1024);
	end();
}

/* --- closing ------------------------------------------------------------------- */

static void *
close_it(void *arg)
{
	(void)arg;
	mql_agent_close(agent, 500);
	return NULL;
}

static void *
publish_through(void *arg)
{
	struct mql_event *e = mql_event_begin(stream);
	unsigned *turns = arg;

	for (; !atomic_load(&stop); ++*turns) {
		publish(1);
		mql_event_int(e, "n", 1);
		mql_event_publish(e);
		e = mql_event_begin(stream);
	}
	mql_event_int(e, "n", 1);
	mql_event_publish(e);
	return NULL;
}

/* Others publish, and two close it at once; ARGUMENT is a file to wait for. */
static void
close_busy(void)
{
	unsigned turns[4] = { 0 };
	pthread_t t[4], c[2];
	double began;

	begin();
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&t[i], NULL, publish_through,
				      &turns[i]));
	AWAIT(stats().sent > 1000);
	fprintf(stderr, "sent\n");
	AWAIT(there(argument));
	began = now();
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&c[i], NULL, close_it, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(c[i], NULL);
	mql_agent_close(agent, 60000);
	CHECK(now() < began + 10); /* and not for ever */
	CHECK(!mql_active(stream));
	publish(1000);
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK(!mql_event_begin(stream));
	atomic_store(&published, 0);
}

/* --- plugins ------------------------------------------------------------------- */

struct plugin {
	void *so;
	int  (*open)(void);
	int  (*active)(void);
	void (*publish)(const char *text);
	unsigned long (*matched)(void);
	void (*close)(int deadline_ms);
};

static void
load(struct plugin *p, const char *path)
{
	p->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->so)
		failed(__LINE__, dlerror());
	*(void **)&p->open = dlsym(p->so, "plugin_open");
	*(void **)&p->active = dlsym(p->so, "plugin_active");
	*(void **)&p->publish = dlsym(p->so, "plugin_publish");
	*(void **)&p->matched = dlsym(p->so, "plugin_matched");
	*(void **)&p->close = dlsym(p->so, "plugin_close");
}

static struct plugin plugin;
static pthread_barrier_t barrier;

/* Has published when the plugin goes, and ends after it is gone. */
static void *
outlive(void *arg)
{
	(void)arg;
	plugin.publish("{\"n\":1}");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void
plugin_once(void)
{
	pthread_t t;

	load(&plugin, argument);
	CHECK(!plugin.open());
	AWAIT(plugin.active());
	CHECK(!pthread_create(&t, NULL, outlive, NULL));
	plugin.publish("{\"n\":2}");
	pthread_barrier_wait(&barrier);
	plugin.close(5000);
	dlclose(plugin.so);
	CHECK(!dlopen(argument, RTLD_NOW | RTLD_NOLOAD)); /* is unmapped */
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
	atomic_fetch_add(&published, 2);
}

/* Loaded and unloaded a hundred times; then no handler of its is left. */
static void
plugins(void)
{
	pid_t pid;

	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 100; i++)
		plugin_once();
	CHECK((pid = fork()) >= 0);
	if (!pid)
		_exit(0);
	join(pid);
}

/* Closed while its source-job stands still, and unloaded at once. */
static void
plugin_stalled(void)
{
	load(&plugin, argument);
	CHECK(!plugin.open());
	AWAIT(plugin.active());
	for (int i = 0; i < 1000; i++)
		plugin.publish("{\"n\":1}");
	AWAIT(plugin.matched() == 1000);
	fprintf(stderr, "sent\n");
	AWAIT(there(second)); /* host.sh has stopped the source-job */
	for (int i = 0; i < 1000; i++)
		plugin.publish("{\"n\":1}");
	plugin.close(0);
	dlclose(plugin.so);
	for (int i = 0; i < 1000; i++)
		moment();
}

/* A plugin with an agent of its own in a service that has one, too: both come
 * alive in a child. */
static void
both(void)
{
	pid_t pid;

	load(&plugin, argument);
	CHECK(!plugin.open());
	begin();
	AWAIT(plugin.active());
	CHECK((pid = fork()) >= 0);
	if (!pid) {
		come_alive();
		plugin.publish("{}");
		AWAIT(plugin.active());
		publish(10);
		plugin.publish("{\"n\":1}");
		plugin.close(5000);
		end();
		_exit(0);
	}
	join(pid);
	publish(10);
	plugin.close(5000);
	dlclose(plugin.so);
	end();
	atomic_fetch_add(&published, 11);
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
		{ "close-busy", close_busy }, { "plugins", plugins },
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
