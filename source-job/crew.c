#include "source-job/crew.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "mql/error.h"
#include "mql/stage.h"
#include "source-job/job.h"
#include "source-job/spread.h"
#include "source-job/staged.h"
#include "wire/frame.h"
#include "wire/rendezvous.h"

enum { RUN_MAX = 32 }; /* rows for one member before we look again */

/* --- who gets a row ------------------------------------------------------- */

static bool
takes_rows(const struct sub *s)
{
	return s->query && !s->link->unreachable && sub_wants(s);
}

static bool
has_room(const struct sub *s, size_t body)
{
	return !s->queue.thinned &&
	       s->queue.bytes + WIRE_HEADER + body <= s->queue.limit &&
	       (!s->window || body <= s->window);
}

/* Bytes that it can take before anything is dropped. */
static uint64_t
room(const struct sub *s)
{
	return s->queue.limit - s->queue.bytes + (s->credit - s->used);
}

/* Where nobody can take it, it is dropped, and counted, with one of those who
 * might have: the latest. As long as the group is not over there is one. */
static struct sub *
anybody(const struct crew *g)
{
	struct sub *s, *any = NULL;

	LIST_FOREACH(s, &g->members, of_crew) {
		if (takes_rows(s))
			return s;
		if (s->query && !any)
			any = s;
	}
	return any;
}

static struct sub *
roomiest(const struct crew *g, size_t body)
{
	struct sub *s, *best = NULL;

	LIST_FOREACH(s, &g->members, of_crew)
		if (takes_rows(s) && has_room(s, body) &&
		    (!best || room(s) > room(best)))
			best = s;
	return best ? best : anybody(g);
}

/* Of two members of one name it is the later one: he is the other, back on a
 * new link. */
static struct sub *
owner(const struct crew *g, uint64_t of)
{
	struct sub *s, *best = NULL;
	uint64_t most = 0;

	LIST_FOREACH(s, &g->members, of_crew) {
		uint64_t w = takes_rows(s) ?
			rendezvous_weight(str_of(s->member), of) : 0;
		if (w > most) {
			most = w;
			best = s;
		}
	}
	return best ? best : anybody(g);
}

static struct sub *
choose(const struct crew *g, struct str row)
{
	return g->spread ? owner(g, spread_of(g->spread, row)) :
			   roomiest(g, queue_body(row));
}

/* Take off those of the rows that the chosen one can have at once. */
static struct span
run_of(const struct crew *g, const struct sub *s, struct span *rows)
{
	const uint64_t wants = sub_wants(s);
	const bool one = g->spread || !takes_rows(s);
	struct span next = *rows;
	size_t bytes = 0, fits = 0;
	struct str row;

	for (unsigned n = 0; n < RUN_MAX && span_next(&next, &row); n++) {
		bytes += WIRE_HEADER + queue_body(row);
		if (n && (one || n == wants ||
			  !has_room(s, queue_body(row)) ||
			  !has_room(s, bytes)))
			break;
		fits = next.at - rows->at;
	}
	return span_cut(rows, fits);
}

void
crew_rows(struct job *j, struct crew *g, struct span rows)
{
	struct str row;

	for (struct span next = rows; span_next(&next, &row); next = rows) {
		struct sub *s = choose(g, row);
		struct span run = run_of(g, s, &rows);

		sub_give_span(j, s, run);
		g->given += run.n;
	}
}

void
crew_partial(struct crew *g, const struct partial *p)
{
	staged_partial(&g->whole, p);
}

/* One member's limit is not the group's: others want more. */
bool
crew_give(struct job *j, struct crew *g, struct str row)
{
	sub_give(j, choose(g, row), row);
	g->given++;
	return true;
}

void
crew_close(struct crew *g, const struct wire_window *w)
{
	struct sub *s;

	LIST_FOREACH(s, &g->members, of_crew)
		if (s->query)
			sub_close(s, w);
}

void
crew_mark(struct job *j, struct crew *g)
{
	struct sub *s;

	LIST_FOREACH(s, &g->members, of_crew)
		sub_mark(j, s);
}

/* --- books ---------------------------------------------------------------- */

static uint64_t
own(const struct sub *s)
{
	const struct books_source *b = &s->books.source;

	return b->delivered + s->queue.rows + b->drop_limit + b->drop_slow;
}

void
crew_books(const struct sub *s, struct books_source *b)
{
	const struct books_source *all = &s->crew->whole.books.source;
	const struct books_source *then = &s->at_join;

	b->others = s->crew->given - s->given - own(s);
	b->lost += all->lost - then->lost;
	b->folded = all->folded - then->folded;
	b->results = all->results - then->results;
	b->late = all->late - then->late;
	b->untimed = all->untimed - then->untimed;
	b->overflow = all->overflow - then->overflow;
	b->drop_limit += all->drop_limit - then->drop_limit;
	b->drop_slow += all->drop_slow - then->drop_slow;
}

/* Every row that was given is in one of the three. */
struct crew_sum
crew_sum(const struct crew *g)
{
	struct crew_sum sum = { .delivered = g->delivered };
	const struct sub *s;

	LIST_FOREACH(s, &g->members, of_crew) {
		sum.members += s->query != NULL;
		sum.delivered += s->books.source.delivered;
		sum.waiting += s->queue.rows;
	}
	sum.dropped = g->given - sum.delivered - sum.waiting;
	return sum;
}

