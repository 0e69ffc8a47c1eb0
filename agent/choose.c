/* choose.c - which source-job the link is to: discovery says which there are,
 * route.h decides, and here is what it takes to go there. */
#include "agent/agent.h"
#include "common/clock.h"

enum {
	DISCOVER_MS = 1000, /* between attempts to begin to discover */
	ENDING_MS = 1000,   /* runs that end are to have their last word where
			       they are known */
	LOOK_MS = 100,      /* at the other link, while there is one */
};

static void
begin(struct mql_agent *a, int64_t now)
{
	struct link *l = &a->link;

	if (l->discovered && now - l->discovered < DISCOVER_MS)
		return;
	if (!l->discovered)
		route_init(&l->route, a->name, (uint64_t)clock_mono_ns());
	if (wire_discovery_open(a->source_job, &a->discovery) &&
	    !l->discovered)
		agent_say(a, "no memory or thread to look for source-jobs: "
			  "trying again");
	l->discovered = now;
}

static void
learn(struct mql_agent *a, int64_t now)
{
	struct wire_endpoints *list;
	char why[240];

	if (!a->discovery)
		begin(a, now);
	if (!a->discovery)
		return;
	if (wire_discovery_trouble(a->discovery, why, sizeof why))
		agent_say(a, "%s%s", why, a->link.route.list ?
			  "; staying with the source-jobs that are known" : "");
	if ((list = wire_discovery_take(a->discovery)))
		route_learn(&a->link.route, a->name, list, now);
}

/* --- steps ---------------------------------------------------------------------- */

static void
spare(struct mql_agent *a)
{
	wire_dealer_close(a->link.spare, 0);
	a->link.spare = NULL;
}

/* Is the other link up? */
static bool
spare_is_up(struct link *l)
{
	unsigned changes;

	return l->spare &&
	       wire_dealer_link(l->spare, &changes) == WIRE_LINK_UP;
}

static void
try(struct mql_agent *a)
{
	spare(a);
	if (a->context) /* else, or on an error: it is never up */
		wire_dealer_open(a->context, a->link.route.wish,
				 &a->link.spare);
}

static void
go(struct mql_agent *a, const char *from)
{
	struct link *l = &a->link;

	spare(a);
	if (from[0])
		agent_say(a, "no source-job at %s: trying %s", from,
			  l->route.at);
	if (l->state != LINK_DOWN)
		link_step(a, EV_LOST, NULL);
	link_reopen(a);
}

static void
move(struct mql_agent *a, int64_t now)
{
	struct link *l = &a->link;

	if (!l->moving)
		l->moving = now;
	if (!a->runs.n[RUN_ENDING] || now - l->moving > ENDING_MS)
		link_step(a, EV_MOVE, NULL);
}

void
link_choose(struct mql_agent *a, int64_t now)
{
	struct link *l = &a->link;
	char from[ROUTE_ENDPOINT];

	learn(a, now);
	if (l->state == LINK_LEAVING || atomic_load(&a->closing))
		return;
	memcpy(from, l->route.at, sizeof from);
	switch (route_tick(&l->route, l->state == LINK_LIVE, spare_is_up(l),
			   now)) {
	case ROUTE_STAY:
		break;
	case ROUTE_GO:
		go(a, from);
		break;
	case ROUTE_TRY:
		try(a);
		break;
	case ROUTE_SPARE:
		spare(a);
		break;
	case ROUTE_MOVE:
		move(a, now);
		break;
	}
}

int64_t
link_choose_idle_ms(const struct mql_agent *a, int64_t now, int64_t most)
{
	if ((a->link.spare || a->link.parting.until) && most > LOOK_MS)
		most = LOOK_MS;
	return route_idle_ms(&a->link.route, now, most);
}

void
link_choose_end(struct mql_agent *a, int64_t until)
{
	spare(a);
	parting_end(a);
	route_fini(&a->link.route);
	wire_discovery_close(a->discovery, until);
	a->discovery = NULL;
}
