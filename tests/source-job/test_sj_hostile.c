/* Whatever comes in at a port, the daemon lives on and serves the others. */
#include "tests/check_main.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

/* xorshift: the same garbage in every run. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void
send_garbage(struct peer *p, uint32_t seed)
{
	uint8_t bytes[200];

	for (int i = 0; i < 500; i++) {
		size_t len = next_random(&seed) % sizeof bytes;
		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)next_random(&seed);
		buf_reset(&p->frame);
		if (i % 2) /* a header that is right, of any kind */
			wire_put_header(&p->frame,
					(enum wire_kind)(i / 2 % 32));
		buf_put(&p->frame, bytes, len);
		peer_send(p);
	}
}

/* Every prefix of a good frame, then the frame with each byte wrong. */
static void
send_mutilated(struct peer *p)
{
	uint8_t frame[1024];
	size_t len = p->frame.len;

	ck_assert_uint_le(len, sizeof frame);
	memcpy(frame, p->frame.data, len);
	for (size_t n = 0; n < len; n++)
		peer_send_bytes(p, frame, n);
	for (size_t i = 0; i < len; i++) {
		frame[i] ^= 0x5a;
		peer_send_bytes(p, frame, len);
		frame[i] ^= 0x5a;
	}
	buf_reset(&p->frame);
}

/* Rows still pass from an agent to a subscriber. */
static void
check_service(const struct daemon *d)
{
	struct agent a;
	struct tail t;

	agent_open(&a, d, "good agent", NULL);
	tail_open(&t, d);
	tail_subscribe(&t, QUERY " and good");
	agent_until_query(&a, t.query_id);
	agent_ack(&a, a.added, WIRE_LIVE, NULL);
	agent_rows(&a, a.added, 1, 3, 100);
	TAIL_UNTIL(&t, t.rows == 3);
	ck_assert_ptr_nonnull(strstr(daemon_http(d, "GET", "/healthz"),
				     " 200 "));
	agent_close(&a);
	tail_close(&t);
}

START_TEST(garbage_from_strangers_is_survived)
{
	struct daemon d;
	struct peer p;

	daemon_start(&d, NULL);
	peer_open(&p, d.agents);
	send_garbage(&p, 1);
	peer_expect(&p, WIRE_ERROR);
	peer_close(&p);
	peer_open(&p, d.subscribers);
	send_garbage(&p, 2);
	peer_expect(&p, WIRE_ERROR);
	peer_close(&p);
	check_service(&d);
	daemon_stop(&d);
}
END_TEST

