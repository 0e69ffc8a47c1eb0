/* scratch.h - files and directories of their own for tests and benches.
 *
 * All here, since a file in common/ would be in every library. */
#ifndef COMMON_SCRATCH_H
#define COMMON_SCRATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRATCH_PATH  = 64,
	SCRATCH_FRESH = 6, /* letters that mkstemp() and mkdtemp() choose */
};

/* Of a name that is longer the rest is left out. */
static inline void
scratch_template(char path[SCRATCH_PATH], const char *name)
{
	const int len = snprintf(path, SCRATCH_PATH - SCRATCH_FRESH,
				 "/tmp/mql-%.40s-", name);

	memset(path + len, 'X', SCRATCH_FRESH);
	path[len + SCRATCH_FRESH] = '\0';
}

/* A new file, /tmp/mql-NAME-something: its path, and a descriptor of it to read
 * and write, which is the caller's; -1: there is none. */
static inline int
scratch_file(char path[SCRATCH_PATH], const char *name)
{
	scratch_template(path, name);
	return mkstemp(path);
}

/* A new directory, likewise. False: there is none. */
static inline bool
scratch_dir(char path[SCRATCH_PATH], const char *name)
{
	scratch_template(path, name);
	return mkdtemp(path) != NULL;
}

#endif
