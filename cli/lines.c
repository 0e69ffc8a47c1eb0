/* lines.c - read big blocks, find newlines, move only what is left over. */
#include "cli/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "mql/error.h"

enum {
	BLOCK = 256 * 1024,
	AHEAD = 4096, /* read behind a part: most lines end there */
};

int
lines_init(struct lines *l, size_t max)
{
	*l = (struct lines){ .fd = -1, .max = max };
	if (max > SIZE_MAX - BLOCK)
		return MQL_ENOMEM;
	l->data = malloc(max + BLOCK);
	if (!l->data)
		return MQL_ENOMEM;
	l->cap = max + BLOCK;
	return 0;
}

void
lines_fini(struct lines *l)
{
	free(l->data);
	*l = (struct lines){ .fd = -1 };
}

void
lines_begin(struct lines *l, int fd)
{
	l->fd = fd;
	l->beg = l->end = l->scanned = 0;
	l->number = l->bytes = 0;
	l->at = 0;
	l->stop = UINT64_MAX;
	l->by_offset = l->inside = l->skipping = l->eof = false;
}

/* The byte before beg is read as well: if it is a newline, nothing has to be
 * passed over. */
void
lines_begin_part(struct lines *l, int fd, uint64_t beg, uint64_t stop,
		 bool inside)
{
	lines_begin(l, fd);
	l->by_offset = true;
	l->at = inside ? beg - 1 : beg;
	l->stop = stop;
	l->inside = inside;
}

void
lines_begin_data(struct lines *l, size_t n, bool inside)
{
	lines_begin(l, -1);
	l->end = n;
	l->inside = inside;
	l->eof = true;
}

bool
lines_is_blank(struct str line)
{
	while (line.len && (*line.ptr == ' ' || *line.ptr == '\t'))
		line.ptr++, line.len--;
	return !line.len;
}

/* The line that ends at `end` and after it, at `next`, the next one begins. */
static enum lines_got
give(struct lines *l, size_t end, size_t next, struct str *line)
{
	*line = (struct str){ l->data + l->beg, end - l->beg };
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	bool too_long = l->skipping || line->len > l->max;
	l->skipping = false;
	l->beg = l->scanned = next;
	l->number++;
	return too_long ? LINES_LONG : LINES_LINE;
}

/* Nothing that is read from now on can begin a line of this part. */
static bool
past_stop(const struct lines *l, size_t at)
{
	return l->at + at >= l->stop;
}

/* Where the next newline stands, in what is here. */
static const char *
newline(const struct lines *l)
{
	return memchr(l->data + l->scanned, '\n', l->end - l->scanned);
}

/* Pass over the rest of a line that is another's. False: it goes on. */
static bool
leave_line(struct lines *l)
{
	const char *nl = newline(l);

	l->beg = l->scanned = nl ? (size_t)(nl - l->data) + 1 : l->end;
	l->inside = !nl;
	return nl;
}

enum lines_got
lines_next(struct lines *l, struct str *line)
{
	if (l->inside && !leave_line(l))
		return l->eof || past_stop(l, l->end) ? LINES_END : LINES_EMPTY;
	if (!l->skipping && past_stop(l, l->beg))
		return LINES_END;

	const char *nl = newline(l);
	if (nl) {
		size_t at = (size_t)(nl - l->data);
		return give(l, at, at + 1, line);
	}
	l->scanned = l->end;
	if (l->skipping && past_stop(l, l->end)) /* its end is another's */
		return give(l, l->end, l->end, line);
	if (l->eof && (l->beg < l->end || l->skipping))
		return give(l, l->end, l->end, line);
	if (l->eof)
		return LINES_END;
	if (l->end - l->beg > l->max + 1) { /* 1: perhaps a CR */
		l->skipping = true;
		l->beg = l->end;
	}
	return LINES_EMPTY;
}

static int
wait_readable(const struct lines *l, int timeout_ms)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms);
}

bool
lines_ready(const struct lines *l)
{
	return wait_readable(l, 0) > 0;
}

static ssize_t
read_some(const struct lines *l, size_t room)
{
	uint64_t from = l->at + l->end, left = AHEAD;

	if (!l->by_offset)
		return read(l->fd, l->data + l->end, room);
	if (from < l->stop)
		left += l->stop - from;
	return pread(l->fd, l->data + l->end, left < room ? left : room,
		     (off_t)from);
}

int
lines_fill(struct lines *l, int timeout_ms)
{
	if (!l->by_offset && wait_readable(l, timeout_ms) <= 0)
		return MQL_ETIMEOUT;
	memmove(l->data, l->data + l->beg, l->end - l->beg);
	l->end -= l->beg;
	l->scanned -= l->beg;
	l->at += l->beg;
	l->beg = 0;

	ssize_t n = read_some(l, l->cap - l->end);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? MQL_ETIMEOUT
							 : MQL_EOS;
	l->end += (size_t)n;
	l->bytes += (uint64_t)n;
	l->eof = n == 0;
	return 0;
}
