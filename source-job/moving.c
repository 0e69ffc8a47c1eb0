#include "source-job/moving.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/registry.h"
#include "source-job/run.h"
#include "source-job/worker.h"

enum { DRAIN_MS = 200 }; /* for a socket that is never empty */

void
moving_init(struct worker *w)
{
	LIST_INIT(&w->moving.wanted);
	LIST_INIT(&w->moving.giving);
}

static void
wanted_free(struct wanted *x)
{
	if (!x)
		return;
	move_free(x->then);
	free(x->text);
	free(x);
}

void
moving_fini(struct worker *w)
{
	struct wanted *x;
	struct move *m;

	while ((x = LIST_FIRST(&w->moving.wanted))) {
		LIST_REMOVE(x, entry);
		wanted_free(x);
	}
	while ((m = LIST_FIRST(&w->moving.giving))) {
		LIST_REMOVE(m, entry);
		m->agent = NULL; /* still in the list of all */
		move_free(m);
	}
}

void
move_free(struct move *m)
{
	if (!m)
		return;
	agent_free(m->agent);
	free(m);
}

/* --- wanted ------------------------------------------------------------------ */

static struct wanted *
find(const struct worker *w, struct str id)
{
	struct wanted *x;

	LIST_FOREACH(x, &w->moving.wanted, entry)
		if (str_eq(x->id, id))
			break;
	return x;
}

/* What the peer said last is what counts. */
static int
set_hello(struct wanted *x, struct str id, const struct wire_peer *peer,
	  struct str hello)
{
	char *text = malloc(id.len + hello.len);

	if (!text)
		return MQL_ENOMEM;
	memcpy(text, id.ptr, id.len);
	memcpy(text + id.len, hello.ptr, hello.len);
	free(x->text);
	x->text = text;
	x->id = (struct str){ text, id.len };
	x->hello = (struct str){ text + id.len, hello.len };
	x->peer = *peer;
	return 0;
}

static struct move *
move_new(unsigned from, unsigned to, struct str id)
{
	struct move *m = malloc(sizeof *m + id.len);

	if (!m)
		return NULL;
	memcpy(m + 1, id.ptr, id.len);
	*m = (struct move){ .from = from, .to = to,
			    .id = { (char *)(m + 1), id.len } };
	return m;
}

int
moving_want(struct worker *w, unsigned from, struct str id,
	    const struct wire_peer *peer, struct str hello)
{
	struct wanted *x = calloc(1, sizeof *x);
	struct move *m = move_new(from, w->index, id);

	if (!x || !m || set_hello(x, id, peer, hello)) {
		wanted_free(x);
		move_free(m);
		return MQL_ENOMEM;
	}
	LIST_INSERT_HEAD(&w->moving.wanted, x, entry);
	channel_push(&w->out, &(struct op){ .kind = OP_WANT, .move = m });
	return 0;
}

bool
moving_again(struct worker *w, struct str id, const struct wire_peer *peer,
	     struct str hello)
{
	struct wanted *x = find(w, id);

	if (x)
		set_hello(x, id, peer, hello); /* else: the one before */
	return x != NULL;
}

/* --- giving ------------------------------------------------------------------ */

static void
answer(struct worker *w, struct move *m)
{
	channel_push(&w->out, &(struct op){ .kind = OP_GIVEN, .move = m });
}

/* Three workers may be asked within a moment: then the agent follows. */
void
moving_give(struct worker *w, struct move *m)
{
	struct wanted *coming = find(w, m->id);

	m->agent = agents_find(w, m->id);
	if (!m->agent && coming && !coming->then) {
		coming->then = m;
		return;
	}
	if (!m->agent) {
		answer(w, m);
		return;
	}
	m->deadline = w->now + DRAIN_MS;
	LIST_INSERT_HEAD(&w->moving.giving, m, entry);
}

void
moving_flush(struct worker *w, bool drained)
{
	struct move *m, *next;

	for (m = LIST_FIRST(&w->moving.giving); m; m = next) {
		next = LIST_NEXT(m, entry);
		if (!drained && w->now < m->deadline)
			continue;
		LIST_REMOVE(m, entry);
		agents_detach(w, m->agent);
		answer(w, m);
	}
}

bool
moving_leaves(const struct worker *w, const struct agent *a)
{
	const struct move *m;

	LIST_FOREACH(m, &w->moving.giving, entry)
		if (m->agent == a)
			return true;
	return false;
}

/* The agent is forgotten before it could be given. */
void
moving_forget(struct worker *w, const struct agent *a)
{
	struct move *m, *next;

	for (m = LIST_FIRST(&w->moving.giving); m; m = next) {
		next = LIST_NEXT(m, entry);
		if (m->agent != a)
			continue;
		LIST_REMOVE(m, entry);
		m->agent = NULL;
		answer(w, m);
	}
}

/* --- taking ------------------------------------------------------------------ */

void
moving_take(struct worker *w, struct move *m)
{
	struct wanted *x = find(w, m->id);
	int err;

	if (!x) {
		move_free(m);
		return;
	}
	LIST_REMOVE(x, entry);
	err = agents_adopt(w, m->agent, &x->peer, x->hello);
	m->agent = NULL;
	if (err)
		log_rarely(LOG_WARN, "agent %.*s cannot be taken over: %s",
			   (int)m->id.len, m->id.ptr, mql_strerror(err));
	if (x->then)
		moving_give(w, x->then);
	x->then = NULL;
	wanted_free(x);
	move_free(m);
}
