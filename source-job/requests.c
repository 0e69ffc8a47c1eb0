#include "source-job/requests.h"

#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/json.h"
#include "source-job/lists.h"
#include "source-job/spread.h"
#include "source-job/staged.h"
#include "wire/message.h"

enum { LISTINGS_MAX = 64 }; /* that go round at a time */

/* --- lists: elements are written one by one, so that the text is bounded - */

struct list {
	struct buf *out;
	size_t      n, left_out;
};

static void
list_add_text(struct list *l, const char *text)
{
	if (!text || l->left_out ||
	    l->out->len + strlen(text) + 64 > JSON_MAX_TEXT) {
		l->left_out++;
	} else {
		buf_puts(l->out, l->n++ ? "," : "[");
		buf_puts(l->out, text);
	}
}

/* Takes v. */
static void
list_add(struct list *l, json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	list_add_text(l, text);
	free(text);
}

static void
list_end(struct list *l)
{
	if (l->left_out)
		buf_printf(l->out, "%s{\"left_out\":%zu}", l->n ? "," : "[",
			   l->left_out);
	else if (!l->n)
		buf_puts(l->out, "[");
	buf_puts(l->out, "]");
}

/* 0 or MQL_ENOMEM. */
static int
reply(struct job *j, const struct wire_peer *to, uint32_t id, bool ok,
      const struct buf *text)
{
	struct wire_reply r = {
		.id = id, .ok = ok,
		.text = { (char *)text->data, text->len },
	};

	if (text->err)
		return text->err;
	hop_charge(&j->subscriber_hop, to, text->len);
	wire_reply_encode(&r, hop_frame(&j->subscriber_hop));
	hop_send(&j->subscriber_hop, to); /* whoever is gone needs none */
	return 0;
}

/* What somebody asked, rather than the agents' part of it. */
static struct str
asked(const struct query *q)
{
	const struct crew *g;
	const struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (staged_text(s))
			return str_of(staged_text(s));
	LIST_FOREACH(g, &q->crews, entry)
		if (staged_text(&g->whole))
			return str_of(g->text);
	return q->text;
}

/* Why agents do not run it. */
static void
set_refusals(struct job *j, json_t *o, const struct query *q)
{
	json_t *list = json_array();
	struct notes notes;

	query_notes(j, q, &notes);
	for (size_t i = 0; i < notes.nrefusal; i++) {
		json_t *one = json_object();

		set_text(one, "why", notes.refusal[i].why);
		set_number(one, "agents", notes.refusal[i].agents);
		json_array_append_new(list, one);
	}
	if (notes.nrefusal)
		json_object_set(o, "refusals", list);
	json_decref(list);
}

static json_t *
member_json(const struct sub *s)
{
	const struct books_source *b = &s->books.source;
	json_t *o = json_object();

	set_text(o, "name", str_of(s->member));
	set_text(o, "client", str_of(s->client));
	set_number(o, "delivered", b->delivered);
	set_number(o, "waiting", s->queue.rows);
	set_number(o, "dropped", b->drop_limit + b->drop_slow);
	return o;
}

/* Those who have gone are in the sums of the group. */
static json_t *
group_json(const struct crew *g)
{
	json_t *o = json_object(), *members = json_array();
	struct crew_sum sum = crew_sum(g);
	const struct sub *s;

	LIST_FOREACH(s, &g->members, of_crew)
		if (s->query)
			json_array_append_new(members, member_json(s));
	set_text(o, "name", str_of(g->name));
	if (g->spread)
		set_text(o, "key", str_of(spread_text(g->spread)));
	set_number(o, "rows", g->given);
	set_number(o, "delivered", sum.delivered);
	set_number(o, "waiting", sum.waiting);
	set_number(o, "dropped", sum.dropped);
	set_number(o, "gone", g->gone);
	json_object_set_new(o, "members", members);
	return o;
}

static void
set_groups(json_t *o, const struct query *q)
{
	json_t *list = json_array();
	const struct crew *g;

	LIST_FOREACH(g, &q->crews, entry)
		json_array_append_new(list, group_json(g));
	if (!LIST_EMPTY(&q->crews))
		json_object_set(o, "groups", list);
	json_decref(list);
}

