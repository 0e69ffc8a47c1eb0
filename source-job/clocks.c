#include "source-job/clocks.h"

static const int64_t keep_us = 60 * INT64_C(1000000);
static const uint64_t last_us = UINT64_C(7258118400000000); /* year 2200 */

int64_t
clocks_take(struct clocks *c, int64_t now, int64_t wall, uint64_t at,
	    uint64_t held, uint64_t said)
{
	const uint64_t since = (uint64_t)now - at;

	if (at > (uint64_t)now || held > since || said > last_us)
		return -1;
	const int64_t trip = (int64_t)(since - held);
	if (c->known && trip > c->trip && now - c->taken < keep_us)
		return trip;
	c->known = true;
	c->trip = trip;
	c->taken = now;
	c->ahead = (int64_t)said - (wall - trip / 2);
	return trip;
}

int64_t
clocks_ours(const struct clocks *c, uint64_t said)
{
	int64_t at;

	if (!c->known || !said || said > last_us)
		return 0;
	at = (int64_t)said - c->ahead;
	return at > 0 ? at : 0;
}
