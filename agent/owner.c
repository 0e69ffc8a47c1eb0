/* owner.c - see owner.h. */
#include "agent/owner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/clock.h"
#include "event/policy.h"
#include "mql/prog.h"

const char owner_disabled_why[] = "disabled by the service's owner";

const char *
owner_text(const char *opt, const char *variable)
{
	return opt && *opt ? opt : getenv(variable);
}

void
owner_say(const struct mql_agent *a, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!a->callback)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	a->callback(a->callback_arg, line);
}

/* --- what is hidden ---------------------------------------------------------- */

void
owner_switch_off(struct mql_agent *a, const char *variable, const char *why)
{
	snprintf(a->owner.off, sizeof a->owner.off, "%s: %s", variable, why);
	a->off = true;
	owner_say(a, "the agent is off: %s", a->owner.off);
}

/* One kind of rule, from both sides. */
static int
add_rules(struct mql_agent *a, enum policy_verdict verdict, const char *opt,
	  const char *variable)
{
	struct policy *p = a->owner.policy;
	char why[128];
	int err = policy_add(p, verdict, str_of(opt), why, sizeof why);

	if (err) {
		owner_say(a, "in the options: %s", why);
		return err == MQL_ENOMEM ? err : MQL_EINVAL;
	}
	err = policy_add(p, verdict, str_of(getenv(variable)), why,
			 sizeof why);
	if (err && err != MQL_ENOMEM) {
		owner_switch_off(a, variable, why);
		return 0;
	}
	return err;
}

/* Without a secret the hashes of this process are like no other's. */
static void
set_secret(struct mql_agent *a, const char *secret)
{
	uint64_t random[4] = { (uint64_t)clock_mono_ns(), (uint64_t)a->pid };

	if (secret && *secret) {
		policy_secret(a->owner.policy, str_of(secret));
		return;
	}
	if (getrandom(random + 1, sizeof random - sizeof *random,
		      GRND_NONBLOCK) < 0)
		random[2] = (uintptr_t)a;
	policy_secret(a->owner.policy, (struct str){ (const char *)random,
						     sizeof random });
}

static int
set_policy(struct mql_agent *a, const struct mql_agent_options *opt)
{
	int err = policy_new(&a->owner.policy);

	if (err ||
	    (err = add_rules(a, POLICY_DENY, opt->deny, "MQL_AGENT_DENY")) ||
	    (err = add_rules(a, POLICY_MASK, opt->mask, "MQL_AGENT_MASK")) ||
	    (err = add_rules(a, POLICY_HASH, opt->hash, "MQL_AGENT_HASH")))
		return err;
	set_secret(a, owner_text(opt->hash_secret, "MQL_AGENT_HASH_SECRET"));
	return 0;
}

/* --- which streams ------------------------------------------------------------ */

static struct str
trim(struct str s)
{
	while (s.len && *s.ptr == ' ') {
		s.ptr++;
		s.len--;
	}
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* A comma list; the names are copied. */
static int
read_streams(struct mql_agent *a, const char *text, struct stream_list *to)
{
	struct str all = arena_str(&a->mem, str_of(text));
	size_t most = 1;

	if (!text || !*text)
		return 0;
	for (size_t i = 0; all.ptr && i < all.len; i++)
		most += all.ptr[i] == ',';
	to->name = arena_alloc(&a->mem, most * sizeof *to->name);
	if (!all.ptr || !to->name)
		return MQL_ENOMEM;
	while (to->n < most) {
		const char *comma = memchr(all.ptr, ',', all.len);
		size_t n = comma ? (size_t)(comma - all.ptr) : all.len;

		to->name[to->n++] = trim((struct str){ all.ptr, n });
		if (comma)
			all = (struct str){ comma + 1, all.len - n - 1 };
	}
	return 0;
}

static bool
lists(const struct stream_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->name[i], name))
			return true;
	return !l->n;
}

bool
owner_lets_stream(const struct mql_agent *a, struct str name)
{
	return lists(&a->owner.options, name) &&
	       lists(&a->owner.environment, name);
}

/* --- life ----------------------------------------------------------------------- */

