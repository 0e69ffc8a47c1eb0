/* Sockets with keys: who gets in, as what, and what the others hear. */
#include "tests/check_main.h"
#include "tests/wire/key_files.h"
#include "tests/wire/sockets.h"

#include <string.h>

#include "mql/error.h"

static struct wire_context *server;
static struct wire_keys    *server_keys;
static struct wire_router  *router;
static const char          *endpoint;

static void
setup(void)
{
	char why[300] = "";

	key_setup();
	key_make("server");
	key_make("alice");
	key_allow("alice", "subscribers");
	key_make("agent");
	key_allow("agent", "agents");
	server_keys = key_load("server", NULL);
	server = new_context();
	wire_context_use(server, server_keys);
	ck_assert_msg(!wire_context_allow(server, key_dir, NULL, NULL, why,
					  sizeof why), "%s", why);
	ck_assert_int_eq(wire_router_open(server, "tcp://127.0.0.1:0",
					  WIRE_ROLE_SUBSCRIBER |
					  WIRE_ROLE_OPERATOR, &router, why,
					  sizeof why), 0);
	endpoint = wire_router_endpoint(router);
}

static void
teardown(void)
{
	wire_router_close(router, 0);
	wire_context_free(server);
	wire_keys_free(server_keys);
	key_teardown();
}

struct client {
	struct wire_context *context;
	struct wire_keys    *keys;
	struct wire_dealer  *dealer;
};

/* name NULL: without keys. */
static struct client
connect_as(const char *name, const char *knows)
{
	struct client c = { .context = new_context() };

	if (name)
		c.keys = key_load(name, knows);
	wire_context_use(c.context, c.keys);
	c.dealer = new_dealer(c.context, endpoint);
	return c;
}

static void
leave(struct client *c)
{
	wire_dealer_close(c->dealer, 0);
	wire_context_free(c->context);
	wire_keys_free(c->keys);
}

/* Until the dealer says why it does not get in. */
static const char *
await_trouble(struct client *c)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	unsigned changes;

	while (!wire_dealer_trouble(c->dealer)) {
		ck_assert_msg(clock_mono_ms() < end, "no trouble in time");
		ck_assert_int_eq(wire_dealer_link(c->dealer, &changes),
				 WIRE_LINK_DOWN);
		wire_dealer_wait(c->dealer, 100, -1);
	}
	return wire_dealer_trouble(c->dealer);
}

/* Until a message of c comes with these roles, asking again and again. */
static void
await_roles(struct client *c, unsigned roles)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	struct wire_peer from = { .roles = 255 };
	unsigned changes;

	while (from.roles != roles) {
		ck_assert_msg(clock_mono_ms() < end, "roles are %u",
			      (unsigned)from.roles);
		wire_dealer_link(c->dealer, &changes);
		send_text(c->dealer, "who am I?");
		await_router(router, &from, "who am I?");
	}
}

START_TEST(a_key_that_is_allowed_gets_in_with_its_roles_and_name)
{
	setup();
	struct client c = connect_as("alice", "server");
	struct wire_peer from;

	await_link(c.dealer, WIRE_LINK_UP, 1);
	send_text(c.dealer, "hello");
	await_router(router, &from, "hello");
	ck_assert_uint_eq(from.roles, WIRE_ROLE_SUBSCRIBER);
	ck_assert(str_eq(wire_router_key(router), STR("alice")));
	answer(router, &from, "hello yourself");
	await_dealer(c.dealer, "hello yourself");
	ck_assert_ptr_null(wire_dealer_trouble(c.dealer));
	leave(&c);
	teardown();
}
END_TEST

START_TEST(a_key_that_is_not_allowed_hears_that)
{
	setup();
	key_make("eve");
	struct client c = connect_as("eve", "server");

	ck_assert_str_eq(await_trouble(&c), "it does not let our key in");
	ck_assert_uint_ge(wire_context_refused(server), 1);
	leave(&c);
	teardown();
}
END_TEST

START_TEST(a_key_for_another_door_is_not_let_in)
{
	setup();
	struct client c = connect_as("agent", "server");

	ck_assert_str_eq(await_trouble(&c), "it does not let our key in");
	leave(&c);
	teardown();
}
END_TEST

