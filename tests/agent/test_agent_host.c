/* test_agent_host.c - a well-behaved guest: switched off, forked, crowded. */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/publisher.h"
#include "tests/agent/fixture.h"

START_TEST(agent_that_is_off_does_nothing)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_stream *s;
	struct mql_agent *a;

	setenv("MQL_AGENT", "off", 1);
	opt.app = "off";
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	ck_assert_int_eq(mql_stream_open(a, "s", &s), 0);
	ck_assert(!mql_active(s));
	publish(s, "{}");
	ck_assert_ptr_null(mql_event_begin(s));
	mql_event_int(NULL, "n", 1);
	mql_event_publish(NULL);
	mql_agent_stats(a, &st);
	ck_assert(!st.connected);
	mql_agent_close(a, 1000);
	mql_agent_close(NULL, 0);
}
END_TEST

START_TEST(agent_refuses_bad_options)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;

	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EINVAL);
	ck_assert_ptr_null(a);
	opt.app = "x";
	opt.source_job = "nonsense";
	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EADDRESS);
	ck_assert_ptr_null(a);
}
END_TEST

START_TEST(streams_are_of_one_form_and_64_at_most)
{
	static const struct mql_field field = {
		.name = "n", .type = MQL_T_I32 };
	struct fixture x;
	struct mql_stream *s;
	char name[300];

	fixture_init(&x);
	ck_assert_int_eq(mql_stream_open_struct(x.agent, "requests", &field,
						1, &s), MQL_EINVAL);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(mql_stream_open(x.agent, "", &s), MQL_EINVAL);
	snprintf(name, sizeof name, "%0290d", 0);
	ck_assert_int_eq(mql_stream_open(x.agent, name, &s), MQL_EINVAL);
	for (int i = 1; i < 64; i++) {
		snprintf(name, sizeof name, "s%d", i);
		ck_assert_int_eq(mql_stream_open(x.agent, name, &s), 0);
	}
	ck_assert_int_eq(mql_stream_open(x.agent, "last", &s), MQL_ELIMIT);
	fixture_fini(&x);
}
END_TEST

/* What the child does when it publishes: tests/e2e/host.sh. */
START_TEST(forked_child_that_asks_for_nothing_disturbs_nobody)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	struct mql_stream *s;
	struct fake_query *q;
	int status;
	pid_t pid;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		mql_agent_stats(x.agent, &st);
		if (st.seen || st.connected || st.queries)
			_exit(1);
		if (mql_stream_open(x.agent, "requests", &s) || s != x.stream)
			_exit(2);
		if (mql_stream_open(x.agent, "other", &s) || !mql_active(s))
			_exit(3);
		mql_agent_close(x.agent, 60000);
		if (mql_active(s))
			_exit(4);
		publish_number(s, 1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	publish_number(x.stream, 2);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 2);
	ck_assert_uint_eq(q->rows, 2);
	fixture_fini(&x);
}
END_TEST

/* A child that no handler has seen: all is zero there. */
START_TEST(child_without_handlers_is_silent)
{
	struct fixture x;
	struct fake_query *q;
	int status;
	pid_t pid;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	pid = _Fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (mql_active(x.stream))
			_exit(1);
		publish_number(x.stream, 1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 0);
	fixture_fini(&x);
}
END_TEST

static void *
publish_one(void *stream)
{
	publish_number(stream, 1);
	return NULL;
}

START_TEST(threads_that_end_leave_their_publisher_to_the_next)
{
	struct fixture x;
	struct fake_query *q;
	size_t n = 0;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	for (int i = 0; i < 1000; i++) {
		pthread_t t;

		ck_assert_int_eq(pthread_create(&t, NULL, publish_one,
						x.stream), 0);
		pthread_join(t, NULL);
	}
	for (struct publisher *p = publisher_first(x.agent); p; p = p->next)
		n++;
	ck_assert_uint_eq(n, 1);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->rows, 1000);
	fixture_fini(&x);
}
END_TEST

