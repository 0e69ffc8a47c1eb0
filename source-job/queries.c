#include "source-job/queries.h"

#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/partial.h"
#include "mql/query.h"
#include "mql/stage.h"
#include "source-job/job.h"
#include "source-job/merge.h"
#include "source-job/rates.h"
#include "wire/message.h"

static struct str
id_key(const uint32_t *id)
{
	return (struct str){ (const char *)id, sizeof *id };
}

/* Both texts, with a NUL between them, which neither has; of a replay also its
 * id, behind another. */
static struct str
key_of(const struct query *q)
{
	return (struct str){ q->key, q->text.len + 1 + q->fold.len +
			     (q->replay ? 1 + sizeof q->replay : 0) };
}

int
queries_init(struct job *j)
{
	struct queries *qs = &j->queries;
	LIST_INIT(&qs->all);
	qs->slot = calloc(WIRE_MAX_LIST, sizeof *qs->slot);
	return qs->slot ? 0 : MQL_ENOMEM;
}

static void
query_free(const struct job *j, struct query *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < j->nworker; i++) {
		partial_free(atomic_load(&q->of[i].spare));
		notes_free(q->of[i].notes);
	}
	watermark_fini(&q->watermark);
	mql_query_free(q->folded);
	mql_query_free(q->compiled);
	free(q->key);
	free(q);
}

static void
release(struct job *j, struct query *q)
{
	struct queries *qs = &j->queries;

	map_remove(&qs->by_id, id_key(&q->id));
	if (map_get(&qs->by_key, key_of(q)) == q)
		map_remove(&qs->by_key, key_of(q));
	LIST_REMOVE(q, entry);
	qs->slot[q->slot] = NULL;
	qs->n--;
	qs->nframes -= q->nframe;
	qs->nclosing -= q->closing;
	query_free(j, q);
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
}

struct query *
queries_find(struct job *j, uint32_t id)
{
	return map_get(&j->queries.by_id, id_key(&id));
}

uint64_t
query_cpu_ns(const struct job *j, const struct query *q)
{
	uint64_t ns = 0;

	for (unsigned i = 0; i < j->nworker; i++)
		ns += counter_get(&q->of[i].cpu_ns);
	return ns;
}

const struct query_count *
query_shown(const struct query *q)
{
	return q->closing ? &q->at_close : &q->count;
}

/* To all workers. */
static void
tell(struct job *j, struct query *q, enum op_kind kind)
{
	for (unsigned i = 0; i < j->nworker; i++)
		channel_push(&j->worker[i].in, &(struct op){
			.kind = kind, .query = q,
			.id = q->id, .plan = q->plan });
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
	q->serial = ++qs->last_serial;
	tell(j, q, OP_OPEN);
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
	buf_put(&key, &q->replay, sizeof q->replay);
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
	return watermark_init(&q->watermark, q->folded);
}

static int
compile(struct query *q)
{
	int err = query_compile(q->text, &q->compiled, NULL);

	return err ? err : compile_fold(q);
}

/* For a subscription to compiled. */
static bool
fits(const struct query *q, const struct mql_query *compiled)
{
	return !q->folded || query_folds_as(compiled, q->folded);
}

static struct query *
query_new(struct job *j, struct str text, struct str fold, uint64_t replay)
{
	struct query *q = calloc(1, sizeof *q +
				 j->nworker * sizeof q->of[0]);

	if (!q)
		return NULL;
	q->opened = q->meta_at = j->now;
	q->replay = replay;
	LIST_INIT(&q->subs);
	LIST_INIT(&q->crews);
	if (set_texts(q, text, fold)) {
		query_free(j, q);
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
		query_free(j, q);
		return err;
	}
	log_debug("query %u opens: %s%s%s", q->id, q->text.ptr,
		  q->fold.len ? " | " : "", q->fold.ptr);
	return 0;
}

static int
open_as(struct job *j, const struct mql_query *compiled, struct str fold,
	uint64_t replay, uint64_t cap, struct query **out, const char **why)
{
	struct query *q = query_new(j, query_agent_text(compiled), fold,
				    replay);
	struct query *there;
	int err;

	*why = NULL;
	*out = NULL;
	if (!q)
		return MQL_ENOMEM;
	q->plan = rates_begin(j, cap);
	there = map_get(&j->queries.by_key, key_of(q));
	if (there) {
		query_free(j, q);
		q = there;
		err = fits(q, compiled) ? 0 : MQL_EUNSUP;
	} else {
		err = start(j, q, compiled, why);
	}
	if (!err)
		*out = q;
	return err;
}

/* What agents fold comes once a second: for windows of history, whose hours
 * pass in a moment, rows in their order are wanted. */
static struct str
fold_of(const struct mql_query *compiled, uint64_t replay)
{
	if (replay && query_rows(compiled) == QUERY_WINDOWS)
		return (struct str){ 0 };
	return str_of(query_fold_text(compiled));
}

/* Whatever is wrong with a fold, rows will do. */
int
queries_open(struct job *j, const struct mql_query *compiled, uint64_t replay,
	     uint64_t cap, struct query **out, const char **why)
{
	struct str fold = fold_of(compiled, replay);
	int err = open_as(j, compiled, fold, replay, cap, out, why);

	if (err && err != MQL_ENOMEM && fold.len)
		err = open_as(j, compiled, (struct str){ 0 }, replay, cap, out,
			      why);
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
	j->queries.nclosing++;
	/* Who asks for it now begins anew. */
	map_remove(&j->queries.by_key, key_of(q));
	tell(j, q, OP_CLOSE);
}

void
queries_force(struct job *j, struct query *q)
{
	tell(j, q, OP_FORCE);
}

void
queries_flush(struct job *j)
{
	struct query *q, *next;

	if (!j->queries.nclosing)
		return;
	for (q = LIST_FIRST(&j->queries.all); q; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->ndone < j->nworker)
			continue;
		merge_done(j, q);
		release(j, q);
	}
}

/* --- resting ------------------------------------------------------------- */

void
queries_rest(struct job *j, const char *why)
{
	struct query *q;

	LIST_FOREACH(q, &j->queries.all, entry)
		q->resting = !q->closing;
	for (unsigned i = 0; i < j->nworker; i++)
		channel_push(&j->worker[i].in, &(struct op){
			.kind = OP_REST, .why = strdup(why) });
}

/* What agents still say of its number is about the run before. */
static int
renumber(struct queries *qs, struct query *q)
{
	map_remove(&qs->by_id, id_key(&q->id));
	q->id = ++qs->last_id;
	return map_put(&qs->by_id, id_key(&q->id), q); /* has room: one less */
}

void
queries_wake(struct job *j)
{
	struct query *q;

	LIST_FOREACH(q, &j->queries.all, entry) {
		if (!q->resting || q->closing)
			continue;
		q->resting = false;
		renumber(&j->queries, q);
		tell(j, q, OP_WAKE);
	}
}

/* --- answers ------------------------------------------------------------- */

bool
query_is_open(const struct job *j, const struct query *q)
{
	return q->nopen == j->nworker;
}

void
query_notes(const struct job *j, const struct query *q, struct notes *notes)
{
	notes->nrefusal = notes->nlimit = 0;
	for (unsigned i = 0; i < j->nworker; i++)
		notes_add(notes, q->of[i].notes);
}
