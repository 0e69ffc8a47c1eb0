/* quota.h - how much one peer may say, so that one that says too much is not
 * listened to while all others are.
 *
 * A bucket of bytes for each peer, which fills again with time. Many peers
 * share a fixed number of buckets, by a hash, so that neither strangers nor
 * years make it grow. Pure but for its memory; time is an argument. */
#ifndef SOURCE_JOB_QUOTA_H
#define SOURCE_JOB_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/socket.h"

enum {
	QUOTA_BUCKETS = 4096,
	QUOTA_BURST   = 8 << 20, /* bytes: what may come at once, */
	QUOTA_RATE    = 4 << 20, /* and a second on the whole */
};

struct quota_bucket {
	int64_t at;   /* ms */
	int64_t owed; /* bytes */
	int64_t told; /* ms */
};

struct quota {
	struct quota_bucket bucket[QUOTA_BUCKETS];
};

/* Does what weighs n bytes fit? Then it is charged. */
bool quota_take(struct quota *q, const struct wire_peer *peer, int64_t now,
		uint64_t n);

/* Charge what cannot be taken back; the peer may owe more than a burst then,
 * and is not listened to until it owes less. */
void quota_charge(struct quota *q, const struct wire_peer *peer, int64_t now,
		  uint64_t n);

/* Is it time to tell the peer? Once a second. */
bool quota_tell(struct quota *q, const struct wire_peer *peer, int64_t now);

#endif
