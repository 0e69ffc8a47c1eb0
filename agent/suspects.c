/* suspects.c - see suspects.h. Descriptors are open only for the length of a
 * call, and nothing is followed that another user could have put there. */
#include "agent/suspects.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

enum { NAME = 64, LINE = 64, FILE_MOST = 64 << 10 };

/* --- small things ----------------------------------------------------------------- */

/* FNV-1a: names are told apart, nobody is kept from anything. */
static uint64_t
mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t
hash_of(struct str text)
{
	return mix(UINT64_C(0xcbf29ce484222325), text);
}

static int
file_name(const struct mql_agent *a, long pid, char name[NAME])
{
	return snprintf(name, NAME, "%016llx-%ld",
			(unsigned long long)mix(hash_of(a->app), a->host),
			pid);
}

/* When the process began, in ticks since the boot; 0: there is none. */
static unsigned long long
started(long pid)
{
	char path[64], text[1024], *at;
	unsigned long long when = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')'); /* the name may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &when);
	return when;
}

/* Ours, and nobody else may write there; -1: it is not. */
static int
open_dir(const struct mql_agent *a)
{
	struct stat st;
	int fd;

	if (!a->suspects.dir)
		return -1;
	mkdir(a->suspects.dir, 0700);
	fd = open(a->suspects.dir,
		  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || st.st_uid != geteuid() ||
			(st.st_mode & 022))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* --- open ---------------------------------------------------------------------------- */

static bool
is_set(const char *z)
{
	return z && *z;
}

int
suspects_init(struct mql_agent *a, const struct mql_agent_options *opt)
{
	const char *own = owner_text(opt->state_dir, "MQL_AGENT_STATE_DIR");
	const char *in = getenv("XDG_RUNTIME_DIR");
	char path[512];

	if (a->wait_when_full || (is_set(own) && !strcmp(own, "off")))
		return 0;
	if (!is_set(in))
		in = getenv("TMPDIR");
	if (!is_set(in))
		in = "/tmp";
	if (!is_set(own)) {
		int n = snprintf(path, sizeof path, "%s/mql-agent-%lu", in,
				 (unsigned long)geteuid());

		if (n < 0 || (size_t)n >= sizeof path)
			return 0;
		own = path;
	}
	a->suspects.dir = strdup(own);
	return a->suspects.dir ? 0 : MQL_ENOMEM;
}

void
suspects_fini(struct mql_agent *a)
{
	free(a->suspects.dir);
	a->suspects.dir = NULL;
}

/* --- read ---------------------------------------------------------------------------- */

static void
accuse(struct suspects *s, uint64_t hash, unsigned strikes)
{
	size_t i = 0;

	while (i < s->n && s->of[i].hash != hash)
		i++;
	if (i == SUSPECTS_MAX)
		return;
	if (i == s->n)
		s->n++;
	s->of[i].hash = hash;
	if (strikes > s->of[i].strikes)
		s->of[i].strikes = strikes;
}

static void
take_file(struct mql_agent *a, FILE *f)
{
	struct suspects *s = &a->suspects;
	unsigned long long hash, start;
	unsigned strikes;
	char line[LINE];
	long pid;

	if (!fgets(line, sizeof line, f) ||
	    sscanf(line, "%ld %llu", &pid, &start) != 2)
		return;
	snprintf(s->why, sizeof s->why,
		 "it was running here when process %ld crashed", pid);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%llx %u", &hash, &strikes) == 2)
			accuse(s, hash, strikes < 100 ? strikes + 1 : 100);
}

/* A file of ours: of a process that is there no more? */
static bool
is_stale(FILE *f)
{
	unsigned long long start;
	char line[LINE];
	struct stat st;
	long pid;
	bool stale;

	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || st.st_size > FILE_MOST)
		return false;
	stale = !fgets(line, sizeof line, f) ||
		sscanf(line, "%ld %llu", &pid, &start) != 2 ||
		started(pid) != start;
	rewind(f);
	return stale;
}

static void
look_into(struct mql_agent *a, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	if (!f)
		return;
	/* Who removes it has it: two successors do not both take it. */
	if (is_stale(f) && !unlinkat(dir, name, 0))
		take_file(a, f);
	fclose(f);
}

void
suspects_read(struct mql_agent *a)
{
	char name[NAME];
	int fd = open_dir(a);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	size_t same;

	a->suspects.written = 0;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	file_name(a, 0, name);
	same = strlen(name) - 1; /* up to the pid */
	while ((e = readdir(d)))
		if (!strncmp(e->d_name, name, same))
			look_into(a, fd, e->d_name);
	closedir(d);
}

unsigned
suspects_strikes(const struct mql_agent *a, struct str text)
{
	const struct suspects *s = &a->suspects;
	const uint64_t hash = s->n ? hash_of(text) : 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->of[i].hash == hash)
			return s->of[i].strikes;
	return 0;
}

/* --- write --------------------------------------------------------------------------- */

static bool
runs(const struct run *r)
{
	return r->state == RUN_LIVE && !r->spent.suspended;
}

static void
put_all(const struct mql_agent *a, struct buf *b)
{
	unsigned n = 0;

	buf_printf(b, "%ld %llu\n", (long)a->pid, started(a->pid));
	for (unsigned i = 0; i < a->max_queries && n < SUSPECTS_MAX; i++) {
		const struct run *r = &a->runs.at[i];

		if (!runs(r))
			continue;
		buf_printf(b, "%016llx %u\n",
			   (unsigned long long)hash_of(r->text),
			   suspects_strikes(a, r->text));
		n++;
	}
}

static uint64_t
digest(const struct mql_agent *a)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < a->max_queries; i++)
		if (runs(&a->runs.at[i]))
			h ^= hash_of(a->runs.at[i].text) * (2 * i + 1);
	return h;
}

/* The whole of it, or what was there before. */
static bool
replace(int dir, const char *name, const struct buf *b)
{
	char fresh[NAME + 8];
	int fd;
	bool done;

	snprintf(fresh, sizeof fresh, ".%s", name);
	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	done = write(fd, b->data, b->len) == (ssize_t)b->len;
	close(fd);
	if (done && !renameat(dir, fresh, dir, name))
		return true;
	unlinkat(dir, fresh, 0);
	return false;
}

void
suspects_write(struct mql_agent *a)
{
	const uint64_t now = a->suspects.dir ? digest(a) : 0;
	struct buf b = BUF_INIT;
	char name[NAME];
	int dir;

	if (now == a->suspects.written || (dir = open_dir(a)) < 0)
		return;
	file_name(a, a->pid, name);
	if (!now) {
		unlinkat(dir, name, 0);
		a->suspects.written = 0;
	} else {
		put_all(a, &b);
		if (!b.err && replace(dir, name, &b))
			a->suspects.written = now;
	}
	buf_fini(&b);
	close(dir);
}

void
suspects_clear(struct mql_agent *a)
{
	char name[NAME];
	int dir;

	if (!a->suspects.written || (dir = open_dir(a)) < 0)
		return;
	file_name(a, a->pid, name);
	unlinkat(dir, name, 0);
	a->suspects.written = 0;
	close(dir);
}
