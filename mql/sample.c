/* sample.c - which of the matching events are kept.
 *
 * n% draws a lot for each. n/s spreads the kept ones evenly over time: each
 * makes the next one due 1/n s later, and what was not used is worth one
 * event, not more. STICKY keeps all events of a key, or none, and the same
 * keys that Netflix Mantis keeps: its engine hashes the keys' texts as Java
 * and Clojure do.
 *
 * Two threads may draw from one sampler: it is two words, each changed in one
 * step. */
#include <stdatomic.h>

#include "mql/prog.h"

enum {
	NS_PER_MS = 1000 * 1000,
	MIN_SLACK_NS = NS_PER_MS, /* the clock does not say it finer */
};

void
sampler_init(struct sampler *s, uint64_t seed)
{
	atomic_init(&s->random, seed);
	atomic_init(&s->due, INT64_MIN);
}

/* splitmix64, Steele et al.: one state word, good enough for lots. */
static uint32_t
draw(struct sampler *s)
{
	const uint64_t step = 0x9e3779b97f4a7c15;
	uint64_t z = step + atomic_fetch_add_explicit(&s->random, step,
						      memory_order_relaxed);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

/* --- n/s ---------------------------------------------------------------------- */

static bool
is_due(struct sampler *s, uint64_t per_second, int64_t now_ms)
{
	const int64_t most = INT64_MAX / NS_PER_MS / 2;
	const int64_t now = NS_PER_MS * (now_ms < 0 ? 0 : now_ms < most
							  ? now_ms : most);
	const int64_t gap = (int64_t)(UINT64_C(1000) * NS_PER_MS / per_second);
	const int64_t slack = gap > MIN_SLACK_NS ? gap : MIN_SLACK_NS;
	int64_t due = atomic_load_explicit(&s->due, memory_order_relaxed);
	int64_t next;

	do {
		if (due > now && due - now <= 2 * slack)
			return false;
		/* A clock that was set back must not silence the query. */
		next = due > now || due < now - slack ? now - slack : due;
		next += gap;
	} while (!atomic_compare_exchange_weak_explicit(
			&s->due, &due, next, memory_order_relaxed,
			memory_order_relaxed));
	return true;
}

/* --- STICKY -------------------------------------------------------------------- */

/* Java's String.hashCode(): over UTF-16, 31 to the power of the place. */
static uint32_t
hash_unit(uint32_t h, uint32_t unit)
{
	return 31 * h + unit;
}

/* The character at s[*i], which is moved past it; a byte that begins none is
 * read as Java reads it, as U+FFFD. */
static uint32_t
next_char(struct str s, size_t *i)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s.ptr[(*i)++];
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	uint32_t c = first & (0x3fu >> more);

	if (first < 0x80)
		return first;
	if (first < 0xc2 || first > 0xf4 || s.len - *i < more)
		return 0xfffd;
	for (unsigned k = 0; k < more; k++) {
		unsigned char byte = (unsigned char)s.ptr[*i + k];

		if ((byte & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (byte & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0xfffd;
	*i += more;
	return c;
}

static uint32_t
hash_text(uint32_t h, struct str s)
{
	for (size_t i = 0; i < s.len;) {
		uint32_t c = next_char(s, &i);

		if (c < 0x10000) {
			h = hash_unit(h, c);
			continue;
		}
		h = hash_unit(h, 0xd800 + ((c - 0x10000) >> 10));
		h = hash_unit(h, 0xdc00 + ((c - 0x10000) & 0x3ff));
	}
	return h;
}

static uint32_t
rotate(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

/* murmur3_x86_32 of one block, as Clojure hashes what Java has hashed: 0
 * stays 0. */
static uint32_t
murmur(uint32_t k)
{
	uint32_t h;

	if (!k)
		return 0;
	h = rotate(k * 0xcc9e2d51, 15) * 0x1b873593;
	h = rotate(h, 13) * 5 + 0xe6546b64;
	h ^= sizeof k;
	h = (h ^ h >> 16) * 0x85ebca6b;
	h = (h ^ h >> 13) * 0xc2b2ae35;
	return h ^ h >> 16;
}

/* The texts of the keys, which follow each other, and of the salt. */
static bool
is_sticky(const struct mql_query *q, struct reader *r, const uint16_t *slots)
{
	const struct sample *how = &q->plan.sample;
	bool any = false;
	uint32_t h = 0;
	char room[32];

	for (unsigned i = 0; i < q->nsticky; i++) {
		const struct value *v = reader_get(r, slots[q->sticky[i]]);
		struct buf b = BUF_FIXED(room, sizeof room);
		struct str s = { v->raw, v->nraw };

		if (v->type == VALUE_NULL)
			continue;
		if (v->type >= VALUE_STR) {
			s = value_str(v);
		} else if (!v->raw) {
			value_write_text(v, &b);
			s = (struct str){ room, b.len };
		}
		any |= s.len > 0;
		h = hash_text(h, s);
	}
	int n = snprintf(room, sizeof room, "%lld", (long long)how->salt);
	int32_t hash = (int32_t)murmur(hash_text(h, (struct str){
		room, (size_t)n,
	}));
	int64_t size = hash < 0 ? -(int64_t)hash : hash;

	return any && (uint64_t)size % how->factor < how->sticky_threshold;
}

/* -------------------------------------------------------------------------------- */

bool
query_sample_is_timed(const struct mql_query *q)
{
	return q->plan.sample.kind == SAMPLE_RATE;
}

bool
query_sample(const struct mql_query *q, struct sampler *s, struct reader *r,
	     const uint16_t *slots, int64_t now)
{
	const struct sample *how = &q->plan.sample;

	switch (how->kind) {
	case SAMPLE_ALL:
		break;
	case SAMPLE_PERCENT:
		return draw(s) < how->threshold;
	case SAMPLE_RATE:
		return is_due(s, how->per_second, now);
	case SAMPLE_STICKY:
		return is_sticky(q, r, slots);
	}
	return true;
}
