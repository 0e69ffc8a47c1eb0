/* cap.c - see cap.h. A generic cell rate algorithm with a second of depth. */
#include "agent/cap.h"

enum { NS = 1000 * 1000 * 1000 };

/* Less than gap, by lot: splitmix64, as in mql/sample.c. */
static int64_t
lot(struct cap *c, int64_t gap)
{
	const uint64_t step = 0x9e3779b97f4a7c15;
	uint64_t z = step + atomic_fetch_add_explicit(&c->random, step,
						      memory_order_relaxed);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (int64_t)((z ^ z >> 31) % (uint64_t)gap);
}

void
cap_set(struct cap *c, uint64_t rate, int64_t now)
{
	const uint64_t most = UINT64_C(1000) * NS; /* a row each ns */
	int64_t gap = 0;

	if (rate)
		gap = rate < most ? (int64_t)(most / rate) : 1;
	if (gap && !cap_is_set(c)) {
		atomic_fetch_add_explicit(&c->random, (uint64_t)now ^
					  (uintptr_t)c, memory_order_relaxed);
		atomic_store_explicit(&c->due, now + lot(c, gap),
				      memory_order_relaxed);
	}
	atomic_store_explicit(&c->gap, gap, memory_order_relaxed);
}

bool
cap_take(struct cap *c, int64_t now)
{
	const int64_t gap = atomic_load_explicit(&c->gap,
						 memory_order_relaxed);
	int64_t due = atomic_load_explicit(&c->due, memory_order_relaxed);
	int64_t at;

	if (!gap)
		return true;
	do {
		at = due;
		if (due < now - NS)
			at = now - NS + lot(c, gap);
		else if (due > now + gap) /* the cap was narrower then */
			at = now + lot(c, gap);
		else if (due > now)
			return false;
		/* A lot that is drawn stands, also against us. */
	} while (!atomic_compare_exchange_weak_explicit(
			&c->due, &due, at > now ? at : at + gap,
			memory_order_relaxed, memory_order_relaxed));
	return at <= now;
}
