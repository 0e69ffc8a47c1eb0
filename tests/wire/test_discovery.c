/* test_discovery.c - a list that changes, on a real file and by a look-up
 * under the test's thumb. */
#include "tests/check_main.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "mql/error.h"
#include "wire/discovery_private.h"

/* --- a look-up of our own --------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t  news;
	const char *address[4]; /* what the name has now */
	int         fault;      /* or why it has none */
	bool        hangs;
	_Atomic unsigned begun, looks;
} net = { .lock = PTHREAD_MUTEX_INITIALIZER,
	  .news = PTHREAD_COND_INITIALIZER };

static struct addrinfo *
address(const char *text, struct addrinfo *behind)
{
	struct addrinfo *ai = calloc(1, sizeof *ai +
				     sizeof(struct sockaddr_in));
	struct sockaddr_in *to = (void *)(ai + 1);

	to->sin_family = AF_INET;
	ck_assert_int_eq(inet_pton(AF_INET, text, &to->sin_addr), 1);
	*ai = (struct addrinfo){ .ai_family = AF_INET, .ai_next = behind,
				 .ai_addr = (struct sockaddr *)to,
				 .ai_addrlen = sizeof *to };
	return ai;
}

static int
lookup(const char *name, const char *port, const struct addrinfo *hints,
       struct addrinfo **found)
{
	int fault;

	(void)name;
	(void)port;
	(void)hints;
	*found = NULL;
	net.begun++;
	pthread_mutex_lock(&net.lock);
	while (net.hangs)
		pthread_cond_wait(&net.news, &net.lock);
	for (int i = 0; i < 4 && net.address[i]; i++)
		*found = address(net.address[i], *found);
	fault = net.fault;
	net.looks++;
	pthread_mutex_unlock(&net.lock);
	return fault;
}

static void
forget(struct addrinfo *ai)
{
	while (ai) {
		struct addrinfo *next = ai->ai_next;

		free(ai);
		ai = next;
	}
}

static const struct discovery_means means = { lookup, forget, 4, 4 };

static void
net_has(const char *a, const char *b, int fault, bool hangs)
{
	pthread_mutex_lock(&net.lock);
	net.address[0] = a;
	net.address[1] = a ? b : NULL;
	net.fault = fault;
	net.hangs = hangs;
	pthread_cond_broadcast(&net.news);
	pthread_mutex_unlock(&net.lock);
}

/* --- helpers ------------------------------------------------------------------ */

static struct wire_discovery *
discover(const char *where)
{
	struct wire_discovery *d;

	ck_assert_int_eq(discovery_open(where, &means, &d), 0);
	return d;
}

static void
end(struct wire_discovery *d)
{
	wire_discovery_close(d, clock_mono_ms() + 10000);
}

/* The next list, as one text; freed. */
static void
expect(struct wire_discovery *d, uint64_t generation, const char *want)
{
	int64_t end = clock_mono_ms() + 10000;
	struct wire_endpoints *list;
	char got[400] = "";

	while (!(list = wire_discovery_take(d)) && clock_mono_ms() < end)
		poll(NULL, 0, 1);
	ck_assert_msg(list != NULL, "no list: %s was expected", want);
	for (size_t i = 0; i < list->n; i++)
		sprintf(got + strlen(got), "%s%s", i ? "," : "", list->at[i]);
	ck_assert_str_eq(got, want);
	ck_assert_uint_eq(list->generation, generation);
	free(list);
}

static void
expect_trouble(struct wire_discovery *d, const char *part)
{
	int64_t end = clock_mono_ms() + 10000;
	char why[240] = "";
	bool is;

	while (!(is = wire_discovery_trouble(d, why, sizeof why)) &&
	       clock_mono_ms() < end)
		poll(NULL, 0, 1);
	ck_assert_msg(is && strstr(why, part), "'%s', not '%s'", why, part);
}

/* So many looks have been begun, or made. */
static void
await(const _Atomic unsigned *looks, unsigned until)
{
	int64_t end = clock_mono_ms() + 10000;

	while (*looks < until && clock_mono_ms() < end)
		poll(NULL, 0, 1);
	ck_assert_uint_ge(*looks, until);
}

static char path[64], where[80];

