/* zmtp.c - see zmtp.h. The protocol is https://rfc.zeromq.org/spec/23: a
 * greeting of 64 bytes, a READY command from either side, then frames. */
#include "bench/zmtp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	GREETING = 64,
	FLAG_MORE = 1, FLAG_LONG = 2, FLAG_COMMAND = 4,
	SHORTEST_LONG = 256,
	MAX_MESSAGE = 16 << 20,
	SCRATCH = 256 << 10,
};

void
zmtp_init(struct zmtp *z)
{
	*z = (struct zmtp){ .fd = -1 };
}

void
zmtp_close(struct zmtp *z)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (z->fd >= 0) {
		setsockopt(z->fd, SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof at_once);
		close(z->fd);
	}
	buf_fini(&z->in);
	buf_fini(&z->out);
	zmtp_init(z);
}

bool
zmtp_connect(struct zmtp *z, const struct sockaddr_in *to)
{
	const int on = 1;

	z->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (z->fd < 0)
		return false;
	setsockopt(z->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	z->state = ZMTP_CONNECTING;
	if (!connect(z->fd, (const void *)to, sizeof *to) ||
	    errno == EINPROGRESS)
		return true;
	zmtp_close(z);
	return false;
}

/* --- out ---------------------------------------------------------------------- */

bool
zmtp_wants_write(const struct zmtp *z)
{
	return z->state == ZMTP_CONNECTING || z->gone < z->out.len;
}

/* What the socket takes of it; the rest is kept. */
static void
put(struct zmtp *z, struct iovec *v, int n)
{
	ssize_t taken = 0;

	if (z->gone == z->out.len) {
		taken = writev(z->fd, v, n);
		if (taken < 0)
			taken = 0; /* full; or lost, and reading tells */
	}
	for (int i = 0; i < n; i++) {
		size_t skip = (size_t)taken < v[i].iov_len ? (size_t)taken :
							     v[i].iov_len;
		taken -= (ssize_t)skip;
		buf_put(&z->out, (char *)v[i].iov_base + skip,
			v[i].iov_len - skip);
	}
}

void
zmtp_send(struct zmtp *z, const struct str *part, unsigned n)
{
	uint8_t head[9] = { 0 };
	struct iovec v[ZMTP_PARTS + 1];
	size_t len = 0;

	if (z->state != ZMTP_UP)
		return;
	for (unsigned i = 0; i < n; i++) {
		v[i + 1].iov_base = (void *)(uintptr_t)part[i].ptr;
		v[i + 1].iov_len = part[i].len;
		len += part[i].len;
	}
	v[0].iov_base = head;
	v[0].iov_len = len < SHORTEST_LONG ? 2 : 9;
	if (len < SHORTEST_LONG) {
		head[1] = (uint8_t)len;
	} else {
		head[0] = FLAG_LONG;
		for (unsigned i = 0; i < 8; i++)
			head[1 + i] = (uint8_t)(len >> (56 - 8 * i));
	}
	put(z, v, (int)n + 1);
}

/* The greeting, and what follows it at once: READY. */
static void
greet(struct zmtp *z)
{
	static const uint8_t signature[] = { 0xff, 0, 0, 0, 0, 0, 0, 0, 0,
					     0x7f, 3, 0 };
	static const char ready[] = "\x04\x29\x05READY\x0bSocket-Type\0\0\0\6"
				    "DEALER\x08Identity\0\0\0";
	uint8_t greeting[GREETING] = { 0 };
	struct iovec v[] = {
		{ greeting, sizeof greeting },
		/* with its final NUL: the last byte of an empty identity */
		{ (void *)(uintptr_t)ready, sizeof ready },
	};

	memcpy(greeting, signature, sizeof signature);
	memcpy(greeting + sizeof signature, "NULL", 4);
	put(z, v, 2);
	z->state = ZMTP_GREETING;
}

bool
zmtp_write(struct zmtp *z)
{
	int failed = 0;
	socklen_t len = sizeof failed;
	ssize_t n;

	if (z->state == ZMTP_CONNECTING) {
		if (getsockopt(z->fd, SOL_SOCKET, SO_ERROR, &failed, &len) ||
		    failed)
			return false;
		greet(z);
		return true;
	}
	if (z->gone == z->out.len)
		return true;
	n = write(z->fd, z->out.data + z->gone, z->out.len - z->gone);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	z->gone += (size_t)n;
	if (z->gone == z->out.len) {
		buf_fini(&z->out);
		z->gone = 0;
	}
	return true;
}

/* --- in ------------------------------------------------------------------------ */

/* The frame that s begins with: its whole length, 0 when it is not here yet,
 * or more than there can be for one that we do not take. */
static size_t
frame(struct str s, uint8_t *flags, struct str *body)
{
	const uint8_t *p = (const uint8_t *)s.ptr;
	uint64_t len = 0;
	size_t head;

	if (s.len < 2)
		return 0;
	*flags = p[0];
	head = *flags & FLAG_LONG ? 9 : 2;
	if (s.len < head)
		return 0;
	for (size_t i = 1; i < head; i++)
		len = len << 8 | p[i];
	if (len > MAX_MESSAGE)
		return SIZE_MAX;
	if (s.len - head < len)
		return 0;
	*body = (struct str){ s.ptr + head, (size_t)len };
	return head + (size_t)len;
}

/* The same of a message of one part or two. */
static size_t
message(struct str s, uint8_t *flags, struct str *body, struct str *rest)
{
	const size_t n = frame(s, flags, body);
	size_t more;

	*rest = (struct str){ 0 };
	if (!n || n == SIZE_MAX || !(*flags & FLAG_MORE))
		return n;
	more = frame((struct str){ s.ptr + n, s.len - n }, flags, rest);
	if (!more || more == SIZE_MAX)
		return more;
	return *flags & FLAG_MORE ? SIZE_MAX : n + more;
}

/* Take what is whole in s. Returns how much, or SIZE_MAX for nonsense. */
static size_t
take(struct zmtp *z, struct str s, zmtp_news *tell, void *arg)
{
	const size_t all = s.len;
	struct str body, rest;
	uint8_t flags;
	size_t n;

	if (z->state == ZMTP_GREETING) {
		if (s.len < GREETING)
			return 0;
		z->state = ZMTP_READY;
		s = (struct str){ s.ptr + GREETING, s.len - GREETING };
	}
	while ((n = message(s, &flags, &body, &rest))) {
		if (n == SIZE_MAX)
			return n;
		s = (struct str){ s.ptr + n, s.len - n };
		if (z->state == ZMTP_READY) {
			z->state = ZMTP_UP;
			tell(arg, true, (struct str){ 0 }, (struct str){ 0 });
		} else if (!(flags & FLAG_COMMAND)) {
			tell(arg, false, body, rest);
		}
		if (z->state == ZMTP_NONE) /* closed by the one told */
			return all;
	}
	return all - s.len;
}

bool
zmtp_read(struct zmtp *z, struct buf *scratch, zmtp_news *tell, void *arg)
{
	uint8_t *room;
	size_t taken;
	ssize_t n;

	if (z->state < ZMTP_GREETING)
		return z->state == ZMTP_CONNECTING;
	buf_reset(scratch);
	buf_put(scratch, z->in.data, z->in.len);
	room = buf_room(scratch, SCRATCH);
	n = room ? read(z->fd, room, SCRATCH) : -1;
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	scratch->len += (size_t)n;
	taken = take(z, (struct str){ (char *)scratch->data, scratch->len },
		     tell, arg);
	if (taken > scratch->len)
		return false;
	if (z->state == ZMTP_NONE)
		return true;
	if (taken == scratch->len) {
		buf_fini(&z->in);
		return true;
	}
	buf_reset(&z->in);
	buf_put(&z->in, scratch->data + taken, scratch->len - taken);
	return !z->in.err;
}
