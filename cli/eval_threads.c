/* eval_threads.c - workers, and a ring of results between them and the
 * caller. The k-th part has its place at k modulo the ring's size; a worker
 * asks for a part only when it is certain that its place is free. */
#include "cli/eval_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cli/parts.h"
#include "common/clock.h"
#include "common/thread.h"
#include "event/pathset.h"
#include "mql/error.h"
#include "mql/prog.h"
#include "mql/stage.h"

enum { TICK_MS = 250, PLACES_PER_THREAD = 3 };

struct place {
	bool             ready; /* under the lock; all else is the worker's
				   until then, the caller's after */
	struct part      part;
	struct eval_part result;
	uint64_t         lines;
};

struct pool {
	const struct eval_threads *how;
	struct parts   *parts;
	struct place   *place;
	unsigned        nplace;
	atomic_bool     stop;
	pthread_mutex_t lock;  /* all below, and place[].ready */
	pthread_cond_t  ready; /* for the caller */
	pthread_cond_t  room;  /* for workers */
	uint64_t        asked; /* parts that workers have a place for */
	uint64_t        taken; /* parts that the caller is done with */
	unsigned        running;
	bool            waiting;
};

struct worker {
	struct pool       *pool;
	struct mql_runner *runner;
	struct lines       lines;
	pthread_t          thread;
	bool               started;
};

static bool
uses_seq(const struct mql_query *q)
{
	for (size_t i = 0; i < query_paths(q); i++)
		if (prog_path(q, i)->meta == META_seq)
			return true;
	return false;
}

bool
eval_threads_allowed(const struct mql_query *q)
{
	return query_is_plain(q) && query_limit(q) == UINT64_MAX &&
	       q->plan.sample.kind == SAMPLE_ALL && !uses_seq(q);
}

void
eval_stats_add(struct mql_runner_stats *to,
	       const struct mql_runner_stats *from, bool minus)
{
	uint64_t sign = minus ? UINT64_MAX : 1;

	to->seen += sign * from->seen;
	to->matched += sign * from->matched;
	to->rows += sign * from->rows;
	to->bad += sign * from->bad;
	to->mismatches += sign * from->mismatches;
	to->regex_limited += sign * from->regex_limited;
}

/* --- a worker -------------------------------------------------------------- */

static void
add_bad(struct eval_part *r, uint64_t line)
{
	if (!r->nbad++)
		r->first_bad = line;
}

static void
judge_line(struct worker *w, struct str line, struct eval_part *r)
{
	struct str row;

	if (mql_runner_event(w->runner, line.ptr, line.len, &row.ptr,
			     &row.len)) {
		add_bad(r, w->lines.number);
	} else if (row.ptr) {
		buf_put(&r->rows, row.ptr, row.len);
		buf_put_u8(&r->rows, '\n');
	}
}

static void
judge_lines(struct worker *w, struct place *at)
{
	struct lines *l = &w->lines;
	struct str line;

	while (!atomic_load_explicit(&w->pool->stop, memory_order_relaxed)) {
		switch (lines_next(l, &line)) {
		case LINES_LINE:
			if (!lines_is_blank(line))
				judge_line(w, line, &at->result);
			break;
		case LINES_LONG:
			at->result.nlong++;
			add_bad(&at->result, l->number);
			break;
		case LINES_EMPTY:
			if (lines_fill(l, 0) != MQL_EOS)
				break;
			at->part.oserr = errno;
			return;
		case LINES_END:
			return;
		}
	}
}

static void
judge(struct worker *w, struct place *at)
{
	struct eval_part *r = &at->result;
	struct mql_runner_stats before;
	struct buf rows = r->rows;

	buf_reset(&rows);
	*r = (struct eval_part){ .rows = rows };
	mql_runner_stats(w->runner, &before);
	mql_runner_time(w->runner, at->part.ts);
	judge_lines(w, at);
	mql_runner_stats(w->runner, &r->stats);
	eval_stats_add(&r->stats, &before, true);
	at->lines = w->lines.number;
	parts_done(w->pool->parts, &w->lines, &at->part);
	r->name = input_name(w->pool->how->in, at->part.file);
	r->bytes = at->part.bytes;
	r->err = r->rows.err;
	r->oserr = at->part.oserr;
}

/* Wait until there is a place for one more part. */
static bool
ask(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->asked - p->taken >= p->nplace && !p->stop)
		pthread_cond_wait(&p->room, &p->lock);
	p->asked++;
	pthread_mutex_unlock(&p->lock);
	return !p->stop;
}

static void
publish(struct pool *p, struct place *at)
{
	pthread_mutex_lock(&p->lock);
	at->ready = true;
	pthread_cond_signal(&p->ready);
	pthread_mutex_unlock(&p->lock);
}