/* Is there a thread of that name, and are all its signals blocked? */
static bool
thread_blocks_signals(const char *name)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *d;
	bool found = false;

	ck_assert_ptr_nonnull(dir);
	while ((d = readdir(dir))) {
		char path[300], line[300], comm[64] = "";
		unsigned long long blocked = 0;
		FILE *f;

		snprintf(path, sizeof path, "/proc/self/task/%s/status",
			 d->d_name);
		if (d->d_name[0] == '.' || !(f = fopen(path, "r")))
			continue;
		while (fgets(line, sizeof line, f)) {
			sscanf(line, "Name: %63s", comm);
			sscanf(line, "SigBlk: %llx", &blocked);
		}
		fclose(f);
		if (!strcmp(comm, name))
			found = blocked >> (SIGTERM - 1) & 1 &&
				blocked >> (SIGCHLD - 1) & 1;
	}
	closedir(dir);
	return found;
}

START_TEST(agent_thread_has_a_name_and_takes_no_signal)
{
	sigset_t before, after;
	struct fixture x;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	fixture_init(&x);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		ck_assert_int_eq(sigismember(&before, sig),
				 sigismember(&after, sig));
	ck_assert(thread_blocks_signals("mql-agent"));
	fixture_fini(&x);
}
END_TEST

static struct mql_agent_stats
stats(const struct fixture *x)
{
	struct mql_agent_stats st = { .size = sizeof st };

	mql_agent_stats(x->agent, &st);
	return st;
}

START_TEST(stats_say_the_links_state_and_every_cause)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent_stats st;
	struct fixture x;
	char *large = calloc(1, 4001);

	opt.ring_bytes = 4096;
	fake_init(&x.fake);
	x.fake.credit = 1;
	fixture_open(&x, &opt);
	FAKE_WAIT(&x.fake, stats(&x).connected);
	ck_assert_str_eq(stats(&x).reason, "connected");
	ck_assert_str_eq(stats(&x).version, MQL_VERSION);
	ck_assert_uint_eq(stats(&x).memory, 0);
	fixture_ask(&x, "select no such text");
	ck_assert_uint_eq(stats(&x).refused, 1);
	fixture_ask(&x, "select *");
	memset(large, 'x', 4000);
	memcpy(large, "{\"a\":\"", 6);
	memcpy(large + 3998, "\"}", 2);
	publish(x.stream, large);
	for (int i = 0; i < 100; i++)
		publish_number(x.stream, 1);
	st = stats(&x);
	ck_assert_uint_eq(st.matched, 101);
	ck_assert_uint_eq(st.drop_large, 1);
	ck_assert_uint_gt(st.drop_ring, 0);
	ck_assert_uint_eq(st.dropped, st.drop_ring + 1);
	ck_assert_uint_gt(st.memory, 2 * 4096);
	fake_die(&x.fake);
	for (int64_t end = clock_mono_ms() + 10000; stats(&x).connected &&
	     clock_mono_ms() < end;)
		sched_yield();
	ck_assert_str_eq(stats(&x).reason, "the connection was lost");
	mql_agent_close(x.agent, 0);
	free(large);
	fake_fini(&x.fake);
}
END_TEST

/* What a caller that was built against an older header has after its struct
 * is not ours. */
START_TEST(stats_fill_no_more_than_the_callers_struct)
{
	struct {
		struct mql_agent_stats st;
	} two[2];
	struct fixture x;

	memset(two, 0xee, sizeof two);
	fixture_init(&x);
	two[0].st.size = offsetof(struct mql_agent_stats, drop_ring);
	mql_agent_stats(x.agent, &two[0].st);
	ck_assert_uint_eq(two[0].st.drop_ring, 0xeeeeeeeeeeeeeeee);
	ck_assert_uint_eq(two[0].st.seen, 0);
	two[0].st.size = offsetof(struct mql_agent_stats, throttled);
	mql_agent_stats(x.agent, &two[0].st);
	ck_assert_uint_eq(two[0].st.drop_ring, 0);
	ck_assert_uint_eq(two[0].st.throttled, 0xeeeeeeee);
	ck_assert_uint_eq(two[0].st.skipped, 0xeeeeeeeeeeeeeeee);
	fixture_fini(&x);
}
END_TEST

static void
count_line(void *arg, const char *line)
{
	ck_assert_ptr_null(strchr(line, '\n'));
	atomic_fetch_add((atomic_uint *)arg, 1);
}

