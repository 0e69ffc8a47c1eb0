/* test_socket.c - messages and links, over real TCP on the loopback. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/wire/sockets.h"
#include "wire/frame.h"

/* --- messages ------------------------------------------------------------------ */

static void
exchange(const char *listen, const char *real)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, listen);
	struct wire_dealer *d;
	struct wire_peer peer;

	ck_assert_msg(!strncmp(wire_router_endpoint(r), real, strlen(real)),
		      "%s became %s", listen, wire_router_endpoint(r));
	d = new_dealer(c, wire_router_endpoint(r));
	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "question");
	await_router(r, &peer, "question");
	answer(r, &peer, "answer");
	await_dealer(d, "answer");
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}

START_TEST(messages_travel_both_ways_over_every_transport)
{
	char path[80], unix_endpoint[100];

	snprintf(path, sizeof path, "/tmp/mql-test-%d", (int)getpid());
	snprintf(unix_endpoint, sizeof unix_endpoint, "ipc://%s", path);
	exchange("tcp://127.0.0.1:0", "tcp://127.0.0.1:");
	exchange("tcp://127.0.0.1:*", "tcp://127.0.0.1:");
	exchange("tcp://localhost:0", "tcp://127.0.0.1:");
	exchange(unix_endpoint, unix_endpoint);
	unlink(path);
}
END_TEST

START_TEST(localhost_finds_a_router_on_127_0_0_1)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d;
	char endpoint[80];

	snprintf(endpoint, sizeof endpoint, "tcp://localhost%s",
		 strrchr(wire_router_endpoint(r), ':'));
	d = new_dealer(c, endpoint);
	await_link(d, WIRE_LINK_UP, 1);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

START_TEST(the_largest_frame_passes_and_a_larger_one_cuts_its_sender_off)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	size_t largest = WIRE_HEADER + WIRE_MAX_ROWS;
	char *text = malloc(largest + 2);
	struct wire_peer peer;

	memset(text, 'x', largest + 1);
	text[largest + 1] = text[largest] = '\0';
	await_link(d, WIRE_LINK_UP, 1);
	ck_assert_int_eq(wire_dealer_send(d, text, largest), 0);
	await_router(r, &peer, text);
	ck_assert_int_eq(wire_dealer_send(d, text, largest + 1), 0);
	await_link(d, WIRE_LINK_UP, 3); /* down, and up again */
	send_text(d, "small");
	await_router(r, &peer, "small");
	free(text);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* A send may take the news of an arrival from ZeroMQ's own descriptor. */
START_TEST(a_router_that_sends_still_wakes_for_what_has_arrived)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	struct pollfd p = { .fd = wire_router_fd(r), .events = POLLIN };
	struct wire_peer peer;
	struct str msg;

	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello");
	await_router(r, &peer, "hello");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(wire_router_recv(r, &(struct wire_peer){ 0 },
						  &msg), 0);
		send_text(d, "more");
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		answer(r, &peer, "go on");
		await_dealer(d, "go on");
		ck_assert_int_eq(wire_router_fd(r), p.fd);
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		await_router(r, &peer, "more");
	}
	ck_assert_int_eq(wire_router_recv(r, &peer, &msg), 0);
	ck_assert_int_eq(wire_router_fd(r), p.fd);
	ck_assert_int_eq(poll(&p, 1, 0), 0); /* and then it rests */
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

START_TEST(a_wait_ends_when_its_wake_descriptor_is_readable)
{
	struct wire_context *c = new_context();
	struct wire_dealer *d = new_dealer(c, "tcp://127.0.0.1:1");
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], "x", 1), 1);
	ck_assert(wire_dealer_wait(d, -1, fd[0]));
	close(fd[0]);
	close(fd[1]);
	wire_dealer_close(d, 0);
	wire_context_free(c);
}
END_TEST

/* A wait, in a poll set of the caller's. */
static void
wait_outside(struct wire_dealer *d, int timeout_ms, struct wire_watch *w)
{
	const int ms = wire_dealer_watch(d, timeout_ms, w);
	struct pollfd p[] = { { w->fd[0], POLLIN, 0 },
			      { w->fd[1], POLLIN, 0 } };
	const int n = poll(p, 2, ms);
	const bool readable[] = { p[0].revents, p[1].revents };

	ck_assert_int_ge(n, 0);
	wire_dealer_see(d, readable, n > 0);
}

/* Each wait may be as long as the test: none may miss what comes. */
static void
await_outside(struct wire_dealer *d, enum wire_link want, struct wire_watch *w)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	unsigned changes;

	while (wire_dealer_link(d, &changes) != want) {
		ck_assert_msg(clock_mono_ms() < end, "no such link in time");
		wait_outside(d, DEADLINE_MS, w);
	}
}

