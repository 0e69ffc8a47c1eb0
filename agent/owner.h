/* owner.h - what the service's owner has said: who we are, what may leave the
 * process, and whether anything may.
 *
 * Options and environment say it together. For who we are (app, zone, labels
 * ...) options win; for what is hidden and which streams may be asked both
 * hold, so neither can take back what the other forbids. What cannot be read
 * hides nothing: in the options it is an error of open, in the environment,
 * which the code cannot see, it switches the agent off.
 *
 * Set by open, then immutable, but for the switch. */
#ifndef AGENT_OWNER_H
#define AGENT_OWNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

struct mql_agent;
struct mql_agent_options;
struct mql_query;
struct policy;
struct wire_label;

enum { OWNER_LABELS = 64 };

struct stream_list {
	struct str *name;
	size_t      n; /* 0: all streams */
};

struct owner {
	struct policy     *policy;
	struct stream_list options, environment; /* streams in both */
	struct wire_label *label;
	size_t             nlabel;
	char               off[160]; /* why the agent never asks; "": it does */
	/* mql_agent_disable() and _enable() in turn: odd is disabled. */
	_Atomic unsigned   turns;
	unsigned           done;   /* of these; the agent's thread */
	bool               resync; /* the queries are to be asked for again */
};

extern const char owner_disabled_why[];

/* Start-up only. a->mem and a->callback are there. 0, MQL_EINVAL or
 * MQL_ENOMEM. */
int owner_init(struct mql_agent *a, const struct mql_agent_options *opt);
void owner_fini(struct mql_agent *a);

/* One line to the service's callback. Start-up only. */
__attribute__((format(printf, 2, 3)))
void owner_say(const struct mql_agent *a, const char *fmt, ...);

/* opt where the options are silent: the environment. */
const char *owner_text(const char *opt, const char *variable);

/* Read `k=v,k2=v2` from the options and the environment (labels.c). What is
 * no label is told to the log and left out. 0 or MQL_ENOMEM. */
int owner_labels(struct mql_agent *a, const struct mql_agent_options *opt);

/* Read the keys that options and environment name (keys.c). 0, MQL_EINVAL or
 * MQL_ENOMEM. */
int owner_keys(struct mql_agent *a, const struct mql_agent_options *opt);

/* For good, because variable cannot be read. Start-up only. */
void owner_switch_off(struct mql_agent *a, const char *variable,
		      const char *why);

bool owner_disabled(const struct mql_agent *a); /* any thread */

/* May the query run here? If not, a sentence in why. Any thread. */
bool owner_lets(const struct mql_agent *a, const struct mql_query *q,
		char *why, size_t nwhy);
bool owner_lets_stream(const struct mql_agent *a, struct str name);

/* The agent's thread, each round: see whether the switch was turned; and when
 * it is on and the last query that it silenced has been told as ended (before
 * that, its number is taken), ask for the queries again. */
void owner_look(struct mql_agent *a);
void owner_resume(struct mql_agent *a);

#endif
