/* test_dir.c - queries in files that come, change and go. */
#include "sink/kafka/dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/scratch.h"
#include "tests/check_main.h"

static char path[SCRATCH_PATH];
static struct dir dir;

static void
put_bytes(const char *name, const char *text, size_t n)
{
	char at[200], fresh[200];
	FILE *f;

	snprintf(fresh, sizeof fresh, "%s/.new", path);
	snprintf(at, sizeof at, "%s/%s", path, name);
	f = fopen(fresh, "w");
	fwrite(text, 1, n, f);
	fclose(f);
	ck_assert_int_eq(rename(fresh, at), 0);
}

static void
put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void
drop(const char *name)
{
	char at[200];

	snprintf(at, sizeof at, "%s/%s", path, name);
	unlink(at);
}

static void
begin(void)
{
	log_init("test", LOG_ERROR);
	ck_assert(scratch_dir(path, "dir"));
	dir_init(&dir, path);
}

static void
finish(void)
{
	dir_fini(&dir);
	ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(a_file_says_query_topic_and_key)
{
	struct wish *f;

	begin();
	put("a.mql", "-- topic: orders \n--key:upper(id)\r\nselect *\n");
	dir_look(&dir);
	f = TAILQ_FIRST(&dir.wishes);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->name, "a");
	ck_assert_str_eq(f->topic, "orders");
	ck_assert_str_eq(f->key, "upper(id)");
	ck_assert(f->changed && !f->tried && !f->gone);
	ck_assert_ptr_nonnull(strstr(f->query, "select *"));
	drop("a.mql");
	finish();
}
END_TEST

START_TEST(a_file_may_name_a_group_a_rate_and_what_is_saved)
{
	struct wish *w;

	begin();
	put("a.mql", "-- saved: big\n-- group: sinks\n-- rate: 100\n"
	    "select * from x\n");
	dir_look(&dir);
	w = TAILQ_FIRST(&dir.wishes);
	ck_assert_str_eq(w->saved, "big");
	ck_assert_str_eq(w->group, "sinks");
	ck_assert_str_eq(w->rate, "100");
	ck_assert_ptr_null(w->query); /* it is kept elsewhere */
	put("a.mql", "select 1\n");
	dir_look(&dir);
	ck_assert_ptr_null(w->saved);
	ck_assert_ptr_null(w->group);
	ck_assert_ptr_null(w->rate);
	ck_assert_str_eq(w->query, "select 1\n");
	drop("a.mql");
	finish();
}
END_TEST

START_TEST(what_is_wished_by_name_stays_whatever_files_do)
{
	struct wish *w;

	begin();
	ck_assert_int_eq(dir_wish(&dir, "a", "t", NULL), 0);
	put("a.mql", "select 1\n");
	dir_look(&dir);
	w = TAILQ_FIRST(&dir.wishes);
	ck_assert(w->given && !w->gone);
	ck_assert_str_eq(w->name, "a");
	ck_assert_str_eq(w->saved, "a");
	ck_assert_str_eq(w->topic, "t");
	ck_assert_ptr_null(w->key);
	ck_assert_ptr_null(w->query);
	w = TAILQ_NEXT(w, entry);
	ck_assert_str_eq(w->query, "select 1\n");
	drop("a.mql");
	dir_look(&dir);
	ck_assert(w->gone && !TAILQ_FIRST(&dir.wishes)->gone);
	finish();
}
END_TEST

START_TEST(what_a_file_does_not_say_is_not_known)
{
	struct wish *f;

	begin();
	put("a.mql", "select '-- topic: x' as topic\n-- topic:\n");
	dir_look(&dir);
	f = TAILQ_FIRST(&dir.wishes);
	ck_assert_ptr_null(f->topic);
	ck_assert_ptr_null(f->key);
	drop("a.mql");
	finish();
}
END_TEST

START_TEST(changes_and_ends_are_seen)
{
	struct wish *f;

	begin();
	put("a.mql", "select a");
	dir_look(&dir);
	f = TAILQ_FIRST(&dir.wishes);
	f->changed = false;
	f->tried = true;
	dir_look(&dir);
	ck_assert(!f->changed && f->tried);
	put("a.mql", "select b");
	dir_look(&dir);
	ck_assert(f->changed && !f->tried);
	ck_assert_str_eq(f->query, "select b");
	drop("a.mql");
	dir_look(&dir);
	ck_assert(f->gone);
	put("a.mql", "select c");
	dir_look(&dir);
	ck_assert(!f->gone && f->changed);
	drop("a.mql");
	dir_look(&dir);
	dir_remove(&dir, f);
	ck_assert(TAILQ_EMPTY(&dir.wishes));
	finish();
}
END_TEST

START_TEST(other_files_do_not_count)
{
	begin();
	put(".hidden.mql", "select a");
	put("a.txt", "select a");
	put(".mql", "select a");
	dir_look(&dir);
	ck_assert(TAILQ_EMPTY(&dir.wishes));
	drop(".hidden.mql");
	drop("a.txt");
	drop(".mql");
	finish();
}
END_TEST

START_TEST(a_directory_that_is_not_there_ends_nothing)
{
	struct wish *f;

	begin();
	put("a.mql", "select a");
	dir_look(&dir);
	dir.path = "/nowhere/at/all";
	dir_look(&dir);
	f = TAILQ_FIRST(&dir.wishes);
	ck_assert(f && !f->gone);
	drop("a.mql");
	finish();
}
END_TEST

/* Cut there it would ask for more than was written. */
START_TEST(a_file_with_a_nul_byte_is_left_as_it_was)
{
	static const char cut[] = "select 1\0 where a == 1\n";
	struct wish *w;

	begin();
	put("a.mql", "select 2\n");
	dir_look(&dir);
	w = TAILQ_FIRST(&dir.wishes);
	put_bytes("a.mql", cut, sizeof cut - 1);
	dir_look(&dir);
	ck_assert_str_eq(w->query, "select 2\n");
	drop("a.mql");
	finish();
}
END_TEST

TEST_MAIN(dir, a_file_with_a_nul_byte_is_left_as_it_was,
	  a_file_says_query_topic_and_key,
	  a_file_may_name_a_group_a_rate_and_what_is_saved,
	  what_is_wished_by_name_stays_whatever_files_do,
	  what_a_file_does_not_say_is_not_known, changes_and_ends_are_seen,
	  other_files_do_not_count,
	  a_directory_that_is_not_there_ends_nothing)
