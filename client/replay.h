/* replay.h - history that several source-jobs replay, as one. Owner thread. */
#ifndef CLIENT_REPLAY_H
#define CLIENT_REPLAY_H

#include "client/tail.h"

/* How far all of them are. */
void client_replay_sum(const struct mql_tail *t, struct mql_replay *out);

enum client_share {
	CLIENT_SHARE_UNTOLD, /* not all have told which partitions they read */
	CLIENT_SHARE_WHOLE,  /* each is read, and once */
	CLIENT_SHARE_TORN,
};

/* why: a sentence, of one that is torn. */
enum client_share client_replay_share(const struct mql_tail *t, char *why,
				      size_t nwhy);

#endif
