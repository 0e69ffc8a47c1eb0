/* health.c - what the agent itself costs: processor time and memory.
 *
 * Time is that of the agent's own thread. What evaluation takes of the
 * service's threads, and ZeroMQ of its own, is not in it: neither can be asked
 * for without a cost to them. */
#include <time.h>

#include "agent/agent.h"
#include "common/clock.h"

static uint64_t
memory(const struct mql_agent *a)
{
	uint64_t bytes = sizeof *a + atomic_load(&a->query_bytes);

	for (struct publisher *p = publisher_first(a); p; p = p->next)
		bytes += atomic_load(&p->bytes);
	return bytes;
}

static uint64_t
of_runs(const struct mql_agent *a)
{
	const unsigned used = atomic_load(&a->runs.used);
	uint64_t bytes = used * sizeof(struct run);

	for (unsigned i = 0; i < used; i++) {
		const struct run *r = &a->runs.at[i];

		if (r->q)
			bytes += r->text.len + query_bytes(r->q);
	}
	return bytes;
}

void
health_report(struct mql_agent *a, struct wire_health *h)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	atomic_store(&a->cpu_ns, (uint64_t)t.tv_sec * 1000000000 +
				 (uint64_t)t.tv_nsec);
	atomic_store(&a->query_bytes, of_runs(a));
	*h = (struct wire_health){
		.cpu_ns = atomic_load(&a->cpu_ns),
		.memory = memory(a),
		.disabled = owner_disabled(a),
	};
	if (!a->link.asked)
		return;
	h->at = a->link.asked;
	h->held = (uint64_t)(clock_mono_ns() / 1000 - a->link.asked_at);
	h->wall = (uint64_t)clock_wall_us();
	a->link.asked = 0;
}