START_TEST(agent_says_what_goes_wrong)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	static atomic_uint lines; /* a close that is short of time waits for
				     nobody who is telling */
	unsigned before;
	int64_t until;

	fake_init(&x.fake);
	opt.log = count_line;
	opt.log_arg = &lines;
	fixture_open(&x, &opt);
	FAKE_WAIT(&x.fake, x.fake.heartbeats && atomic_load(&lines));
	before = atomic_load(&lines);
	fake_die(&x.fake);
	until = clock_mono_ms() + 10000;
	while (atomic_load(&lines) == before && clock_mono_ms() < until)
		poll(NULL, 0, 1);
	ck_assert_uint_gt(atomic_load(&lines), before);
	mql_agent_close(x.agent, 100);
	fake_fini(&x.fake);
}
END_TEST

struct slow_log {
	pthread_mutex_t gate;
	_Atomic unsigned told;
};

static void
tell_slowly(void *arg, const char *line)
{
	struct slow_log *log = arg;

	(void)line;
	pthread_mutex_lock(&log->gate);
	atomic_fetch_add(&log->told, 1);
	pthread_mutex_unlock(&log->gate);
}

START_TEST(callback_that_hangs_holds_up_neither_rows_nor_the_close)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	static struct slow_log log = { .gate = PTHREAD_MUTEX_INITIALIZER };
	struct fake_query *q;
	struct fixture x;

	pthread_mutex_lock(&log.gate);
	fake_init(&x.fake);
	opt.log = tell_slowly;
	opt.log_arg = &log;
	fixture_open(&x, &opt);
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 1);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->rows, 1);
	for (unsigned i = 0; i < 100; i++) { /* each is worth a line */
		unsigned n = x.fake.hellos;

		fake_die(&x.fake);
		fake_listen(&x.fake);
		if (i < 3)
			FAKE_WAIT(&x.fake, x.fake.hellos > n);
	}
	mql_agent_close(x.agent, 0);
	ck_assert_uint_eq(atomic_load(&log.told), 0);
	pthread_mutex_unlock(&log.gate);
	fake_fini(&x.fake);
}
END_TEST

START_TEST(lines_are_few_however_much_goes_wrong)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	static atomic_uint lines; /* likewise */
	struct fixture x;
	int64_t begun = clock_mono_ms();

	fake_init(&x.fake);
	opt.log = count_line;
	opt.log_arg = &lines;
	fixture_open(&x, &opt);
	FAKE_WAIT(&x.fake, stats(&x).connected);
	for (int i = 0; i < 300; i++) {
		struct wire_error m = { .code = -1, .text = STR("no") };
		struct buf b = BUF_INIT;

		wire_error_encode(&m, &b);
		fake_send(&x.fake, b.data, b.len);
		buf_fini(&b);
	}
	fake_ask(&x.fake, "select n"); /* read after all of these */
	FAKE_WAIT(&x.fake, x.fake.query[0].state == FAKE_LIVE);
	mql_agent_close(x.agent, 1000);
	ck_assert_uint_ge(atomic_load(&lines), 2);
	ck_assert_int_le(atomic_load(&lines),
			 11 + (clock_mono_ms() - begun) / 1000);
	fake_fini(&x.fake);
}
END_TEST

START_TEST(publish_after_the_close_does_nothing)
{
	struct mql_event *e;
	struct fake_query *q;
	struct fixture x;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	e = mql_event_begin(x.stream);
	mql_event_int(e, "n", 1);
	mql_agent_close(x.agent, 1000);
	ck_assert(!mql_active(x.stream));
	mql_event_int(e, "m", 2);
	mql_event_publish(e);
	publish_number(x.stream, 1);
	mql_publish_json_live(x.stream, "{}", 2);
	mql_publish_live(x.stream, "");
	mql_agent_close(x.agent, 1000); /* no harm either */
	ck_assert_uint_eq(q->rows, 0);
	fake_fini(&x.fake);
}
END_TEST

TEST_MAIN(agent_host, agent_that_is_off_does_nothing,
	  agent_refuses_bad_options, streams_are_of_one_form_and_64_at_most,
	  forked_child_that_asks_for_nothing_disturbs_nobody,
	  child_without_handlers_is_silent,
	  threads_that_end_leave_their_publisher_to_the_next,
	  agent_thread_has_a_name_and_takes_no_signal,
	  agent_says_what_goes_wrong,
	  stats_say_the_links_state_and_every_cause,
	  stats_fill_no_more_than_the_callers_struct,
	  callback_that_hangs_holds_up_neither_rows_nor_the_close,
	  lines_are_few_however_much_goes_wrong,
	  publish_after_the_close_does_nothing)
