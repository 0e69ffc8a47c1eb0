/* state.c - see state.h. */
#include "sink/kafka/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mql/error.h"

enum { SLOTS = 1023 };

struct file { /* of this size, whatever is in it */
	char              magic[sizeof(struct state_slot)];
	struct state_slot slot[SLOTS];
};

static const char magic[] = "mql-sink-kafka state 1\n";

struct state {
	int          fd;   /* -1: in memory */
	struct file *file;
};

static int
fail(char *why, size_t nwhy, const char *path, const char *what, int err)
{
	snprintf(why, nwhy, "--state %s: %s", path, what);
	return err;
}

/* Ours, and of our making or empty? */
static int
claim(int fd, const char *path, char *why, size_t nwhy)
{
	char head[sizeof magic] = "";
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return fail(why, nwhy, path, "another sink has it",
			    MQL_EINUSE);
	if (fstat(fd, &st))
		return fail(why, nwhy, path, strerror(errno), MQL_EOS);
	if (st.st_size &&
	    (st.st_size != sizeof(struct file) ||
	     pread(fd, head, sizeof magic, 0) != sizeof magic ||
	     memcmp(head, magic, sizeof magic)))
		return fail(why, nwhy, path, "it is something else",
			    MQL_EINVAL);
	if (ftruncate(fd, sizeof(struct file)))
		return fail(why, nwhy, path, strerror(errno), MQL_EOS);
	return 0;
}

int
state_open(const char *path, struct state **out, char *why, size_t nwhy)
{
	struct state *s = calloc(1, sizeof *s);
	int err = 0;

	*out = NULL;
	if (!s)
		return fail(why, nwhy, path ? path : "",
			    mql_strerror(MQL_ENOMEM), MQL_ENOMEM);
	s->fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (path && s->fd < 0)
		err = fail(why, nwhy, path, strerror(errno), MQL_EOS);
	else if (path)
		err = claim(s->fd, path, why, nwhy);
	if (!err) {
		s->file = mmap(NULL, sizeof *s->file, PROT_READ | PROT_WRITE,
			       path ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS,
			       s->fd, 0);
		if (s->file == MAP_FAILED) {
			s->file = NULL;
			err = fail(why, nwhy, path ? path : "",
				   strerror(errno), MQL_EOS);
		}
	}
	if (err) {
		state_close(s);
		return err;
	}
	memcpy(s->file->magic, magic, sizeof magic);
	*out = s;
	return 0;
}

void
state_close(struct state *s)
{
	if (!s)
		return;
	if (s->file)
		munmap(s->file, sizeof *s->file);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* The slot of that name, else a free one, else NULL. */
static struct state_slot *
find(struct file *f, const char *name)
{
	struct state_slot *empty = NULL;

	for (size_t i = SLOTS; i-- > 0;) {
		struct state_slot *slot = &f->slot[i];

		if (!slot->name[0])
			empty = slot;
		else if (!strncmp(slot->name, name, sizeof slot->name - 1))
			return slot;
	}
	return empty;
}

struct state_slot *
state_begin(struct state *s, const char *name, uint64_t *lost)
{
	struct state_slot *slot = find(s->file, name);

	*lost = 0;
	if (!slot)
		return NULL;
	uint64_t had = slot->taken > slot->told ? slot->taken : slot->told;
	if (slot->open && had > slot->settled)
		*lost = had - slot->settled;
	*slot = (struct state_slot){ .open = 1 };
	snprintf(slot->name, sizeof slot->name, "%s", name);
	return slot;
}

void
state_end(struct state_slot *slot)
{
	if (slot)
		*slot = (struct state_slot){ 0 };
}
