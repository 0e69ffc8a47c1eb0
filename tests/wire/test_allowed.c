/* Directories of allowed keys: who may what, and what becomes of it when the
 * files change. Time is an argument. */
#include "tests/check_main.h"
#include "tests/wire/key_files.h"

#include <string.h>

#include "mql/error.h"
#include "wire/allowed.h"

static struct allowed *a;
static int64_t now = 1000000;
static char why[300];
static unsigned warnings, lines;
static char last[1000];

static void
hear(void *arg, bool warning, const char *line)
{
	(void)arg;
	lines++;
	warnings += warning;
	snprintf(last, sizeof last, "%s", line);
}

static void
open_dir(void)
{
	warnings = lines = 0;
	ck_assert_msg(!allowed_open(key_dir, hear, NULL, &a, why, sizeof why),
		      "%s", why);
}

static void
later(void)
{
	now += ALLOWED_LOOK_MS;
	allowed_refresh(a, now);
}

static const struct allowed_key *
find(const char *name)
{
	struct wire_keys *k = key_load(name, NULL);
	const struct allowed_key *found =
		allowed_find(a, wire_keys_public(k));

	wire_keys_free(k);
	return found;
}

static void
teardown(void)
{
	allowed_free(a);
	a = NULL;
	key_teardown();
}

START_TEST(a_key_has_the_roles_of_all_its_directories)
{
	key_setup();
	key_make("alice");
	key_make("bob");
	key_make("eve");
	key_allow("alice", "agents");
	key_allow("alice", "operators");
	key_allow("bob", "subscribers");
	open_dir();
	ck_assert_uint_eq(find("alice")->roles,
			  WIRE_ROLE_AGENT | WIRE_ROLE_OPERATOR);
	ck_assert_uint_eq(find("bob")->roles, WIRE_ROLE_SUBSCRIBER);
	ck_assert_str_eq(find("bob")->name, "bob");
	ck_assert_ptr_null(find("eve"));
	ck_assert_str_eq(last, "keys that are allowed: agents 1, "
			 "subscribers 1, operators 1");
	teardown();
}
END_TEST

START_TEST(a_key_that_is_added_is_found)
{
	key_setup();
	key_make("alice");
	open_dir();
	ck_assert_ptr_null(find("alice"));
	key_allow("alice", "agents");
	later();
	ck_assert_uint_eq(find("alice")->roles, WIRE_ROLE_AGENT);
	teardown();
}
END_TEST

START_TEST(a_key_that_is_removed_loses_its_roles_at_once)
{
	key_setup();
	key_make("alice");
	key_make("bob");
	key_allow("alice", "operators");
	key_allow("bob", "operators");
	open_dir();
	struct allowed_key k = *find("alice"), b = *find("bob");

	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial),
			  WIRE_ROLE_OPERATOR);
	key_forbid("alice", "operators");
	later();
	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial), 0);
	ck_assert_uint_eq(allowed_roles(a, b.slot, b.serial),
			  WIRE_ROLE_OPERATOR);
	/* A newcomer in its slot is somebody else; so is it itself. */
	key_make("carol");
	key_allow("carol", "agents");
	later();
	ck_assert_uint_eq(find("carol")->slot, k.slot);
	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial), 0);
	key_allow("alice", "operators");
	later();
	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial), 0);
	ck_assert_uint_eq(find("alice")->roles, WIRE_ROLE_OPERATOR);
	teardown();
}
END_TEST

START_TEST(a_change_of_roles_holds_for_who_is_in_already)
{
	key_setup();
	key_make("alice");
	key_allow("alice", "subscribers");
	open_dir();
	struct allowed_key k = *find("alice");

	key_allow("alice", "operators");
	later();
	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial),
			  WIRE_ROLE_SUBSCRIBER | WIRE_ROLE_OPERATOR);
	key_forbid("alice", "operators");
	later();
	ck_assert_uint_eq(allowed_roles(a, k.slot, k.serial),
			  WIRE_ROLE_SUBSCRIBER);
	ck_assert_uint_eq(allowed_roles(a, k.slot + 1, 0), 0);
	ck_assert_uint_eq(allowed_roles(a, UINT32_MAX, 0), 0);
	teardown();
}
END_TEST

