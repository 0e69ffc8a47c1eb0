/* saved.c - see saved.h. */
#include "source-job/saved.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/prom.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/job.h"
#include "source-job/kafka/table.h"

enum { RETRY_MS = 1000 };

/* --- answers ------------------------------------------------------------------ */

static void
reply(struct job *j, const struct wire_peer *to, uint32_t id, bool ok,
      const char *word, const char *text)
{
	json_t *o = json_pack("{s:s}", word, text);
	char *line = json_dumps(o, JSON_COMPACT);
	struct wire_reply m = { .id = id, .ok = ok,
				.text = str_of(line ? line : "{}") };

	wire_reply_encode(&m, hop_frame(&j->subscriber_hop));
	hop_send(&j->subscriber_hop, to); /* whoever is gone will look */
	free(line);
	json_decref(o);
}

/* --- the one that holds a query ------------------------------------------------ */

static struct sub *
holder(const struct job *j, const struct saved_query *q)
{
	struct sub *s = q->sub ? sub_find(j->saved.link, q->sub) : NULL;

	return s && s->state == SUB_STAYING ? s : NULL;
}

static void
end(struct job *j, struct saved_query *q)
{
	struct sub *s = holder(j, q);

	if (s)
		sub_leave(j, s, false, "it is not saved any more");
}

static void
run(struct job *j, struct saved_query *q)
{
	char client[SUB_MAX_CLIENT];
	struct mql_diag diag = { 0 };

	q->retry_at = j->now + RETRY_MS;
	q->sub = ++j->saved.last_sub;
	snprintf(client, sizeof client, "(saved) %s", q->name);
	int err = subscribers_hold(j, j->saved.link, q->sub, q->text, client,
				   &diag);
	if (!err)
		atomic_store(&holder(j, q)->query->held, true);
	if (err && !*q->why)
		log_warn("the saved query %s does not run: %s", q->name,
			 *diag.text ? diag.text : mql_strerror(err));
	snprintf(q->why, sizeof q->why, "%s", !err ? "" : *diag.text ?
		 diag.text : mql_strerror(err));
}

bool
saved_all_run(const struct job *j)
{
	for (size_t i = 0; i < j->saved.n; i++) {
		const struct saved_query *q = j->saved.query[i];
		const struct sub *s = holder(j, q);
		if (!q->leaving && !*q->why &&
		    !(s && query_is_open(j, s->query)))
			return false;
	}
	return true;
}

int64_t
saved_since(const struct job *j)
{
	int64_t oldest = 0;

	for (size_t i = 0; i < j->saved.n; i++) {
		const struct saved_query *q = j->saved.query[i];
		if (holder(j, q) && (!oldest || q->since < oldest))
			oldest = q->since > 0 ? q->since : 1;
	}
	return oldest;
}

static void
run_all(struct job *j)
{
	if (!j->saved.read || job_draining(j) || j->power.off)
		return;
	for (size_t i = 0; i < j->saved.n; i++) {
		struct saved_query *q = j->saved.query[i];
		if (!q->leaving && j->now >= q->retry_at && !holder(j, q))
			run(j, q);
	}
}

const char *
saved_name(const struct job *j, const struct query *q)
{
	for (size_t i = 0; i < j->saved.n; i++) {
		const struct sub *s = holder(j, j->saved.query[i]);
		if (s && s->query == q)
			return j->saved.query[i]->name;
	}
	return NULL;
}

/* --- the table ------------------------------------------------------------------ */

static struct saved_query **
find(struct job *j, struct str name)
{
	struct saved *s = &j->saved;

	for (size_t i = 0; i < s->n; i++)
		if (str_eq(str_of(s->query[i]->name), name))
			return &s->query[i];
	return NULL;
}

static void
tell(const struct job *j, struct str name, const struct saved_query *q)
{
	if (j->saved.read)
		log_info("the query %.*s is %s", (int)name.len, name.ptr,
			 q ? "saved" : "removed");
}

/* The same query is not interrupted. */
static void
replace(struct job *j, struct saved_query **at, struct saved_query *q)
{
	struct saved_query *old = *at;

	if (!strcmp(old->text, q->text)) {
		q->sub = old->sub;
		q->retry_at = old->retry_at;
		memcpy(q->why, old->why, sizeof q->why);
	} else {
		end(j, old);
	}
	saved_query_free(old);
	*at = q;
}

