/* path.h - where a value sits in an event.
 *
 *     country           key
 *     id.orig_h         the top-level key of that spelling, else id -> orig_h
 *     e['a']['b']       a -> b            a[0]  a[-1]  a[*]
 *     @ts               a meta field
 *
 * Walking through a scalar, or past an end, gives null. A path is built by
 * the compiler in its arena and is immutable afterwards. */
#ifndef EVENT_PATH_H
#define EVENT_PATH_H

#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

enum step_kind { STEP_KEY, STEP_INDEX, STEP_ANY };

struct step {
	enum step_kind kind;
	struct str     key;   /* STEP_KEY */
	int32_t        index; /* STEP_INDEX; negative counts from the end */
};

/* Meta fields. X(name after the @) */
#define PATH_METAS(X) \
	X(ts) X(app) X(host) X(zone) X(version) X(agent) X(stream) X(seq)

enum path_meta {
	META_NONE,
#define X(name) META_##name,
	PATH_METAS(X)
#undef X
	META_COUNT
};

enum { PATH_MAX_STEPS = 32 };

struct path {
	enum path_meta meta;   /* not META_NONE: no steps */
	struct str     flat;   /* steps[0..nflat) as one dotted key */
	uint16_t       nflat;  /* 0 or 1: the path has one reading only */
	uint16_t       nsteps;
	struct step   *steps;
};

/* META_NONE when name (without the @) is not one. */
enum path_meta path_meta_of(struct str name);

bool path_equal(const struct path *a, const struct path *b);

/* Number of steps before the first [*] or negative index: what a forward
 * scan can find. The rest is walked in the container's text. */
unsigned path_direct_steps(const struct path *p);
bool path_has_any(const struct path *p); /* is there a [*]? */

/* Append the dotted form that names a column: a.b, a[0].b, @ts. */
void path_write(const struct path *p, struct buf *out);

#endif