START_TEST(who_has_no_key_is_told_to_bring_one)
{
	setup();
	struct client c = connect_as(NULL, NULL);

	ck_assert(strstr(await_trouble(&c), "it wants a key"));
	leave(&c);
	teardown();
}
END_TEST

START_TEST(somebody_else_in_the_place_of_the_server_is_not_spoken_to)
{
	setup();
	key_make("impostor");
	struct client c = connect_as("alice", "impostor");

	ck_assert(strstr(await_trouble(&c), "not the one whose public key"));
	leave(&c);
	teardown();
}
END_TEST

START_TEST(a_server_without_keys_is_not_spoken_to)
{
	setup();
	struct wire_context *bare = new_context();
	struct wire_router *r = new_router(bare, "tcp://127.0.0.1:0");

	endpoint = wire_router_endpoint(r);
	struct client c = connect_as("alice", "server");
	ck_assert(strstr(await_trouble(&c), "or has none"));
	leave(&c);
	wire_router_close(r, 0);
	wire_context_free(bare);
	teardown();
}
END_TEST

START_TEST(a_key_that_is_allowed_later_gets_in_then)
{
	setup();
	key_make("late");
	struct client c = connect_as("late", "server");

	await_trouble(&c);
	key_allow("late", "operators");
	await_link(c.dealer, WIRE_LINK_UP, 1);
	ck_assert_ptr_null(wire_dealer_trouble(c.dealer));
	await_roles(&c, WIRE_ROLE_OPERATOR);
	leave(&c);
	teardown();
}
END_TEST

START_TEST(a_key_that_is_taken_away_has_no_role_any_more)
{
	setup();
	struct client c = connect_as("alice", "server");

	await_link(c.dealer, WIRE_LINK_UP, 1);
	await_roles(&c, WIRE_ROLE_SUBSCRIBER);
	key_allow("alice", "operators");
	await_roles(&c, WIRE_ROLE_SUBSCRIBER | WIRE_ROLE_OPERATOR);
	key_forbid("alice", "subscribers");
	key_forbid("alice", "operators");
	await_roles(&c, 0);
	leave(&c);
	teardown();
}
END_TEST

START_TEST(a_router_with_a_key_and_nobody_allowed_does_not_open)
{
	setup();
	struct wire_context *c = new_context();
	struct wire_router *r;
	char why[200];

	wire_context_use(c, server_keys);
	ck_assert_int_eq(wire_router_open(c, "tcp://127.0.0.1:0",
					  WIRE_ROLE_ALL, &r, why, sizeof why),
			 MQL_EINVAL);
	ck_assert_int_eq(wire_context_allow(c, "/nowhere", NULL, NULL, why,
					    sizeof why), MQL_EINVAL);
	wire_context_free(c);
	teardown();
}
END_TEST

START_TEST(without_keys_everybody_is_everything)
{
	setup();
	struct wire_context *bare = new_context();
	struct wire_router *r = new_router(bare, "tcp://127.0.0.1:0");
	struct wire_dealer *d = new_dealer(bare, wire_router_endpoint(r));
	struct wire_peer from;

	await_link(d, WIRE_LINK_UP, 1);
	send_text(d, "hello");
	await_router(r, &from, "hello");
	ck_assert_uint_eq(from.roles, WIRE_ROLE_ALL);
	ck_assert_uint_eq(wire_router_key(r).len, 0);
	wire_dealer_close(d, 0);
	wire_router_close(r, 0);
	wire_context_free(bare);
	teardown();
}
END_TEST

TEST_MAIN(curve,
	  a_key_that_is_allowed_gets_in_with_its_roles_and_name,
	  a_key_that_is_not_allowed_hears_that,
	  a_key_for_another_door_is_not_let_in,
	  who_has_no_key_is_told_to_bring_one,
	  somebody_else_in_the_place_of_the_server_is_not_spoken_to,
	  a_server_without_keys_is_not_spoken_to,
	  a_key_that_is_allowed_later_gets_in_then,
	  a_key_that_is_taken_away_has_no_role_any_more,
	  a_router_with_a_key_and_nobody_allowed_does_not_open,
	  without_keys_everybody_is_everything)
