/* quota.c - see quota.h. */
#include "source-job/quota.h"

#include <xxhash.h>

enum {
	MOST = 1 << 30, /* bytes that anybody owes: four minutes */
	TELL_MS = 1000,
};

static struct quota_bucket *
find(struct quota *q, const struct wire_peer *peer, int64_t now)
{
	/* All links of a key are one peer. */
	uint64_t hash = peer->key ?
		XXH3_64bits(&peer->key, sizeof peer->key) :
		XXH3_64bits(peer->id, peer->len);
	struct quota_bucket *b = &q->bucket[hash % QUOTA_BUCKETS];
	int64_t paid = (now - b->at) * (QUOTA_RATE / 1000);

	b->owed = paid < b->owed ? b->owed - paid : 0;
	b->at = now;
	return b;
}

static void
charge(struct quota_bucket *b, uint64_t n)
{
	b->owed += n < MOST ? (int64_t)n : MOST;
	if (b->owed > MOST)
		b->owed = MOST;
}

bool
quota_take(struct quota *q, const struct wire_peer *peer, int64_t now,
	   uint64_t n)
{
	struct quota_bucket *b = find(q, peer, now);

	if (b->owed + (int64_t)n > QUOTA_BURST)
		return false;
	charge(b, n);
	return true;
}

void
quota_charge(struct quota *q, const struct wire_peer *peer, int64_t now,
	     uint64_t n)
{
	charge(find(q, peer, now), n);
}

bool
quota_tell(struct quota *q, const struct wire_peer *peer, int64_t now)
{
	struct quota_bucket *b = find(q, peer, now);

	if (b->told && now - b->told < TELL_MS)
		return false;
	b->told = now;
	return true;
}
