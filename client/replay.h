/* replay.h - history that several source-jobs replay, as one. Owner thread. */
#ifndef CLIENT_REPLAY_H
#define CLIENT_REPLAY_H

#include "client/tail.h"

/* How far all of them are. */
void client_replay_sum(const struct mql_tail *t, struct mql_replay *out);

/* When all have told which partitions they read: is each read, and once? False,
 * and a sentence in why, when it is not. */
bool client_replay_is_whole(const struct mql_tail *t, char *why, size_t nwhy);

#endif
