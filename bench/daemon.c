/* daemon.c - start and stop what the suites measure against. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/daemon.h"
#include "common/clock.h"

static void
exec_source_job(const struct daemon *f, const char *dir, int out)
{
	const bool keyed = f->keys != NULL;
	char path[4096], key[4096], allowed[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	snprintf(path, sizeof path, "%s/mql-source-job", dir);
	snprintf(key, sizeof key, "%s/job.key", keyed ? f->keys : "");
	snprintf(allowed, sizeof allowed, "%s/allowed", keyed ? f->keys : "");
	execl(path, "mql-source-job", "--agents", f->agents,
	      "--subscribers", f->subscribers, "--http", "off",
	      "--log-level", "warn", keyed ? "--key-file" : NULL, key,
	      "--allowed-keys", allowed, (char *)NULL);
	_exit(127);
}

/* The endpoint that stands after key in the line that says ready. */
static void
find(const char *line, const char *key, char *to, size_t size)
{
	const char *at = strstr(line, key);

	at = at ? strstr(at, "tcp://") : NULL;
	if (!at)
		bench_die("no endpoint '%s' in: %s", key, line);
	snprintf(to, size, "%.*s", (int)strcspn(at, "\""), at);
}

void
daemon_again(struct daemon *f, const char *dir)
{
	char line[512];
	FILE *from;
	int fd[2];

	if (pipe(fd) || (f->pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!f->pid)
		exec_source_job(f, dir, fd[1]);
	close(fd[1]);
	from = fdopen(fd[0], "r");
	if (!from || !fgets(line, sizeof line, from))
		bench_die("%s/mql-source-job does not start", dir);
	fclose(from);
	find(line, "agents", f->agents, sizeof f->agents);
	find(line, "subscribers", f->subscribers, sizeof f->subscribers);
}

void
daemon_start_keyed(struct daemon *f, const char *dir, const char *keys)
{
	f->keys = keys;
	strcpy(f->agents, "tcp://127.0.0.1:0");
	strcpy(f->subscribers, "tcp://127.0.0.1:0");
	daemon_again(f, dir);
}

void
daemon_start(struct daemon *f, const char *dir)
{
	daemon_start_keyed(f, dir, NULL);
}

void
daemon_kill(struct daemon *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
}

void
daemon_stop(struct daemon *f)
{
	kill(f->pid, SIGTERM);
	waitpid(f->pid, NULL, 0);
}

struct mql_tail *
daemon_tail(const struct daemon *f, const char *query, unsigned n)
{
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	int64_t deadline = clock_mono_ms() + 30000;
	struct mql_tail *t;
	struct mql_item item;
	struct mql_diag diag = { .text = "" };
	char key[4096], server[4096];
	int err;

	opt.query = query;
	opt.source_job = f->subscribers;
	if (f->keys) {
		snprintf(key, sizeof key, "%s/client.key", f->keys);
		snprintf(server, sizeof server, "%s/job.pub", f->keys);
		opt.key = key;
		opt.server_key = server;
	}
	if ((err = mql_tail_open(&opt, &t, &diag)))
		bench_die("%s: %s %s", query, mql_strerror(err), diag.text);
	do {
		err = mql_tail_next(t, 1000, &item);
		if (!err && item.kind == MQL_END)
			bench_die("%s ended: %s", query, item.why);
		if (clock_mono_ms() > deadline)
			bench_die("%s is not live on %u agents", query, n);
	} while (err || item.kind == MQL_ROW || item.books.live < n);
	return t;
}

void
daemon_end(struct mql_tail *t)
{
	struct mql_item item;

	mql_tail_stop(t);
	while (!mql_tail_next(t, 5000, &item) && item.kind != MQL_END)
		;
	mql_tail_close(t);
}
