/* A text on disk, and a process that is killed while it writes. */
#include "tests/check_main.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/scratch.h"
#include "mql/error.h"
#include "source-job/state.h"

enum { LINES = 2000, KILLS = 60, DEADLINE_MS = 20000 };

static char dir[SCRATCH_PATH], why[300];

static void
setup(void)
{
	ck_assert(scratch_dir(dir, "state"));
}

static void
teardown(void)
{
	static const char *const names[] = { "/t", "/t.new", "" };
	char path[100];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", dir, names[i]);
		remove(path);
	}
}

static struct state *
open_state(void)
{
	struct state *s;

	ck_assert_msg(!state_open(dir, "t", &s, why, sizeof why), "%s", why);
	return s;
}

/* n, again and again: a text that is cut or mixed shows it. */
static void
put_text(unsigned n, struct buf *b)
{
	buf_reset(b);
	for (unsigned i = 0; i < LINES; i++)
		buf_printf(b, "%u\n", n);
}

static enum state_is
await(struct state *s)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	enum state_is is;

	while ((is = state_look(s, why, sizeof why)) == STATE_WRITING) {
		ck_assert(clock_mono_ms() < end);
		poll(NULL, 0, 1);
	}
	return is;
}

static unsigned
read_number(struct state *s)
{
	struct buf b = BUF_INIT, expected = BUF_INIT;
	unsigned n = 0;

	ck_assert_msg(!state_read(s, &b, why, sizeof why), "%s", why);
	if (b.len) {
		buf_put_u8(&b, 0);
		n = (unsigned)strtoul((char *)b.data, NULL, 10);
		put_text(n, &expected);
		ck_assert_uint_eq(b.len - 1, expected.len);
		ck_assert_mem_eq(b.data, expected.data, expected.len);
	}
	buf_fini(&b);
	buf_fini(&expected);
	return n;
}

START_TEST(state_gives_back_what_was_written)
{
	struct buf b = BUF_INIT;

	setup();
	struct state *s = open_state();
	ck_assert_uint_eq(read_number(s), 0);
	for (unsigned n = 1; n < 5; n++) {
		put_text(n, &b);
		ck_assert_int_eq(state_write(s, b.data, b.len), 0);
		ck_assert_int_eq(await(s), STATE_WRITTEN);
		ck_assert_int_eq(await(s), STATE_IDLE);
		ck_assert_uint_eq(read_number(s), n);
	}
	buf_fini(&b);
	state_close(s);
	teardown();
}
END_TEST

START_TEST(state_writes_one_text_at_a_time)
{
	struct buf b = BUF_INIT;

	setup();
	struct state *s = open_state();
	put_text(1, &b);
	ck_assert_int_eq(state_write(s, b.data, b.len), 0);
	ck_assert_int_eq(state_write(s, b.data, b.len), MQL_EINUSE);
	state_close(s); /* waits */
	s = open_state();
	ck_assert_uint_eq(read_number(s), 1);
	state_close(s);
	buf_fini(&b);
	teardown();
}
END_TEST

START_TEST(state_of_another_daemon_is_left_alone)
{
	struct state *s, *other;

	setup();
	s = open_state();
	ck_assert_int_eq(state_open(dir, "t", &other, why, sizeof why),
			 MQL_EINVAL);
	ck_assert(strstr(why, "another source-job"));
	ck_assert_int_eq(state_open("/nowhere/at/all", "t", &other, why,
				    sizeof why), MQL_EINVAL);
	state_close(s);
	teardown();
}
END_TEST

/* In place of the file there is a directory: it cannot be replaced. */
START_TEST(state_says_why_it_could_not_write)
{
	char path[100];

	setup();
	struct state *s = open_state();
	snprintf(path, sizeof path, "%s/t", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(state_write(s, "x", 1), 0);
	ck_assert_int_eq(await(s), STATE_FAILED);
	ck_assert_msg(strstr(why, "cannot be written"), "%s", why);
	state_close(s);
	teardown();
}
END_TEST

/* Writes larger and larger numbers, and says which are on the disk. */
static void
write_for_ever(int out)
{
	struct buf b = BUF_INIT;
	struct state *s = open_state();

	for (unsigned n = read_number(s) + 1;; n++) {
		put_text(n, &b);
		if (state_write(s, b.data, b.len) ||
		    await(s) != STATE_WRITTEN ||
		    write(out, &n, sizeof n) != sizeof n)
			_exit(1);
	}
}

START_TEST(state_survives_a_kill_at_any_instant)
{
	unsigned seed = 7, told = 0, n;
	int pipe_fd[2];

	setup();
	ck_assert_int_eq(pipe(pipe_fd), 0);
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	for (unsigned i = 0; i < KILLS; i++) {
		struct pollfd p = { .fd = pipe_fd[0], .events = POLLIN };
		pid_t pid = fork();
		if (!pid)
			write_for_ever(pipe_fd[1]);
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		seed = seed * 1103515245 + 12345; /* up to 8 ms later */
		const struct timespec when = {
			.tv_nsec = (seed >> 8) % 8000000 };
		nanosleep(&when, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		while (read(pipe_fd[0], &n, sizeof n) == sizeof n)
			told = n;
		struct state *s = open_state();
		n = read_number(s);
		ck_assert_msg(n == told || n == told + 1,
			      "%u is there, %u was on the disk", n, told);
		told = n;
		state_close(s);
	}
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	teardown();
}
END_TEST

TEST_MAIN(state, state_gives_back_what_was_written,
	  state_writes_one_text_at_a_time,
	  state_of_another_daemon_is_left_alone,
	  state_says_why_it_could_not_write,
	  state_survives_a_kill_at_any_instant)
