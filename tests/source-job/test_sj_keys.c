/* With keys: floods, garbage, half-open links and strangers, while somebody
 * else asks and is answered. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/source-job/harness.h"
#include "tests/wire/key_files.h"

static struct daemon d;
static struct wire_keys *agent_keys, *reader_keys, *rogue_keys;

static void
setup(void)
{
	key_setup();
	key_make("job");
	key_make("agent");
	key_make("reader");
	key_make("rogue");
	key_allow("agent", "agents");
	key_allow("reader", "subscribers");
	key_allow("rogue", "subscribers");
	agent_keys = key_load("agent", "job");
	reader_keys = key_load("reader", "job");
	rogue_keys = key_load("rogue", "job");
	daemon_start(&d, "--key-file", key_path("job.key"), "--allowed-keys",
		     key_dir, NULL);
}

static void
teardown(void)
{
	daemon_stop(&d);
	wire_keys_free(agent_keys);
	wire_keys_free(reader_keys);
	wire_keys_free(rogue_keys);
	key_teardown();
}

/* Somebody asks, an agent answers. */
struct service {
	struct agent a;
	struct tail  t;
	uint64_t     sent;
};

static void
service_open(struct service *s)
{
	s->sent = 0;
	peer_keys = agent_keys;
	agent_open(&s->a, &d, "good agent", NULL);
	peer_keys = reader_keys;
	tail_open(&s->t, &d);
	tail_subscribe(&s->t, "select * where good");
	agent_go_live(&s->a);
}

static void
service_check(struct service *s)
{
	agent_rows(&s->a, s->a.added, s->sent + 1, 10, 100);
	s->sent += 10;
	tail_ping(&s->t);
	TAIL_UNTIL(&s->t, s->t.rows == s->sent);
}

static void
service_close(struct service *s)
{
	agent_close(&s->a);
	tail_close(&s->t);
}

static bool
metric_is_0(const char *name)
{
	char line[120];

	snprintf(line, sizeof line, "\n%s 0\n", name);
	return strstr(daemon_http(&d, "GET", "/metrics"), line);
}

/* --- floods --------------------------------------------------------------------- */

START_TEST(a_flood_of_queries_from_one_key_leaves_others_unharmed)
{
	enum { LINKS = 4, EACH = 2500 };
	static struct tail t[LINKS];
	struct wire_error e;
	struct service s;
	char query[64];

	setup();
	service_open(&s);
	peer_keys = rogue_keys;
	for (unsigned i = 0; i < LINKS; i++)
		tail_open(&t[i], &d);
	for (unsigned i = 0; i < LINKS * EACH; i++) {
		struct tail *one = &t[i % LINKS];
		one->id = i;
		snprintf(query, sizeof query, "select * where a == %u", i);
		tail_ask(one, query, 0, 1 << 20);
		if (i % 500 == 0)
			service_check(&s);
	}
	service_check(&s);
	ck_assert(strstr(daemon_http(&d, "GET", "/metrics"),
			 "\nmql_subscribers 201\n")); /* 200 and the reader */
	ck_assert(!metric_is_0("mql_subs_refused_total"));
	ck_assert(!metric_is_0("mql_unheard_total{side=\"subscribers\"}"));
	ck_assert_int_eq(wire_error_decode(peer_expect(&t[0].peer, WIRE_ERROR),
					   &e), 0);
	ck_assert_int_eq(e.code, MQL_ELIMIT);
	ck_assert_uint_ne(e.text.len, 0);
	arena_fini(&e.mem);
	service_check(&s);
	for (unsigned i = 0; i < LINKS; i++)
		tail_close(&t[i]);
	service_close(&s);
	teardown();
}
END_TEST

/* Nobody reads the answers; they are not made without end. */
START_TEST(a_flood_of_questions_is_not_answered_without_end)
{
	enum { FLOOD = 5000, LONG = 500 << 10 };
	static uint8_t nonsense[LONG];
	struct service s;
	struct peer p;

	setup();
	service_open(&s);
	peer_keys = rogue_keys;
	peer_open(&p, d.subscribers);
	for (uint32_t i = 0; i < FLOOD; i++) {
		const struct wire_request m = { .id = i,
						.what = STR("queries") };
		const struct wire_ping ping = { .n = i };
		wire_request_encode(&m, &p.frame);
		peer_send(&p);
		wire_ping_encode(&ping, &p.frame);
		peer_send(&p);
		if (i % 1000 == 0)
			service_check(&s);
	}
	wire_put_header(&p.frame, WIRE_PING);
	memcpy(nonsense, p.frame.data, p.frame.len);
	buf_reset(&p.frame);
	for (unsigned i = 0; i < 40; i++)
		peer_send_bytes(&p, nonsense, sizeof nonsense);
	while (metric_is_0("mql_unheard_total{side=\"subscribers\"}"))
		service_check(&s);
	service_check(&s);
	peer_close(&p);
	service_close(&s);
	teardown();
}
END_TEST

