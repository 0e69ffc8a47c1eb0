/* lines.c - read big blocks, find newlines, move only what is left over. */
#include "cli/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "mql/error.h"

enum { BLOCK = 256 * 1024 };

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
	l->skipping = l->eof = false;
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

enum lines_got
lines_next(struct lines *l, struct str *line)
{
	const char *nl = memchr(l->data + l->scanned, '\n',
				l->end - l->scanned);

	if (nl) {
		size_t at = (size_t)(nl - l->data);
		return give(l, at, at + 1, line);
	}
	l->scanned = l->end;
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

int
lines_fill(struct lines *l, int timeout_ms)
{
	if (wait_readable(l, timeout_ms) <= 0)
		return MQL_ETIMEOUT;
	memmove(l->data, l->data + l->beg, l->end - l->beg);
	l->end -= l->beg;
	l->scanned -= l->beg;
	l->beg = 0;

	ssize_t n = read(l->fd, l->data + l->end, l->cap - l->end);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? MQL_ETIMEOUT
							 : MQL_EOS;
	l->end += (size_t)n;
	l->bytes += (uint64_t)n;
	l->eof = n == 0;
	return 0;
}
