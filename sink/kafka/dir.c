/* dir.c - see dir.h. */
#include "sink/kafka/dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"

enum {
	MAX_FILES = 1000,      /* wire/socket.h waits for no more */
	MAX_BYTES = 256 << 10, /* mql/query.h takes no more */
};

static const char suffix[] = ".mql";

void
dir_init(struct dir *d, const char *path)
{
	*d = (struct dir){ .path = path };
	TAILQ_INIT(&d->files);
}

void
dir_remove(struct dir *d, struct query_file *f)
{
	TAILQ_REMOVE(&d->files, f, entry);
	free(f->name);
	free(f->query);
	free(f->topic);
	free(f->key);
	free(f);
}

void
dir_fini(struct dir *d)
{
	while (!TAILQ_EMPTY(&d->files))
		dir_remove(d, TAILQ_FIRST(&d->files));
}

/* --- one file ------------------------------------------------------------------- */

/* What stands behind `-- name:` at the beginning of a line; NULL: nothing. */
static char *
said(const char *text, const char *name)
{
	const size_t n = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, "--", 2))
			continue;
		const char *q = p + 2 + strspn(p + 2, " \t");
		if (strncmp(q, name, n) || q[n] != ':')
			continue;
		q += n + 1;
		q += strspn(q, " \t");
		size_t len = strcspn(q, "\r\n");
		while (len && isspace((unsigned char)q[len - 1]))
			len--;
		return len ? strndup(q, len) : NULL;
	}
	return NULL;
}

/* Gives the text of fd; NULL and errno: it has none. */
static char *
read_text(int fd)
{
	char *text = malloc(MAX_BYTES + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (text && got > 0 && n < MAX_BYTES) {
		got = read(fd, text + n, MAX_BYTES - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (!text || got < 0 || n == MAX_BYTES) {
		errno = !text ? ENOMEM : got < 0 ? errno : EFBIG;
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void
read_file(struct query_file *f, int fd, const struct stat *now)
{
	char *text = read_text(fd);

	f->was = *now;
	if (!text) {
		log_warn("%s: %s", f->name, strerror(errno));
		return;
	}
	free(f->query);
	free(f->topic);
	free(f->key);
	f->query = text;
	f->topic = said(text, "topic");
	f->key = said(text, "key");
	f->changed = true;
	f->tried = false;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* --- all of them ------------------------------------------------------------------ */

static struct query_file *
find(struct dir *d, const char *name, size_t n)
{
	struct query_file *f;
	size_t all = 0;

	TAILQ_FOREACH(f, &d->files, entry) {
		if (strlen(f->name) == n && !memcmp(f->name, name, n))
			return f;
		all++;
	}
	if (all == MAX_FILES || !(f = calloc(1, sizeof *f)))
		return NULL;
	if (!(f->name = strndup(name, n))) {
		free(f);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&d->files, f, entry);
	return f;
}

static void
look_at(struct dir *d, int at, const char *entry)
{
	size_t n = strlen(entry), end = sizeof suffix - 1;
	struct query_file *f;
	struct stat now;
	int fd;

	if (*entry == '.' || n <= end || strcmp(entry + n - end, suffix))
		return;
	fd = openat(at, entry, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &now) && S_ISREG(now.st_mode) &&
	    (f = find(d, entry, n - end))) {
		f->seen = true;
		f->gone = false;
		if (!is_same(&f->was, &now))
			read_file(f, fd, &now);
	}
	if (fd >= 0)
		close(fd);
}

void
dir_look(struct dir *d)
{
	DIR *all = d->path ? opendir(d->path) : NULL;
	struct query_file *f;
	struct dirent *e;

	if (!all) {
		if (d->path && !d->unreadable)
			log_warn("--query-dir %s: %s", d->path,
				 strerror(errno));
		d->unreadable = true;
		return;
	}
	d->unreadable = false;
	TAILQ_FOREACH(f, &d->files, entry)
		f->seen = false;
	while ((e = readdir(all)))
		look_at(d, dirfd(all), e->d_name);
	closedir(all);
	TAILQ_FOREACH(f, &d->files, entry)
		f->gone = !f->seen;
}