/* --- who has no key --------------------------------------------------------------- */

static int
dial(const char *endpoint)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

/* The greeting of ZMTP 3.0 with CURVE, or the first n bytes of it. */
static void
greet(int fd, size_t n)
{
	uint8_t g[64] = { 0xff, [9] = 0x7f, 3, 0 };

	memcpy(g + 12, "CURVE", 5);
	ck_assert_int_eq(send(fd, g, n, MSG_NOSIGNAL), (ssize_t)n);
}

START_TEST(half_open_links_at_each_door_leave_others_unharmed)
{
	enum { LINKS = 60, CALLS = 200 /* more than it takes */ };
	const char *const door[] = { d.agents, d.subscribers, d.http };
	int fd[3][LINKS], call[CALLS];
	struct service s;

	setup();
	service_open(&s);
	for (int i = 0; i < CALLS; i++) {
		call[i] = dial(d.http);
		if (i % 2)
			send(call[i], "GET /heal", 9, MSG_NOSIGNAL);
	}
	ck_assert(strstr(daemon_http(&d, "GET", "/healthz"), "200 OK"));
	for (int i = 0; i < CALLS; i++)
		close(call[i]);
	for (int i = 0; i < LINKS; i++)
		for (int k = 0; k < 3; k++) {
			fd[k][i] = dial(door[k]);
			if (k < 2 && i)
				greet(fd[k][i], (size_t)i % 64 + 1);
		}
	service_check(&s);
	struct service late; /* others come in meanwhile */
	service_open(&late);
	service_check(&late);
	service_close(&late);
	for (int i = 0; i < LINKS; i++)
		for (int k = 0; k < 3; k++)
			close(fd[k][i]);
	service_check(&s);
	ck_assert(!metric_is_0("mql_uptime_seconds"));
	service_close(&s);
	teardown();
}
END_TEST

/* Commands as a handshake has them, with nonsense in them. */
START_TEST(garbage_in_a_handshake_leaves_others_unharmed)
{
	static const struct {
		const char *name;
		size_t      len;
	} command[] = {
		{ "\x05HELLO", 200 }, { "\x05HELLO", 10 },
		{ "\x08INITIATE", 257 }, { "\x08INITIATE", 250 },
		{ "\x07MESSAGE", 100 }, { "\x05READY", 40 },
		{ "\x05" "ERROR", 20 }, { "\xff", 255 },
	};
	const size_t n = sizeof command / sizeof *command;
	struct service s;

	setup();
	service_open(&s);
	for (unsigned i = 0; i < 200; i++) {
		int fd = dial(i & 1 ? d.agents : d.subscribers);
		size_t len = command[i / 2 % n].len;
		uint8_t frame[300] = { 4, (uint8_t)len }; /* a command */

		for (size_t k = 0; k < len; k++)
			frame[2 + k] = (uint8_t)(i * 31 + k * 7);
		memcpy(frame + 2, command[i / 2 % n].name,
		       strlen(command[i / 2 % n].name));
		greet(fd, 64);
		send(fd, frame, 2 + len, MSG_NOSIGNAL);
		send(fd, frame, 2 + len, MSG_NOSIGNAL);
		close(fd);
		if (i % 20 == 0)
			service_check(&s);
	}
	service_check(&s);
	service_close(&s);
	teardown();
}
END_TEST

/* An allowed key sends what makes no sense. */
START_TEST(garbage_from_an_allowed_key_leaves_others_unharmed)
{
	uint8_t bytes[300];
	struct service s;
	struct peer p;

	setup();
	service_open(&s);
	peer_keys = rogue_keys;
	peer_open(&p, d.subscribers);
	for (unsigned i = 0; i < 3000; i++) {
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)(i * 131 + k * k);
		buf_reset(&p.frame);
		if (i % 2)
			wire_put_header(&p.frame, (enum wire_kind)(i / 2 % 32));
		buf_put(&p.frame, bytes, i % sizeof bytes);
		peer_send(&p);
		if (i % 300 == 0)
			service_check(&s);
	}
	service_check(&s);
	peer_close(&p);
	service_close(&s);
	teardown();
}
END_TEST

TEST_MAIN(sj_keys, a_flood_of_queries_from_one_key_leaves_others_unharmed,
	  a_flood_of_questions_is_not_answered_without_end,
	  half_open_links_at_each_door_leave_others_unharmed,
	  garbage_in_a_handshake_leaves_others_unharmed,
	  garbage_from_an_allowed_key_leaves_others_unharmed)
