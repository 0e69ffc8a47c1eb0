/* stats.c - what an agent has done, for the service that carries it. */
#include "agent/agent.h"

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

void
mql_agent_stats(struct mql_agent *a, struct mql_agent_stats *out)
{
	struct mql_agent_stats st = { 0 };
	struct books_agent sum = { 0 };
	size_t size = out->size < sizeof st ? out->size : sizeof st;

	if (a) {
		for (unsigned i = 0; i < a->max_queries; i++)
			publisher_sum(a, i, &sum);
		sum_streams(a, &st);
		st.matched = sum.matched;
		st.sampled = sum.sampled;
		st.sent = atomic_load(&a->sent);
		st.dropped = books_agent_dropped(&sum) +
			     atomic_load(&a->drop_link) +
			     atomic_load(&a->starved);
		st.queries = atomic_load(&a->queries);
		st.connected = atomic_load(&a->connected);
	}
	st.size = size;
	memcpy(out, &st, size);
}
