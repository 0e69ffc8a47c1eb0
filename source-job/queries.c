#include "source-job/queries.h"

#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/partial.h"
#include "mql/query.h"
#include "source-job/at.h"
#include "source-job/job.h"
#include "source-job/merge.h"
#include "source-job/run.h"
#include "wire/message.h"

enum { CLOSE_MS = 1000 }; /* for the agents' last word */

static struct str
id_key(const uint32_t *id)
{
	return (struct str){ (const char *)id, sizeof *id };
}

/* Both texts, with a NUL between them, which neither has. */
static struct str
key_of(const struct query *q)
{
	return (struct str){ q->key, q->text.len + 1 + q->fold.len };
}

int
queries_init(struct job *j)
{
	struct queries *qs = &j->queries;
	size_t max = j->config.max_queries;

	LIST_INIT(&qs->all);
	qs->version = 1; /* 0 stands for a snapshot */
	qs->slot = calloc(max, sizeof *qs->slot);
	qs->add = calloc(max, sizeof *qs->add);
	qs->remove = calloc(max, sizeof *qs->remove);
	return qs->slot && qs->add && qs->remove ? 0 : MQL_ENOMEM;
}

static void
free_runs(struct job *j, struct query *q)
{
	struct agent *a;

	LIST_FOREACH(a, &j->agents.all, entry)
		if (a->run[q->slot])
			run_free(a->run[q->slot]);
}

static void
query_free(struct query *q)
{
	if (!q)
		return;
	at_free(q->at);
	partial_free(q->partial);
	mql_query_free(q->folded);
	mql_query_free(q->compiled);
	free(q->key);
	free(q);
}

static void
release(struct job *j, struct query *q)
{
	struct queries *qs = &j->queries;

	free_runs(j, q);
	map_remove(&qs->by_id, id_key(&q->id));
	if (map_get(&qs->by_key, key_of(q)) == q)
		map_remove(&qs->by_key, key_of(q));
	LIST_REMOVE(q, entry);
	qs->slot[q->slot] = NULL;
	qs->n--;
	qs->nframes -= q->nframe;
	qs->nclosing -= q->closing;
	query_free(q);
}

void
queries_fini(struct job *j)
{
	struct queries *qs = &j->queries;

	while (!LIST_EMPTY(&qs->all))
		release(j, LIST_FIRST(&qs->all));
	map_fini(&qs->by_id);
	map_fini(&qs->by_key);
	free(qs->slot);
	free(qs->add);
	free(qs->remove);
}

struct query *
queries_find(struct job *j, uint32_t id)
{
	return map_get(&j->queries.by_id, id_key(&id));
}

const struct query_count *
query_shown(const struct query *q)
{
	return q->closing ? &q->at_close : &q->count;
}

/* --- opening ------------------------------------------------------------- */

/* Bytes that q takes in a message, with some to spare. */
static size_t
frame_size(const struct query *q)
{
	struct buf b = BUF_INIT;
	struct wire_query add = { .id = UINT32_MAX, .text = q->text,
				  .fold = q->fold };
	struct wire_queries m = { .version = INT64_MAX, .base = INT64_MAX,
				  .add = &add, .nadd = 1 };

	wire_queries_encode(&m, &b);
	size_t size = b.err ? WIRE_MAX_CONTROL : b.len;
	buf_fini(&b);
	return size;
}

static unsigned
free_slot(const struct queries *qs)
{
	unsigned i = 0;

	while (qs->slot[i])
		i++;
	return i;
}

static int
admit(struct job *j, struct query *q, const char **why)
{
	const struct queries *qs = &j->queries;

	*why = "too many queries are running; see --max-queries";
	if (qs->n >= j->config.max_queries)
		return MQL_ELIMIT;
	*why = "the running queries are too long in all to be sent to agents";
	q->nframe = frame_size(q);
	if (qs->nframes + q->nframe > WIRE_MAX_CONTROL)
		return MQL_ELIMIT;
	*why = NULL;
	return 0;
}

static int
enlist(struct job *j, struct query *q)
{
	struct queries *qs = &j->queries;
	int err;

	q->id = ++qs->last_id;
	q->slot = free_slot(qs);
	if ((err = map_put(&qs->by_id, id_key(&q->id), q)))
		return err;
	if ((err = map_put(&qs->by_key, key_of(q), q))) {
		map_remove(&qs->by_id, id_key(&q->id));
		return err;
	}
	LIST_INSERT_HEAD(&qs->all, q, entry);
	qs->slot[q->slot] = q;
	qs->n++;
	qs->nframes += q->nframe;
	qs->dirty = true;
	return 0;
}

