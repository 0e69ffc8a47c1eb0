/* parts.c - see parts.h. A file stays open until its last part is done. */
#include "cli/parts.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "mql/error.h"

enum { TICK_MS = 250 };

struct part_file {
	int      fd, index;
	bool     by_offset;
	uint64_t beg, next; /* offsets: of its first part, of the next */
	int      oserr;
	unsigned refs;      /* these three: under parts.ends */
	bool     ended;
	uint64_t end;       /* the smallest offset that a part ended at */
};

struct parts {
	const struct input *in;
	size_t              block, max;
	void              (*waiting)(void *arg);
	void               *arg;
	atomic_bool         stop;
	pthread_mutex_t     ends; /* what parts_done() changes: that waits
				     for nobody who waits for input */
	pthread_mutex_t     lock; /* all below */
	struct part_file   *file; /* being handed out, or NULL */
	int                 next; /* file */
	uint64_t            seq;
	bool                stdin_done;
	char               *carry; /* of a pipe: behind its last newline */
	size_t              ncarry;
	bool                inside; /* the pipe stands in a long line */
};

int
parts_new(const struct input *in, size_t block, size_t max_line,
	  void (*waiting)(void *arg), void *arg, struct parts **out)
{
	struct parts *p = calloc(1, sizeof *p);

	*out = NULL;
	if (!p)
		return MQL_ENOMEM;
	p->in = in;
	p->block = block ? block : 1;
	p->max = max_line;
	p->waiting = waiting;
	p->arg = arg;
	pthread_mutex_init(&p->ends, NULL);
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return 0;
}

/* Standard input is left where its end was found, as reading would. */
static void
close_file(struct part_file *f)
{
	if (f->fd != STDIN_FILENO)
		close(f->fd);
	else if (f->by_offset && f->end != UINT64_MAX)
		lseek(f->fd, (off_t)f->end, SEEK_SET);
	free(f);
}

static void
unref(struct parts *p, struct part_file *f)
{
	pthread_mutex_lock(&p->ends);
	bool last = !--f->refs;
	pthread_mutex_unlock(&p->ends);
	if (last)
		close_file(f);
}

static void
set_ended(struct parts *p, struct part_file *f, uint64_t end)
{
	pthread_mutex_lock(&p->ends);
	f->ended = true;
	f->end = end < f->end ? end : f->end;
	pthread_mutex_unlock(&p->ends);
}

static bool
has_ended(struct parts *p, const struct part_file *f)
{
	pthread_mutex_lock(&p->ends);
	bool ended = f->ended;
	pthread_mutex_unlock(&p->ends);
	return ended;
}

void
parts_free(struct parts *p)
{
	if (!p)
		return;
	if (p->file)
		unref(p, p->file);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->ends);
	free(p->carry);
	free(p);
}

/* A file that says it is empty may be one that is made up as it is read. */
static void
find_start(struct part_file *f)
{
	struct stat st;
	off_t at = lseek(f->fd, 0, SEEK_CUR);

	f->by_offset = at >= 0 && !fstat(f->fd, &st) && S_ISREG(st.st_mode) &&
		       st.st_size > 0;
	if (f->by_offset)
		f->beg = f->next = (uint64_t)at;
}

/* Open the next file. 0 or errno. */
static int
open_next(struct parts *p)
{
	struct part_file *f = calloc(1, sizeof *f);
	int i = p->next++, oserr;

	if (!f)
		return ENOMEM;
	*f = (struct part_file){
		.fd = input_open(p->in, i), .index = i, .refs = 1,
		.end = UINT64_MAX,
	};
	if (f->fd < 0) {
		oserr = errno;
		free(f);
		return oserr;
	}
	if (input_is_stdin(p->in, i)) {
		f->ended = p->stdin_done; /* the second time it is empty */
		p->stdin_done = true;
	}
	find_start(f);
	p->file = f;
	p->ncarry = 0;
	p->inside = false;
	return 0;
}

static void
leave_file(struct parts *p)
{
	unref(p, p->file);
	p->file = NULL;
}

/* Read what is there. The number of bytes; 0: the end, a failure, or that no
 * more is wanted. -1: nothing yet. */
