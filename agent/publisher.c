/* publisher.c - see publisher.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/agent.h"
#include "agent/builder.h"
#include "common/clock.h"

_Thread_local struct publisher_memo publisher_memo = { NOBODY, NULL,
						       RCU_STRANGER };

uint64_t
publisher_serial(void)
{
	static _Atomic uint64_t last; /* names, no state: it only counts */

	return 1 + atomic_fetch_add_explicit(&last, 1, memory_order_relaxed);
}

struct publisher *
publisher_first(const struct mql_agent *a)
{
	return atomic_load_explicit(&a->publishers, memory_order_acquire);
}

static void
publisher_free(struct publisher *p)
{
	if (!p)
		return;
	if (p->rows.data)
		munmap(p->rows.data, p->rows.cap);
	ring_fini(&p->ring);
	builder_free(p->event, p->agent->max_event);
	reader_free(p->reader);
	eval_free(p->eval);
	free(p->hit);
	free(p->tally);
	free(p->counts);
	free(p->fold);
	free(p->gauge.kept);
	free(p->gauge.skipped);
	free(p->gauge.touched);
	free(p);
}

void
publisher_free_all(struct mql_agent *a)
{
	struct publisher *next;

	for (struct publisher *p = publisher_first(a); p; p = next) {
		next = p->next;
		if (!atomic_load(&p->building))
			publisher_free(p);
	}
}

static struct publisher *
publisher_new(struct mql_agent *a)
{
	struct publisher *p = aligned_alloc(_Alignof(struct publisher),
					    sizeof *p);

	if (!p)
		return NULL;
	memset(p, 0, sizeof *p);
	p->agent = a;
	p->taken = true;
	p->bytes = sizeof *p + a->max_queries * (sizeof *p->hit +
			       sizeof *p->tally + sizeof *p->counts);
	p->hit = calloc(a->max_queries, sizeof *p->hit);
	p->tally = calloc(a->max_queries, sizeof *p->tally);
	p->counts = calloc(a->max_queries, sizeof *p->counts);
	p->fold = calloc(a->max_queries, sizeof *p->fold);
	p->gauge.kept = calloc(a->max_queries, sizeof *p->gauge.kept);
	p->gauge.skipped = calloc(a->max_queries, sizeof *p->gauge.skipped);
	p->gauge.touched = calloc(a->max_queries / 64 + 1,
				  sizeof *p->gauge.touched);
	p->until_timed = a->budget.limit[BUDGET_CPU] < UINT64_MAX;
	if (!p->hit || !p->tally || !p->counts || !p->fold ||
	    !p->gauge.kept || !p->gauge.skipped || !p->gauge.touched ||
	    reader_new(a->max_event, &p->reader) || eval_new(&p->eval)) {
		publisher_free(p);
		return NULL;
	}
	return p;
}

/* One that a thread which is gone has left behind, or a new one. */
static struct publisher *
claim(struct mql_agent *a)
{
	struct publisher *p;

	for (p = publisher_first(a); p; p = p->next)
		if (!atomic_load_explicit(&p->taken, memory_order_relaxed) &&
		    !atomic_exchange_explicit(&p->taken, true,
					      memory_order_acquire))
			return p;
	p = publisher_new(a);
	if (!p)
		return NULL;
	p->next = publisher_first(a);
	while (!atomic_compare_exchange_weak(&a->publishers, &p->next, p))
		;
	return p;
}

void
publisher_give_back(void *publisher)
{
	struct publisher *p = publisher;

	if (publisher_memo.p == p)
		publisher_memo.agent = NOBODY;
	atomic_store_explicit(&p->taken, false, memory_order_release);
}

void
publisher_forget(struct mql_agent *a)
{
	pthread_setspecific(a->key, NULL);
	atomic_store(&a->publishers, NULL);
}

struct publisher *
publisher_find(struct mql_agent *a)
{
	struct publisher *p = pthread_getspecific(a->key);

	if (!p && atomic_load(&a->life) != LIFE_AWAKE) {
		life_wake(a);
		return NULL;
	}
	if (!p) {
		p = claim(a);
		if (p && pthread_setspecific(a->key, p)) {
			publisher_give_back(p);
			p = NULL;
		}
	}
	if (!p) {
		atomic_fetch_add(&a->starved, 1);
		return NULL;
	}
	/* Late in a thread's end it may be inside as another one. */
	atomic_store(&p->self, rcu_self());
	publisher_memo = (struct publisher_memo){ a->serial, p,
						   rcu_self_light() };
	return p;
}

/* Whoever is not in the list yet, or has not told its reader, when the fence
 * is made will see what was swapped in before. */
void
publisher_wait(const struct mql_agent *a)
{
	const struct publisher *p;
	bool out = rcu_fence_all();

	for (p = publisher_first(a); out && p; p = p->next)
		out = !atomic_load(&p->taken) ||
		      rcu_is_out(atomic_load(&p->self));
	if (!out)
		rcu_wait();
}

int
publisher_ready(struct publisher *p)
{
	size_t size = p->agent->ring_bytes;

	if (!p->ring.data && ring_init(&p->ring, size))
		return MQL_ENOMEM;
	if (!p->rows.data) {
		void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (mem == MAP_FAILED)
			return MQL_ENOMEM;
		madvise(mem, size, MADV_WIPEONFORK);
		p->rows = (struct buf)BUF_FIXED(mem, size);
		atomic_fetch_add(&p->bytes, 2 * size);
	}
	return 0;
}

void
publisher_sum(const struct mql_agent *a, unsigned slot, struct books_agent *b)
{
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		const struct tally *t = &p->tally[slot];
		const struct eval_counts *c = &p->counts[slot];

		b->skipped += counter_get(&t->skipped);
		b->drop_ring += counter_get(&t->drop_ring);
		b->drop_large += counter_get(&t->drop_large);
		b->sampled += counter_get(&t->sampled);
		b->drop_rate += counter_get(&t->drop_rate);
		b->matched += counter_get(&t->matched);
		b->mismatches += atomic_load_explicit(&c->mismatches,
						      memory_order_relaxed);
		b->regex_limited +=
			atomic_load_explicit(&c->regex_limited,
					     memory_order_relaxed);
	}
}