static int
open_runs(struct job *j, struct query *q)
{
	struct agent *a;
	int err;

	LIST_FOREACH(a, &j->agents.all, entry)
		if (a->connected && (err = run_open(a, q)))
			return err;
	return 0;
}

static int
set_texts(struct query *q, struct str text, struct str fold)
{
	struct buf key = BUF_INIT;

	buf_put(&key, text.ptr, text.len);
	buf_put_u8(&key, '\0');
	buf_put(&key, fold.ptr, fold.len);
	buf_put_u8(&key, '\0');
	if (key.err) {
		buf_fini(&key);
		return key.err;
	}
	q->key = (char *)key.data;
	q->text = (struct str){ q->key, text.len };
	q->fold = (struct str){ q->key + text.len + 1, fold.len };
	return 0;
}

static int
compile_fold(struct query *q)
{
	int err;

	if (!q->fold.len)
		return 0;
	if ((err = query_compile(q->fold, &q->folded, NULL)))
		return err;
	watermark_init(&q->watermark, q->folded);
	return partial_new(q->folded, &q->partial);
}

static int
compile(struct query *q)
{
	int err = query_compile(q->text, &q->compiled, NULL);

	if (!err)
		err = at_open(q->compiled, &q->at);
	return err ? err : compile_fold(q);
}

/* For a subscription to compiled. */
static bool
fits(const struct query *q, const struct mql_query *compiled)
{
	return !q->folded || query_folds_as(compiled, q->folded);
}

static struct query *
query_new(struct job *j, struct str text, struct str fold)
{
	struct query *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->opened = q->meta_at = j->now;
	LIST_INIT(&q->subs);
	watermark_init(&q->watermark, NULL);
	if (set_texts(q, text, fold)) {
		query_free(q);
		return NULL;
	}
	return q;
}

/* q is new and has its texts; it is taken. */
static int
start(struct job *j, struct query *q, const struct mql_query *compiled,
      const char **why)
{
	int err = compile(q);

	if (!err && !fits(q, compiled))
		err = MQL_EUNSUP;
	if (err || (err = admit(j, q, why)) || (err = enlist(j, q))) {
		query_free(q);
		return err;
	}
	if ((err = open_runs(j, q)))
		release(j, q);
	else
		log_debug("query %u opens: %s%s%s", q->id, q->text.ptr,
			  q->fold.len ? " | " : "", q->fold.ptr);
	return err;
}

static int
open_as(struct job *j, const struct mql_query *compiled, struct str fold,
	struct query **out, const char **why)
{
	struct query *q = query_new(j, query_agent_text(compiled), fold);
	struct query *there;
	int err;

	*why = NULL;
	*out = NULL;
	if (!q)
		return MQL_ENOMEM;
	there = map_get(&j->queries.by_key, key_of(q));
	if (there) {
		query_free(q);
		q = there;
		err = fits(q, compiled) ? 0 : MQL_EUNSUP;
	} else {
		err = start(j, q, compiled, why);
	}
	if (!err)
		*out = q;
	return err;
}

/* Whatever is wrong with a fold, rows will do. */
int
queries_open(struct job *j, const struct mql_query *compiled,
	     struct query **out, const char **why)
{
	struct str fold = str_of(query_fold_text(compiled));
	int err = open_as(j, compiled, fold, out, why);

	if (err && err != MQL_ENOMEM && fold.len)
		err = open_as(j, compiled, (struct str){ 0 }, out, why);
	return err;
}

/* --- closing ------------------------------------------------------------- */

void
queries_close(struct job *j, struct query *q)
{
	if (q->closing)
		return;
	log_debug("query %u closes", q->id);
	q->closing = true;
	q->at_close = q->count;
	q->deadline = j->now + CLOSE_MS;
	j->queries.nclosing++;
	j->queries.dirty = true;
	/* Who asks for it now begins anew. */
	map_remove(&j->queries.by_key, key_of(q));
	if (!q->told && !q->resting) /* no agent will speak of it */
		free_runs(j, q);
}

static void
finish(struct job *j, struct query *q)
{
	merge_done(j, q);
	release(j, q);
}

/* --- resting ------------------------------------------------------------- */

