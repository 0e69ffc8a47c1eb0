/* state.c - see state.h. */
#include "source-job/state.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/thread.h"
#include "mql/error.h"

struct state {
	int         dir; /* locked */
	char       *name, *fresh;
	pthread_t   thread;
	bool        writing;
	struct buf  text;     /* the thread's, while it is writing */
	int         os;       /* errno of the thread; 0: written */
	atomic_bool done;
};

/* --- opening ----------------------------------------------------------------- */

int
state_open(const char *dir, const char *name, struct state **out, char *why,
	   size_t nwhy)
{
	struct state *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return MQL_ENOMEM;
	if (asprintf(&s->fresh, "%s.new", name) < 0)
		s->fresh = NULL;
	s->name = strdup(name);
	if (!s->fresh || !s->name) {
		s->dir = -1;
		state_close(s);
		return MQL_ENOMEM;
	}
	mkdir(dir, 0700); /* else it is there, or will not open */
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir >= 0 && !flock(s->dir, LOCK_EX | LOCK_NB)) {
		*out = s;
		return 0;
	}
	snprintf(why, nwhy, "%s: %s", dir, s->dir >= 0 && errno == EWOULDBLOCK ?
		 "another source-job keeps its state there" :
		 strerrordesc_np(errno));
	state_close(s);
	return MQL_EINVAL;
}

static void
join(struct state *s)
{
	pthread_join(s->thread, NULL);
	s->writing = false;
	buf_fini(&s->text);
}

void
state_close(struct state *s)
{
	if (!s)
		return;
	if (s->writing)
		join(s);
	if (s->dir >= 0)
		close(s->dir);
	free(s->name);
	free(s->fresh);
	free(s);
}

/* --- reading ----------------------------------------------------------------- */

/* 0, or a value of errno. */
static int
read_into(int fd, struct buf *out)
{
	ssize_t n;

	while (out->len < STATE_BYTES) {
		uint8_t *to = buf_room(out, 64 << 10);
		if (!to)
			return ENOMEM;
		n = read(fd, to, 64 << 10);
		if (!n)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
		out->len += n > 0 ? (size_t)n : 0;
	}
	return EFBIG;
}

int
state_read(struct state *s, struct buf *out, char *why, size_t nwhy)
{
	int fd = openat(s->dir, s->name, O_RDONLY | O_CLOEXEC);
	int os = fd < 0 ? errno : read_into(fd, out);

	if (fd >= 0)
		close(fd);
	if (!os || (fd < 0 && os == ENOENT))
		return 0;
	snprintf(why, nwhy, "%s: %s", s->name, strerrordesc_np(os));
	return os == ENOMEM ? MQL_ENOMEM : MQL_EINVAL;
}

/* --- writing ----------------------------------------------------------------- */

static int
write_all(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		if (n < 0 && errno != EINTR)
			return errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) ? errno : 0;
}

/* 0, or a value of errno. What was there is not touched until the new text is
 * on the disk; and only when its name is, too, anybody hears of it. */
static int
write_text(const struct state *s)
{
	int fd = openat(s->dir, s->fresh, O_WRONLY | O_CREAT | O_TRUNC |
			O_CLOEXEC | O_NOFOLLOW, 0600);
	int os;

	if (fd < 0)
		return errno;
	os = write_all(fd, &s->text);
	if (close(fd) && !os)
		os = errno;
	if (!os && renameat(s->dir, s->fresh, s->dir, s->name))
		os = errno;
	if (!os && fsync(s->dir))
		os = errno;
	return os;
}

static void *
run(void *arg)
{
	struct state *s = arg;

	s->os = write_text(s);
	atomic_store(&s->done, true);
	return NULL;
}

int
state_write(struct state *s, const void *data, size_t len)
{
	if (s->writing)
		return MQL_EINUSE;
	buf_put(&s->text, data, len);
	if (s->text.err) {
		buf_fini(&s->text);
		return MQL_ENOMEM;
	}
	atomic_store(&s->done, false);
	if (thread_start(&s->thread, "mql-state", run, s)) {
		buf_fini(&s->text);
		return MQL_EOS;
	}
	s->writing = true;
	return 0;
}

enum state_is
state_look(struct state *s, char *why, size_t nwhy)
{
	if (!s->writing)
		return STATE_IDLE;
	if (!atomic_load(&s->done))
		return STATE_WRITING;
	join(s);
	if (!s->os)
		return STATE_WRITTEN;
	snprintf(why, nwhy, "%s cannot be written: %s", s->name,
		 strerrordesc_np(s->os));
	return STATE_FAILED;
}
