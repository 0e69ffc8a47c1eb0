/* test_agent_suspects.c - what ran in a process that crashed is told in the
 * hello of the next, and does not just run again; unless somebody insists. */
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/scratch.h"
#include "tests/agent/fixture.h"

enum { QUERIES = 300, TOLD = 256, SERVICES = 2 };

struct service {
	pid_t pid;
	int   tell; /* where its source-job is */
};

static char dir[SCRATCH_PATH];
static struct fixture x;
static struct service service[SERVICES];
static unsigned nstarted;

static unsigned
files(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void
clear_away(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			ck_assert_int_eq(unlinkat(dirfd(d), e->d_name, 0), 0);
	closedir(d);
}

static void
open_agent(void)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	opt.app = "test";
	opt.source_job = x.fake.endpoint;
	opt.max_queries = 2 * QUERIES;
	ck_assert_int_eq(mql_agent_open(&opt, &x.agent), 0);
	ck_assert_int_eq(mql_stream_open(x.agent, "requests", &x.stream), 0);
}

/* A service, in a process of its own: it begins when it is told where. */
static void
make_service(struct service *s)
{
	int told[2];

	ck_assert_int_eq(pipe(told), 0);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (!s->pid) {
		close(told[1]);
		if (read(told[0], x.fake.endpoint, sizeof x.fake.endpoint) <= 0)
			_exit(0);
		open_agent();
		for (;;)
			pause();
	}
	close(told[0]);
	s->tell = told[1];
}

static void
crash(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

/* They are made before this process has threads: a lock of the allocator that
 * one of these holds would never be free in the child, under AddressSanitizer.
 */
static void
set_up(void)
{
	ck_assert(scratch_dir(dir, "suspects"));
	setenv("MQL_AGENT_STATE_DIR", dir, 1);
	nstarted = 0;
	for (unsigned i = 0; i < SERVICES; i++)
		make_service(&service[i]);
	fake_init(&x.fake);
}

static void
tear_down(void)
{
	mql_agent_close(x.agent, 5000);
	fake_fini(&x.fake);
	ck_assert_uint_eq(files(), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	for (unsigned i = 0; i < SERVICES; i++) {
		close(service[i].tell);
		if (i >= nstarted)
			crash(service[i].pid);
	}
}

static pid_t
start(void)
{
	const unsigned hellos = x.fake.hellos;
	const struct service *s = &service[nstarted++];

	ck_assert_uint_le(nstarted, SERVICES);
	ck_assert_int_gt(write(s->tell, x.fake.endpoint,
			       sizeof x.fake.endpoint), 0);
	FAKE_WAIT(&x.fake, x.fake.hellos > hellos);
	return s->pid;
}

/* The next one, which is this process. */
static void
restart(void)
{
	const unsigned hellos = x.fake.hellos;

	open_agent();
	FAKE_WAIT(&x.fake, x.fake.hellos > hellos);
}

static void
is_suspended(const struct fake_query *q, pid_t pid)
{
	char why[64];

	snprintf(why, sizeof why, "it was running here when process %ld "
		 "crashed", (long)pid);
	FAKE_WAIT(&x.fake, q->suspended);
	ck_assert_str_eq(q->limit, why);
	ck_assert_str_eq(x.fake.suspicion, why);
}

START_TEST(hello_tells_of_what_ran_and_who_insists_has_it_run)
{
	struct fake_query *q, *ended;
	pid_t pid;

	set_up();
	pid = start();
	ended = fixture_ask(&x, "select n where n == -1");
	q = fixture_ask(&x, "select n");
	ck_assert_uint_eq(files(), 1);
	fixture_end(&x, ended);
	crash(pid);
	restart();
	ck_assert_uint_eq(x.fake.nsuspect, 1);
	ck_assert_uint_eq(x.fake.crashes, 1);
	is_suspended(q, pid);
	ck_assert(!mql_active(x.stream));
	fake_insist(&x.fake, q);
	FAKE_WAIT(&x.fake, !q->suspended);
	ck_assert_uint_le(q->every, 1);
	publish_number(x.stream, 1);
	FAKE_WAIT(&x.fake, q->rows == 1);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.skipped, 0);
	tear_down();
}
END_TEST

START_TEST(what_has_ended_before_a_crash_is_no_suspect)
{
	struct fake_query *ended;
	pid_t pid;

	set_up();
	pid = start();
	for (unsigned i = 0; i < 2; i++) { /* the second in the same file */
		ended = fixture_ask(&x, i ? "select n where n == 1" :
				    "select n");
		fixture_end(&x, ended);
		ck_assert_uint_eq(files(), 1);
	}
	crash(pid);
	restart();
	ck_assert_uint_eq(x.fake.nsuspect, 0);
	FAKE_WAIT(&x.fake, files() == 0);
	tear_down();
}
END_TEST

START_TEST(a_file_that_is_cleared_away_is_made_again)
{
	struct fake_query *first, *second;
	pid_t pid;

	set_up();
	pid = start();
	first = fixture_ask(&x, "select n where n == 1");
	clear_away();
	second = fixture_ask(&x, "select n where n == 2");
	ck_assert_uint_eq(files(), 1);
	crash(pid);
	restart();
	ck_assert_uint_eq(x.fake.nsuspect, 2);
	is_suspended(first, pid);
	is_suspended(second, pid);
	tear_down();
}
END_TEST

START_TEST(each_crash_counts)
{
	struct fake_query *q;
	pid_t pid;

	set_up();
	pid = start();
	q = fixture_ask(&x, "select n");
	crash(pid);
	pid = start();
	FAKE_WAIT(&x.fake, q->suspended);
	fake_insist(&x.fake, q);
	FAKE_WAIT(&x.fake, !q->suspended);
	crash(pid);
	restart();
	is_suspended(q, pid); /* to insist was for once */
	tear_down();
}
END_TEST

START_TEST(of_hundreds_none_is_forgotten)
{
	struct fake_query *q[QUERIES];
	pid_t pid;

	set_up();
	pid = start();
	for (unsigned i = 0; i < QUERIES; i++) {
		char text[64];

		snprintf(text, sizeof text, "select n where n == %u", i);
		q[i] = fake_ask(&x.fake, text);
	}
	FAKE_WAIT(&x.fake, q[QUERIES - 1]->state == FAKE_LIVE);
	crash(pid);
	restart();
	ck_assert_uint_eq(x.fake.nsuspect, TOLD);
	for (unsigned i = 0; i < QUERIES; i++)
		is_suspended(q[i], pid);
	tear_down();
}
END_TEST

TEST_MAIN(agent_suspects, hello_tells_of_what_ran_and_who_insists_has_it_run,
	  what_has_ended_before_a_crash_is_no_suspect,
	  a_file_that_is_cleared_away_is_made_again, each_crash_counts,
	  of_hundreds_none_is_forgotten)