static void
take_away(struct job *j, struct saved_query **at)
{
	struct saved *s = &j->saved;
	size_t behind = s->n - 1 - (size_t)(at - s->query);

	end(j, *at);
	saved_query_free(*at);
	memmove(at, at + 1, behind * sizeof *at);
	s->n--;
}

bool
saved_put(struct job *j, struct str name, struct saved_query *q)
{
	struct saved_query **at = find(j, name);

	if (!at && j->saved.n == SAVED_MAX && q) {
		saved_query_free(q);
		return false;
	}
	if (at || q)
		tell(j, name, q);
	if (at && q)
		replace(j, at, q);
	else if (at)
		take_away(j, at);
	else if (q)
		j->saved.query[j->saved.n++] = q;
	return true;
}

/* --- changes --------------------------------------------------------------------- */

/* Of the topic it is read, like all others' words. */
static void
apply(struct job *j)
{
	struct saved *s = &j->saved;

	if (!s->state)
		return;
	saved_put(j, str_of(s->name), s->plus);
	s->plus = NULL;
}

static void
finish(struct job *j, bool kept, const char *why)
{
	struct saved *s = &j->saved;
	struct saved_query **at = find(j, str_of(s->name));

	if (kept) {
		reply(j, &s->to, s->request, true, s->plus ? "saved" :
		      "removed", s->name);
		apply(j);
	} else {
		if (at)
			(*at)->leaving = false;
		log_error("%s", why);
		reply(j, &s->to, s->request, false, "error", why);
	}
	saved_query_free(s->plus);
	s->plus = NULL;
	s->writing = false;
}

static int
write_file(struct saved *s)
{
	struct buf text = BUF_INIT;
	int err;

	saved_encode(s, &text);
	err = text.err ? text.err : state_write(s->state, text.data, text.len);
	buf_fini(&text);
	return err;
}

/* Takes plus. */
static void
begin(struct job *j, const struct wire_peer *to, const struct wire_request *m,
      struct saved_query *plus)
{
	struct saved *s = &j->saved;
	int err;

	snprintf(s->name, sizeof s->name, "%.*s", (int)m->arg.len,
		 m->arg.ptr);
	s->plus = plus;
	s->to = *to;
	s->request = m->id;
	s->writing = true;
	err = s->state ? write_file(s) : saved_topic_write(s);
	if (err)
		finish(j, false, mql_strerror(err));
}

/* --- requests ------------------------------------------------------------------ */

/* Why it cannot be saved, or NULL. diag gives the sentence room. */
static const char *
objection(struct job *j, const struct wire_request *m,
	  struct mql_diag *diag)
{
	struct mql_query *compiled = NULL;

	if (!saved_name_ok(m->arg))
		return "a name has 1 to 64 letters, digits, '.', '_' and '-', "
		       "the last not in front";
	if (!m->query.len)
		return "no query is given";
	if (j->saved.n == SAVED_MAX && !find(j, m->arg))
		return "there are as many saved queries as there may be";
	if (query_compile(m->query, &compiled, diag))
		return *diag->text ? diag->text : "the query is wrong";
	mql_query_free(compiled);
	return NULL;
}

static void
save(struct job *j, const struct wire_peer *from, const struct wire_request *m)
{
	struct saved_query **old = find(j, m->arg), *q;
	struct mql_diag diag = { 0 };
	const char *why = objection(j, m, &diag);

	if (why) {
		reply(j, from, m->id, false, "error", why);
	} else if (old && str_eq(str_of((*old)->text), m->query)) {
		reply(j, from, m->id, true, "saved", (*old)->name);
	} else if ((q = saved_query_new(m->arg, m->query, m->who, j->wall))) {
		begin(j, from, m, q);
	} else {
		reply(j, from, m->id, false, "error", "out of memory");
	}
}

/* Whatever becomes of the writing, it runs no more. */
static void
take_out(struct job *j, const struct wire_peer *from,
	 const struct wire_request *m)
{
	struct saved_query **q = find(j, m->arg);

	if (!q) {
		reply(j, from, m->id, false, "error",
		      "no query is saved under this name");
		return;
	}
	(*q)->leaving = true;
	end(j, *q);
	begin(j, from, m, NULL);
}

