/* hub.c - see hub.h. */
#include "sink/sse/hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/thread.h"
#include "mql/error.h"
#include "sink/sse/viewer.h"
#include "wire/socket.h"

enum { TICK_MS = 100, PAUSE_MS = 1 };

/* --- joining: any thread ---------------------------------------------------- */

/* What is asked. */
struct ask {
	const struct mql_query *query;
	uint64_t rate;
};

static bool
is_of(const struct sub *s, const struct ask *ask)
{
	return s->rate == ask->rate &&
	       !strcmp(s->canonical, mql_query_text(ask->query));
}

static struct sub *
find(struct hub *h, const char *epoch, const struct ask *ask)
{
	struct sub *s;

	TAILQ_FOREACH(s, &h->subs, entry)
		if (!strcmp(s->epoch, epoch) && is_of(s, ask))
			return s;
	TAILQ_FOREACH(s, &h->fresh, entry)
		if (!strcmp(s->epoch, epoch) && is_of(s, ask))
			return s;
	return NULL;
}

/* Whoever joins where rows depend on the beginning must get all of them. */
static bool
joinable(struct sub *s, const struct ask *ask)
{
	return !atomic_load(&s->ended) && is_of(s, ask) &&
	       (!s->since || !place_sum(ring_first(&s->ring)));
}

static struct sub *
shared(struct hub *h, const struct ask *ask)
{
	struct sub *s;

	TAILQ_FOREACH(s, &h->subs, entry)
		if (joinable(s, ask))
			return s;
	TAILQ_FOREACH(s, &h->fresh, entry)
		if (joinable(s, ask))
			return s;
	return NULL;
}

static void
wake(struct hub *h)
{
	eventfd_write(h->wakefd, 1);
}

static int
begin(struct hub *h, const struct ask *ask, struct sub **out)
{
	if (h->nsubs >= h->config->max_queries)
		return MQL_ELIMIT;
	if (!(*out = sub_new(ask->query, ask->rate, h->config->replay)))
		return MQL_ENOMEM;
	TAILQ_INSERT_TAIL(&h->fresh, *out, entry);
	h->nsubs++;
	wake(h);
	return 0;
}

/* Where to go on in the subscription that position is of. */
static void
resume(struct source *s, const struct position *p)
{
	struct place next = ring_next(&s->sub->ring);
	struct place first = ring_first(&s->sub->ring);

	s->at = p->place;
	if (place_sum(s->at) > place_sum(next) || s->at.rows > next.rows ||
	    s->at.marks > next.marks)
		s->at = next; /* no place that we have told */
	if (place_sum(s->at) >= place_sum(first))
		return;
	s->gap = GAP_REPLAY;
	s->missed = first.rows > s->at.rows ? first.rows - s->at.rows : 0;
	s->at = first;
}

static void
attach(struct sub *sub, struct source *s)
{
	s->sub = sub;
	s->state = POSITION_AT;
	memcpy(s->epoch, sub->epoch, sizeof s->epoch);
	pthread_mutex_lock(&sub->lock);
	LIST_INSERT_HEAD(&sub->sources, s, of_sub);
	sub->nsources++;
	pthread_mutex_unlock(&sub->lock);
}

int
hub_join(struct hub *h, const struct mql_query *q, uint64_t rate,
	 const struct position *position, struct source *s)
{
	const struct ask ask = { q, rate };
	struct sub *sub = NULL;
	int err = 0;

	pthread_mutex_lock(&h->lock);
	if (atomic_load(&h->draining))
		err = MQL_ECLOSED;
	else if (position)
		sub = find(h, position->epoch, &ask);
	if (sub) {
		attach(sub, s);
		resume(s, position);
	} else if (!err) {
		if (!(sub = shared(h, &ask)))
			err = begin(h, &ask, &sub);
		if (!err) {
			attach(sub, s);
			s->at = sub->since ? (struct place){ 0 }
					   : ring_next(&sub->ring);
			s->gap = position ? GAP_GONE : GAP_NONE;
		}
	}
	pthread_mutex_unlock(&h->lock);
	return err;
}

void
hub_leave(struct hub *h, struct source *s)
{
	struct sub *sub = s->sub;

	(void)h;
	if (!sub)
		return;
	s->sub = NULL;
	pthread_mutex_lock(&sub->lock);
	LIST_REMOVE(s, of_sub);
	if (!--sub->nsources)
		sub->idle = clock_mono_ms();
	pthread_mutex_unlock(&sub->lock);
}

/* --- the thread --------------------------------------------------------------- */

struct turn { /* its own view of the list, which others only append to */
	struct hub *hub;
	struct sub **sub;
	size_t      n, cap;
	struct mql_tail **tail;
	bool        drained;
	int64_t     ticked;
};

static int
make_room(struct turn *t)
{
	size_t cap = t->cap ? 2 * t->cap : 16;

	if (t->n < t->cap)
		return 0;
	void *sub = reallocarray(t->sub, cap, sizeof *t->sub);
	if (sub)
		t->sub = sub;
	void *tail = reallocarray(t->tail, cap, sizeof *t->tail);
	if (tail)
		t->tail = tail;
	if (!sub || !tail)
		return MQL_ENOMEM;
	t->cap = cap;
	return 0;
}

