#include "source-job/requests.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/run.h"
#include "source-job/staged.h"
#include "wire/message.h"

/* The text travels as a JSON string inside JSON: each byte may become two. */
enum { MAX_TEXT = WIRE_MAX_CONTROL / 2 - 1024 };

static json_t *
text_json(struct str s)
{
	json_t *v = s.len ? json_stringn(s.ptr, s.len) : json_string("");

	return v ? v : json_string("(not UTF-8)");
}

/* Text that is empty is left out. */
static void
set_text(json_t *o, const char *key, struct str s)
{
	if (s.len)
		json_object_set_new(o, key, text_json(s));
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* --- lists: elements are written one by one, so that the text is bounded - */

struct list {
	struct buf *out;
	size_t      n, left_out;
};

/* Takes v. */
static void
list_add(struct list *l, json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	if (!text || l->left_out ||
	    l->out->len + strlen(text) + 64 > MAX_TEXT) {
		l->left_out++;
	} else {
		buf_puts(l->out, l->n++ ? "," : "[");
		buf_puts(l->out, text);
	}
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

/* What it calls itself, if anything: see at.h. */
static void
set_labels(json_t *o, struct str self)
{
	json_t *all = json_loadb(self.ptr, self.len, 0, NULL);
	json_t *labels = json_object_get(all, "labels");

	if (json_object_size(labels))
		json_object_set(o, "labels", labels);
	json_decref(all);
}

static json_t *
agent_json(const struct job *j, const struct agent *a)
{
	json_t *o = json_object(), *streams = json_array();
	uint64_t live = 0;

	for (size_t i = 0; i < j->config.max_queries; i++)
		live += a->run[i] && a->run[i]->state == RUN_LIVE;
	for (size_t i = 0; i < a->nstream; i++)
		json_array_append_new(streams, text_json(a->stream[i]));
	set_text(o, "agent", a->id);
	set_text(o, "app", a->app);
	set_text(o, "host", a->host);
	set_text(o, "zone", a->zone);
	set_text(o, "version", a->version);
	set_labels(o, a->self);
	set_text(o, "state", str_of(!a->connected ? "gone" :
				    a->health.disabled ? "disabled" :
				    "connected"));
	json_object_set_new(o, "streams", streams);
	set_number(o, "queries", live);
	set_number(o, "rows", a->rows);
	if (a->health.memory) { /* older agents do not say */
		set_number(o, "cpu_us_per_s", a->cpu_rate);
		set_number(o, "memory", a->health.memory);
	}
	set_number(o, "heard_ms", (uint64_t)(j->now - a->heard));
	set_number(o, "wire", WIRE_VERSION);
	return o;
}

static void
list_agents(struct job *j, struct list *l)
{
	const struct agent *a;

	LIST_FOREACH(a, &j->agents.all, entry)
		list_add(l, agent_json(j, a));
}

/* What somebody asked, rather than the agents' part of it. */
static struct str
asked(const struct query *q)
{
	const struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (staged_text(s))
			return str_of(staged_text(s));
	return q->text;
}

/* Why agents do not run it. */
static void
set_refusals(struct job *j, json_t *o, const struct query *q)
{
	struct wire_refusal why[QUERY_MAX_REFUSALS];
	size_t n = query_refusals(j, q, why);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object();

		set_text(one, "why", why[i].why);
		set_number(one, "agents", why[i].agents);
		json_array_append_new(list, one);
	}
	if (n)
		json_object_set(o, "refusals", list);
	json_decref(list);
}

static json_t *
query_json(struct job *j, const struct query *q)
{
	const struct query_count *c = query_shown(q);
	json_t *o = json_object(), *names = json_array();
	const struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		json_array_append_new(names, text_json(str_of(s->client)));
	set_number(o, "id", q->id);
	set_text(o, "query", asked(q));
	json_object_set_new(o, "subscribers", names);
	set_number(o, "live", c->live);
	set_number(o, "targeted", c->targeted);
	set_number(o, "refused", c->refused);
	set_refusals(j, o, q);
	set_number(o, "rows_per_s", q->rate);
	set_number(o, "matched", q->all.matched);
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

/* --- streams: name -> how many agents have it ---------------------------- */

struct stream {
	struct str name; /* borrowed from an agent */
	uint64_t   agents;
};

static int
count_stream(struct map *m, struct str name)
{
	struct stream *s = map_get(m, name);
	int err;

	if (s) {
		s->agents++;
		return 0;
	}
	s = calloc(1, sizeof *s);
	if (!s)
		return MQL_ENOMEM;
	*s = (struct stream){ name, 1 };
	if ((err = map_put(m, name, s)))
		free(s);
	return err;
}

static void
list_streams(struct job *j, struct list *l)
{
	const struct agent *a;
	struct map m = { 0 };

	LIST_FOREACH(a, &j->agents.all, entry)
		for (size_t i = 0; a->connected && i < a->nstream; i++)
			if (count_stream(&m, a->stream[i]))
				l->left_out++;
	for (size_t i = 0; i < m.cap; i++) {
		struct stream *s = m.slot[i].value;
		if (!s)
			continue;
		json_t *o = json_object();
		set_text(o, "name", s->name);
		set_number(o, "agents", s->agents);
		list_add(l, o);
		free(s);
	}
	map_fini(&m);
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
	set_number(o, "agents", j->agents.by_peer.n);
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
	set_number(o, "agents", j->agents.by_peer.n);
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

static bool
answer(struct job *j, const struct wire_peer *from,
       const struct wire_request *m, struct buf *out)
{
	static const struct {
		const char *what;
		void (*list)(struct job *j, struct list *l);
	} lists[] = {
		{ "agents", list_agents },
		{ "queries", list_queries },
		{ "streams", list_streams },
	};
	struct list l = { .out = out };

	if (!may(from, m->what)) {
		buf_puts(out, "{\"error\":\"only an operator's key may do "
			 "this\"}");
		return false;
	}
	if (str_eq(m->what, STR("saved"))) {
		saved_list(j, m->arg, out);
		return true;
	}
	if (str_eq(m->what, STR("kill")))
		return kill_query(j, m->arg, out);
	if (str_eq(m->what, STR("off")))
		return switch_off(j, m, out);
	if (str_eq(m->what, STR("on")))
		return switch_on(j, out);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (!str_eq(m->what, str_of(lists[i].what)))
			continue;
		lists[i].list(j, &l);
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
	/* Saved queries are answered when they are on the disk. */
	if (!err && !(may(from, m.what) && saved_request(j, from, &m))) {
		struct wire_reply r = { .id = m.id };
		r.ok = answer(j, from, &m, &text);
		hop_charge(&j->subscriber_hop, from, text.len);
		err = text.err;
		r.text = (struct str){ (char *)text.data, text.len };
		if (!err) {
			wire_reply_encode(&r, hop_frame(&j->subscriber_hop));
			hop_send(&j->subscriber_hop, from);
		}
	}
	buf_fini(&text);
	arena_fini(&m.mem);
	return err;
}
