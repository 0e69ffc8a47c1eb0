/* test_socket.c - the sockets, over real TCP on the loopback. Every wait is
 * for a condition, with a deadline far beyond what it should take. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "mql/error.h"
#include "wire/frame.h"
#include "wire/socket.h"

enum { DEADLINE_MS = 20000 };

static struct wire_context *
new_context(void)
{
	struct wire_context *c;

	ck_assert_int_eq(wire_context_new(1, &c), 0);
	return c;
}

static struct wire_router *
new_router(struct wire_context *c, const char *endpoint)
{
	struct wire_router *r;
	char why[160] = "";
	int err = wire_router_open(c, endpoint, &r, why, sizeof why);

	ck_assert_msg(err == 0, "%s: %s", endpoint, why);
	return r;
}

static struct wire_dealer *
new_dealer(struct wire_context *c, const char *endpoint)
{
	struct wire_dealer *d;

	ck_assert_int_eq(wire_dealer_open(c, endpoint, &d), 0);
	return d;
}

/* Until the link is up (or down), having changed `changes` times in all. */
static void
await_link(struct wire_dealer *d, enum wire_link want, unsigned changes)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	unsigned got;

	while (wire_dealer_link(d, &got) != want || got < changes) {
		ck_assert_msg(clock_mono_ms() < end, "no such link in time");
		wire_dealer_wait(d, 100, -1);
	}
}

static void
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

static void
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

static void
send_text(struct wire_dealer *d, const char *text)
{
	ck_assert_int_eq(wire_dealer_send(d, text, strlen(text)), 0);
}

static void
answer(struct wire_router *r, const struct wire_peer *to, const char *text)
{
	ck_assert_int_eq(wire_router_send(r, to, text, strlen(text)), 0);
}

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
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		await_router(r, &peer, "more");
	}
	ck_assert_int_eq(wire_router_recv(r, &peer, &msg), 0);
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

/* --- links ---------------------------------------------------------------------- */

START_TEST(nothing_is_sent_without_a_link)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d;
	char endpoint[80];
	unsigned changes;
	struct str msg;

	snprintf(endpoint, sizeof endpoint, "%s", wire_router_endpoint(r));
	wire_router_close(r, 0);
	d = new_dealer(c, endpoint);
	ck_assert_int_eq(wire_dealer_link(d, &changes), WIRE_LINK_DOWN);
	ck_assert_uint_eq(changes, 0);
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), MQL_EUNREACH);
	ck_assert_int_eq(wire_dealer_recv(d, &msg), 0);
	wire_dealer_close(d, 1000); /* nothing lingers */
	wire_context_free(c);
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

/* The router dies with messages on their way in both directions, and another
 * takes its port: neither side gets anything of the old link on the new one.
 */
START_TEST(a_new_link_carries_nothing_of_the_old_one)
{
	struct wire_context *c = new_context(), *c2 = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c2, wire_router_endpoint(r));
	struct wire_peer peer;
	char endpoint[80];
	unsigned changes;

	snprintf(endpoint, sizeof endpoint, "%s", wire_router_endpoint(r));
	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello 1");
	await_router(r, &peer, "hello 1");
	for (int i = 0; i < 1000; i++) {
		send_text(d, "rows of old");
		answer(r, &peer, "queries of old");
	}
	await_dealer(d, "queries of old");
	wire_router_close(r, 0);
	wire_context_free(c);
	c = new_context();
	r = new_router(c, endpoint);
	/* The dealer looks only now: down and up are both behind it. */
	while (wire_dealer_send(d, "between", 7) == 0)
		;
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
	wire_context_free(c2);
}
END_TEST

START_TEST(a_change_that_the_caller_does_not_know_stops_its_sends)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	unsigned changes;

	/* The link comes up, but nobody asked wire_dealer_link(). */
	while (clock_mono_ms() < end && wire_dealer_wait(d, 0, -1) &&
	       wire_dealer_send(d, "x", 1) != MQL_EUNREACH)
		;
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), MQL_EUNREACH);
	await_link(d, WIRE_LINK_UP, 1);
	ck_assert_int_eq(wire_dealer_send(d, "x", 1), 0);
	ck_assert_int_eq(wire_dealer_link(d, &changes), WIRE_LINK_UP);
	wire_dealer_close(d, 0);
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

/* --- garbage -------------------------------------------------------------------- */

