/* stats.c - what an agent has done, for the service that carries it. */
#include "agent/agent.h"
#include "common/clock.h"

static void
sum_streams(const struct mql_agent *a, struct mql_agent_stats *st)
{
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		for (unsigned i = 0; i < 2 * stream_count(&a->streams); i++) {
			st->seen += counter_get(&p->seen[i]);
			st->bad += counter_get(&p->bad[i]);
		}
	}
}

static void
sum_drops(const struct mql_agent *a, const struct books_agent *sum,
	  struct mql_agent_stats *st)
{
	st->drop_ring = sum->drop_ring;
	st->drop_large = sum->drop_large;
	st->drop_link = atomic_load(&a->drop_link);
	st->drop_starved = atomic_load(&a->starved);
	st->dropped = books_agent_dropped(sum) + st->drop_link +
		      st->drop_starved;
}

static const char *
reason(const struct mql_agent *a)
{
	if (a->off)
		return a->owner.off;
	if (owner_disabled(a))
		return owner_disabled_why;
	if (atomic_load(&a->life) == LIFE_ASLEEP)
		return "asleep until this child publishes";
	return atomic_load(&a->reason);
}

static void
gather(const struct mql_agent *a, struct mql_agent_stats *st)
{
	const unsigned used = atomic_load(&a->runs.used);
	struct books_agent sum = { 0 };
	int64_t opened = atomic_load(&a->opened);

	/* The effects before the causes: see counter.h. */
	st->sent = atomic_load(&a->sent);
	for (unsigned i = 0; i < used; i++)
		publisher_sum(a, i, &sum);
	sum_drops(a, &sum, st);
	sum_streams(a, st);
	st->matched = sum.matched;
	st->sampled = sum.sampled;
	st->skipped = sum.skipped;
	st->queries = atomic_load(&a->queries);
	st->throttled = atomic_load(&a->budget.throttled);
	st->suspended = atomic_load(&a->budget.suspended);
	st->connected = atomic_load(&a->connected);
	st->refused = atomic_load(&a->refused);
	st->uptime_ms = opened ? (uint64_t)(clock_mono_ms() - opened) : 0;
	st->cpu_ns = atomic_load(&a->cpu_ns);
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		st->ring_out += atomic_load(&p->ring.tail);
		st->ring_in += atomic_load(&p->ring.head);
		st->memory += atomic_load(&p->bytes);
	}
	st->reason = reason(a);
}

void
mql_agent_stats(struct mql_agent *a, struct mql_agent_stats *out)
{
	struct mql_agent_stats st = { .version = MQL_VERSION };
	size_t size = out->size < sizeof st ? out->size : sizeof st;

	if (a)
		gather(a, &st);
	st.size = size;
	memcpy(out, &st, size);
}
