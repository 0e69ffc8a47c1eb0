/* account.c - see account.h. */
#include "client/account.h"

void
client_account_row(struct client_account *a)
{
	a->now.got++;
	a->received++;
}

void
client_account_tell(struct client_account *a, const struct wire_meta *m)
{
	a->now.books = m->books;
	a->now.before = m->before;
	a->told = true;
}

/* Have the agents brought their runs over, that is: do their counters at the
 * new link's beginning include all that the last link had told? */
static bool
carried_over(const struct client_tally *last, const struct books_agent *before)
{
	struct books_agent told = last->before;

	books_agent_add(&told, &last->books.agent);
	return before->seen >= told.seen && before->matched >= told.matched &&
	       before->sent >= told.sent;
}

/* Close a broken link's books: rows that were sent, or made of those, and
 * neither came here nor were dropped by the source-job are lost. */
static void
settle(struct books *b, uint64_t got)
{
	uint64_t made = b->agent.sent + b->source.results;
	uint64_t known = got + b->source.folded +
			 books_source_dropped(&b->source) + b->source.lost;

	if (made >= known) {
		b->source.lost += made - known;
	} else if (b->source.folded) { /* rows came after the last books */
		b->source.results += known - made;
	} else { /* likewise, and the agents had sent them */
		uint64_t more = known - made;
		b->agent.sent += more;
		b->agent.matched += more;
		b->agent.seen += more;
	}
	b->source.delivered = got;
	b->source.waiting = 0;
}

/* The last link's books, brought up to date by those of the present one. */
static struct books
last_books(const struct client_account *a)
{
	struct books b = a->last.books;

	if (!a->broken)
		return b;
	if (a->told && carried_over(&a->last, &a->now.before)) {
		b.agent = a->now.before;
		books_agent_sub(&b.agent, &a->last.before);
	} else { /* what was queued there may be gone with the run */
		b.agent.sent += b.agent.queued;
		b.agent.queued = 0;
	}
	settle(&b, a->last.got);
	return b;
}

static void
add(struct books *to, const struct books *from)
{
	books_agent_add(&to->agent, &from->agent);
#define X(name, text) to->source.name += from->source.name;
	BOOKS_SOURCE(X)
#undef X
}

void
client_account_break(struct client_account *a)
{
	if (a->told) {
		struct books b = last_books(a);
		add(&a->settled, &b);
		a->last = a->now;
		a->broken = true;
		a->now = (struct client_tally){ 0 };
		a->told = false;
	}
	a->now.books.live = 0;
}

uint64_t
client_account_gap(const struct client_account *a, bool *whole)
{
	struct books b = last_books(a);

	*whole = a->told && carried_over(&a->last, &a->now.before);
	return b.source.lost - a->last.books.source.lost +
	       books_agent_dropped(&b.agent) -
	       books_agent_dropped(&a->last.books.agent);
}

/* A gauge that fell since its baseline reads as an empty queue. */
static uint64_t
gauge(uint64_t v)
{
	return (int64_t)v < 0 ? 0 : v;
}

struct books
client_account_sum(const struct client_account *a)
{
	struct books sum = a->now.books, last = last_books(a);

	add(&sum, &last);
	add(&sum, &a->settled);
	return sum;
}

void
client_account_books(const struct client_account *a, struct mql_books *out)
{
	struct books sum = client_account_sum(a);

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
			.late = sum.source.late,
			.untimed = sum.source.untimed,
			.overflow = sum.source.overflow,
		},
		.targeted = sum.targeted,
		.live = sum.live,
		.refused = sum.refused,
		.lost_agents = sum.lost_agents,
		.left = sum.left,
		.balanced = books_balance(&sum),
		.folded = sum.source.folded,
		.results = sum.source.results,
		.skipped = sum.agent.skipped,
	};
}
