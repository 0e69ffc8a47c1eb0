/* stream.c - see stream.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "agent/agent.h"
#include "agent/rcu.h"
#include "common/clock.h"

#ifdef RCU_ASAN
#include <sanitizer/lsan_interface.h>
#endif

_Static_assert(offsetof(struct mql_stream, live) == 0, "ABI of mql_active()");
_Static_assert(sizeof(_Atomic uint32_t) == sizeof(uint32_t), "the same");

/* --- the table --------------------------------------------------------------- */

enum { TABLE_BYTES = STREAM_MAX * sizeof(struct mql_stream) };

int
stream_table_init(struct stream_table *t)
{
	void *mem = mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return MQL_ENOMEM;
	/* Where the kernel cannot do this, a child that was made without
	 * fork() evaluates in vain into a ring of its own that nobody drains:
	 * a waste, not a harm. */
	madvise(mem, TABLE_BYTES, MADV_WIPEONFORK);
#ifdef RCU_ASAN /* an agent that is given up holds memory by this alone */
	__lsan_register_root_region(mem, TABLE_BYTES);
#endif
	t->at = mem;
	pthread_mutex_init(&t->lock, NULL);
	return 0;
}

void
stream_table_fini(struct stream_table *t)
{
	if (!t->at)
		return;
	for (unsigned i = 0; i < stream_count(t); i++) {
		generation_free(atomic_load(&t->at[i].generation));
		generation_free(t->at[i].next);
		free(t->at[i].change.in);
		free(t->at[i].change.out);
		schema_free(t->at[i].schema);
	}
	madvise(t->at, TABLE_BYTES, MADV_DONTNEED);
	pthread_mutex_destroy(&t->lock);
	arena_fini(&t->mem);
}

unsigned
stream_count(const struct stream_table *t)
{
	return atomic_load_explicit(&t->n, memory_order_acquire);
}

static struct mql_stream *
find(struct stream_table *t, struct str name)
{
	for (unsigned i = 0; i < stream_count(t); i++)
		if (str_eq(t->at[i].name, name))
			return &t->at[i];
	return NULL;
}

static void
fill(struct mql_agent *a, unsigned i)
{
	struct mql_stream *s = &a->streams.at[i];

	s->index = (uint16_t)i;
	s->name = a->streams.spec[i].name;
	s->schema = a->streams.spec[i].schema;
	s->barred = !owner_lets_stream(a, s->name);
	s->fresh = true;
	s->meta = (struct event_meta){
		.app = a->app, .host = a->host, .zone = a->zone,
		.version = a->version, .agent = a->name, .stream = s->name,
		.clock = clock_wall_ms,
	};
	atomic_store_explicit(&s->serial, a->serial, memory_order_relaxed);
	atomic_store_explicit(&s->agent, a, memory_order_release);
}

static int
append(struct mql_agent *a, struct str name, struct schema *schema,
       struct mql_stream **out)
{
	struct stream_table *t = &a->streams;
	unsigned n = stream_count(t);
	struct mql_stream *s = &t->at[n];

	if (n == STREAM_MAX)
		return MQL_ELIMIT;
	name = arena_str(&t->mem, name);
	if (!name.ptr)
		return MQL_ENOMEM;
	t->spec[n].name = name;
	t->spec[n].schema = schema;
	fill(a, n);
	if (atomic_load(&a->life) == LIFE_ASLEEP)
		atomic_store_explicit(&s->live, 1, memory_order_relaxed);
	atomic_store_explicit(&t->n, n + 1, memory_order_release);
	*out = s;
	return 0;
}

int
stream_table_open(struct mql_agent *a, const char *name,
		  struct schema *schema, struct mql_stream **out, bool *fresh)
{
	struct stream_table *t = &a->streams;
	int err = 0;

	pthread_mutex_lock(&t->lock);
	*out = find(t, str_of(name));
	*fresh = !*out;
	if (*fresh)
		err = append(a, str_of(name), schema, out);
	else if (!(*out)->schema != !schema)
		err = MQL_EINVAL;
	pthread_mutex_unlock(&t->lock);
	return err;
}

/* --- the end, and the beginning in a child ------------------------------------- */

static void
set_live(struct stream_table *t, uint32_t live)
{
	for (unsigned i = 0; i < stream_count(t); i++)
		atomic_store_explicit(&t->at[i].live, live,
				      memory_order_relaxed);
}

void
stream_table_hush(struct stream_table *t)
{
	set_live(t, 0);
}

void
stream_table_rouse(struct stream_table *t)
{
	set_live(t, 1);
}

void
stream_table_revive(struct mql_agent *a, bool can_wake)
{
	struct stream_table *t = &a->streams;

	memset(t->at, 0, TABLE_BYTES);
	for (unsigned i = 0; can_wake && i < stream_count(t); i++)
		fill(a, i);
	if (can_wake)
		stream_table_rouse(t);
}

void
stream_table_close(struct mql_agent *a)
{
	struct stream_table *t = &a->streams;
	const struct timespec pause = { .tv_nsec = 100 * 1000 };
	unsigned n = stream_count(t);

	stream_table_hush(t);
	for (unsigned i = 0; i < n; i++) {
		atomic_store(&t->at[i].serial, 0);
		atomic_store(&t->at[i].agent, NULL);
	}
	rcu_wait();
	while (atomic_load(&a->waiting)) /* for room in a ring: they give up */
		nanosleep(&pause, NULL);
}

/* --- generations -------------------------------------------------------------- */

void
generation_free(struct generation *g)
{
	if (!g)
		return;
	guard_free(g->guard);
	matcher_free(g->matcher);
	free(g);
}

/* @seq counts every event, so none may be refused unseen where it is asked; and
 * what the owner hides is not what lies in the event. */