static void
file_holds(const char *text)
{
	char fresh[80];
	FILE *f;

	snprintf(path, sizeof path, "/tmp/mql-discovery-%d", (int)getpid());
	snprintf(where, sizeof where, "file:%s", path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	f = fopen(fresh, "w");
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(rename(fresh, path), 0);
}

/* --- tests ---------------------------------------------------------------------- */

START_TEST(a_list_is_there_at_once_and_stays)
{
	struct wire_discovery *d = discover("tcp://b:2,tcp://a:1");

	ck_assert(!wire_discovery_changes("tcp://b:2,tcp://a:1"));
	expect(d, 1, "tcp://a:1,tcp://b:2");
	ck_assert_ptr_null(wire_discovery_take(d));
	end(d);
}
END_TEST

START_TEST(a_file_that_is_replaced_is_seen)
{
	struct wire_discovery *d;

	file_holds("tcp://a:1\n");
	ck_assert(wire_discovery_changes(where));
	d = discover(where);
	expect(d, 1, "tcp://a:1");
	file_holds("# two now\ntcp://a:1\ntcp://b:1\n");
	expect(d, 2, "tcp://a:1,tcp://b:1");
	end(d);
	unlink(path);
}
END_TEST

START_TEST(what_is_wrong_with_a_file_is_told_once_and_the_list_stays)
{
	struct wire_discovery *d;
	char why[240];

	file_holds("tcp://a:1\n");
	d = discover(where);
	expect(d, 1, "tcp://a:1");
	file_holds("tcp://a:1\ngarbage\n");
	expect_trouble(d, "'garbage' is no endpoint");
	ck_assert(!wire_discovery_trouble(d, why, sizeof why));
	file_holds("");
	expect_trouble(d, "no endpoint");
	unlink(path);
	expect_trouble(d, "No such file");
	ck_assert_ptr_null(wire_discovery_take(d));
	file_holds("tcp://b:1\n");
	expect(d, 2, "tcp://b:1");
	end(d);
	unlink(path);
}
END_TEST

START_TEST(a_file_may_come_later)
{
	struct wire_discovery *d;

	file_holds("");
	unlink(path);
	d = discover(where);
	expect_trouble(d, "No such file");
	file_holds("tcp://a:1\n");
	expect(d, 1, "tcp://a:1");
	end(d);
	unlink(path);
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	char *text = malloc(100001);
	struct wire_discovery *d;

	memset(text, '#', 100000);
	text[100000] = '\0';
	file_holds(text);
	free(text);
	d = discover(where);
	expect_trouble(d, "too large");
	end(d);
	unlink(path);
}
END_TEST

START_TEST(a_name_is_all_its_addresses_and_looked_up_again)
{
	struct wire_discovery *d;

	net_has("10.0.0.2", "10.0.0.1", 0, false);
	d = discover("dns:jobs.example:7400");
	expect(d, 1, "tcp://10.0.0.1:7400,tcp://10.0.0.2:7400");
	net_has("10.0.0.2", NULL, 0, false);
	expect(d, 2, "tcp://10.0.0.2:7400");
	end(d);
}
END_TEST

START_TEST(when_a_name_has_no_address_the_last_ones_stay)
{
	struct wire_discovery *d;
	char why[240];

	net_has("10.0.0.2", NULL, 0, false);
	d = discover("dns:jobs.example:7400");
	expect(d, 1, "tcp://10.0.0.2:7400");
	net_has(NULL, NULL, EAI_NONAME, false);
	expect_trouble(d, "jobs.example");
	await(&net.looks, net.looks + 3);
	ck_assert(!wire_discovery_trouble(d, why, sizeof why));
	ck_assert_ptr_null(wire_discovery_take(d));
	net_has("10.0.0.2", NULL, 0, false);
	await(&net.looks, net.looks + 3);
	ck_assert_ptr_null(wire_discovery_take(d)); /* as it was */
	net_has(NULL, NULL, EAI_NONAME, false);
	expect_trouble(d, "jobs.example"); /* anew */
	end(d);
}
END_TEST

START_TEST(a_look_up_that_hangs_holds_nobody_up)
{
	struct wire_discovery *d;

	net_has("10.0.0.2", NULL, 0, true);
	d = discover("dns:jobs.example:7400");
	await(&net.begun, 1);
	ck_assert_ptr_null(wire_discovery_take(d));
	wire_discovery_close(d, clock_mono_ms() + 20);
	net_has("10.0.0.2", NULL, 0, false); /* its thread frees what is left */
	await(&net.looks, 1);
}
END_TEST

START_TEST(what_is_none_of_the_three_forms_is_refused)
{
	static const char *const bad[] = {
		"", "nonsense", "file:", "dns:", "dns:name", "dns::7400",
		"dns:name:0", "dns:name:70000", "dns:a b:1", "tcp://a:1,x",
	};
	struct wire_discovery *d;
	char why[240];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(wire_discovery_check(bad[i], why, sizeof why) ==
			      MQL_EADDRESS, "'%s'", bad[i]);
		ck_assert_int_eq(wire_discovery_open(bad[i], &d),
				 MQL_EADDRESS);
	}
	ck_assert_int_eq(wire_discovery_check("file:/not/there", why,
					      sizeof why), 0);
}
END_TEST

START_TEST(who_can_wait_asks_once)
{
	struct wire_endpoints *list;
	char why[240];

	file_holds("tcp://a:1\n");
	ck_assert_int_eq(wire_discovery_once(where, &list, why, sizeof why), 0);
	ck_assert_uint_eq(list->n, 1);
	free(list);
	unlink(path);
	ck_assert_int_eq(wire_discovery_once(where, &list, why, sizeof why),
			 MQL_EADDRESS);
	ck_assert_int_eq(wire_discovery_once("dns:localhost:7400", &list, why,
					     sizeof why), 0);
	ck_assert_int_ge(wire_endpoints_find(list, "tcp://127.0.0.1:7400"), 0);
	free(list);
}
END_TEST

TEST_MAIN(discovery,
	a_list_is_there_at_once_and_stays,
	a_file_that_is_replaced_is_seen,
	what_is_wrong_with_a_file_is_told_once_and_the_list_stays,
	a_file_may_come_later,
	a_huge_file_is_refused,
	a_name_is_all_its_addresses_and_looked_up_again,
	when_a_name_has_no_address_the_last_ones_stay,
	a_look_up_that_hangs_holds_nobody_up,
	what_is_none_of_the_three_forms_is_refused,
	who_can_wait_asks_once)
