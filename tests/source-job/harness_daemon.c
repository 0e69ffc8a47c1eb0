/* harness_daemon.c - the daemon under test, as a process. See harness.h. */
#include "tests/source-job/harness.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

enum { DEADLINE_MS = 20000, MAX_ARGS = 32 };

static const char *
program(void)
{
	static char path[4096];
	char self[4000];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	snprintf(path, sizeof path, "%s/mql-source-job", dirname(self));
	return path;
}

/* The child ends with its parent, whatever becomes of the test. */
static pid_t
spawn(const char *const *argv, int out)
{
	pid_t parent = getpid(), pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
read_line(int fd, char *line, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	while (n + 1 < size && (!n || line[n - 1] != '\n')) {
		ck_assert_msg(poll(&p, 1, DEADLINE_MS) == 1, "no ready line");
		ck_assert_int_eq(read(fd, line + n, 1), 1);
		n++;
	}
	line[n] = '\0';
}

void
daemon_start(struct daemon *d, ...)
{
	const char *argv[MAX_ARGS] = { program(),
		"--agents=tcp://127.0.0.1:0", "--subscribers=tcp://127.0.0.1:0",
		"--http=127.0.0.1:0", "--log-level=error" };
	char line[512];
	int fd[2], n = 5;
	va_list ap;

	va_start(ap, d);
	while ((argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	d->pid = spawn(argv, fd[1]);
	close(fd[1]);
	read_line(fd[0], line, sizeof line);
	close(fd[0]);
	ck_assert_int_eq(sscanf(line, "{\"ready\":true,\"agents\":\"%79[^\"]\","
				      "\"subscribers\":\"%79[^\"]\","
				      "\"http\":\"%79[^\"]\"",
				d->agents, d->subscribers, d->http), 3);
}

void
daemon_signal(const struct daemon *d, int sig)
{
	ck_assert_int_eq(kill(d->pid, sig), 0);
}

static int
wait_for(pid_t pid)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		ck_assert_msg(clock_mono_ms() < deadline, "it does not end");
		poll(NULL, 0, 1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
daemon_wait(struct daemon *d)
{
	return wait_for(d->pid);
}

void
daemon_stop(struct daemon *d)
{
	daemon_signal(d, SIGTERM);
	ck_assert_int_eq(daemon_wait(d), 0);
}

int
daemon_try(const char *option, ...)
{
	const char *argv[MAX_ARGS] = { program(), option };
	int n = 2, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	va_list ap;

	va_start(ap, option);
	while (option && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	int status = wait_for(spawn(argv, null));
	close(null);
	return status;
}

const char *
daemon_http(const struct daemon *d, const char *method, const char *path)
{
	static char answer[65536];
	struct sockaddr_in sa = { .sin_family = AF_INET };
	const struct timeval patience = { .tv_sec = DEADLINE_MS / 1000 };
	char ask[256];
	size_t n = 0;
	ssize_t got;

	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons((uint16_t)atoi(strrchr(d->http, ':') + 1));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	int len = snprintf(ask, sizeof ask, "%s %s HTTP/1.1\r\nHost: x\r\n"
			   "Connection: close\r\n\r\n", method, path);
	ck_assert_int_eq(write(fd, ask, (size_t)len), len);
	while ((got = read(fd, answer + n, sizeof answer - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}