START_TEST(bad_files_are_named_in_one_line_once_and_left_out)
{
	key_setup();
	key_make("alice");
	key_make("bob");
	key_allow("alice", "agents");
	key_write("agents/empty.pub", "", 0644);
	key_write("agents/open.pub", "curve\n", 0666);
	key_write("agents/a b\x1b[2J.pub", "curve\n", 0644);
	key_write("agents/README", "not a key", 0644);
	key_write("agents/.hidden.pub", "x", 0644);
	ck_assert_int_eq(link(key_path("bob.key"),
			      key_path("agents/bob.key")), 0);
	ck_assert_int_eq(link(key_path("bob.key"),
			      key_path("operators/bob.pub")), 0);
	mkfifo(key_path("agents/pipe.pub"), 0644);
	open_dir();
	ck_assert_uint_eq(warnings, 1);
	ck_assert_msg(!strncmp(last, "6 key files are left out: ", 26), "%s",
		      last);
	ck_assert(strstr(last, "agents/empty.pub: there is no public-key"));
	ck_assert(strstr(last, "agents/open.pub: everybody may write it"));
	ck_assert(strstr(last, "agents/bob.key: a secret key does not"));
	ck_assert(strstr(last, "operators/bob.pub: it holds a secret"));
	ck_assert(!strchr(last, '\x1b'));
	ck_assert(!strstr(last, "README") && !strstr(last, "hidden"));
	ck_assert_ptr_nonnull(find("alice"));
	ck_assert_ptr_null(find("bob"));
	later();
	later();
	ck_assert_uint_eq(warnings, 1); /* the same is not said again */
	teardown();
}
END_TEST

START_TEST(a_directory_that_goes_away_changes_nothing)
{
	char moved[80];

	key_setup();
	key_make("alice");
	key_allow("alice", "agents");
	open_dir();
	snprintf(moved, sizeof moved, "%s.moved", key_dir);
	ck_assert_int_eq(rename(key_dir, moved), 0);
	later();
	later();
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(rename(moved, key_dir), 0);
	ck_assert_ptr_nonnull(find("alice"));
	key_forbid("alice", "agents");
	later();
	ck_assert_ptr_null(find("alice"));
	teardown();
}
END_TEST

START_TEST(a_file_that_is_written_over_is_noticed_in_time)
{
	char text[1000] = "";
	FILE *f;

	key_setup();
	key_make("alice");
	key_make("bob");
	key_write("agents/x.pub", "curve\n", 0644);
	open_dir();
	f = fopen(key_path("bob.pub"), "r");
	ck_assert_uint_gt(fread(text, 1, sizeof text - 1, f), 0);
	fclose(f);
	key_write("agents/x.pub", text, 0644);
	now += 30000;
	allowed_refresh(a, now);
	ck_assert_str_eq(find("bob")->name, "x");
	teardown();
}
END_TEST

START_TEST(what_is_no_directory_of_keys_is_refused)
{
	key_setup();
	ck_assert_int_eq(allowed_open("/nowhere", NULL, NULL, &a, why,
				      sizeof why), MQL_EINVAL);
	ck_assert(strstr(why, "/nowhere"));
	ck_assert_int_eq(allowed_open("/proc", NULL, NULL, &a, why,
				      sizeof why), MQL_EINVAL);
	teardown();
}
END_TEST

TEST_MAIN(allowed,
	  a_key_has_the_roles_of_all_its_directories,
	  a_key_that_is_added_is_found,
	  a_key_that_is_removed_loses_its_roles_at_once,
	  a_change_of_roles_holds_for_who_is_in_already,
	  bad_files_are_named_in_one_line_once_and_left_out,
	  a_directory_that_goes_away_changes_nothing,
	  a_file_that_is_written_over_is_noticed_in_time,
	  what_is_no_directory_of_keys_is_refused)
