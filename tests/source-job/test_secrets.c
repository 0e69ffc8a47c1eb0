/* Memory for secrets is libsodium's, and used again. */
#include "tests/check_main.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source-job/secrets.h"
#include "tests/wire/key_files.h"
#include "tests/wire/sockets.h"

/* As libzmq does it, with its first context. */
static void
begin(void)
{
	wire_context_free(new_context());
}

START_TEST(a_piece_that_was_given_back_is_given_again_and_is_wiped)
{
	char *first, *again;

	begin();
	first = sodium_allocarray(1, 160);
	memset(first, 'x', 160);
	sodium_free(first);
	again = sodium_allocarray(16, 10);
	ck_assert_ptr_eq(again, first);
	for (size_t i = 0; i < 160; i++)
		ck_assert_int_eq(again[i], 0);
	sodium_free(again);
	ck_assert_uint_eq(secrets_kept(), 1);
}
END_TEST

/* All that are kept, and some that are not. */
START_TEST(nobody_gets_what_another_has)
{
	enum { N = SECRETS_KEPT + 9 };
	unsigned char *at[N];

	begin();
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < N; i++) {
			at[i] = sodium_allocarray(1, 1 + i * 8);
			ck_assert_ptr_nonnull(at[i]);
			memset(at[i], (int)i, 1 + i * 8);
		}
		for (size_t i = 0; i < N; i++) {
			ck_assert_uint_eq(at[i][0], i);
			ck_assert_uint_eq(at[i][i * 8], i);
			sodium_free(at[i]);
		}
	}
	ck_assert_uint_eq(secrets_kept(), SECRETS_KEPT);
}
END_TEST

START_TEST(what_is_longer_than_a_piece_or_nothing_is_libsodiums_alone)
{
	char *large;
	void *nothing;

	begin();
	large = sodium_allocarray(2, SECRET_SIZE);
	nothing = sodium_allocarray(0, 1);
	ck_assert_ptr_nonnull(large);
	memset(large, 'x', 2 * SECRET_SIZE);
	sodium_free(large);
	sodium_free(nothing);
	sodium_free(NULL);
	ck_assert_ptr_null(sodium_allocarray(SIZE_MAX, 2));
	ck_assert_uint_eq(secrets_kept(), 0);
}
END_TEST

/* Does a process die that writes there? */
static bool
is_forbidden(volatile char *at)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		*at = 'x';
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

START_TEST(behind_a_piece_nobody_may_write_whatever_its_length)
{
	begin();
	for (size_t n = 1; n <= SECRET_SIZE; n += 341) {
		char *p = sodium_allocarray(1, n);
		ck_assert(!is_forbidden(p + n - 1));
		ck_assert(is_forbidden(p + n));
		sodium_free(p);
	}
	ck_assert_uint_eq(secrets_kept(), 1);
}
END_TEST

static atomic_uint mixed_up;

static void *
take_and_give(void *arg)
{
	const char mine = *(char *)arg;

	for (int i = 0; i < 20000; i++) {
		void *piece = sodium_allocarray(1, 100);
		volatile char *p = piece;
		if (*p >= 'a' && *p <= 'd') /* nobody has wiped it */
			atomic_fetch_add(&mixed_up, 1);
		*p = mine;
		if (*p != mine)
			atomic_fetch_add(&mixed_up, 1);
		sodium_free(piece);
	}
	return NULL;
}

START_TEST(threads_do_not_get_each_others)
{
	char name[] = "abcd";
	pthread_t thread[4];

	begin();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL,
						take_and_give, &name[i]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(atomic_load(&mixed_up), 0);
	ck_assert_uint_le(secrets_kept(), 4);
}
END_TEST

/* Else all of this would be for nothing. */
START_TEST(handshakes_of_zeromq_take_pieces)
{
	struct wire_context *c = new_context(), *peer = new_context();
	struct wire_keys *job, *agent;
	struct wire_router *r;
	char why[200] = "";

	key_setup();
	key_make("job");
	key_make("agent");
	key_allow("agent", "agents");
	job = key_load("job", NULL);
	agent = key_load("agent", "job");
	wire_context_use(c, job);
	wire_context_use(peer, agent);
	ck_assert_int_eq(wire_context_allow(c, key_dir, NULL, NULL, why,
					    sizeof why), 0);
	ck_assert_int_eq(wire_router_open(c, "tcp://127.0.0.1:0",
					  WIRE_ROLE_AGENT, &r, why,
					  sizeof why), 0);
	for (int i = 0; i < 20; i++) {
		struct wire_dealer *d = new_dealer(peer,
						   wire_router_endpoint(r));
		await_link(d, WIRE_LINK_UP, 1);
		wire_dealer_close(d, 0);
	}
	ck_assert_uint_ge(secrets_kept(), 1);
	ck_assert_uint_lt(secrets_kept(), SECRETS_KEPT);
	wire_router_close(r, 0);
	wire_context_free(peer);
	wire_context_free(c);
	wire_keys_free(agent);
	wire_keys_free(job);
	key_teardown();
}
END_TEST

TEST_MAIN(secrets, a_piece_that_was_given_back_is_given_again_and_is_wiped,
	  nobody_gets_what_another_has,
	  what_is_longer_than_a_piece_or_nothing_is_libsodiums_alone,
	  behind_a_piece_nobody_may_write_whatever_its_length,
	  threads_do_not_get_each_others, handshakes_of_zeromq_take_pieces)
