/* key_files.h - a directory for the keys of a test, and what is done there. */
#ifndef TESTS_WIRE_KEY_FILES_H
#define TESTS_WIRE_KEY_FILES_H

#include <check.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/scratch.h"
#include "wire/keys.h"

static char key_dir[SCRATCH_PATH]; /* has agents/, subscribers/, operators/ */

static inline const char *
key_path(const char *name)
{
	static char path[4][PATH_MAX];
	static int  at;
	char *p = path[at++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", key_dir, name);
	return p;
}

static inline void
key_setup(void)
{
	ck_assert(scratch_dir(key_dir, "keys"));
	ck_assert_int_eq(mkdir(key_path("agents"), 0755), 0);
	ck_assert_int_eq(mkdir(key_path("subscribers"), 0755), 0);
	ck_assert_int_eq(mkdir(key_path("operators"), 0755), 0);
}

static inline int
key_remove(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static inline void
key_teardown(void)
{
	nftw(key_dir, key_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
key_make(const char *name)
{
	char why[200] = "";

	ck_assert_msg(!wire_keys_make(key_dir, name, why, sizeof why), "%s",
		      why);
}

/* NAME.pub into the role's directory, as an administrator would. */
static inline void
key_allow(const char *name, const char *role)
{
	char from[80], to[120];

	snprintf(from, sizeof from, "%s.pub", name);
	snprintf(to, sizeof to, "%s/%s.pub", role, name);
	ck_assert_int_eq(link(key_path(from), key_path(to)), 0);
}

static inline void
key_forbid(const char *name, const char *role)
{
	char file[120];

	snprintf(file, sizeof file, "%s/%s.pub", role, name);
	ck_assert_int_eq(unlink(key_path(file)), 0);
}

static inline void
key_write(const char *file, const char *text, mode_t mode)
{
	FILE *f = fopen(key_path(file), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(key_path(file), mode), 0);
}

/* What NAME has; server: whose public key it knows, or NULL. */
static inline struct wire_keys *
key_load(const char *name, const char *server)
{
	char key[80], pub[80], why[200] = "";
	struct wire_keys *k;

	snprintf(key, sizeof key, "%s.key", name);
	snprintf(pub, sizeof pub, "%s.pub", server ? server : "");
	ck_assert_msg(!wire_keys_load(key_path(key), server ? key_path(pub) :
				      NULL, &k, why, sizeof why), "%s", why);
	return k;
}

#endif
