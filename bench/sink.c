/* sink.c - see sink.h. */
#include "bench/sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

/* The parts of a certificate; false: openssl does not make one. */
static bool
make_certificate(struct sink *s)
{
	char command[512];

	if (!scratch_dir(s->folder, "bench"))
		bench_die("no temporary folder");
	snprintf(command, sizeof command, "openssl req -x509 -newkey ec "
		 "-pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
		 "-subj /CN=localhost -keyout %s/key.pem -out %s/cert.pem "
		 "2> /dev/null", s->folder, s->folder);
	return !system(command);
}

static void
remove_certificate(struct sink *s)
{
	char name[128];

	if (!*s->folder)
		return;
	snprintf(name, sizeof name, "%s/key.pem", s->folder);
	unlink(name);
	snprintf(name, sizeof name, "%s/cert.pem", s->folder);
	unlink(name);
	rmdir(s->folder);
}

__attribute__((noreturn))
static void
run(const struct sink *s, const char *dir, const char *source_job, int out)
{
	char program[4096], cert[128], key[128];
	const char *argv[] = { "mql-sink-sse", "--listen", "127.0.0.1:0",
			       "--source-job", source_job, "--threads", "2",
			       NULL, cert, "--tls-key", key, NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	snprintf(program, sizeof program, "%s/mql-sink-sse", dir);
	snprintf(cert, sizeof cert, "%s/cert.pem", s->folder);
	snprintf(key, sizeof key, "%s/key.pem", s->folder);
	if (*s->folder)
		argv[7] = "--tls-cert";
	execv(program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool
sink_start(struct sink *s, const char *dir, const char *source_job, bool tls)
{
	char line[512], *at;
	FILE *from;
	int fd[2];

	*s = (struct sink){ 0 };
	if (tls && !make_certificate(s)) {
		remove_certificate(s);
		return false;
	}
	if (pipe(fd) || (s->pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!s->pid)
		run(s, dir, source_job, fd[1]);
	close(fd[1]);
	from = fdopen(fd[0], "r");
	if (!from || !fgets(line, sizeof line, from) ||
	    !(at = strstr(line, "127.0.0.1:")))
		bench_die("%s/mql-sink-sse does not start", dir);
	s->port = (uint16_t)atoi(at + 10);
	fclose(from);
	return true;
}

void
sink_stop(struct sink *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	remove_certificate(s);
}

double
sink_memory(const struct sink *s)
{
	char name[64];
	long pages = 0;

	snprintf(name, sizeof name, "/proc/%d/statm", (int)s->pid);
	FILE *from = fopen(name, "r");
	if (!from || fscanf(from, "%*d %ld", &pages) != 1)
		bench_die("no %s", name);
	fclose(from);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

uint64_t
sink_metric(const struct sink *s, const char *name)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\n"
		"Host: 127.0.0.1\r\nConnection: close\r\n\r\n";
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(s->port) };
	char text[1 << 16], line[128];
	size_t len = 0;
	ssize_t n;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) ||
	    write(fd, request, sizeof request - 1) < 0)
		bench_die("no metrics");
	while (len < sizeof text - 1 &&
	       (n = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	snprintf(line, sizeof line, "\nmql_sse_%s ", name);
	char *found = strstr(text, line);
	if (!found)
		bench_die("no metric %s", name);
	return strtoull(found + strlen(line), NULL, 10);
}
