/* zmtp.c - see zmtp.h. The protocol is https://rfc.zeromq.org/spec/23: a
 * greeting of 64 bytes, a READY command from either side, then frames. */
#include "bench/zmtp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/zmtp_curve.h"

enum {
	GREETING = 64,
	FLAG_MORE = 1, FLAG_LONG = 2, FLAG_COMMAND = 4,
	SEALED_COMMAND = 2, /* of what CURVE has in its box */
	SHORTEST_LONG = 256,
	MAX_MESSAGE = 16 << 20,
	SCRATCH = 256 << 10,
};

void
zmtp_init(struct zmtp *z, const struct wire_keys *keys)
{
	*z = (struct zmtp){ .fd = -1, .keys = keys };
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
	buf_fini(&z->first);
	curve_free(z->curve);
	zmtp_init(z, z->keys);
}

bool
zmtp_connect(struct zmtp *z, const struct sockaddr_in *to)
{
	const int on = 1;

	if (z->keys && !(z->curve = curve_new(z->keys)))
		bench_die("no memory for keys");
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

/* A frame of these bytes, which stand from v[1] on. */
static void
put_frame(struct zmtp *z, uint8_t flags, struct iovec *v, int n)
{
	uint8_t head[9] = { flags };
	size_t len = 0;

	for (int i = 1; i <= n; i++)
		len += v[i].iov_len;
	v[0].iov_base = head;
	v[0].iov_len = len < SHORTEST_LONG ? 2 : 9;
	if (len < SHORTEST_LONG) {
		head[1] = (uint8_t)len;
	} else {
		head[0] |= FLAG_LONG;
		for (unsigned i = 0; i < 8; i++)
			head[1 + i] = (uint8_t)(len >> (56 - 8 * i));
	}
	put(z, v, n + 1);
}

static void
send_sealed(struct zmtp *z, const struct str *part, unsigned n)
{
	struct iovec v[2];
	size_t len = CURVE_OVERHEAD;

	for (unsigned i = 0; i < n; i++)
		len += part[i].len;
	v[1].iov_base = malloc(len);
	if (!v[1].iov_base)
		bench_die("no memory for a message");
	v[1].iov_len = curve_seal(z->curve, part, n, v[1].iov_base);
	put_frame(z, 0, v, 1);
	free(v[1].iov_base);
}

void
zmtp_send(struct zmtp *z, const struct str *part, unsigned n)
{
	struct iovec v[ZMTP_PARTS + 1];

	if (z->state != ZMTP_UP)
		return;
	if (z->curve) {
		send_sealed(z, part, n);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		v[i + 1].iov_base = (void *)(uintptr_t)part[i].ptr;
		v[i + 1].iov_len = part[i].len;
	}
	put_frame(z, 0, v, (int)n);
}

static void
send_command(struct zmtp *z, uint8_t *command, size_t len)
{
	struct iovec v[2] = { { 0 }, { command, len } };

	put_frame(z, FLAG_COMMAND, v, 1);
}

/* The greeting; without keys READY follows it at once. */
static void
greet(struct zmtp *z)
{
	static const uint8_t signature[] = { 0xff, 0, 0, 0, 0, 0, 0, 0, 0,
					     0x7f, 3, 0 };
	/* with its final NUL: the last byte of an empty identity */
	static const char ready[] = "\x05READY\x0bSocket-Type\0\0\0\6DEALER"
				    "\x08Identity\0\0\0";
	uint8_t greeting[GREETING] = { 0 }, command[sizeof ready];

	memcpy(greeting, signature, sizeof signature);
	memcpy(greeting + sizeof signature, z->curve ? "CURVE" : "NULL",
	       z->curve ? 5 : 4);
	put(z, &(struct iovec){ greeting, sizeof greeting }, 1);
	z->state = ZMTP_GREETING;
	memcpy(command, ready, sizeof ready);
	if (!z->curve)
		send_command(z, command, sizeof command);
}

/* Its greeting is here: with keys it is us who go on. */
static void
on_greeting(struct zmtp *z)
{
	uint8_t command[CURVE_COMMAND];

	z->state = ZMTP_READY;
	if (z->curve)
		send_command(z, command, curve_hello(z->curve, command));
}

/* Its command is here: *up when there is nothing left to say. */
static bool
on_command(struct zmtp *z, struct str body, bool *up)
{
	uint8_t command[CURVE_COMMAND];
	size_t len = 0;

	if (z->curve && !curve_take(z->curve, body, command, &len))
		return false;
	if (len)
		send_command(z, command, len);
	*up = !len;
	return true;
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

/* A part of a message: the first of two waits for the other. */
static bool
take_sealed(struct zmtp *z, struct str body, zmtp_news *tell, void *arg)
{
	struct buf first = z->first;
	uint8_t flags;

	if (!curve_open(z->curve, body, &flags, &body))
		return false;
	if (flags & SEALED_COMMAND) /* a PING: what we say answers it */
		return true;
	if (flags & FLAG_MORE) {
		buf_put(&z->first, body.ptr, body.len);
		return !first.len && !z->first.err;
	}
	z->first = (struct buf)BUF_INIT;
	if (first.len)
		tell(arg, false, (struct str){ (char *)first.data, first.len },
		     body);
	else
		tell(arg, false, body, (struct str){ 0 });
	buf_fini(&first);
	return true;
}

/* Take what is whole in s. Returns how much, or SIZE_MAX for nonsense. */
static size_t
take(struct zmtp *z, struct str s, zmtp_news *tell, void *arg)
{
	const size_t all = s.len;
	struct str body, rest;
	uint8_t flags;
	bool up;
	size_t n;

	if (z->state == ZMTP_GREETING) {
		if (s.len < GREETING)
			return 0;
		on_greeting(z);
		s = (struct str){ s.ptr + GREETING, s.len - GREETING };
	}
	while ((n = message(s, &flags, &body, &rest))) {
		if (n == SIZE_MAX)
			return n;
		s = (struct str){ s.ptr + n, s.len - n };
		if (z->state == ZMTP_READY) {
			if (!on_command(z, body, &up))
				return SIZE_MAX;
			if (!up)
				continue;
			z->state = ZMTP_UP;
			tell(arg, true, (struct str){ 0 }, (struct str){ 0 });
		} else if (z->curve) {
			if (!take_sealed(z, body, tell, arg))
				return SIZE_MAX;
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
