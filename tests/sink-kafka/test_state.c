/* test_state.c - counts that outlive their writer. */
#include "common/scratch.h"
#include "sink/kafka/state.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/check_main.h"

static char path[SCRATCH_PATH];

static struct state *
open_state(void)
{
	struct state *s;
	char why[200];

	ck_assert_msg(!state_open(path, &s, why, sizeof why), "%s", why);
	return s;
}

static void
make_path(void)
{
	int fd = scratch_file(path, "sink-state");

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(what_a_crash_has_lost_is_found)
{
	struct state_slot *slot;
	uint64_t lost;
	int status;

	make_path();
	pid_t pid = fork();
	if (!pid) {
		slot = state_begin(open_state(), "orders", &lost);
		slot->taken = 100;
		slot->settled = 93;
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status));
	struct state *s = open_state();
	slot = state_begin(s, "others", &lost);
	ck_assert_uint_eq(lost, 0);
	slot = state_begin(s, "orders", &lost);
	ck_assert_uint_eq(lost, 7);
	ck_assert_uint_eq(slot->taken, 0);
	state_close(s);
	unlink(path);
}
END_TEST

START_TEST(what_was_handed_over_and_not_taken_is_lost_too)
{
	struct state_slot *slot;
	uint64_t lost;

	make_path();
	struct state *s = open_state();
	slot = state_begin(s, "orders", &lost);
	slot->taken = 100;
	slot->settled = 100;
	slot->told = 130;
	state_close(s);
	s = open_state();
	state_begin(s, "orders", &lost);
	ck_assert_uint_eq(lost, 30);
	state_close(s);
	unlink(path);
}
END_TEST

START_TEST(an_orderly_end_has_lost_nothing)
{
	struct state_slot *slot;
	uint64_t lost;

	make_path();
	struct state *s = open_state();
	slot = state_begin(s, "orders", &lost);
	slot->taken = 9;
	state_end(slot);
	state_close(s);
	s = open_state();
	state_begin(s, "orders", &lost);
	ck_assert_uint_eq(lost, 0);
	state_close(s);
	unlink(path);
}
END_TEST

START_TEST(a_state_has_one_owner_and_one_form)
{
	struct state *s, *other;
	char why[200];
	FILE *f;

	make_path();
	s = open_state();
	ck_assert_int_eq(state_open(path, &other, why, sizeof why),
			 MQL_EINUSE);
	state_close(s);
	f = fopen(path, "w");
	fputs("something else", f);
	fclose(f);
	ck_assert_int_eq(state_open(path, &other, why, sizeof why),
			 MQL_EINVAL);
	unlink(path);
	ck_assert_int_eq(state_open("/nowhere/state", &other, why,
				    sizeof why), MQL_EOS);
}
END_TEST

START_TEST(too_many_names_get_no_slot)
{
	struct state *s;
	uint64_t lost;
	char why[200], name[32];
	int n = 0;

	ck_assert_int_eq(state_open(NULL, &s, why, sizeof why), 0);
	for (; n < 5000; n++) {
		snprintf(name, sizeof name, "q%d", n);
		if (!state_begin(s, name, &lost))
			break;
	}
	ck_assert_int_gt(n, 1000);
	ck_assert_int_lt(n, 5000);
	state_close(s);
}
END_TEST

TEST_MAIN(state, what_a_crash_has_lost_is_found,
	  what_was_handed_over_and_not_taken_is_lost_too,
	  an_orderly_end_has_lost_nothing, a_state_has_one_owner_and_one_form,
	  too_many_names_get_no_slot)
