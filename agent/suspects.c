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

enum {
	NAME = 64,
	HEAD = 48, LINE = 20, /* bytes, with the newline */
	FILE_MOST = HEAD + QUERIES_MAX * LINE, MOST = QUERIES_MAX,
	STRIKES_MOST = 99,
	TOLD_MOST = 256,
};

/* --- small things ----------------------------------------------------------------- */

/* FNV-1a: names are told apart, nobody is kept from anything. */
static uint64_t
mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

uint64_t
suspects_hash(struct str text)
{
	return mix(UINT64_C(0xcbf29ce484222325), text);
}

static int
file_name(const struct mql_agent *a, long pid, char name[NAME])
{
	return snprintf(name, NAME, "%016llx-%ld",
			(unsigned long long)mix(suspects_hash(a->app), a->host),
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
	free(a->suspects.of);
	a->suspects = (struct suspects){ 0 };
}

/* --- read ---------------------------------------------------------------------------- */

static void
accuse(struct suspects *s, uint64_t hash, unsigned strikes)
{
	struct suspect *grown;

	if (s->n == MOST)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		grown = realloc(s->of, s->cap * sizeof *grown);
		if (!grown) {
			s->cap = s->n;
			return;
		}
		s->of = grown;
	}
	s->of[s->n++] = (struct suspect){
		hash, strikes < STRIKES_MOST ? strikes : STRIKES_MOST,
	};
}

/* By hash, and the worst of one hash first. */
static int
by_hash(const void *x, const void *y)
{
	const struct suspect *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->strikes < b->strikes) - (a->strikes > b->strikes);
}

static void
sort(struct suspects *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->of, s->n, sizeof *s->of, by_hash);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->of[n - 1].hash != s->of[i].hash)
			s->of[n++] = s->of[i];
	s->n = n;
}

/* Who wrote it. */
static bool
read_head(FILE *f, long *pid, unsigned long long *start)
{
	char head[HEAD + 1] = "";

	return fread(head, HEAD, 1, f) == 1 &&
	       sscanf(head, "%ld %llu", pid, start) == 2;
}

static void
take_file(struct mql_agent *a, FILE *f)
{
	struct suspects *s = &a->suspects;
	unsigned long long hash, start;
	char line[LINE + 1] = "";
	unsigned strikes;
	long pid;

	if (!read_head(f, &pid, &start))
		return;
	snprintf(s->why, sizeof s->why,
		 "it was running here when process %ld crashed", pid);
	while (fread(line, LINE, 1, f) == 1) /* or a hole */
		if (sscanf(line, "%llx %u", &hash, &strikes) == 2)
			accuse(s, hash, strikes + 1);
}

/* A file of ours: of a process that is there no more? */
static bool
is_stale(FILE *f)
{
	unsigned long long start;
	struct stat st;
	long pid;
	bool stale;

	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || st.st_size > FILE_MOST)
		return false;
	stale = !read_head(f, &pid, &start) || started(pid) != start;
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

	a->suspects.kept = false;
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
	sort(&a->suspects);
}

static struct suspect *
find(const struct mql_agent *a, uint64_t hash)
{
	const struct suspects *s = &a->suspects;
	size_t from = 0, to = s->n;

	while (from < to) {
		const size_t i = from + (to - from) / 2;

		if (s->of[i].hash == hash)
			return &s->of[i];
		if (s->of[i].hash < hash)
			from = i + 1;
		else
			to = i;
	}
	return NULL;
}

unsigned
suspects_strikes(const struct mql_agent *a, uint64_t hash)
{
	const struct suspect *it = find(a, hash);

	return it ? it->strikes : 0;
}

void
suspects_acquit(struct mql_agent *a, uint64_t hash)
{
	struct suspect *it = find(a, hash);

	if (it)
		it->strikes = 0;
}

void
suspects_tell(const struct mql_agent *a, struct wire_hello *m)
{
	const struct suspects *s = &a->suspects;
	char text[17];

	if (!s->n)
		return;
	m->suspect = arena_alloc(&m->mem, TOLD_MOST * sizeof *m->suspect);
	for (size_t i = 0; m->suspect && i < s->n && m->nsuspect < TOLD_MOST;
	     i++) {
		if (!s->of[i].strikes)
			continue;
		snprintf(text, sizeof text, "%016llx",
			 (unsigned long long)s->of[i].hash);
		m->suspect[m->nsuspect++] = (struct wire_suspect){
			.query = arena_str(&m->mem, str_of(text)),
			.crashes = s->of[i].strikes, .why = str_of(s->why),
		};
	}
}

/* --- write --------------------------------------------------------------------------- */

static bool
is_running(const struct run *r)
{
	return r->state == RUN_LIVE && !r->spent.suspended;
}

/* One that came or went, at the place of its slot. */
static void
note(const struct mql_agent *a, struct run *r, int fd)
{
	const bool now = is_running(r);
	char line[LINE + 1];

	if (r->noted == now)
		return;
	snprintf(line, sizeof line, "%016llx %02u\n",
		 (unsigned long long)r->hash, suspects_strikes(a, r->hash));
	if (!now)
		memset(line, ' ', LINE - 1);
	if (pwrite(fd, line, LINE, HEAD + (off_t)r->slot * LINE) == LINE)
		r->noted = now;
}

/* A file with all that runs, in place of what was there; or -1. */
static int
begin(struct mql_agent *a, int dir, const char *name)
{
	char fresh[NAME + 8], head[HEAD + 1];
	struct run *r;
	int fd;

	snprintf(fresh, sizeof fresh, ".%s", name);
	snprintf(head, sizeof head, "%-24ld %-22llu\n", (long)a->pid,
		 started(a->pid));
	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++)
		a->runs.at[i].noted = false;
	TAILQ_FOREACH(r, &a->runs.state[RUN_LIVE], of_state)
		note(a, r, fd);
	if (pwrite(fd, head, HEAD, 0) == HEAD &&
	    !renameat(dir, fresh, dir, name))
		return fd;
	unlinkat(dir, fresh, 0);
	close(fd);
	return -1;
}

static void
note_changes(struct mql_agent *a, int dir)
{
	char name[NAME];
	struct run *r;
	int fd = -1;

	file_name(a, a->pid, name);
	if (a->suspects.kept) /* unless somebody has cleared it away */
		fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd = begin(a, dir, name);
	a->suspects.kept = fd >= 0;
	if (fd < 0)
		return;
	TAILQ_FOREACH(r, &a->runs.changed, of_changed)
		note(a, r, fd);
	close(fd);
}

void
suspects_write(struct mql_agent *a)
{
	const struct run *r;
	bool any = false;
	int dir;

	TAILQ_FOREACH(r, &a->runs.changed, of_changed)
		any |= r->noted != is_running(r);
	if (!any || !a->suspects.dir)
		return;
	dir = open_dir(a);
	if (dir < 0 && !mkdir(a->suspects.dir, 0700))
		dir = open_dir(a);
	if (dir < 0)
		return;
	note_changes(a, dir);
	close(dir);
}

void
suspects_clear(struct mql_agent *a)
{
	char name[NAME];
	int dir;

	if (!a->suspects.kept || (dir = open_dir(a)) < 0)
		return;
	file_name(a, a->pid, name);
	unlinkat(dir, name, 0);
	a->suspects.kept = false;
	close(dir);
}
