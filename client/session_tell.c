/* session_tell.c - what META and END say, kept for the tail. */
#include <stdio.h>

#include "client/session.h"

static void
keep_refusals(struct session *s, const struct wire_meta *m)
{
	s->nrefusal = m->nrefusal < CLIENT_MAX_REFUSALS ? m->nrefusal
							: CLIENT_MAX_REFUSALS;
	for (size_t i = 0; i < s->nrefusal; i++) {
		struct str why = m->refusal[i].why;
		s->refusal[i].agents = m->refusal[i].agents;
		snprintf(s->refusal[i].why, sizeof s->refusal[i].why, "%.*s",
			 (int)why.len, why.len ? why.ptr : "");
	}
}

/* "3 of 10 agents run it on 1 in 8 events: over 1% of a core; suspended ..." */
static void
keep_limits(struct session *s, const struct wire_meta *m)
{
	struct buf b = BUF_FIXED(s->limits, sizeof s->limits - 1);
	bool some = false;

	for (size_t i = 0; i < m->nlimit; i++) {
		const struct wire_limit *l = &m->limit[i];

		some |= l->every > 0;
		buf_printf(&b, "%s", i ? "; " : "");
		if (!l->every)
			buf_printf(&b, "suspended on %u of %u agents",
				   (unsigned)l->agents,
				   (unsigned)m->books.targeted);
		else
			buf_printf(&b, "%u of %u agents run it on 1 in %u "
				   "events", (unsigned)l->agents,
				   (unsigned)m->books.targeted,
				   (unsigned)l->every);
		buf_printf(&b, ": %.*s", (int)l->why.len, l->why.ptr);
	}
	if (some && s->ask->unweighed)
		buf_puts(&b, "; its aggregates are of these events only");
	s->limits[b.len] = '\0';
}

void
session_tell(struct session *s, const struct wire_meta *m, bool last)
{
	const struct books old = s->tally.books;

	s->window = (struct mql_window){
		.start = m->window.start, .end = m->window.end,
		.agents = m->window.agents, .events = m->window.events,
		.late = m->window.late, .live = m->window.live,
	};
	s->replay = m->replay;
	client_account_tell(&s->ask->account, &s->tally, m, last);
	keep_refusals(s, m);
	keep_limits(s, m);
	if (old.live != m->books.live || old.targeted != m->books.targeted ||
	    old.refused != m->books.refused)
		s->news |= NEWS_LIVE;
	else
		s->news |= NEWS_META;
}
