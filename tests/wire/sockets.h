/* sockets.h - what the tests of sockets share: open or fail, and wait for a
 * condition with a deadline far beyond what it should take. */
#ifndef TESTS_WIRE_SOCKETS_H
#define TESTS_WIRE_SOCKETS_H

#include <check.h>
#include <poll.h>

#include "common/clock.h"
#include "wire/socket.h"

enum { DEADLINE_MS = 20000 };

static inline struct wire_context *
new_context(void)
{
	struct wire_context *c;

	ck_assert_int_eq(wire_context_new(1, &c), 0);
	return c;
}

static inline struct wire_router *
new_router(struct wire_context *c, const char *endpoint)
{
	struct wire_router *r;
	char why[160] = "";
	int err = wire_router_open(c, endpoint, WIRE_ROLE_ALL, &r, why,
				   sizeof why);

	ck_assert_msg(err == 0, "%s: %s", endpoint, why);
	return r;
}

static inline struct wire_dealer *
new_dealer(struct wire_context *c, const char *endpoint)
{
	struct wire_dealer *d;

	ck_assert_int_eq(wire_dealer_open(c, endpoint, &d), 0);
	return d;
}

/* Until the link is up (or down), having changed `changes` times in all. */
static inline void
await_link(struct wire_dealer *d, enum wire_link want, unsigned changes)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	unsigned got;

	while (wire_dealer_link(d, &got) != want || got < changes) {
		ck_assert_msg(clock_mono_ms() < end, "no such link in time");
		wire_dealer_wait(d, 100, -1);
	}
}

static inline void
await_dealer(struct wire_dealer *d, const char *expected)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	struct str msg;

	while (!wire_dealer_recv(d, &msg)) {
		unsigned changes;
		ck_assert_msg(clock_mono_ms() < end, "%s: not in time",
			      expected);
		wire_dealer_link(d, &changes);
		wire_dealer_wait(d, 100, -1);
	}
	ck_assert(str_eq(msg, str_of(expected)));
}

static inline void
await_router(struct wire_router *r, struct wire_peer *from,
	     const char *expected)
{
	struct pollfd p = { .fd = wire_router_fd(r), .events = POLLIN };
	struct str msg;

	while (!wire_router_recv(r, from, &msg))
		ck_assert_msg(poll(&p, 1, DEADLINE_MS) == 1,
			      "%s: not in time", expected);
	ck_assert(str_eq(msg, str_of(expected)));
}

static inline void
send_text(struct wire_dealer *d, const char *text)
{
	ck_assert_int_eq(wire_dealer_send(d, text, strlen(text)), 0);
}

static inline void
answer(struct wire_router *r, const struct wire_peer *to, const char *text)
{
	ck_assert_int_eq(wire_router_send(r, to, text, strlen(text)), 0);
}

#endif