int
owner_init(struct mql_agent *a, const struct mql_agent_options *opt)
{
	const char *env = getenv("MQL_AGENT");
	int err;

	if (env && !strcmp(env, "off")) {
		a->off = true;
		snprintf(a->owner.off, sizeof a->owner.off, "MQL_AGENT=off");
	}
	if ((err = set_policy(a, opt)) ||
	    (err = read_streams(a, opt->streams, &a->owner.options)) ||
	    (err = read_streams(a, getenv("MQL_AGENT_STREAMS"),
				&a->owner.environment)) ||
	    (err = owner_keys(a, opt)))
		return err;
	return owner_labels(a, opt);
}

void
owner_fini(struct mql_agent *a)
{
	policy_free(a->owner.policy);
}

/* --- queries ------------------------------------------------------------------- */

static bool
lets_path(const struct mql_agent *a, const struct path *p, char *why,
	  size_t nwhy)
{
	char name[160];
	struct buf b = BUF_FIXED(name, sizeof name);
	struct policy_at at;

	if (policy_path(a->owner.policy, p, p->nsteps, &at) != POLICY_DENY)
		return true;
	path_write(p, &b);
	snprintf(why, nwhy, "field '%.*s'%s is denied by the service's owner",
		 (int)b.len, name, b.err ? "..." : "");
	return false;
}

/* Half an answer that looks whole would be a lie: one stream, or field, that
 * is not let refuses the query. */
bool
owner_lets(const struct mql_agent *a, const struct mql_query *q, char *why,
	   size_t nwhy)
{
	struct str name;

	for (size_t i = 0; query_stream(q, i, &name); i++) {
		if (owner_lets_stream(a, name))
			continue;
		snprintf(why, nwhy, "stream '%.*s' is not allowed by the "
			 "service's owner", (int)(name.len < 160 ? name.len :
			 160), name.ptr);
		return false;
	}
	if (policy_empty(a->owner.policy))
		return true;
	for (size_t i = 0; i < query_paths(q); i++)
		if (!lets_path(a, prog_path(q, i), why, nwhy))
			return false;
	return true;
}

/* --- the switch ------------------------------------------------------------------ */

bool
owner_disabled(const struct mql_agent *a)
{
	return atomic_load(&a->owner.turns) & 1;
}

/* Turn the switch unless it stands there already; says whether it moved. */
static bool
turn(struct mql_agent *a, bool disabled)
{
	unsigned turns = atomic_load(&a->owner.turns);

	do {
		if ((turns & 1) == disabled)
			return false;
	} while (!atomic_compare_exchange_weak(&a->owner.turns, &turns,
					       turns + 1));
	return true;
}

/* A forked child has no agent to speak of, and one that is off stays so. */
static bool
has_switch(const struct mql_agent *a)
{
	return a && !a->off && getpid() == a->pid;
}

/* Publishers look at `live` before anything else, so nothing is evaluated from
 * here on, whatever the agent's thread is doing: stream_swap() looks at the
 * switch after it has set it. */
void
mql_agent_disable(struct mql_agent *a)
{
	if (!has_switch(a) || !turn(a, true))
		return;
	for (unsigned i = 0; i < stream_count(&a->streams); i++)
		atomic_store(&a->streams.at[i].live, 0);
	agent_wake(a);
}

void
mql_agent_enable(struct mql_agent *a)
{
	if (!has_switch(a) || !turn(a, false))
		return;
	if (atomic_load(&a->life) == LIFE_ASLEEP) /* a child: to be waked */
		stream_table_rouse(&a->streams);
	agent_wake(a);
}

/* However often it was turned since the last round, the queries have been
 * silenced and must end. */
void
owner_look(struct mql_agent *a)
{
	unsigned turns = atomic_load(&a->owner.turns);

	if (turns == a->owner.done)
		return;
	a->owner.done = turns;
	a->owner.resync = true;
	matchers_silence(a, owner_disabled_why);
	link_beat(a);
}

void
owner_resume(struct mql_agent *a)
{
	if (!a->owner.resync || a->owner.done & 1 || !matchers_idle(a))
		return;
	a->owner.resync = false;
	a->ack.resync = a->ack_due = true;
}
