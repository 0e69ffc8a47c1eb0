/* host_files.c - what a service does to its descriptors. See host.c. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/host.h"

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

void
count(void)
{
	CHECK(descriptors() == atoi(argument));
	_exit(0);
}

/* What a child of fork() and exec() gets is what it got before. */
void
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
void
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

/* None is left; host.sh restarts the source-job meanwhile: ARGUMENT is there
 * when the query is live again. */
void
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
	closefrom(3); /* LeakSanitizer needs some */
}