static void
tell_waiting(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	p->waiting = true;
	pthread_cond_signal(&p->ready);
	pthread_mutex_unlock(&p->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	struct part part;

	while (ask(p) && parts_next(p->parts, &w->lines, &part)) {
		struct place *at = &p->place[part.seq % p->nplace];
		at->part = part;
		judge(w, at);
		publish(p, at);
	}
	pthread_mutex_lock(&p->lock);
	p->running--;
	pthread_cond_signal(&p->ready);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- the caller ------------------------------------------------------------ */

/* How far the caller is in the file of the last part. */
struct progress {
	int      file;
	uint64_t lines;
	bool     ended;
};

/* Give a part to the user. False: enough. */
static bool
give(struct pool *p, struct progress *at, struct place *place)
{
	if (place->part.file != at->file)
		*at = (struct progress){ .file = place->part.file };
	if (at->ended)
		return true;
	place->result.first_bad += at->lines;
	at->lines += place->lines;
	at->ended = place->part.ended;
	return p->how->part(p->how->arg, &place->result) &&
	       !place->result.err && !place->result.oserr;
}

static void
wait_a_little(struct pool *p)
{
	thread_wait(&p->ready, &p->lock, clock_mono_ms() + TICK_MS);
}

/* The next part in order; NULL: there is none. */
static struct place *
next_ready(struct pool *p, bool *go_on)
{
	struct place *at = &p->place[p->taken % p->nplace];

	pthread_mutex_lock(&p->lock);
	while (!at->ready && p->running && *go_on) {
		bool waiting = p->waiting;
		p->waiting = false;
		pthread_mutex_unlock(&p->lock);
		*go_on = p->how->idle(p->how->arg, waiting);
		pthread_mutex_lock(&p->lock);
		if (!at->ready && p->running && *go_on && !p->waiting)
			wait_a_little(p);
	}
	at = at->ready ? at : NULL;
	pthread_mutex_unlock(&p->lock);
	return at;
}

static void
take_all(struct pool *p)
{
	struct progress progress = { .file = -1 };
	struct place *at;
	bool go_on = true;

	while (go_on && (at = next_ready(p, &go_on))) {
		go_on = give(p, &progress, at);
		pthread_mutex_lock(&p->lock);
		at->ready = false;
		p->taken++;
		pthread_cond_signal(&p->room);
		pthread_mutex_unlock(&p->lock);
	}
}

static void
stop(struct pool *p)
{
	parts_stop(p->parts);
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->room);
	pthread_mutex_unlock(&p->lock);
}

/* --- start and end --------------------------------------------------------- */

static int
start(struct worker *w, struct pool *p)
{
	const struct eval_threads *how = p->how;
	int err;

	w->pool = p;
	if ((err = mql_runner_new(how->q, how->max_event, &w->runner)) ||
	    (err = lines_init(&w->lines, how->max_event)))
		return err;
	pthread_mutex_lock(&p->lock);
	w->started = !thread_start(&w->thread, "mql-eval", work, w);
	p->running += w->started;
	pthread_mutex_unlock(&p->lock);
	return w->started ? 0 : MQL_ENOMEM;
}

static void
finish(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	mql_runner_free(w->runner);
	lines_fini(&w->lines);
}

static int
pool_init(struct pool *p, const struct eval_threads *how)
{
	*p = (struct pool){ .how = how };
	pthread_mutex_init(&p->lock, NULL);
	thread_cond_init(&p->ready);
	pthread_cond_init(&p->room, NULL);
	p->nplace = how->threads * PLACES_PER_THREAD;
	p->place = calloc(p->nplace, sizeof *p->place);
	return p->place ? parts_new(how->in, how->block, how->max_event,
				    tell_waiting, p, &p->parts)
			: MQL_ENOMEM;
}

static void
pool_fini(struct pool *p)
{
	parts_free(p->parts);
	for (unsigned i = 0; p->place && i < p->nplace; i++)
		buf_fini(&p->place[i].result.rows);
	free(p->place);
	pthread_cond_destroy(&p->room);
	pthread_cond_destroy(&p->ready);
	pthread_mutex_destroy(&p->lock);
}

/* With fewer threads than were asked for it still goes. */
int
eval_threads_run(const struct eval_threads *how)
{
	struct worker *w = calloc(how->threads, sizeof *w);
	unsigned started = 0;
	struct pool p;
	int err = pool_init(&p, how);

	if (!err && !w)
		err = MQL_ENOMEM;
	while (!err && started < how->threads) {
		err = start(&w[started], &p);
		started += !err;
	}
	if (started) {
		err = 0;
		take_all(&p);
		stop(&p);
	}
	for (unsigned i = 0; w && i < how->threads; i++)
		finish(&w[i]);
	pool_fini(&p);
	free(w);
	return err;
}
