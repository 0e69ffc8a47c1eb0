/* suspects.h - what ran when the service crashed does not just run again (P3).
 *
 *     <dir>/<app and host>-<pid>      "pid start-time", then, at the place of
 *                                     its slot, a line a query:
 *                                     "hash strikes"
 *
 * While a process lives its file names the queries that run in it; each is
 * written before it does, by the agent's thread. The file is made for the
 * first of them and removed by a clean close. Between queries it is kept: to
 * make one, in a directory where others do the same, takes many times as long
 * as to write into it.
 *
 * A later agent of the same app and host that finds the file of a process that
 * is gone takes those queries for suspects: it suspends them at first
 * (budget.h), for 20 s, longer with each crash, and says why; then they begin
 * with one event in 1,024.
 *
 * <dir> is a directory of the user's own, 0700, in $XDG_RUNTIME_DIR, else in
 * $TMPDIR or /tmp; or the one named by the option state_dir, or by
 * MQL_AGENT_STATE_DIR. "off", or one that is not ours alone: nothing is
 * written or read. Nothing here is an error to the service. */
#ifndef AGENT_SUSPECTS_H
#define AGENT_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct mql_agent;
struct mql_agent_options;

struct suspect {
	uint64_t hash;
	unsigned strikes; /* crashes; 0: acquitted */
};

struct suspects {
	char    *dir;        /* NULL: off */
	struct suspect *of;  /* by hash, ascending; heap */
	size_t   n, cap;
	bool     kept;       /* there is a file of ours */
	char     why[64];
};

int suspects_init(struct mql_agent *a, const struct mql_agent_options *opt);
void suspects_fini(struct mql_agent *a); /* zeroed is allowed */

/* --- the agent's thread ------------------------------------------------------- */

/* Take over what those that are gone have left. */
void suspects_read(struct mql_agent *a);
uint64_t suspects_hash(struct str text);
/* In how many crashes was the query running whose text has this hash? */
unsigned suspects_strikes(const struct mql_agent *a, uint64_t hash);
/* Somebody insists: it is a suspect no more, until the next crash. */
void suspects_acquit(struct mql_agent *a, uint64_t hash);
/* What a hello says of them; its texts live in m's memory. */
struct wire_hello;
void suspects_tell(const struct mql_agent *a, struct wire_hello *m);
/* Note the changed runs (run.h), which are in force from now on, or not. */
void suspects_write(struct mql_agent *a);
void suspects_clear(struct mql_agent *a); /* a clean end */

#endif