/* Agents that do not know of it yet never will; the others answer "ended". */
static void
rest(struct job *j, struct query *q, const char *why)
{
	struct agent *a;

	q->resting = why;
	q->deadline = j->now + CLOSE_MS;
	if (q->told)
		return;
	LIST_FOREACH(a, &j->agents.all, entry)
		if (a->run[q->slot])
			run_refused(a->run[q->slot], str_of(why));
}

void
queries_rest(struct job *j, const char *why)
{
	struct query *q;

	LIST_FOREACH(q, &j->queries.all, entry)
		if (!q->closing)
			rest(j, q, why);
	j->queries.resting = j->queries.dirty = true;
}

/* What agents still say of its number is about the run before, though they may
 * have refused it meanwhile for a reason of their own. */
static int
renumber(struct queries *qs, struct query *q)
{
	map_remove(&qs->by_id, id_key(&q->id));
	q->id = ++qs->last_id;
	return map_put(&qs->by_id, id_key(&q->id), q); /* has room: one less */
}

static int
wake(struct job *j, struct query *q)
{
	int err = renumber(&j->queries, q);

	q->resting = NULL;
	j->queries.dirty = true;
	return err ? err : open_runs(j, q);
}

static void
wake_all(struct job *j)
{
	struct query *q;

	j->queries.resting = false;
	LIST_FOREACH(q, &j->queries.all, entry) {
		if (!q->resting || q->closing)
			continue;
		if (q->told || (q->count.awaited && j->now < q->deadline))
			j->queries.resting = true;
		else if (wake(j, q))
			log_error("out of memory: query %u is not asked "
				  "everywhere", q->id);
	}
}

/* --- telling the agents -------------------------------------------------- */

/* Is it part of the set, as far as we are concerned? */
static bool
is_wanted(const struct query *q)
{
	return !q->closing && !q->resting;
}

static void
add(struct queries *qs, struct wire_queries *m, const struct query *q)
{
	qs->add[m->nadd++] = (struct wire_query){
		.id = q->id, .text = q->text, .fold = q->fold };
}

/* An agent has a run of each query that it is asked. */
static bool
is_for(const struct query *q, const struct agent *a)
{
	return !a || a->run[q->slot];
}

void
queries_encode(struct job *j, const struct agent *a, struct buf *out)
{
	struct queries *qs = &j->queries;
	struct wire_queries m = { .version = qs->version, .add = qs->add };
	struct query *q;

	LIST_FOREACH(q, &qs->all, entry)
		if (q->told && is_for(q, a))
			add(qs, &m, q);
	wire_queries_encode(&m, out);
}

/* What is to be told, to agent a or (NULL) to all: how many queries. */
static size_t
encode_delta(struct job *j, const struct agent *a)
{
	struct queries *qs = &j->queries;
	struct wire_queries m = { .version = qs->version + 1,
				  .base = qs->version, .add = qs->add,
				  .remove = qs->remove };
	struct query *q;

	LIST_FOREACH(q, &qs->all, entry) {
		if (!is_for(q, a))
			continue;
		if (q->told && !is_wanted(q))
			qs->remove[m.nremove++] = q->id;
		else if (!q->told && is_wanted(q))
			add(qs, &m, q);
	}
	wire_queries_encode(&m, hop_frame(&j->agent_hop));
	return m.nadd + m.nremove;
}

/* Agents that are not meant get the new version and no query. */
static void
tell_each(struct job *j)
{
	struct agent *a;

	LIST_FOREACH(a, &j->agents.all, entry) {
		if (!a->connected)
			continue;
		encode_delta(j, a);
		agents_send(j, a);
	}
}

static void
tell(struct job *j)
{
	struct queries *qs = &j->queries;
	bool selective = false;
	struct query *q;

	qs->dirty = false;
	LIST_FOREACH(q, &qs->all, entry)
		selective |= q->at && q->told != is_wanted(q);
	if (!encode_delta(j, NULL))
		return;
	if (selective)
		tell_each(j);
	else
		agents_broadcast(j);
	qs->version++;
	LIST_FOREACH(q, &qs->all, entry)
		q->told = is_wanted(q);
}

void
queries_flush(struct job *j)
{
	struct query *q, *next;

	if (j->queries.resting && !j->power.off)
		wake_all(j);
	if (j->queries.dirty)
		tell(j);
	if (!j->queries.nclosing)
		return;
	for (q = LIST_FIRST(&j->queries.all); q; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->closing && !q->told &&
		    (!q->count.awaited || j->now >= q->deadline))
			finish(j, q);
	}
}