static json_t *
query_json(struct job *j, const struct query *q)
{
	const struct query_count *c = query_shown(q);
	json_t *o = json_object(), *names = json_array();
	uint64_t dropped = books_agent_dropped(&q->all);
	const struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query) {
		json_array_append_new(names, text_json(str_of(s->client)));
		dropped += s->books.source.drop_slow;
	}
	set_number(o, "id", q->id);
	set_text(o, "query", asked(q));
	json_object_set_new(o, "subscribers", names);
	set_groups(o, q);
	set_number(o, "live", c->live);
	set_number(o, "targeted", c->targeted);
	set_number(o, "refused", c->refused);
	set_refusals(j, o, q);
	set_number(o, "rows_per_s", q->rate);
	set_number(o, "rate", q->plan.cap); /* at most; 0: any */
	set_number(o, "cpu_us_per_s", q->cpu_rate / 1000);
	set_number(o, "cpu_ms", query_cpu_ns(j, q) / 1000000);
	set_number(o, "seen", q->all.seen);
	set_number(o, "matched", q->all.matched);
	set_number(o, "dropped", dropped); /* there, and by slow subscribers */
	set_number(o, "skipped", q->all.skipped);
	set_number(o, "age_ms", (uint64_t)(j->now - q->opened));
	return o;
}

static void
list_queries(struct job *j, struct list *l)
{
	const struct query *q;

	LIST_FOREACH(q, &j->queries.all, entry)
		if (!q->closing)
			list_add(l, query_json(j, q));
}

/* --- lists of the workers: one after another is asked ------------------------ */

static void
ask_next(struct job *j, struct listing *l)
{
	struct worker *w = &j->worker[l->next++];

	channel_push(&w->in, &(struct op){ .kind = OP_LIST, .listing = l });
}

static int
ask_workers(struct job *j, const struct wire_peer *from, uint32_t id,
	    enum listing_kind kind)
{
	struct listing *l;

	if (j->nlisting >= LISTINGS_MAX)
		return MQL_ELIMIT;
	l = calloc(1, sizeof *l);
	if (!l)
		return MQL_ENOMEM;
	l->kind = kind;
	l->from = *from;
	l->id = id;
	j->nlisting++;
	ask_next(j, l);
	return 0;
}

/* The agents that have a stream, at all workers together. */
static int
add_stream(json_t *sums, const char *element)
{
	json_t *o = json_loads(element, 0, NULL);
	const char *name = json_string_value(json_object_get(o, "name"));
	json_t *sum = name ? json_object_get(sums, name) : NULL;
	int err = 0;

	if (sum)
		json_object_set_new(sum, "agents", json_integer(
			json_integer_value(json_object_get(sum, "agents")) +
			json_integer_value(json_object_get(o, "agents"))));
	else if (!name || json_object_set(sums, name, o))
		err = MQL_ENOMEM;
	json_decref(o);
	return err;
}

static void
list_streams(const struct listing *from, struct list *l)
{
	const char *at = (const char *)from->text.data;
	const char *end = at + from->text.len;
	json_t *sums = json_object(), *sum;
	const char *name;

	for (; at < end; at += strlen(at) + 1)
		if (add_stream(sums, at))
			l->left_out++;
	json_object_foreach(sums, name, sum)
		list_add(l, json_incref(sum));
	json_decref(sums);
}

static void
list_agents(const struct listing *from, struct list *l)
{
	const char *at = (const char *)from->text.data;
	const char *end = at + from->text.len;

	for (; at < end; at += strlen(at) + 1)
		list_add_text(l, at);
}

static void
reply_list(struct job *j, const struct listing *from)
{
	struct buf text = BUF_INIT;
	struct list l = { .out = &text };

	if (from->kind == LISTING_STREAMS)
		list_streams(from, &l);
	else
		list_agents(from, &l);
	l.left_out += from->left_out;
	list_end(&l);
	reply(j, &from->from, from->id, true, &text);
	buf_fini(&text);
}

void
requests_listed(struct job *j, struct listing *l)
{
	if (l->next < j->nworker) {
		ask_next(j, l);
		return;
	}
	reply_list(j, l);
	listing_free(l);
	j->nlisting--;
}

/* --- kill ---------------------------------------------------------------- */