/* Begin those that are new. */
static void
take_fresh(struct turn *t)
{
	struct hub *h = t->hub;

	for (;;) {
		pthread_mutex_lock(&h->lock);
		struct sub *s = TAILQ_FIRST(&h->fresh);
		if (s && make_room(t))
			s = NULL; /* again at the next turn */
		if (s) {
			TAILQ_REMOVE(&h->fresh, s, entry);
			TAILQ_INSERT_TAIL(&h->subs, s, entry);
		}
		pthread_mutex_unlock(&h->lock);
		if (!s)
			return;
		t->sub[t->n++] = s;
		sub_begin(s, h);
	}
}

/* Has nobody watched for long enough? Then nobody can join any more. */
static bool
retire(struct hub *h, struct sub *s, int64_t now)
{
	pthread_mutex_lock(&h->lock);
	pthread_mutex_lock(&s->lock);
	bool over = !s->nsources && now - s->idle >= h->config->linger;
	pthread_mutex_unlock(&s->lock);
	if (over) {
		TAILQ_REMOVE(&h->subs, s, entry);
		h->nsubs--;
	}
	pthread_mutex_unlock(&h->lock);
	return over;
}

static void
tick_viewers(struct hub *h, struct sub *s, int64_t now)
{
	struct source *from;

	pthread_mutex_lock(&s->lock);
	LIST_FOREACH(from, &s->sources, of_sub)
		viewer_tick(from->viewer, h, now);
	pthread_mutex_unlock(&s->lock);
}

static void
tick(struct turn *t, int64_t now)
{
	if (now - t->ticked < TICK_MS)
		return;
	t->ticked = now;
	for (size_t i = 0; i < t->n; i++) {
		struct sub *s = t->sub[i];
		tick_viewers(t->hub, s, now);
		if (!retire(t->hub, s, now))
			continue;
		if (s->tail)
			mql_tail_stop(s->tail);
		sub_free(s);
		t->sub[i--] = t->sub[--t->n];
	}
}

static void
begin_drain(struct turn *t)
{
	if (t->drained || !atomic_load(&t->hub->draining))
		return;
	t->drained = true;
	for (size_t i = 0; i < t->n; i++)
		if (t->sub[i]->tail)
			mql_tail_stop(t->sub[i]->tail);
}

static int
sooner(int a, int b)
{
	return a >= 0 && a < b ? a : b;
}

/* All tails once. Returns how long to wait. */
static int
turn(struct turn *t)
{
	int wait = TICK_MS;
	bool more = false;

	take_fresh(t);
	begin_drain(t);
	for (size_t i = 0; i < t->n; i++)
		more |= sub_turn(t->sub[i], t->hub);
	int64_t now = clock_mono_ms();
	for (size_t i = 0; i < t->n; i++)
		wait = sooner(sub_flush(t->sub[i], t->hub, now), wait);
	tick(t, now);
	return more ? 0 : wait;
}

static void
wait_for_work(struct turn *t, int ms)
{
	size_t n = 0;
	eventfd_t woken;

	for (size_t i = 0; i < t->n; i++)
		if (t->sub[i]->tail)
			t->tail[n++] = t->sub[i]->tail;
	client_tails_wait(t->tail, n, ms, t->hub->wakefd);
	eventfd_read(t->hub->wakefd, &woken);
}

static bool
is_stopping(struct hub *h)
{
	pthread_mutex_lock(&h->lock);
	bool stopping = h->stopping;
	pthread_mutex_unlock(&h->lock);
	return stopping;
}

static void *
run(void *arg)
{
	struct turn t = { .hub = arg };

	while (!is_stopping(t.hub))
		wait_for_work(&t, turn(&t));
	free(t.sub);
	free(t.tail);
	return NULL;
}

/* --- life ------------------------------------------------------------------- */

static void
fini(struct hub *h)
{
	wire_context_free(h->context);
	if (h->wakefd >= 0)
		close(h->wakefd);
	pthread_mutex_destroy(&h->lock);
}

int
hub_start(struct hub *h, const struct config *config,
	  const struct wire_keys *keys)
{
	int err;

	*h = (struct hub){ .config = config, .wakefd = -1 };
	TAILQ_INIT(&h->subs);
	TAILQ_INIT(&h->fresh);
	pthread_mutex_init(&h->lock, NULL);
	if ((err = wire_context_new(1, &h->context)))
		goto out;
	wire_context_use(h->context, keys);
	h->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->wakefd < 0 || thread_start(&h->thread, "mql-tails", run, h))
		err = MQL_EOS;
out:
	if (err)
		fini(h);
	return err;
}

void
hub_drain(struct hub *h)
{
	atomic_store(&h->draining, true);
	wake(h);
}

void
hub_close(struct hub *h)
{
	struct sub *s;

	atomic_store(&h->closing, true);
	pthread_mutex_lock(&h->lock);
	TAILQ_FOREACH(s, &h->subs, entry)
		sub_wake(s);
	TAILQ_FOREACH(s, &h->fresh, entry)
		sub_wake(s);
	pthread_mutex_unlock(&h->lock);
}

void
hub_stop(struct hub *h)
{
	struct sub *s;

	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_mutex_unlock(&h->lock);
	wake(h);
	pthread_join(h->thread, NULL);
	TAILQ_CONCAT(&h->subs, &h->fresh, entry);
	while ((s = TAILQ_FIRST(&h->subs))) {
		TAILQ_REMOVE(&h->subs, s, entry);
		sub_free(s);
	}
	fini(h);
}
