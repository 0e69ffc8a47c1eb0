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
#include "mql/error.h"

enum {
	MAX_FILES = 1000,      /* wire/socket.h waits for no more */
	MAX_BYTES = 256 << 10, /* mql/query.h takes no more */
};

static const char suffix[] = ".mql";

void
dir_init(struct dir *d, const char *path)
{
	*d = (struct dir){ .path = path };
	TAILQ_INIT(&d->wishes);
}

void
dir_remove(struct dir *d, struct wish *w)
{
	TAILQ_REMOVE(&d->wishes, w, entry);
	free(w->name);
	free(w->query);
	free(w->topic);
	free(w->saved);
	free(w->key);
	free(w->group);
	free(w->rate);
	free(w);
}

void
dir_fini(struct dir *d)
{
	while (!TAILQ_EMPTY(&d->wishes))
		dir_remove(d, TAILQ_FIRST(&d->wishes));
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

/* Gives the text of fd; NULL and why: it has none that can be taken as a whole.
 */
static char *
read_text(int fd, const char **why)
{
	char *text = malloc(MAX_BYTES + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (text && got > 0 && n < MAX_BYTES) {
		got = read(fd, text + n, MAX_BYTES - n);
		n += got > 0 ? (size_t)got : 0;
	}
	*why = !text ? strerror(ENOMEM) : got < 0 ? strerror(errno) :
	       n == MAX_BYTES ? strerror(EFBIG) :
	       memchr(text, '\0', n) ? "there is a NUL byte in it" : NULL;
	if (*why) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void
read_file(struct wish *w, int fd, const struct stat *now)
{
	const char *why;
	char *text = read_text(fd, &why);

	w->was = *now;
	if (!text) {
		log_warn("%s: %s", w->name, why);
		return;
	}
	free(w->query);
	free(w->topic);
	free(w->saved);
	free(w->key);
	free(w->group);
	free(w->rate);
	w->query = text;
	w->saved = said(text, "saved");
	w->topic = said(text, "topic");
	w->key = said(text, "key");
	w->group = said(text, "group");
	w->rate = said(text, "rate");
	if (w->saved) { /* whoever knows it fills it in */
		free(w->query);
		w->query = NULL;
	}
	w->changed = true;
	w->tried = w->missed = false;
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

/* NULL: no memory. */
static struct wish *
add(struct dir *d, const char *name, size_t n)
{
	struct wish *w = calloc(1, sizeof *w);

	if (w && !(w->name = strndup(name, n))) {
		free(w);
		return NULL;
	}
	if (w)
		TAILQ_INSERT_TAIL(&d->wishes, w, entry);
	return w;
}

static struct wish *
find(struct dir *d, const char *name, size_t n)
{
	struct wish *w;
	size_t all = 0;

	TAILQ_FOREACH(w, &d->wishes, entry) {
		if (!w->given && strlen(w->name) == n &&
		    !memcmp(w->name, name, n))
			return w;
		all++;
	}
	return all == MAX_FILES ? NULL : add(d, name, n);
}

/* NULL stays NULL. */
static bool
copy(const char *text, char **to)
{
	return !text || (*to = strdup(text));
}

int
dir_wish(struct dir *d, const char *saved, const char *topic, const char *key)
{
	struct wish *w = add(d, saved, strlen(saved));

	if (!w)
		return MQL_ENOMEM;
	w->given = true;
	return copy(saved, &w->saved) && copy(topic, &w->topic) &&
	       copy(key, &w->key) ? 0 : MQL_ENOMEM;
}

static void
look_at(struct dir *d, int at, const char *entry)
{
	size_t n = strlen(entry), end = sizeof suffix - 1;
	struct wish *w;
	struct stat now;
	int fd;

	if (*entry == '.' || n <= end || strcmp(entry + n - end, suffix))
		return;
	fd = openat(at, entry, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &now) && S_ISREG(now.st_mode) &&
	    (w = find(d, entry, n - end))) {
		w->seen = true;
		w->gone = false;
		if (!is_same(&w->was, &now))
			read_file(w, fd, &now);
	}
	if (fd >= 0)
		close(fd);
}

void
dir_look(struct dir *d)
{
	DIR *all = d->path ? opendir(d->path) : NULL;
	struct wish *w;
	struct dirent *e;

	if (!all) {
		if (d->path && !d->unreadable)
			log_warn("--query-dir %s: %s", d->path,
				 strerror(errno));
		d->unreadable = true;
		return;
	}
	d->unreadable = false;
	TAILQ_FOREACH(w, &d->wishes, entry)
		w->seen = false;
	while ((e = readdir(all)))
		look_at(d, dirfd(all), e->d_name);
	closedir(all);
	TAILQ_FOREACH(w, &d->wishes, entry)
		w->gone = !w->given && !w->seen;
}