static bool
kill_query(struct job *j, struct str arg, struct buf *out)
{
	char text[16], *end = text;
	unsigned long id = 0;

	snprintf(text, sizeof text, "%.*s", (int)arg.len,
		 arg.len ? arg.ptr : "");
	if (arg.len && arg.len < sizeof text && *text >= '0' && *text <= '9')
		id = strtoul(text, &end, 10);
	if (end == text || *end || id > UINT32_MAX) {
		buf_puts(out, "{\"error\":\"kill wants the id of a query\"}");
		return false;
	}
	struct query *q = queries_find(j, (uint32_t)id);
	if (!q || q->closing) {
		buf_printf(out, "{\"error\":\"there is no query %lu\"}", id);
		return false;
	}
	const char *name = saved_name(j, q);
	if (name) {
		buf_printf(out, "{\"error\":\"query %lu is saved: `mql rm %s` "
			   "ends it\"}", id, name);
		return false;
	}
	log_info("query %lu is killed by an operator", id);
	sub_leave_all(j, q, true, "killed by an operator");
	buf_printf(out, "{\"killed\":%lu}", id);
	return true;
}

/* --- off and on ---------------------------------------------------------- */

/* Takes o. */
static void
put_object(struct buf *out, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	buf_puts(out, text ? text : "{}");
	free(text);
	json_decref(o);
}

static bool
switch_off(struct job *j, const struct wire_request *m, struct buf *out)
{
	json_t *o = json_object();

	power_off(j, m->who, m->arg);
	json_object_set_new(o, "off", json_true());
	set_text(o, "why", str_of(j->power.why));
	set_number(o, "agents", job_agents(j));
	set_number(o, "queries", j->queries.n - j->queries.nclosing);
	put_object(out, o);
	return true;
}

static bool
switch_on(struct job *j, struct buf *out)
{
	json_t *o = json_object();

	json_object_set_new(o, "off", json_false());
	json_object_set_new(o, "was_off", json_boolean(j->power.off));
	set_number(o, "agents", job_agents(j));
	set_number(o, "queries", j->queries.n - j->queries.nclosing);
	power_on(j);
	put_object(out, o);
	return true;
}

/* Who reads what runs must not end it, nor stop the fleet. */
static bool
may(const struct wire_peer *from, struct str what)
{
	static const char *const operators[] = { "kill", "off", "on",
							 "save", "rm" };

	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (str_eq(what, str_of(operators[i])))
			return from->roles & WIRE_ROLE_OPERATOR;
	return true;
}

/* At once: true, or false for "no". */
static bool
answer(struct job *j, const struct wire_peer *from,
       const struct wire_request *m, struct buf *out)
{
	struct list l = { .out = out };

	if (!may(from, m->what)) {
		buf_puts(out, "{\"error\":\"only an operator's key may do "
			 "this\"}");
		return false;
	}
	if (str_eq(m->what, STR("saved")))
		return saved_list(j, m->arg, out);
	if (str_eq(m->what, STR("kill")))
		return kill_query(j, m->arg, out);
	if (str_eq(m->what, STR("off")))
		return switch_off(j, m, out);
	if (str_eq(m->what, STR("on")))
		return switch_on(j, out);
	if (str_eq(m->what, STR("queries"))) {
		list_queries(j, &l);
		list_end(&l);
		return true;
	}
	buf_puts(out, "{\"error\":\"this source-job answers agents, queries, "
		      "streams, saved, save, rm, kill, off and on only\"}");
	return false;
}

int
requests_answer(struct job *j, const struct wire_peer *from, struct str body)
{
	struct buf text = BUF_INIT;
	struct wire_request m;
	int err = wire_request_decode(body, &m);

	struct str key = hop_sender(&j->subscriber_hop);

	if (!err && key.len) /* which proves something */
		m.who = key;
	if (!err && str_eq(m.what, STR("agents"))) {
		err = ask_workers(j, from, m.id, LISTING_AGENTS);
	} else if (!err && str_eq(m.what, STR("streams"))) {
		err = ask_workers(j, from, m.id, LISTING_STREAMS);
	} else if (!err && !(may(from, m.what) &&
			     saved_request(j, from, &m))) {
		/* Saved queries are answered when they are kept. */
		bool ok = answer(j, from, &m, &text);
		err = reply(j, from, m.id, ok, &text);
	}
	buf_fini(&text);
	arena_fini(&m.mem);
	return err;
}
