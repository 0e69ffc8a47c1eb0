#include "client/replay.h"

#include <stdio.h>

void
client_replay_sum(const struct mql_tail *t, struct mql_replay *out)
{
	bool live = true, any = false;

	*out = (struct mql_replay){ 0 };
	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];
		const struct wire_replay *r = &s->replay;

		if (!s->accepted)
			continue;
		any = true;
		live &= r->live;
		out->read += r->read;
		out->of += r->of;
		out->messages += r->messages;
		out->tombstones += r->tombstones;
		out->large += r->large;
		out->partitions += r->partitions;
	}
	out->live = any && live;
}

enum client_share
client_replay_share(const struct mql_tail *t, char *why, size_t nwhy)
{
	uint64_t mine = 0, whole = 0;
	uint32_t n = 0, all = 0;

	for (size_t i = 0; i < t->nsession; i++) {
		const struct session *s = t->session[i];
		const struct wire_replay *r = &s->replay;

		if (!s->accepted)
			continue;
		if (!r->all)
			return CLIENT_SHARE_UNTOLD;
		n += r->partitions;
		mine = (mine + r->mine) & INT64_MAX;
		all = r->all > all ? r->all : all;
		whole = r->all == all ? r->whole : whole;
	}
	if (n == all && mine == whole)
		return CLIENT_SHARE_WHOLE;
	if (n < all)
		snprintf(why, nwhy, "the source-jobs that are asked have %u of "
			 "%u partitions: ask all of their group, and when "
			 "those of one that is gone have moved", (unsigned)n,
			 (unsigned)all);
	else
		snprintf(why, nwhy, "partitions have moved while the replay "
			 "began, and some would be read twice: ask again");
	return CLIENT_SHARE_TORN;
}