bool
saved_request(struct job *j, const struct wire_peer *from,
	      const struct wire_request *m)
{
	bool is_save = str_eq(m->what, STR("save"));
	const char *wait = saved_waits(j);

	if (!is_save && !str_eq(m->what, STR("rm")))
		return false;
	if (!j->saved.state && !j->saved.table)
		reply(j, from, m->id, false, "error", "this source-job keeps "
		      "nothing: it was started without --state or "
		      "--queries-topic");
	else if (wait)
		reply(j, from, m->id, false, "error", wait);
	else if (j->saved.writing)
		reply(j, from, m->id, false, "error", "another change is "
		      "being written; try again");
	else if (is_save)
		save(j, from, m);
	else
		take_out(j, from, m);
	return true;
}

bool
saved_list(const struct job *j, struct str name, struct buf *out)
{
	json_t *list = json_array();
	char *text;

	if (saved_waits(j)) {
		buf_printf(out, "{\"error\":\"%s\"}", saved_waits(j));
		json_decref(list);
		return false;
	}
	for (size_t i = 0; i < j->saved.n; i++) {
		const struct saved_query *q = j->saved.query[i];
		const struct sub *s = holder(j, q);
		if (name.len && !str_eq(name, str_of(q->name)))
			continue;
		json_t *o = json_pack("{s:s, s:s, s:s, s:I}", "name", q->name,
				      "query", q->text, "by", q->by,
				      "saved_ms", (json_int_t)q->since);
		if (s) {
			json_object_set_new(o, "id",
					    json_integer(s->query->id));
			json_object_set_new(o, "live", json_integer(
				query_shown(s->query)->live));
		} else {
			json_object_set_new(o, "why", json_string(
				*q->why ? q->why : "it does not run now"));
		}
		json_array_append_new(list, o);
	}
	text = json_dumps(list, JSON_COMPACT);
	buf_puts(out, text ? text : "[]");
	free(text);
	json_decref(list);
	return true;
}

const char *
saved_waits(const struct job *j)
{
	return j->saved.read ? NULL : "the topic of saved queries is not read "
				      "yet; see the log of the source-job";
}

bool
saved_failed(const struct job *j)
{
	return j->saved.table && table_is(j->saved.table) == TABLE_FAILED;
}

void
saved_metrics(const struct job *j, struct buf *out)
{
	prom_put(out, "saved_queries", "gauge", "Saved queries", j->saved.n);
	if (j->saved.table)
		prom_put(out, "saved_passed_over_total", "counter",
			 "Records of --queries-topic that are no saved query",
			 j->saved.passed_over);
}

/* --- life ----------------------------------------------------------------------- */

void
saved_tick(struct job *j)
{
	struct saved *s = &j->saved;
	char why[300] = "";

	if (s->table)
		saved_topic_take(j);
	if (s->writing) {
		enum state_is is = s->state ?
			state_look(s->state, why, sizeof why) :
			table_look(s->table, why, sizeof why);
		if (is == STATE_WRITTEN || is == STATE_FAILED)
			finish(j, is == STATE_WRITTEN, why);
	}
	run_all(j);
}

static int
open_file(struct job *j, char *why, size_t nwhy)
{
	struct saved *s = &j->saved;
	struct buf text = BUF_INIT;
	int err = state_open(j->config.state, "saved.json", &s->state, why,
			     nwhy);

	if (!err)
		err = state_read(s->state, &text, why, nwhy);
	if (!err && (err = saved_decode(s, (struct str){ (char *)text.data,
							 text.len })))
		snprintf(why, nwhy, "%s/saved.json is not as we write "
			 "it: mend it, or move it away", j->config.state);
	if (!err && s->n)
		log_info("%zu saved queries", s->n);
	buf_fini(&text);
	return err;
}

int
saved_open(struct job *j)
{
	struct saved *s = &j->saved;
	char why[400] = "";
	int err = subscribers_nobody(j, &s->link);

	if (!err && j->config.queries_topic)
		err = saved_topic_open(j, why, sizeof why);
	else if (!err && j->config.state)
		err = open_file(j, why, sizeof why);
	s->read = !s->table;
	if (err)
		log_error("%s", *why ? why : mql_strerror(err));
	return err;
}

void
saved_fini(struct job *j)
{
	struct saved *s = &j->saved;

	for (size_t i = 0; i < s->n; i++)
		saved_query_free(s->query[i]);
	saved_query_free(s->plus);
	state_close(s->state); /* what it was writing, it has written */
	table_close(s->table);
	*s = (struct saved){ 0 };
}
