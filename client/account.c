/* account.c - see account.h. */
#include "client/account.h"

#include <string.h>

void
client_account_row(struct client_account *a)
{
	a->got++;
	a->received++;
}

/* Did the agents carry the run over, that is: do their counters at the new
 * link's beginning include all that the old link had told? */
static bool
carried_over(const struct books_agent *told, const struct books_agent *before)
{
	return before->seen >= told->seen && before->matched >= told->matched &&
	       before->sent >= told->sent;
}

/* Close the broken link's books: rows that were sent and neither came here
 * nor were dropped by the source-job are lost. Returns how many. */
static uint64_t
settle(struct books *b, uint64_t got)
{
	uint64_t known = got + books_source_dropped(&b->source) +
			 b->source.lost;
	uint64_t lost = 0;

	if (b->agent.sent > known) {
		lost = b->agent.sent - known;
	} else { /* rows came after the agents had told their books */
		uint64_t more = known - b->agent.sent;
		b->agent.sent += more;
		b->agent.matched += more;
		b->agent.seen += more;
	}
	b->source.lost += lost;
	b->source.delivered = got;
	b->source.waiting = 0;
	return lost;
}

static void
add_source(struct books_source *to, const struct books_source *from)
{
#define X(name, text) to->name += from->name;
	BOOKS_SOURCE(X)
#undef X
}

/* The first word of a new link after a break. */
static uint64_t
resume(struct client_account *a, const struct books_agent *before)
{
	struct books old = a->now;
	struct books_agent told = a->before;
	uint64_t gap = 0;

	books_agent_add(&told, &old.agent);
	if (carried_over(&told, before)) {
		uint64_t dropped = books_agent_dropped(&old.agent);
		old.agent = *before;
		books_agent_sub(&old.agent, &a->before);
		gap = books_agent_dropped(&old.agent) - dropped;
	} else { /* what was queued there is gone with the run */
		old.agent.sent += old.agent.queued;
		old.agent.queued = 0;
	}
	gap += settle(&old, a->got);
	books_agent_add(&a->past.agent, &old.agent);
	add_source(&a->past.source, &old.source);
	a->got = 0;
	return gap;
}

uint64_t
client_account_tell(struct client_account *a, const struct wire_meta *m)
{
	uint64_t gap = 0;

	if (a->broken && !a->told)
		gap = resume(a, &m->before);
	if (!a->told)
		a->before = m->before;
	a->told = true;
	a->now = m->books;
	return gap;
}

void
client_account_break(struct client_account *a)
{
	if (a->told)
		a->broken = true;
	a->told = false;
	a->now.live = 0;
}

/* A gauge that fell since its baseline reads as an empty queue. */
static uint64_t
gauge(uint64_t v)
{
	return (int64_t)v < 0 ? 0 : v;
}

void
client_account_books(const struct client_account *a, struct mql_books *out)
{
	struct books sum = a->now;

	books_agent_add(&sum.agent, &a->past.agent);
	add_source(&sum.source, &a->past.source);
	*out = (struct mql_books){
		.seen = sum.agent.seen,
		.matched = sum.agent.matched,
		.sampled = sum.agent.sampled,
		.sent = sum.agent.sent,
		.delivered = sum.source.delivered,
		.received = a->received,
		.queued = gauge(sum.agent.queued) + sum.source.waiting,
		.lost = sum.source.lost,
		.bad = sum.agent.bad,
		.mismatches = sum.agent.mismatches,
		.regex_limited = sum.agent.regex_limited,
		.dropped = {
			.ring = sum.agent.drop_ring,
			.budget = sum.agent.drop_budget,
			.rate = sum.agent.drop_rate,
			.link = sum.agent.drop_link,
			.large = sum.agent.drop_large,
			.limit = sum.source.drop_limit,
			.slow = sum.source.drop_slow,
		},
		.targeted = sum.targeted,
		.live = sum.live,
		.refused = sum.refused,
		.lost_agents = sum.lost_agents,
		.left = sum.left,
		.balanced = books_balance(&sum),
	};
}
