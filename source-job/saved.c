/* saved.c - see saved.h. */
#include "source-job/saved.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/job.h"

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
	if (err && !*q->why)
		log_warn("the saved query %s does not run: %s", q->name,
			 *diag.text ? diag.text : mql_strerror(err));
	snprintf(q->why, sizeof q->why, "%s", !err ? "" : *diag.text ?
		 diag.text : mql_strerror(err));
}

static void
run_all(struct job *j)
{
	if (job_draining(j) || j->power.off)
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

static struct saved_query *
find(const struct job *j, struct str name)
{
	for (size_t i = 0; i < j->saved.n; i++)
		if (str_eq(str_of(j->saved.query[i]->name), name))
			return j->saved.query[i];
	return NULL;
}

/* It is on the disk: now it holds. */
static void
apply(struct job *j)
{
	struct saved *s = &j->saved;
	size_t n = 0;

	if (s->minus)
		end(j, s->minus);
	for (size_t i = 0; i < s->n; i++)
		if (s->query[i] != s->minus)
			s->query[n++] = s->query[i];
	if (s->plus)
		s->query[n++] = s->plus;
	s->n = n;
	saved_query_free(s->minus);
}

static void
finish(struct job *j, bool written, const char *why)
{
	struct saved *s = &j->saved;
	char name[SAVED_NAME + 1];

	snprintf(name, sizeof name, "%s", s->plus ? s->plus->name :
		 s->minus->name);
	if (written) {
		apply(j);
		log_info("the query %s is %s", name,
			 s->plus ? "saved" : "removed");
		reply(j, &s->to, s->request, true, s->plus ? "saved" :
		      "removed", name);
	} else {
		if (s->minus)
			s->minus->leaving = false;
		saved_query_free(s->plus);
		log_error("%s", why);
		reply(j, &s->to, s->request, false, "error", why);
	}
	s->plus = s->minus = NULL;
	s->writing = false;
}

static void
begin(struct job *j, const struct wire_peer *to, uint32_t request)
{
	struct saved *s = &j->saved;
	struct buf text = BUF_INIT;
	int err;

	s->to = *to;
	s->request = request;
	s->writing = true;
	saved_encode(s, &text);
	err = text.err ? text.err : state_write(s->state, text.data, text.len);
	buf_fini(&text);
	if (err)
		finish(j, false, mql_strerror(err));
}

/* --- requests ------------------------------------------------------------------ */

/* Why it cannot be saved, or NULL. diag gives the sentence room. */
static const char *
objection(const struct job *j, const struct wire_request *m,
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
	struct saved *s = &j->saved;
	struct saved_query *old = find(j, m->arg);
	struct mql_diag diag = { 0 };
	const char *why = objection(j, m, &diag);

	if (why) {
		reply(j, from, m->id, false, "error", why);
		return;
	}
	if (old && str_eq(str_of(old->text), m->query)) {
		reply(j, from, m->id, true, "saved", old->name);
		return;
	}
	s->plus = saved_query_new(m->arg, m->query, m->who, j->wall);
	s->minus = old;
	if (s->plus)
		begin(j, from, m->id);
	else
		reply(j, from, m->id, false, "error", "out of memory");
}

/* Whatever the disk does, it runs no more. */
static void
take_out(struct job *j, const struct wire_peer *from,
	 const struct wire_request *m)
{
	struct saved_query *q = find(j, m->arg);

	if (!q) {
		reply(j, from, m->id, false, "error",
		      "no query is saved under this name");
		return;
	}
	q->leaving = true;
	end(j, q);
	j->saved.minus = q;
	begin(j, from, m->id);
}

bool
saved_request(struct job *j, const struct wire_peer *from,
	      const struct wire_request *m)
{
	bool is_save = str_eq(m->what, STR("save"));

	if (!is_save && !str_eq(m->what, STR("rm")))
		return false;
	if (!j->saved.state)
		reply(j, from, m->id, false, "error", "this source-job keeps "
		      "nothing: it was started without --state");
	else if (j->saved.writing)
		reply(j, from, m->id, false, "error", "another change is "
		      "being written; try again");
	else if (is_save)
		save(j, from, m);
	else
		take_out(j, from, m);
	return true;
}

void
saved_list(const struct job *j, struct str name, struct buf *out)
{
	json_t *list = json_array();
	char *text;

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
}

/* --- life ----------------------------------------------------------------------- */

void
saved_tick(struct job *j)
{
	char why[200] = "";

	if (j->saved.writing) {
		enum state_is is = state_look(j->saved.state, why, sizeof why);
		if (is == STATE_WRITTEN || is == STATE_FAILED)
			finish(j, is == STATE_WRITTEN, why);
	}
	run_all(j);
}

int
saved_open(struct job *j)
{
	struct saved *s = &j->saved;
	struct buf text = BUF_INIT;
	char why[400] = "";
	int err;

	if (!j->config.state)
		return 0;
	err = state_open(j->config.state, "saved.json", &s->state, why,
			 sizeof why);
	if (!err)
		err = state_read(s->state, &text, why, sizeof why);
	if (!err && (err = saved_decode(s, (struct str){ (char *)text.data,
							 text.len })))
		snprintf(why, sizeof why, "%s/saved.json is not as we write "
			 "it: mend it, or move it away", j->config.state);
	if (!err && (err = subscribers_nobody(j, &s->link)))
		snprintf(why, sizeof why, "%s", mql_strerror(err));
	if (err)
		log_error("%s", *why ? why : mql_strerror(err));
	else if (s->n)
		log_info("%zu saved queries", s->n);
	buf_fini(&text);
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
	*s = (struct saved){ 0 };
}
