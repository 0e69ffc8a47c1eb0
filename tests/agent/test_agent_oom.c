/* test_agent_oom.c - memory runs out in a guest: each allocation that our own
 * code makes fails in its turn, and the host notices nothing but an error or
 * a count. Linked with --wrap for everything that gives memory. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "tests/agent/fixture.h"

/* The allocation that fails, counted from 1; 0: none. Only on the thread that
 * asked for it, or on all. */
static _Atomic long fail_at, made;
static _Atomic bool everywhere;
static _Thread_local bool here;

static bool
fails(void)
{
	if (!here && !atomic_load(&everywhere))
		return false;
	return atomic_fetch_add(&made, 1) + 1 == atomic_load(&fail_at);
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
char *__real_strdup(const char *z);
void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);
char *__wrap_strdup(const char *z);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t n)
{
	return fails() ? NULL : __real_realloc(old, n);
}

char *
__wrap_strdup(const char *z)
{
	return fails() ? NULL : __real_strdup(z);
}

void *
__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED :
			 __real_mmap(at, n, prot, flags, fd, off);
}

static void
fail_from(long n, bool all)
{
	atomic_store(&made, 0);
	atomic_store(&fail_at, n);
	here = !all;
	atomic_store(&everywhere, all);
}

/* Did the allocation that was to fail come up at all? */
static bool
relent(void)
{
	bool failed = atomic_load(&made) >= atomic_load(&fail_at);

	here = false;
	atomic_store(&everywhere, false);
	return failed;
}

START_TEST(open_without_memory_is_an_error)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	bool failed = true;

	opt.app = "oom";
	for (long n = 1; failed; n++) {
		struct mql_agent *a;
		int err;

		ck_assert_int_lt(n, 1000);
		fail_from(n, false);
		err = mql_agent_open(&opt, &a);
		failed = relent();
		ck_assert_int_eq(!a, err != 0);
		ck_assert(err == (failed ? MQL_ENOMEM : 0));
		mql_agent_close(a, 0);
	}
}
END_TEST

START_TEST(stream_open_without_memory_is_an_error)
{
	static const struct mql_field field = {
		.name = "n", .type = MQL_T_I32 };
	struct fixture x;
	bool failed = true;

	fixture_init(&x);
	for (long n = 1; failed; n++) {
		struct mql_stream *s;
		int err;

		ck_assert_int_lt(n, 100);
		fail_from(n, false);
		err = mql_stream_open_struct(x.agent, "s", &field, 1, &s);
		failed = relent();
		ck_assert_int_eq(err, failed ? MQL_ENOMEM : 0);
	}
	fixture_fini(&x);
}
END_TEST

static void *
publish_first(void *stream)
{
	struct mql_event *e;

	here = true;
	publish_number(stream, 2);
	e = mql_event_begin(stream);
	mql_event_int(e, "n", 2);
	mql_event_publish(e);
	here = false;
	return NULL;
}

/* A new thread each time, so that everything is allocated again. */
START_TEST(publish_without_memory_drops_and_counts)
{
	bool failed = true;

	for (long n = 1; failed; n++) {
		struct mql_agent_stats st = { .size = sizeof st };
		struct fixture x;
		struct fake_query *q;
		pthread_t t;

		ck_assert_int_lt(n, 100);
		fixture_init(&x);
		q = fixture_ask(&x, "select n where n =~ /2/ or n == 2");
		fail_from(n, false);
		here = false;
		pthread_create(&t, NULL, publish_first, x.stream);
		pthread_join(t, NULL);
		failed = relent();
		fixture_end(&x, q);
		mql_agent_stats(x.agent, &st);
		ck_assert_uint_eq(q->rows + st.dropped, 2);
		ck_assert(fake_balanced(q));
		fixture_fini(&x);
	}
}
END_TEST

/* On the agent's thread: whatever fails, the agent and the books survive, and
 * a later query goes live. What the fake allocates may not fail. */
START_TEST(agent_thread_without_memory_lives_on)
{
	bool failed = true;

	for (long n = 1; failed; n++) {
		struct fixture x;
		struct fake_query *q;

		ck_assert_int_lt(n, 2000);
		fixture_init(&x);
		FAKE_WAIT(&x.fake, x.fake.heartbeats);
		q = fake_ask(&x.fake, "select n where n == 2 or pad like '%x'");
		fail_from(n, true);
		for (int64_t end = clock_mono_ms() + 30;
		     clock_mono_ms() < end && !mql_active(x.stream);)
			;
		failed = relent();
		q = fake_ask(&x.fake, "select n where n > 1");
		FAKE_WAIT(&x.fake, q->state == FAKE_LIVE);
		publish_number(x.stream, 2);
		fixture_end(&x, q);
		ck_assert_uint_eq(q->rows, 1);
		ck_assert(fake_balanced(q));
		fixture_fini(&x);
	}
}
END_TEST

TEST_MAIN(agent_oom, open_without_memory_is_an_error,
	  stream_open_without_memory_is_an_error,
	  publish_without_memory_drops_and_counts,
	  agent_thread_without_memory_lives_on)
