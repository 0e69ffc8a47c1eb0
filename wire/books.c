/* books.c - see books.h. Every sum walks the lists there, so a counter that
 * is added to a list takes part without a change here; only the equations
 * name counters one by one. */
#include "wire/books.h"

void
books_agent_add(struct books_agent *to, const struct books_agent *from)
{
#define X(name, text) to->name += from->name;
	BOOKS_AGENT(X)
#undef X
}

void
books_agent_sub(struct books_agent *to, const struct books_agent *from)
{
#define X(name, text) to->name -= from->name;
	BOOKS_AGENT(X)
#undef X
}

struct books_agent
books_agent_settled(const struct books_agent *b)
{
	struct books_agent s = *b;

	s.seen -= s.queued;
	s.matched -= s.queued;
	s.queued = 0;
	return s;
}

uint64_t
books_agent_dropped(const struct books_agent *b)
{
	return b->drop_ring + b->drop_budget + b->drop_rate + b->drop_link +
	       b->drop_large;
}

uint64_t
books_source_dropped(const struct books_source *b)
{
	return b->drop_limit + b->drop_slow + b->late + b->untimed +
	       b->overflow;
}

bool
books_balance(const struct books *b)
{
	const struct books_agent *a = &b->agent;
	const struct books_source *s = &b->source;

	return a->matched + a->skipped <= a->seen &&
	       a->matched == a->sampled + a->sent + a->queued +
				     books_agent_dropped(a) &&
	       a->sent + s->results == s->folded + s->delivered + s->waiting +
					       books_source_dropped(s) +
					       s->lost + s->others;
}
