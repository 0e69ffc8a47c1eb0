/* test_hostile.c - sockets among garbage, wrong addresses, and in a process
 * that is somebody else's. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/wire/sockets.h"

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

/* Until the other side has cut it off; what it says is nothing to us. */
static void
await_cut(int fd)
{
	const int64_t end = clock_mono_ms() + 3 * DEADLINE_MS;
	struct pollfd p = { fd, POLLIN, 0 };
	char bytes[512];
	ssize_t n;

	do {
		ck_assert_msg(clock_mono_ms() < end, "it stays");
		poll(&p, 1, 1000);
		n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && errno == EAGAIN));
}

/* It has a name and a kind, as far as anybody knows, and a descriptor. */
START_TEST(who_greets_and_then_is_silent_is_cut_off)
{
	static const char greeting[64] = "\xff\0\0\0\0\0\0\0\0\x7f\3\0NULL";
	static const char ready[] =
		"\4\x1c\5READY\xbSocket-Type\0\0\0\6DEALER";
	struct wire_context *c = new_context();
	struct wire_router *r;
	struct wire_dealer *d;
	unsigned changes;
	int fd;

	wire_context_ping(c, 500, 5000);
	r = new_router(c, "tcp://127.0.0.1:0");
	d = new_dealer(c, wire_router_endpoint(r));
	fd = raw_connect(r);
	await_link(d, WIRE_LINK_UP, 1);
	send(fd, greeting, sizeof greeting, MSG_NOSIGNAL);
	send(fd, ready, sizeof ready - 1, MSG_NOSIGNAL);
	await_cut(fd);
	close(fd);
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
			ck_assert_int_ge(recv(fd[j], greeting, 1, 0), 0);
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

	ck_assert_int_eq(wire_router_open(c, wire_router_endpoint(r),
					  WIRE_ROLE_ALL, &second, why,
					  sizeof why), MQL_EINUSE);
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

	ck_assert_int_eq(wire_router_open(c, "tcp://192.0.2.1:0",
					  WIRE_ROLE_ALL, &r, why, sizeof why),
			 MQL_EADDRESS);
	ck_assert_str_eq(why, "192.0.2.1 is no address of this machine");
	wire_context_free(c);
}
END_TEST

START_TEST(endpoints_are_checked_before_they_are_used)
{
	static const char *const good[] = {
		"tcp://127.0.0.1:7400", "tcp://*:0", "tcp://host-1.example:80",
		"tcp://[::1]:7400", "tcp://[fe80::1%eth0]:*", "ipc:///run/x",
		"tcp://h:65535",
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

static bool
is_zmq(const char *id)
{
	char name[256] = "";

	task_status(id, "Name:\t", name);
	return !strncmp(name, "ZMQbg/", 6);
}

/* Are all signals blocked but SIGKILL, SIGSTOP and what glibc keeps? */
static bool
is_deaf(const char *id)
{
	const unsigned long long all = 0x7ffbfeff;
	char mask[256] = "";

	task_status(id, "SigBlk:\t", mask);
	return is_zmq(id) && (strtoull(mask, NULL, 16) & all) == all;
}

/* Call fn for each thread of the process; returns how often it said yes. */
static int
each_thread(bool (*fn)(const char *id))
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int n = 0;

	while ((task = readdir(tasks)))
		n += task->d_name[0] != '.' && fn(task->d_name);
	closedir(tasks);
	return n;
}

START_TEST(threads_take_no_signals_and_have_names)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	struct wire_context *c = new_context();
	sigset_t mine;

	while (each_thread(is_zmq) < 2) /* they name themselves when they run */
		ck_assert_msg(clock_mono_ms() < end, "no such threads");
	ck_assert_int_eq(each_thread(is_deaf), 2);
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

TEST_MAIN(hostile, garbage_on_the_port_harms_nobody_else,
	  who_greets_and_then_is_silent_is_cut_off,
	  closing_in_the_middle_of_garbage_does_not_abort,
	  a_port_in_use_is_told_in_a_sentence,
	  an_address_that_is_not_ours_is_told_in_a_sentence,
	  endpoints_are_checked_before_they_are_used,
	  threads_take_no_signals_and_have_names,
	  a_process_without_descriptors_gets_an_error)