/* --- members -------------------------------------------------------------- */

static struct crew *
find(const struct query *q, struct str name, const char *text)
{
	struct crew *g;

	LIST_FOREACH(g, &q->crews, entry)
		if (str_eq(str_of(g->name), name) && !strcmp(g->text, text))
			break;
	return g;
}

static void
crew_free(struct crew *g)
{
	if (!g)
		return;
	staged_free(g->whole.staged);
	spread_free(g->spread);
	free(g->text);
	free(g);
}

static void
set_name(char *to, struct str name)
{
	snprintf(to, CREW_NAME + 1, "%.*s", (int)name.len,
		 name.len ? name.ptr : "");
}

/* Takes compiled. */
static int
crew_new(struct job *j, struct query *q, struct str name,
	  struct mql_query *compiled, struct crew **out)
{
	struct crew *g = calloc(1, sizeof *g);
	int err = MQL_ENOMEM;

	if (!g || !(g->text = strdup(mql_query_text(compiled)))) {
		mql_query_free(compiled);
		goto out;
	}
	set_name(g->name, name);
	LIST_INIT(&g->members);
	g->whole.crew = g;
	g->whole.query = q;
	if ((err = staged_open(j, &g->whole, compiled, false)))
		goto out;
	LIST_INSERT_HEAD(&q->crews, g, entry);
	*out = g;
	g = NULL;
out:
	crew_free(g);
	return err;
}

/* Names are in metrics and lists, as they are. */
static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || (!isalnum((unsigned char)s.ptr[i]) &&
				  !strchr("._:-", s.ptr[i])))
			return false;
	return s.len && s.len <= CREW_NAME;
}

static int
refuse(struct mql_diag *diag, int err, const char *what)
{
	snprintf(diag->text, sizeof diag->text, "%s", what);
	return err;
}

static int
admit(const struct wire_subscribe *m, const struct mql_query *compiled,
      struct mql_diag *diag)
{
	if (!is_name(m->group) || (m->member.len && !is_name(m->member)))
		return refuse(diag, MQL_EINVAL, "a group and its members have "
			      "names of 1 to 64 letters, digits, . _ : or -");
	if (m->merge && !query_is_plain(compiled))
		return refuse(diag, MQL_EUNSUP, "a group shares windows, "
			      "groups and an order of one source-job only");
	return 0;
}

/* Are all members of one mind about the key? */
static int
agree(const struct crew *g, const struct spread *sp, struct mql_diag *diag)
{
	const char *has = g->spread ? spread_text(g->spread) : "no key";
	const char *asked = sp ? spread_text(sp) : "no key";

	if (!strcmp(has, asked))
		return 0;
	snprintf(diag->text, sizeof diag->text,
		 "group %s is spread by %.64s, not by %.64s", g->name, has,
		 asked);
	return MQL_EINVAL;
}

static void
enter(struct job *j, struct crew *g, struct sub *s,
      const struct wire_subscribe *m)
{
	s->crew = g;
	set_name(s->member, m->member);
	if (!m->member.len)
		snprintf(s->member, sizeof s->member, "%llu",
			 (unsigned long long)atomic_load(&j->serial) + 1);
	s->at_join = g->whole.books.source;
	s->given = g->given;
	LIST_INSERT_HEAD(&g->members, s, of_crew);
}

int
crew_join(struct job *j, struct query *q, struct sub *s,
	   const struct wire_subscribe *m, struct mql_query *compiled,
	   struct mql_diag *diag)
{
	struct crew *g = find(q, m->group, mql_query_text(compiled));
	struct spread *sp = NULL;
	int err = admit(m, compiled, diag);

	if (!err)
		err = spread_open(compiled, m->key, &sp, diag);
	if (!err && g)
		err = agree(g, sp, diag);
	if (!err && !g) {
		err = crew_new(j, q, m->group, compiled, &g);
		compiled = NULL;
		if (!err) {
			g->spread = sp;
			sp = NULL;
		}
	}
	if (!err)
		enter(j, g, s, m);
	spread_free(sp);
	mql_query_free(compiled);
	return err;
}

static void
end(struct crew *g)
{
	if (g->over)
		return;
	staged_end(&g->whole);
	g->over = true;
	LIST_REMOVE(g, entry);
}

void
crew_settle(struct sub *s)
{
	struct crew *g = s->crew;
	struct sub *other;

	LIST_FOREACH(other, &g->members, of_crew)
		if (other->state == SUB_STAYING)
			break;
	if (!other)
		end(g);
	crew_books(s, &s->books.source);
}

void
crew_forget(struct sub *s)
{
	struct crew *g = s->crew;

	LIST_REMOVE(s, of_crew);
	s->crew = NULL;
	g->gone++;
	g->delivered += s->books.source.delivered;
	if (!LIST_EMPTY(&g->members))
		return;
	if (!g->over)
		LIST_REMOVE(g, entry);
	crew_free(g);
}
