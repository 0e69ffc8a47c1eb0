#include "source-job/map.h"

#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

#include "mql/error.h"

static uint64_t
hash_of(const struct map *m, struct str key)
{
	return XXH3_64bits_withSeed(key.ptr, key.len, m->seed);
}

/* The slot that holds key, else the free one where it would go. */
static struct map_slot *
probe(const struct map *m, struct str key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slot[i].value &&
	       !(m->slot[i].hash == hash && str_eq(m->slot[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

void *
map_get(const struct map *m, struct str key)
{
	return m->cap ? probe(m, key, hash_of(m, key))->value : NULL;
}

static int
grow(struct map *m)
{
	struct map bigger = { .cap = m->cap ? 2 * m->cap : 16, .n = m->n,
			      .seed = m->seed };

	/* Without entropy the seed stays 0: slower under attack, not wrong. */
	if (!m->cap && getrandom(&bigger.seed, sizeof bigger.seed,
				 GRND_NONBLOCK) < 0)
		bigger.seed = 0;
	bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
	if (!bigger.slot)
		return MQL_ENOMEM;
	for (size_t i = 0; i < m->cap; i++) {
		const struct map_slot *s = &m->slot[i];
		if (s->value)
			*probe(&bigger, s->key, s->hash) = *s;
	}
	free(m->slot);
	*m = bigger;
	return 0;
}

int
map_put(struct map *m, struct str key, void *value)
{
	int err;

	if (4 * (m->n + 1) > 3 * m->cap && (err = grow(m)))
		return err;
	uint64_t hash = hash_of(m, key);
	struct map_slot *s = probe(m, key, hash);
	m->n += !s->value;
	*s = (struct map_slot){ hash, key, value };
	return 0;
}

/* The entries behind the hole move up, so that no probe stops at it. */
void
map_remove(struct map *m, struct str key)
{
	if (!m->cap)
		return;
	size_t mask = m->cap - 1;
	struct map_slot *s = probe(m, key, hash_of(m, key));
	if (!s->value)
		return;
	size_t hole = (size_t)(s - m->slot);
	for (size_t i = (hole + 1) & mask; m->slot[i].value;
	     i = (i + 1) & mask) {
		size_t home = m->slot[i].hash & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue; /* it would land before its home */
		m->slot[hole] = m->slot[i];
		hole = i;
	}
	m->slot[hole] = (struct map_slot){ 0 };
	m->n--;
}

void
map_fini(struct map *m)
{
	free(m->slot);
	*m = (struct map){ 0 };
}
