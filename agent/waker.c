/* waker.c - see waker.h. */
#include "agent/waker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
waker_open(struct waker *w)
{
	struct stat st;
	int fd[2];

	w->in = -1;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK))
		return;
	if (fstat(fd[1], &st)) {
		close(fd[0]);
		close(fd[1]);
		return;
	}
	w->in = w->there = fd[0];
	w->out = fd[1];
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	atomic_store(&w->ready, true);
}

static bool
ours(const struct waker *w, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_dev == w->dev && st.st_ino == w->ino;
}

void
waker_ring(const struct waker *w)
{
	ssize_t n;

	if (!atomic_load(&w->ready) || !ours(w, w->out))
		return;
	n = write(w->out, "", 1);
	(void)n; /* full: it has been rung */
}

void
waker_hear(struct waker *w)
{
	char byte[64];
	ssize_t n;

	if (w->in < 0)
		return;
	do
		n = read(w->in, byte, sizeof byte);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (!n || errno != EAGAIN)
		w->in = -1;
}

void
waker_close(struct waker *w)
{
	if (!atomic_load(&w->ready))
		return;
	if (ours(w, w->out))
		close(w->out);
	if (ours(w, w->there))
		close(w->there);
	atomic_store(&w->ready, false);
}
