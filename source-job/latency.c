#include "source-job/latency.h"

#include <inttypes.h>

#include "common/buf.h"
#include "source-job/counters.h"

static const struct {
	int64_t     us;
	const char *text;
} bound[] = {
#define X(us, text) { us, text },
	LATENCY_BUCKETS(X)
#undef X
};

void
latency_add(struct latency *l, int64_t us, uint64_t n)
{
	unsigned i = 0;

	if (us < 0)
		us = 0;
	while (i < LATENCY_NBUCKETS && us > bound[i].us)
		i++;
	counter_add(&l->bucket[i], n);
	counter_add(&l->us, (uint64_t)us * n);
}

void
latency_sum(const struct latency *from, struct latency *to)
{
	for (unsigned i = 0; i <= LATENCY_NBUCKETS; i++)
		counter_add(&to->bucket[i], counter_get(&from->bucket[i]));
	counter_add(&to->us, counter_get(&from->us));
}

void
latency_write(const struct latency *l, const char *name, struct buf *out)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < LATENCY_NBUCKETS; i++) {
		n += counter_get(&l->bucket[i]);
		buf_printf(out, "mql_%s_seconds_bucket{le=\"%s\"} %" PRIu64
			   "\n", name, bound[i].text, n);
	}
	n += counter_get(&l->bucket[LATENCY_NBUCKETS]);
	buf_printf(out, "mql_%s_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
		   "mql_%s_seconds_sum %.6f\nmql_%s_seconds_count %" PRIu64
		   "\n", name, n, name, (double)counter_get(&l->us) / 1e6,
		   name, n);
}