static ssize_t
read_pipe(struct parts *p, struct lines *l, size_t have, bool wait)
{
	struct pollfd fd = { .fd = p->file->fd, .events = POLLIN };

	if (poll(&fd, 1, 0) <= 0) {
		if (!wait)
			return -1;
		p->waiting(p->arg);
		if (poll(&fd, 1, TICK_MS) <= 0)
			return atomic_load(&p->stop) ? 0 : -1;
	}
	ssize_t n = read(fd.fd, l->data + have, l->cap - have);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -1;
	if (n < 0)
		p->file->oserr = errno;
	return n < 0 ? 0 : n;
}

/* Of l->data, n bytes: the first cut are a part, the others are kept. */
static void
cut_pipe(struct parts *p, struct lines *l, size_t n, size_t cut)
{
	memcpy(p->carry, l->data + cut, n - cut);
	p->ncarry = n - cut;
	lines_begin_data(l, cut, p->inside);
}

/* Whole lines, one at least, unless a line is longer than it may be: then its
 * beginning is the part's last line, and its rest is passed over. */
static void
next_of_pipe(struct parts *p, struct lines *l)
{
	size_t n = p->ncarry, cut = 0;
	ssize_t got = 1;

	memcpy(l->data, p->carry, n);
	size_t enough = p->block < l->cap ? p->block : l->cap;

	while (got && (cut ? n < enough && got > 0 : n <= p->max + 1)) {
		got = read_pipe(p, l, n, !cut);
		if (got <= 0)
			continue;
		const char *nl = memrchr(l->data + n, '\n', (size_t)got);
		n += (size_t)got;
		cut = nl ? (size_t)(nl - l->data) + 1 : cut;
		if (p->inside && !cut)
			n = 0;
	}
	if (!got)
		set_ended(p, p->file, UINT64_MAX);
	if (!got && !p->file->oserr && !atomic_load(&p->stop))
		cut = n; /* the last line needs no newline */
	bool too_long = got && !cut;
	cut_pipe(p, l, n, too_long ? n : cut);
	p->inside = too_long;
}

static void
hand_out(struct parts *p, struct lines *l, struct part *part)
{
	struct part_file *f = p->file;

	if (f->by_offset) {
		lines_begin_part(l, f->fd, f->next, f->next + p->block,
				 f->next != f->beg);
		f->next += p->block;
	} else {
		next_of_pipe(p, l);
	}
	pthread_mutex_lock(&p->ends);
	f->refs++;
	pthread_mutex_unlock(&p->ends);
	*part = (struct part){
		.seq = p->seq++, .file = f->index, .ts = clock_wall_ms(),
		.oserr = f->oserr, .from = f,
	};
}

/* A file that cannot be opened is a part without lines, and the last. */
static void
hand_out_failure(struct parts *p, struct lines *l, struct part *part, int oserr)
{
	lines_begin_data(l, 0, false);
	*part = (struct part){
		.seq = p->seq++, .file = p->next - 1, .oserr = oserr,
	};
	p->next = p->in->nfile;
}

static int
need_carry(struct parts *p, size_t cap)
{
	if (!p->carry)
		p->carry = malloc(cap);
	return p->carry ? 0 : ENOMEM;
}

static bool
next(struct parts *p, struct lines *l, struct part *part)
{
	int oserr = 0;

	if (p->file && has_ended(p, p->file))
		leave_file(p);
	while (!p->file && p->next < p->in->nfile && !oserr) {
		oserr = open_next(p);
		if (p->file && has_ended(p, p->file))
			leave_file(p);
	}
	if (p->file && !p->file->by_offset && (oserr = need_carry(p, l->cap)))
		leave_file(p);
	if (oserr)
		hand_out_failure(p, l, part, oserr);
	else if (p->file)
		hand_out(p, l, part);
	return oserr || p->file;
}

bool
parts_next(struct parts *p, struct lines *l, struct part *part)
{
	pthread_mutex_lock(&p->lock);
	bool more = !atomic_load(&p->stop) && next(p, l, part);
	pthread_mutex_unlock(&p->lock);
	return more;
}

void
parts_done(struct parts *p, const struct lines *l, struct part *part)
{
	struct part_file *f = part->from;
	uint64_t end = l->at + l->end;

	part->bytes = l->end;
	if (!f)
		return;
	if (f->by_offset) {
		part->ended = l->eof;
		part->bytes = l->bytes < p->block ? l->bytes : p->block;
	}
	if (f->by_offset && (l->eof || part->oserr))
		set_ended(p, f, l->eof ? end : UINT64_MAX);
	unref(p, f);
}

void
parts_stop(struct parts *p)
{
	atomic_store(&p->stop, true);
}
