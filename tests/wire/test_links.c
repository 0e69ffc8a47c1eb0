/* Links that are too many are cut, and the others live on. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "wire/socket.h"

enum { DEADLINE_MS = 20000 };

static struct wire_context *context;
static struct wire_router *router;

static void
begin(uint64_t links, uint64_t of_address)
{
	const struct wire_limits limits = { links, of_address };
	char why[200] = "";

	ck_assert_int_eq(wire_context_new(2, &context), 0);
	ck_assert_int_eq(wire_context_limit(context, &limits, NULL, NULL), 0);
	ck_assert_msg(!wire_router_open(context, "tcp://127.0.0.1:0",
					WIRE_ROLE_AGENT, &router, why,
					sizeof why), "%s", why);
}

static void
finish(void)
{
	wire_router_close(router, 0);
	wire_context_free(context);
}

/* From an address of the loopback's. */
static int
link_from(const char *address)
{
	const char *colon = strrchr(wire_router_endpoint(router), ':');
	struct sockaddr_in from = { .sin_family = AF_INET }, to = from;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &from.sin_addr);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)atoi(colon + 1));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
await(uint64_t (*count)(const struct wire_context *c), uint64_t n)
{
	const int64_t end = clock_mono_ms() + DEADLINE_MS;

	while (count(context) != n) {
		ck_assert_msg(clock_mono_ms() < end, "%llu, not %llu",
			      (unsigned long long)count(context),
			      (unsigned long long)n);
		poll(NULL, 0, 1);
	}
}

/* It ends, whatever was said before. */
static void
await_end(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char bytes[256];
	ssize_t n;

	do {
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		n = recv(fd, bytes, sizeof bytes, 0);
	} while (n > 0);
	ck_assert(n == 0 || errno == ECONNRESET);
}

/* None is counted any more. */
static void
close_all(const int *fd, int n)
{
	for (int i = 0; i < n; i++)
		close(fd[i]);
	await(wire_context_links, 0);
}

START_TEST(more_than_there_may_be_are_cut_until_others_are_gone)
{
	int fd[4];

	begin(3, 0);
	for (int i = 0; i < 3; i++)
		fd[i] = link_from("127.0.0.1");
	await(wire_context_links, 3);
	fd[3] = link_from("127.0.0.1");
	await_end(fd[3]);
	await(wire_context_turned_away, 1);
	await(wire_context_links, 3);
	close(fd[0]);
	await(wire_context_links, 2);
	fd[0] = link_from("127.0.0.1");
	await(wire_context_links, 3);
	ck_assert_uint_eq(wire_context_turned_away(context), 1);
	close_all(fd, 4);
	finish();
}
END_TEST

START_TEST(one_address_takes_no_more_than_its_share)
{
	int fd[4];

	begin(0, 2);
	fd[0] = link_from("127.0.0.1");
	fd[1] = link_from("127.0.0.1");
	await(wire_context_links, 2);
	fd[2] = link_from("127.0.0.1");
	await_end(fd[2]);
	await(wire_context_links, 2);
	fd[3] = link_from("127.0.0.2");
	await(wire_context_links, 3);
	ck_assert_uint_eq(wire_context_turned_away(context), 1);
	close_all(fd, 4);
	finish();
}
END_TEST

/* Peers of ours, which greet and are known, through several routers. */
START_TEST(links_that_come_and_go_leave_nothing_behind)
{
	enum { N = 20, ROUNDS = 10 };
	struct wire_router *more[2];
	struct wire_dealer *d[N];
	char why[200];

	begin(1000, 1000);
	ck_assert_int_eq(wire_routers_open(context, "tcp://127.0.0.1:0",
					   WIRE_ROLE_AGENT, more, 2, why,
					   sizeof why), 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < N; i++)
			ck_assert_int_eq(wire_dealer_open(context,
				wire_router_endpoint(i % 2 ? more[0] : router),
				&d[i]), 0);
		await(wire_context_links, N);
		for (int i = 0; i < N; i++)
			wire_dealer_close(d[i], 0);
		await(wire_context_links, 0);
	}
	ck_assert_uint_eq(wire_context_turned_away(context), 0);
	wire_router_close(more[0], 0);
	wire_router_close(more[1], 0);
	finish();
}
END_TEST

TEST_MAIN(links, more_than_there_may_be_are_cut_until_others_are_gone,
	  one_address_takes_no_more_than_its_share,
	  links_that_come_and_go_leave_nothing_behind)