START_TEST(a_dealer_is_waited_for_in_a_poll_set_of_its_owners)
{
	struct wire_context *c = new_context(), *other = new_context();
	struct wire_router *r = new_router(other, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	struct wire_watch w = { 0 };
	struct wire_peer peer;
	struct str msg;
	char endpoint[80];
	uint64_t serial;

	snprintf(endpoint, sizeof endpoint, "%s", wire_router_endpoint(r));
	await_outside(d, WIRE_LINK_UP, &w);
	for (int i = 0; i < 100; i++) {
		send_text(d, "more");
		await_router(r, &peer, "more");
		answer(r, &peer, "go on");
		while (!wire_dealer_recv(d, &msg))
			wait_outside(d, DEADLINE_MS, &w);
		ck_assert(str_eq(msg, STR("go on")));
	}
	while (wire_dealer_recv(d, &msg))
		;
	ck_assert_int_eq(wire_dealer_watch(d, 77, &w), 77); /* it rests */
	wire_dealer_see(d, (bool[2]){ false, false }, false);
	ck_assert(wire_dealer_quiet(d));
	serial = w.serial;
	ck_assert_uint_ne(serial, 0);
	wire_router_close(r, 0);
	wire_context_free(other); /* the port is free when this returns */
	await_outside(d, WIRE_LINK_DOWN, &w);
	r = new_router(c, endpoint);
	await_outside(d, WIRE_LINK_UP, &w);
	wire_dealer_watch(d, 0, &w);
	ck_assert_uint_ne(w.serial, serial);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* --- links ---------------------------------------------------------------------- */

/* A port at which nobody listens, nor can, until fd is closed. */
static int
hold_port(char *endpoint, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(endpoint, size, "tcp://127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

START_TEST(nothing_is_sent_without_a_link)
{
	struct wire_context *c = new_context();
	struct wire_dealer *d;
	char endpoint[80];
	unsigned changes;
	struct str msg;
	int fd = hold_port(endpoint, sizeof endpoint);

	d = new_dealer(c, endpoint);
	ck_assert_int_eq(wire_dealer_link(d, &changes), WIRE_LINK_DOWN);
	ck_assert_uint_eq(changes, 0);
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), MQL_EUNREACH);
	ck_assert_int_eq(wire_dealer_recv(d, &msg), 0);
	wire_dealer_close(d, 1000); /* nothing lingers */
	wire_context_free(c);
	close(fd);
}
END_TEST

START_TEST(a_dealer_finds_a_router_that_comes_later)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d;
	char endpoint[80];

	snprintf(endpoint, sizeof endpoint, "%s", wire_router_endpoint(r));
	wire_router_close(r, 0);
	wire_context_free(c); /* the port is free when this returns */
	c = new_context();
	d = new_dealer(c, endpoint);
	wire_dealer_wait(d, 120, -1); /* a few attempts fail */
	r = new_router(c, endpoint);
	await_link(d, WIRE_LINK_UP, 1);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* A source-job of its own process: it answers a greeting, and when it is told
 * to, it freezes with its port open. */
static pid_t
start_router(char *endpoint, size_t n)
{
	struct wire_peer peer;
	ssize_t got;
	pid_t child;
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		struct wire_router *r =
			new_router(new_context(), "tcp://127.0.0.1:0");
		const char *real = wire_router_endpoint(r);
		ck_assert_int_gt(write(fd[1], real, strlen(real) + 1), 0);
		await_router(r, &peer, "hello 1");
		for (int i = 0; i < 1000; i++)
			answer(r, &peer, "queries of old");
		await_router(r, &peer, "freeze");
		raise(SIGSTOP);
		_exit(0);
	}
	got = read(fd[0], endpoint, n);
	ck_assert_int_gt(got, 0);
	close(fd[0]);
	close(fd[1]);
	return child;
}

/* The router is killed while messages wait on both sides, and another takes
 * its port: neither gets anything of the old link on the new one. */
START_TEST(a_new_link_carries_nothing_of_the_old_one)
{
	static char rows[1 << 20];
	char endpoint[80];
	pid_t child = start_router(endpoint, sizeof endpoint);
	struct wire_context *c = new_context();
	struct wire_dealer *d = new_dealer(c, endpoint);
	struct wire_router *r;
	struct wire_peer peer;
	unsigned changes;

	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello 1");
	await_dealer(d, "queries of old");
	send_text(d, "freeze");
	ck_assert_int_eq(waitpid(child, NULL, WUNTRACED), child);
	for (int i = 0; i < 32; i++) /* more than the kernel takes */
		ck_assert_int_eq(wire_dealer_send(d, rows, sizeof rows), 0);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	r = new_router(c, endpoint);
	/* The dealer looks only now: down and up are both behind it. */
	await_link(d, WIRE_LINK_UP, 3);
	send_text(d, "hello 2");
	await_router(r, &peer, "hello 2");
	answer(r, &peer, "welcome 2");
	await_dealer(d, "welcome 2");
	ck_assert_int_eq(wire_dealer_link(d, &changes), WIRE_LINK_UP);
	ck_assert_uint_eq(changes, 3);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* The last words of a source-job that goes, read when it is long gone. */
START_TEST(what_arrived_before_a_link_was_lost_can_be_read)
{
	struct wire_context *c = new_context(), *c2 = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c2, wire_router_endpoint(r));
	struct wire_peer peer;

	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello");
	await_router(r, &peer, "hello");
	for (int i = 0; i < 1000; i++)
		answer(r, &peer, "row");
	answer(r, &peer, "goodbye");
	wire_router_close(r, DEADLINE_MS);
	wire_context_free(c);
	await_link(d, WIRE_LINK_DOWN, 2);
	for (int i = 0; i < 1000; i++)
		await_dealer(d, "row");
	await_dealer(d, "goodbye");
	wire_dealer_close(d, 0);
	wire_context_free(c2);
}
END_TEST

START_TEST(a_change_that_the_caller_does_not_know_stops_its_sends)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	struct wire_dealer *later = new_dealer(c, wire_router_endpoint(r));
	struct wire_peer peer;

	/* When the later one has its answer, the first is up too, but nobody
	 * has asked wire_dealer_link(). */
	await_link(later, WIRE_LINK_UP, 1);
	send_text(later, "hello");
	await_router(r, &peer, "hello");
	answer(r, &peer, "welcome");
	await_dealer(later, "welcome");
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), MQL_EUNREACH);
	await_link(d, WIRE_LINK_UP, 1);
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), 0);
	wire_dealer_close(d, 0);
	wire_dealer_close(later, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

START_TEST(a_router_knows_when_a_peer_is_gone_or_never_was)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	struct wire_peer peer, nobody = { .len = 5, .id = "xxxx" };
	int64_t end = clock_mono_ms() + DEADLINE_MS;

	ck_assert_int_eq(wire_router_send(r, &nobody, "x", 1), MQL_EUNREACH);
	nobody.len = 0;
	ck_assert_int_eq(wire_router_send(r, &nobody, "x", 1), MQL_EUNREACH);
	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello");
	await_router(r, &peer, "hello");
	wire_dealer_close(d, 0);
	while (wire_router_send(r, &peer, "x", 1) == 0)
		ck_assert_msg(clock_mono_ms() < end, "still there");
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* --- messages of two parts ------------------------------------------------------ */

static void
give_back(void *data, void *arg)
{
	(void)data;
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
await_parts(struct wire_dealer *d, struct str *msg, struct str *rest)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;

	while (wire_dealer_recv_parts(d, msg, rest) != 1) {
		ck_assert_msg(clock_mono_ms() < end, "nothing comes");
		wire_dealer_wait(d, 100, -1);
	}
}

START_TEST(the_second_part_is_sent_from_where_it_stands)
{
	static char text[100000];
	const struct str rest = { text, sizeof text }, head = STR("head");
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	struct wire_peer peer, nobody = { .len = 5, .id = "xxxx" };
	atomic_int given = 0;
	struct str one, two;

	memset(text, 'x', sizeof text);
	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello");
	await_router(r, &peer, "hello");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire_router_send_parts(
			r, &peer, head, rest, give_back, &given), 0);
	answer(r, &peer, "whole");
	await_parts(d, &one, &two);
	ck_assert(str_eq(one, head) && str_eq(two, rest));
	await_dealer(d, ""); /* who takes one part only finds it bad */
	await_parts(d, &one, &two);
	ck_assert(str_eq(one, head) && str_eq(two, rest));
	await_parts(d, &one, &two);
	ck_assert(str_eq(one, STR("whole")) && !two.len);
	/* Who is gone: it is given back all the same. */
	ck_assert_int_eq(wire_router_send_parts(
		r, &nobody, head, rest, give_back, &given), MQL_EUNREACH);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
	ck_assert_int_eq(atomic_load(&given), 4);
}
END_TEST

TEST_MAIN(socket, messages_travel_both_ways_over_every_transport,
	  localhost_finds_a_router_on_127_0_0_1,
	  the_largest_frame_passes_and_a_larger_one_cuts_its_sender_off,
	  a_router_that_sends_still_wakes_for_what_has_arrived,
	  a_wait_ends_when_its_wake_descriptor_is_readable,
	  a_dealer_is_waited_for_in_a_poll_set_of_its_owners,
	  nothing_is_sent_without_a_link,
	  a_dealer_finds_a_router_that_comes_later,
	  a_new_link_carries_nothing_of_the_old_one,
	  what_arrived_before_a_link_was_lost_can_be_read,
	  a_change_that_the_caller_does_not_know_stops_its_sends,
	  a_router_knows_when_a_peer_is_gone_or_never_was,
	  the_second_part_is_sent_from_where_it_stands)
