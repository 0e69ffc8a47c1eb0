/* credit.c - how much the source-job of a session may send, and how much of
 * what it has sent is done with; see session.h. */
#include "client/session.h"

static void
send_credit(struct session *s)
{
	const struct wire_credit m = { .id = SESSION_SUBSCRIPTION,
				       .bytes = s->granted, .rows = s->done };

	wire_credit_encode(&m, &s->out);
	client_link_send(&s->link, &s->out);
}

/* Of several links nobody knows whose rows are open: they may be any one's. Of
 * what is merged it is not rows that come. */
void
session_tell_done(struct session *s)
{
	const struct client_ask *ask = s->ask;
	const uint64_t got = s->tally.got, open = !ask->settles ? 0 :
		ask->account.received - ask->settled;
	uint64_t done = got > open ? got - open : 0;

	if (s->state != SESSION_LIVE || s->ask->account.made.merged ||
	    done <= s->done)
		return;
	s->done = done;
	send_credit(s);
}

void
session_batch_done(struct session *s)
{
	s->in_batch = false;
	s->consumed += s->batch.size;
	session_grant(s);
}

/* What is consumed, and a window more: also an acknowledgement. */
void
session_grant_all(struct session *s)
{
	if (s->ask->held || s->state == SESSION_DOWN)
		return;
	s->granted = s->consumed + s->ask->credit;
	send_credit(s);
}

void
session_grant(struct session *s)
{
	if (s->consumed + s->ask->credit / 2 >= s->granted)
		session_grant_all(s);
}
