#include "source-job/threads.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "4711 (ZMQbg/IO/0) S ...": the name, and the 14th and 15th field, which are
 * clock ticks. A name may hold anything. */
static int
parse(char *line, struct thread_cpu *to)
{
	char *name = strchr(line, '('), *end = strrchr(line, ')');
	unsigned long user, system;
	size_t n;

	if (!name || !end || end < name ||
	    sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   &user, &system) != 2)
		return -1;
	n = (size_t)(end - ++name);
	n = n < THREAD_NAME ? n : THREAD_NAME - 1;
	for (size_t i = 0; i < n; i++)
		to->name[i] = isalnum((unsigned char)name[i]) ||
			      strchr("/-_.", name[i]) ? name[i] : '_';
	to->name[n] = '\0';
	to->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	return 0;
}

static int
look(const char *id, struct thread_cpu *to)
{
	char path[64], line[1024];
	FILE *f;
	int err = -1;

	snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", id);
	if (!(f = fopen(path, "re")))
		return -1; /* it has ended meanwhile */
	if (fgets(line, sizeof line, f))
		err = parse(line, to);
	fclose(f);
	return err;
}

size_t
threads_cpu(struct thread_cpu *out)
{
	DIR *dir = opendir("/proc/self/task");
	struct thread_cpu one;
	struct dirent *e;
	size_t n = 0, i;

	while (dir && (e = readdir(dir))) {
		if (!isdigit((unsigned char)e->d_name[0]) ||
		    look(e->d_name, &one))
			continue;
		for (i = 0; i < n && strcmp(out[i].name, one.name); i++)
			;
		if (i == THREADS_MAX)
			continue;
		if (i < n)
			out[i].seconds += one.seconds;
		else
			out[n++] = one;
	}
	if (dir)
		closedir(dir);
	return n;
}