START_TEST(garbage_from_an_agent_is_survived)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "bad agent", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	send_garbage(&a.peer, 3);
	const uint32_t id[] = { a.added };
	const uint64_t seq[] = { 1 };
	struct rows_writer w;
	rows_writer_init(&w);
	ck_assert_int_eq(rows_writer_add(&w, id, seq, 1, STR("{\"a\":1}")), 0);
	rows_writer_take(&w, &a.peer.frame);
	send_mutilated(&a.peer);
	rows_writer_fini(&w);
	struct wire_counts c = { .id = id[0], .books = agent_sent(5) };
	struct wire_heartbeat m = { .at = 1, .query = &c, .nquery = 1 };
	wire_heartbeat_encode(&m, &a.peer.frame);
	send_mutilated(&a.peer);
	peer_expect(&a.peer, WIRE_ERROR);
	check_service(&d);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(garbage_from_a_subscriber_is_survived)
{
	struct wire_subscribe m = { .id = 9, .query = STR(QUERY),
				    .credit = 1000 };
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	send_garbage(&t.peer, 4);
	wire_subscribe_encode(&m, &t.peer.frame);
	send_mutilated(&t.peer);
	peer_expect(&t.peer, WIRE_ERROR);
	check_service(&d);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(ids_that_do_not_exist_are_ignored)
{
	struct books_agent books = agent_sent(UINT64_MAX);
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	agent_ack(&a, 4711, WIRE_LIVE, &books);
	agent_ack(&a, 0, WIRE_ENDED, &books);
	agent_report(&a, UINT32_MAX, &books);
	agent_rows(&a, 4711, 1, 3, 100);
	agent_rows(&a, 4711, UINT64_MAX - 10, 3, 100);
	tail_unsubscribe(&t);
	tail_credit(&t, 1);
	check_service(&d);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(numbers_at_the_end_of_their_range_are_survived)
{
	struct books_agent books = agent_sent(UINT64_MAX);
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_until_added(&a);
	agent_rows(&a, a.added, UINT64_MAX - 5, 3, 100);
	agent_ack(&a, a.added, WIRE_LIVE, &books);
	agent_rows(&a, a.added, 1, 3, 100);
	books.queued = UINT64_MAX;
	agent_report(&a, a.added, &books);
	tail_unsubscribe(&t);
	agent_end(&a, &books);
	TAIL_UNTIL(&t, t.ended);
	check_service(&d);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

static void
await_metric(const struct daemon *d, const char *line)
{
	int64_t end = clock_mono_ms() + 20000;

	while (!strstr(daemon_http(d, "GET", "/metrics"), line))
		ck_assert_msg(clock_mono_ms() < end, "no %s", line);
}

START_TEST(a_flood_of_subscriptions_is_bounded)
{
	enum { FLOOD = 3000 };
	struct daemon d;
	struct tail t, other;
	char query[64];

	daemon_start(&d, "--max-per-peer=30", NULL);
	tail_open(&t, &d);
	for (uint32_t i = 0; i < FLOOD; i++) {
		t.id = i;
		snprintf(query, sizeof query, "select * where a == %u", i);
		tail_ask(&t, query, 0, 1 << 20);
	}
	peer_expect(&t.peer, WIRE_ERROR);
	await_metric(&d, "\nmql_subscribers 30\n");
	ck_assert(!strstr(daemon_http(&d, "GET", "/metrics"),
			  "mql_subs_refused_total 0\n"));
	ck_assert(!strstr(daemon_http(&d, "GET", "/metrics"),
			  "mql_unheard_total{side=\"subscribers\"} 0\n"));
	/* Others get their turn, and its queries end with its lease. */
	tail_open(&other, &d);
	tail_ask(&other, QUERY, 0, 1 << 20);
	TAIL_UNTIL(&other, other.accepted);
	tail_close(&other);
	peer_close(&t.peer);
	await_metric(&d, "\nmql_subscribers 0\n");
	daemon_stop(&d);
}
END_TEST

/* A figure of /metrics. */
static unsigned long
figure(const struct daemon *d, const char *name)
{
	const char *at = strstr(daemon_http(d, "GET", "/metrics"), name);

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static int
connect_to(const char *endpoint)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* Who has but few descriptors keeps some, and is asked how it is. */
START_TEST(connections_do_not_take_all_descriptors)
{
	enum { FILES = 600, MOST = FILES - 256, MANY = 500 };
	const struct rlimit few = { FILES, FILES };
	const int64_t end = clock_mono_ms() + 60000;
	static int fd[MANY];
	struct daemon d;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	daemon_start(&d, NULL);
	for (int i = 0; i < MANY; i++)
		fd[i] = connect_to(i % 2 ? d.agents : d.subscribers);
	while (figure(&d, "\nmql_links_refused_total ") < MANY - MOST)
		ck_assert_int_lt(clock_mono_ms(), end);
	while (figure(&d, "\nmql_links ") > MOST) /* some are being cut */
		ck_assert_int_lt(clock_mono_ms(), end);
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
	while (figure(&d, "\nmql_links "))
		ck_assert_int_lt(clock_mono_ms(), end);
	check_service(&d);
	daemon_stop(&d);
}
END_TEST

START_TEST(one_address_is_held_to_its_share_of_links)
{
	const int64_t end = clock_mono_ms() + 60000;
	struct daemon d;
	int fd[8];

	daemon_start(&d, "--max-per-address=6", NULL);
	for (int i = 0; i < 8; i++)
		fd[i] = connect_to(d.agents);
	while (figure(&d, "\nmql_links_refused_total ") < 2)
		ck_assert_int_lt(clock_mono_ms(), end);
	for (int i = 0; i < 8; i++)
		close(fd[i]);
	while (figure(&d, "\nmql_links "))
		ck_assert_int_lt(clock_mono_ms(), end);
	check_service(&d);
	daemon_stop(&d);
}
END_TEST

TEST_MAIN(sj_hostile, connections_do_not_take_all_descriptors,
	  one_address_is_held_to_its_share_of_links,
	  garbage_from_strangers_is_survived,
	  garbage_from_an_agent_is_survived,
	  garbage_from_a_subscriber_is_survived,
	  ids_that_do_not_exist_are_ignored,
	  numbers_at_the_end_of_their_range_are_survived,
	  a_flood_of_subscriptions_is_bounded)
