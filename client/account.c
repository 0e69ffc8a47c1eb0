/* account.c - see account.h. */
#include "client/account.h"

void
client_account_join(struct client_account *a, struct client_tally *t)
{
	t->next = a->tallies;
	a->tallies = t;
}

void
client_account_row(struct client_account *a, struct client_tally *t)
{
	t->got++;
	a->received++;
}

void
client_account_events(struct client_tally *t, uint64_t n)
{
	t->got += n;
}

void
client_account_excess(struct client_account *a, struct client_tally *t)
{
	if (t)
		t->got++;
	a->excess++;
}

/* --- one link ---------------------------------------------------------------- */

/* What was passed on to us for the merge, in place of what it was put into. */
static void
unfold(struct books *b)
{
	struct books_source *s = &b->source;

	s->folded = s->results = s->waiting = 0;
	s->delivered = b->agent.sent - books_source_dropped(s) - s->lost;
}

/* Close a link's books: rows that were sent, or made of those, and neither
 * came here nor were dropped by the source-job are lost. */
static void
close_books(struct books *b, uint64_t got)
{
	uint64_t made = b->agent.sent + b->source.results;
	uint64_t known = got + b->source.folded +
			 books_source_dropped(&b->source) + b->source.lost +
			 b->source.others;

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

void
client_account_tell(struct client_account *a, struct client_tally *t,
		    const struct wire_meta *m, bool last)
{
	/* What the first link finds is older than we are. */
	if (t->told || t->again) {
		books_agent_add(&a->arrived, &m->before);
		books_agent_sub(&a->arrived, &t->before);
	}
	t->books = m->books;
	t->before = m->before;
	t->told = true;
	if (a->made.merged)
		unfold(&t->books);
	if (a->made.merged && last)
		close_books(&t->books, t->got);
}

/* --- links that broke ----------------------------------------------------------- */

static struct books_agent
arrived(const struct client_account *a)
{
	struct books_agent b = a->arrived;

	books_agent_sub(&b, &a->base);
	return b;
}

/* Have the agents brought their runs over, that is: do the counters that they
 * have brought along include all that the broken links had told? Without what
 * agents had queued, for no starting point has that. */
static bool
carried_over(const struct client_account *a)
{
	struct books_agent told = a->last.before, now = arrived(a);

	books_agent_add(&told, &a->last.books.agent);
	told = books_agent_settled(&told);
	now = books_agent_settled(&now);
	return now.seen >= told.seen && now.matched >= told.matched &&
	       now.sent >= told.sent;
}

/* Is all known of the broken links that ever will be? */
static bool
is_known(const struct client_account *a)
{
	return a->shared || carried_over(a);
}

/* The broken links' books, brought up to date. */
static struct books
last_books(const struct client_account *a)
{
	struct books b = a->last.books;

	if (!a->broken)
		return b;
	if (!a->shared && carried_over(a)) {
		b.agent = arrived(a);
		books_agent_sub(&b.agent, &a->last.before);
	} else { /* what was queued there may be gone with the run */
		b.agent.sent += b.agent.queued;
		b.agent.queued = 0;
	}
	close_books(&b, a->last.got);
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
client_account_settle(struct client_account *a)
{
	struct books b = last_books(a);

	add(&a->settled, &b);
	a->last = (struct client_tally){ 0 };
	a->base = a->arrived;
	a->broken = false;
}

/* Rows that a link brought and never told its books about: they were sent, and
 * where links have broken before, what agents bring along counts them too. */
static void
keep_untold(struct client_account *a, struct client_tally *t)
{
	struct books b = { .agent = { .seen = t->got, .matched = t->got,
				      .sent = t->got },
			   .source.delivered = t->got };

	if (a->broken)
		a->last.got += t->got;
	else
		add(&a->settled, &b);
	t->got = 0;
}

void
client_account_break(struct client_account *a, struct client_tally *t)
{
	if (t->told) {
		/* One that is known to its end does not wait for more. */
		if (!a->broken || is_known(a))
			client_account_settle(a);
		if (!a->broken)
			a->live = client_account_live(a);
		add(&a->last.books, &t->books);
		books_agent_add(&a->last.before, &t->before);
		a->last.got += t->got;
		a->broken = true;
		t->books = (struct books){ 0 };
		t->before = (struct books_agent){ 0 };
		t->got = 0;
		t->told = false;
		t->again = true;
	} else {
		keep_untold(a, t);
	}
	t->books.live = 0;
}

uint64_t
client_account_gap(const struct client_account *a, bool *whole)
{
	struct books b = last_books(a);

	*whole = a->broken && is_known(a);
	return b.source.lost - a->last.books.source.lost +
	       books_agent_dropped(&b.agent) -
	       books_agent_dropped(&a->last.books.agent);
}

void
client_account_drop(struct client_account *a, struct client_tally *t)
{
	struct client_tally **at = &a->tallies;

	while (*at && *at != t)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = t->next;
	if (!t->told) {
		keep_untold(a, t);
		return;
	}
	close_books(&t->books, t->got);
	add(&a->settled, &t->books);
}

/* --- all of it -------------------------------------------------------------------- */

uint32_t
client_account_live(const struct client_account *a)
{
	const struct client_tally *t;
	uint32_t live = 0;

	for (t = a->tallies; t; t = t->next)
		live += t->books.live;
	return live;
}

/* What the merge has made of what the links brought. */
static void
fold(const struct client_account *a, struct books_source *s)
{
	const struct results_counts *m = &a->made.counts;

	s->late += m->late;
	s->untimed += m->untimed;
	s->overflow += m->overflow;
	s->folded += m->taken - m->late - m->untimed - m->overflow;
	s->results += m->results;
	s->drop_limit += a->excess + m->past_limit;
	s->waiting += s->delivered - m->taken - m->past_limit;
	s->drop_slow += m->unkept;
	s->waiting += m->results - m->unkept - a->excess - a->received;
	s->delivered = a->received;
}

struct books
client_account_sum(const struct client_account *a)
{
	struct books sum = a->settled, last = last_books(a);
	const struct client_tally *t;

	add(&sum, &last);
	for (t = a->tallies; t; t = t->next) {
		add(&sum, &t->books);
		sum.targeted += t->books.targeted;
		sum.live += t->books.live;
		sum.refused += t->books.refused;
		sum.lost_agents += t->books.lost_agents;
		sum.left += t->books.left;
	}
	if (a->made.merged) {
		fold(a, &sum.source);
	} else {
		sum.source.delivered -= a->excess;
		sum.source.drop_limit += a->excess;
	}
	return sum;
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
		.others = sum.source.others,
	};
}