static int
raw_connect(const struct wire_router *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((uint16_t)atoi(
		strrchr(wire_router_endpoint(r), ':') + 1));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
throw(const struct wire_router *r, const char *bytes, size_t n)
{
	int fd = raw_connect(r);

	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
	close(fd);
}

START_TEST(garbage_on_the_port_harms_nobody_else)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(c, wire_router_endpoint(r));
	char noise[4096];
	struct wire_peer from;
	uint32_t seed = 1;
	unsigned changes;
	struct str msg;

	await_link(d, WIRE_LINK_UP, 1);
	for (int i = 0; i < 50; i++) {
		for (size_t j = 0; j < sizeof noise; j++) {
			seed = seed * 1664525 + 1013904223;
			noise[j] = (char)(seed >> 24);
		}
		if (i % 3 == 1) /* as ZeroMQ begins */
			memcpy(noise, "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16);
		if (i % 3 == 2) /* as it began long ago: a name, a message */
			memcpy(noise, "\1\0\5\0GET ", 8);
		throw(r, noise, sizeof noise);
	}
	throw(r, "GET / HTTP/1.1\r\n\r\n", 18);
	send_text(d, "still here");
	do { /* noise that looked like a message is one, and no frame */
		struct pollfd p = { wire_router_fd(r), POLLIN, 0 };
		while (!wire_router_recv(r, &from, &msg))
			ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	} while (!str_eq(msg, STR("still here")));
	answer(r, &from, "so am I");
	await_dealer(d, "so am I");
	ck_assert_int_eq(wire_dealer_link(d, &changes), WIRE_LINK_UP);
	ck_assert_uint_eq(changes, 1);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

/* Peers that greet as ZeroMQ 2 did, and say their names when the router is
 * about to go: without precautions libzmq aborts the process. */
START_TEST(closing_in_the_middle_of_garbage_does_not_abort)
{
	char greeting[16];
	int fd[20];

	for (int i = 0; i < 50; i++) {
		struct wire_context *c = new_context();
		struct wire_router *r = new_router(c, "tcp://127.0.0.1:0");
		for (int j = 0; j < 20; j++) {
			fd[j] = raw_connect(r);
			ck_assert_int_eq(send(fd[j], "\5", 1, 0), 1);
			ck_assert_int_gt(recv(fd[j], greeting, 1, 0), 0);
		}
		wire_router_close(r, 0);
		for (int j = 0; j < 20; j++) {
			send(fd[j], "\0name", 5, MSG_NOSIGNAL);
			close(fd[j]);
		}
		wire_context_free(c);
	}
}
END_TEST

/* --- addresses ------------------------------------------------------------------ */

START_TEST(a_port_in_use_is_told_in_a_sentence)
{
	struct wire_context *c = new_context();
	struct wire_router *r = new_router(c, "tcp://127.0.0.1:0"), *second;
	char why[160], expected[160];

	ck_assert_int_eq(wire_router_open(c, wire_router_endpoint(r), &second,
					  why, sizeof why), MQL_EINUSE);
	ck_assert_ptr_null(second);
	snprintf(expected, sizeof expected, "port %s on 127.0.0.1 is in use",
		 strrchr(wire_router_endpoint(r), ':') + 1);
	ck_assert_str_eq(why, expected);
	wire_router_close(r, 0);
	wire_context_free(c);
}
END_TEST

START_TEST(an_address_that_is_not_ours_is_told_in_a_sentence)
{
	struct wire_context *c = new_context();
	struct wire_router *r;
	char why[160];

	ck_assert_int_eq(wire_router_open(c, "tcp://192.0.2.1:0", &r, why,
					  sizeof why), MQL_EADDRESS);
	ck_assert_str_eq(why, "192.0.2.1 is no address of this machine");
	wire_context_free(c);
}
END_TEST

START_TEST(endpoints_are_checked_before_they_are_used)
{
	static const char *const good[] = {
		"tcp://127.0.0.1:7400", "tcp://*:0", "tcp://host-1.example:80",
		"tcp://[::1]:7400", "tcp://[fe80::1%eth0]:*", "ipc:///run/x",
		"inproc://x", "tcp://h:65535",
	};
	static const char *const bad[] = {
		"", "7400", "tcp://", "tcp://h", "tcp://h:", "tcp://:80",
		"tcp://h:65536", "tcp://h:-1", "tcp://h:80x", "tcp://h:999999",
		"tcp://a b:80", "tcp://::1:80", "tcp://[::1]", "tcp://[]:80",
		"tcp://h;x:80", "udp://h:80", "http://h:80/", "ipc://",
		"inproc://", "TCP://h:80", "tcp://h:8\n0",
	};
	struct wire_context *c = new_context();
	struct wire_dealer *d;
	char why[160];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(!wire_endpoint_check(good[i], why, sizeof why),
			      "%s: %s", good[i], why);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		*why = '\0';
		ck_assert_msg(wire_endpoint_check(bad[i], why, sizeof why) ==
			      MQL_EADDRESS && *why, "%s", bad[i]);
		ck_assert_int_eq(wire_dealer_open(c, bad[i], &d),
				 MQL_EADDRESS);
	}
	ck_assert_int_eq(wire_dealer_open(c, "tcp://*:80", &d), MQL_EADDRESS);
	ck_assert_int_eq(wire_dealer_open(c, "tcp://h:0", &d), MQL_EADDRESS);
	wire_context_free(c);
}
END_TEST

/* --- in somebody else's process -------------------------------------------------- */

/* The value of a line of /proc/self/task/ID/status. */
static void
task_status(const char *id, const char *name, char *value)
{
	char path[300], line[256];
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%s/status", id);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, name, strlen(name)))
			snprintf(value, 256, "%s", line + strlen(name));
	fclose(f);
}

static void
check_thread(const char *id)
{
	/* All but SIGKILL, SIGSTOP and what glibc keeps for itself. */
	const unsigned long long all = 0x7ffbfeff;
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	char value[256];

	task_status(id, "SigBlk:\t", value);
	ck_assert_uint_eq(strtoull(value, NULL, 16) & all, all);
	do { /* a thread names itself when it first runs */
		ck_assert_msg(clock_mono_ms() < end, "named %s", value);
		task_status(id, "Name:\t", value);
	} while (strncmp(value, "ZMQbg/", 6) != 0);
}

START_TEST(threads_take_no_signals_and_have_names)
{
	struct wire_context *c = new_context();
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	sigset_t mine;
	int n = 0;

	while ((task = readdir(tasks))) {
		if (task->d_name[0] == '.' || atoi(task->d_name) == getpid())
			continue;
		check_thread(task->d_name);
		n++;
	}
	closedir(tasks);
	ck_assert_int_eq(n, 2);
	sigprocmask(SIG_BLOCK, NULL, &mine);
	ck_assert(!sigismember(&mine, SIGTERM));
	wire_context_free(c);
}
END_TEST

/* ZeroMQ would abort the process here. */
START_TEST(a_process_without_descriptors_gets_an_error)
{
	struct rlimit few, before;
	struct wire_context *c;

	getrlimit(RLIMIT_NOFILE, &before);
	for (rlim_t n = 0; n < 40; n++) {
		few = (struct rlimit){ n, before.rlim_max };
		setrlimit(RLIMIT_NOFILE, &few);
		int err = wire_context_new(1, &c);
		setrlimit(RLIMIT_NOFILE, &before);
		ck_assert(err == 0 || err == MQL_EOS);
		wire_context_free(c);
	}
}
END_TEST

TEST_MAIN(socket, messages_travel_both_ways_over_every_transport,
	  localhost_finds_a_router_on_127_0_0_1,
	  the_largest_frame_passes_and_a_larger_one_cuts_its_sender_off,
	  a_router_that_sends_still_wakes_for_what_has_arrived,
	  a_wait_ends_when_its_wake_descriptor_is_readable,
	  nothing_is_sent_without_a_link,
	  a_dealer_finds_a_router_that_comes_later,
	  a_new_link_carries_nothing_of_the_old_one,
	  a_change_that_the_caller_does_not_know_stops_its_sends,
	  a_router_knows_when_a_peer_is_gone_or_never_was,
	  garbage_on_the_port_harms_nobody_else,
	  closing_in_the_middle_of_garbage_does_not_abort,
	  a_port_in_use_is_told_in_a_sentence,
	  an_address_that_is_not_ours_is_told_in_a_sentence,
	  endpoints_are_checked_before_they_are_used,
	  threads_take_no_signals_and_have_names,
	  a_process_without_descriptors_gets_an_error)