static int
set_guard(struct generation *g, struct mql_stream *s, bool hides)
{
	const struct mql_query *q[GUARD_QUERIES];
	const struct matcher *m = g->matcher;
	size_t n = 0;

	if (matcher_live(m) <= GUARD_QUERIES && !g->uses_seq && !hides)
		for (size_t i = 0; i < matcher_size(m); i++)
			if (matcher_query(m, i))
				q[n++] = matcher_query(m, i);
	g->era = ++s->era;
	return guard_new(s->schema, matcher_paths(m), q, n, &g->guard);
}

/* Take the matcher, on failure too. */
static int
generation_new(struct mql_stream *s, struct matcher *m,
	       struct generation **out)
{
	struct generation *g = calloc(1, sizeof *g);
	int err;

	*out = NULL;
	if (!g) {
		matcher_free(m);
		return MQL_ENOMEM;
	}
	g->matcher = m;
	g->folds = matcher_folds(m);
	g->uses_seq = pathset_uses(matcher_paths(m), META_seq);
	err = set_guard(g, s, matcher_hide(m, s->agent->owner.policy));
	if (err)
		generation_free(g);
	else
		*out = g;
	return err;
}

/* The matcher that follows the one in force, or a first one. */
static int
next_matcher(const struct mql_stream *s, const struct matcher_query *query,
	     size_t n, const uint16_t *out, size_t nout, bool *refused,
	     struct matcher **m)
{
	const struct generation *g = atomic_load(&s->generation);

	if (!g)
		return matcher_new(s->schema, query, n, refused, m);
	return matcher_next(g->matcher, query, n, out, nout, refused, m);
}

/* Room for the slots of a change, once. */
static int
change_reserve(const struct mql_agent *a, struct stream_change *c)
{
	if (!c->in)
		c->in = calloc(a->max_queries, sizeof *c->in);
	if (!c->out)
		c->out = calloc(a->max_queries, sizeof *c->out);
	return c->in && c->out ? 0 : MQL_ENOMEM;
}

/* Is there no query any more when those that leave, all of them live in the
 * stream, have left? */
static bool
is_deserted(const struct mql_stream *s, size_t nin, size_t nout)
{
	const struct generation *g = atomic_load(&s->generation);

	return !nin && nout == (g ? matcher_live(g->matcher) : 0);
}

int
stream_build(struct mql_agent *a, struct mql_stream *s, struct run *const *in,
	     size_t nin, const uint16_t *out, size_t nout, bool *refused)
{
	struct stream_change *c = &s->change;
	struct matcher_query *query;
	struct matcher *m;
	int err;

	generation_free(s->next);
	s->next = NULL;
	c->nin = c->nout = 0;
	if ((nin || nout) && change_reserve(a, c))
		return MQL_ENOMEM;
	c->nout = nout;
	if (nout)
		memcpy(c->out, out, nout * sizeof *out);
	if (is_deserted(s, nin, nout))
		return 0;
	query = calloc(nin + 1, sizeof *query);
	if (!query)
		return MQL_ENOMEM;
	for (size_t i = 0; i < nin; i++)
		query[i] = (struct matcher_query){
			.q = in[i]->q, .id = in[i]->slot, .fold = in[i]->fold,
		};
	err = next_matcher(s, query, nin, out, nout, refused, &m);
	free(query);
	if (err)
		return err;
	for (size_t i = 0; i < nin; i++)
		if (!refused[i])
			c->in[c->nin++] = in[i]->slot;
	if (matcher_live(m))
		return generation_new(s, m, &s->next);
	matcher_free(m);
	return 0;
}

/* --- in and out of force ------------------------------------------------------- */

static void
count(struct mql_agent *a, unsigned tally, uint64_t *seen, uint64_t *bad)
{
	*seen = *bad = 0;
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		*seen += counter_get(&p->seen[tally]);
		*bad += counter_get(&p->bad[tally]);
	}
}

/* Events that g, in force or just swapped out, was shown. */
static void
shown(struct mql_agent *a, const struct mql_stream *s,
      const struct generation *g, uint64_t *seen, uint64_t *bad)
{
	(void)s;
	count(a, g->tally, seen, bad);
	*seen -= g->seen;
	*bad -= g->bad;
}

void
stream_seen(struct mql_agent *a, const struct mql_stream *s, uint64_t *seen,
	    uint64_t *bad)
{
	const struct generation *g = atomic_load(&s->generation);

	*seen = *bad = 0;
	if (g)
		shown(a, s, g, seen, bad);
	*seen += s->past_seen;
	*bad += s->past_bad;
}

struct generation *
stream_swap(struct mql_agent *a, struct mql_stream *s)
{
	struct generation *g = s->next;
	uint32_t live = 0;

	s->next = NULL;
	s->dirty = false;
	if (g) {
		s->parity = !s->parity;
		g->tally = 2u * s->index + s->parity;
		count(a, g->tally, &g->seen, &g->bad);
		live = (uint32_t)matcher_live(g->matcher);
	}
	/* Until budget_floor() has looked at the new one. */
	atomic_store_explicit(&s->floor, 0, memory_order_relaxed);
	g = atomic_exchange_explicit(&s->generation, g, memory_order_acq_rel);
	/* In this order, against mql_agent_disable(): one sees the other. */
	atomic_store(&s->live, live);
	if (owner_disabled(a))
		atomic_store(&s->live, 0);
	return g;
}

void
stream_retire(struct mql_agent *a, struct mql_stream *s, struct generation *g)
{
	uint64_t seen, bad;

	if (!g)
		return;
	shown(a, s, g, &seen, &bad);
	s->past_seen += seen;
	s->past_bad += bad;
	generation_free(g);
}
