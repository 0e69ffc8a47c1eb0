/* api.c - the doors that ask the source-job; see server.h.
 *
 *     HTTP threads -- question --> a thread -- request --> source-job
 *          ^                          |
 *          +------ answer, resume ----+
 *
 * A question blocks for as long as the source-job takes, so that it has a
 * thread of its own, and who asked is suspended meanwhile. What a stream is
 * made of takes seconds, for the fleet is asked: that has one thread, and the
 * short questions have another. The same question has the same answer for a
 * while: a thousand open pages are one. */
#include <stdlib.h>

#include "client/fields.h"
#include "client/saved.h"
#include "common/clock.h"
#include "common/thread.h"
#include "event/json.h"
#include "sink/sse/meta.h"
#include "sink/sse/server.h"

enum {
	MAX_ARG = 256, REQUEST_MS = 2000,
	FRESH_MS = 500, FIELDS_FRESH_MS = 10000,
};

#define NO_SAVED "no query is saved under this name"

enum lane { LANE_SHORT, LANE_FIELDS, LANES };

enum { MAX_ASKS = 32 }; /* of a lane: none takes the other's places */

enum ask_state { ASK_FREE, ASK_WAITS, ASK_RUNS, ASK_DONE };

struct ask {
	enum ask_state state;
	const char    *what;
	char           arg[MAX_ARG];
	int64_t        at; /* answered; mono ms */
	unsigned       status;
	struct batch  *answer;
	LIST_HEAD(, request) waiting;
};

struct asks {
	struct server  *server;
	pthread_mutex_t lock;
	pthread_cond_t  changed;
	struct worker {
		struct asks *all;
		enum lane    lane;
		pthread_t    thread;
	} worker[LANES];
	atomic_bool     stopping;
	struct ask      ask[LANES][MAX_ASKS];
};

/* --- the thread ----------------------------------------------------------------- */

/* {"error":"sentence"} of a source-job in our own form. */
static void
refused(const char *json, struct buf *out)
{
	struct str key, value, text = str_of(json);
	size_t at = 0;

	buf_puts(out, "{\"error\":{\"code\":\"REFUSED\",\"text\":");
	if (!json_check(text, NULL) &&
	    json_member_next(text, &at, &key, &value) && value.len &&
	    *value.ptr == '"')
		buf_put(out, value.ptr, value.len);
	else
		buf_puts(out, "\"the source-job refused\"");
	buf_puts(out, "}}\n");
}

static unsigned
put_failure(int err, const struct mql_diag *diag, struct buf *out)
{
	buf_puts(out, "{\"error\":");
	meta_write_error(err, diag, out);
	buf_puts(out, "}\n");
	return err == MQL_EBADFRAME ? MHD_HTTP_BAD_GATEWAY
				    : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned
put_answer(int err, const char *json, struct buf *out)
{
	if (!err && !json_check(str_of(json), NULL)) {
		json_write_line(str_of(json), out);
		buf_puts(out, "\n");
		return MHD_HTTP_OK;
	}
	if (err == MQL_EREFUSED && json) {
		refused(json, out);
		return MHD_HTTP_BAD_GATEWAY;
	}
	return put_failure(err ? err : MQL_EBADFRAME, NULL, out);
}

static unsigned
ask_list(struct asks *all, const struct ask *a, struct buf *out)
{
	char *json = NULL;
	int err = client_request(all->server->hub->context,
				 all->server->config->peer.source_job, a->what,
				 a->arg, REQUEST_MS, &json);
	unsigned status = put_answer(err, json, out);

	free(json);
	return status;
}

static unsigned
ask_fields(struct asks *all, const struct ask *a, struct buf *out)
{
	const struct fields_options opt = {
		.source_job = all->server->config->peer.source_job,
		.key = all->server->config->peer.key,
		.server_key = all->server->config->peer.server_key,
		.stream = a->arg, .name = "mql-sink-sse",
		.connect_ms = REQUEST_MS, .stop = &all->stopping,
	};
	struct mql_diag diag = { 0 };
	struct fields f;
	int err = fields_ask(&opt, &f, &diag);

	if (err)
		return put_failure(err, *diag.text ? &diag : NULL, out);
	fields_write(&f, out);
	fields_fini(&f);
	return MHD_HTTP_OK;
}

/* Under the lock. */
static void
give(struct ask *a)
{
	struct request *r;

	while ((r = LIST_FIRST(&a->waiting))) {
		LIST_REMOVE(r, of_ask);
		r->answer = a->answer ? batch_ref(a->answer) : NULL;
		r->status = a->answer ? a->status
				      : MHD_HTTP_SERVICE_UNAVAILABLE;
		MHD_resume_connection(r->connection);
	}
}

static void
run_one(struct asks *all, enum lane lane, struct ask *a)
{
	struct buf text = BUF_INIT;
	unsigned status = lane == LANE_FIELDS ? ask_fields(all, a, &text)
					      : ask_list(all, a, &text);

	pthread_mutex_lock(&all->lock);
	batch_unref(a->answer);
	a->answer = text.err ? NULL :
		batch_new(BATCH_TEXT, (struct str){ (char *)text.data,
						    text.len }, 0);
	a->status = status;
	a->state = ASK_DONE;
	a->at = clock_mono_ms();
	give(a);
	buf_fini(&text);
}

static struct ask *
first_waiting(struct asks *all, enum lane lane)
{
	for (size_t i = 0; i < MAX_ASKS; i++)
		if (all->ask[lane][i].state == ASK_WAITS)
			return &all->ask[lane][i];
	return NULL;
}

static void *
run(void *arg)
{
	const struct worker *w = arg;
	struct asks *all = w->all;
	struct ask *a;

	pthread_mutex_lock(&all->lock);
	while (!all->stopping) {
		if (!(a = first_waiting(all, w->lane))) {
			pthread_cond_wait(&all->changed, &all->lock);
			continue;
		}
		a->state = ASK_RUNS;
		pthread_mutex_unlock(&all->lock);
		run_one(all, w->lane, a); /* comes back with the lock */
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

int
asks_start(struct server *s)
{
	struct asks *all = calloc(1, sizeof *all);

	if (!all)
		return MQL_ENOMEM;
	all->server = s;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	s->asks = all;
	for (int i = 0; i < LANES; i++) {
		struct worker *w = &all->worker[i];
		*w = (struct worker){ .all = all, .lane = (enum lane)i };
		if (thread_start(&w->thread, "mql-asks", run, w)) {
			w->all = NULL; /* nobody to wait for */
			return MQL_EOS;
		}
	}
	return 0;
}

void
asks_stop(struct server *s)
{
	struct asks *all = s->asks;

	pthread_mutex_lock(&all->lock);
	all->stopping = true;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	for (int i = 0; i < LANES && all->worker[i].all; i++)
		pthread_join(all->worker[i].thread, NULL);
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < LANES * MAX_ASKS; i++) {
		struct ask *a = &all->ask[i / MAX_ASKS][i % MAX_ASKS];
		batch_unref(a->answer);
		a->answer = NULL;
		give(a);
	}
	pthread_mutex_unlock(&all->lock);
}

/* --- the doors -------------------------------------------------------------------- */

/* A failure is soon asked again, whatever was asked. */
static bool
is_fresh(enum lane lane, const struct ask *a)
{
	int64_t ms = lane == LANE_FIELDS && a->status == MHD_HTTP_OK ?
			FIELDS_FRESH_MS : FRESH_MS;

	return a->state == ASK_WAITS || a->state == ASK_RUNS ||
	       (a->state == ASK_DONE && a->answer &&
		clock_mono_ms() - a->at < ms);
}

/* The question, if it is asked already; else a free place for it; else NULL. */
static struct ask *
find(struct asks *all, enum lane lane, const char *what, const char *arg)
{
	struct ask *place = NULL;

	for (size_t i = 0; i < MAX_ASKS; i++) {
		struct ask *a = &all->ask[lane][i];
		if (!is_fresh(lane, a))
			place = a;
		else if (!strcmp(a->what, what) && !strcmp(a->arg, arg))
			return a;
	}
	return place;
}

static enum MHD_Result
give_answer(struct request *r)
{
	struct str text = { 0 };

	if (!r->answer)
		return reply_error(r, MHD_HTTP_SERVICE_UNAVAILABLE, "CLOSED",
				   "the daemon is shutting down");
	text = (struct str){ r->answer->text, r->answer->len };
	return reply(r, r->status, "application/json", text);
}

/* Under the lock: wait for the answer, or take it. */
static bool
wait_for(struct ask *a, struct request *r)
{
	if (a->state == ASK_DONE && a->answer) {
		r->answer = batch_ref(a->answer);
		r->status = a->status;
		return false;
	}
	LIST_INSERT_HEAD(&a->waiting, r, of_ask);
	MHD_suspend_connection(r->connection);
	return true;
}

/* True: r has the answer. False: *done is what the door returns, and it is
 * called again with the answer, or no more. */
static bool
question(struct request *r, enum lane lane, const char *what, const char *arg,
	 enum MHD_Result *done)
{
	struct asks *all = r->server->asks;
	bool waits = false;

	if (r->status)
		return true;
	pthread_mutex_lock(&all->lock);
	struct ask *a = all->stopping ? NULL : find(all, lane, what, arg);
	if (a && !is_fresh(lane, a)) {
		a->what = what;
		snprintf(a->arg, sizeof a->arg, "%s", arg);
		a->state = ASK_WAITS;
		pthread_cond_broadcast(&all->changed);
	}
	if (a)
		waits = wait_for(a, r);
	pthread_mutex_unlock(&all->lock);
	*done = a ? MHD_YES :
		reply_error(r, MHD_HTTP_SERVICE_UNAVAILABLE, "LIMIT",
			    "too many questions at once");
	return a && !waits;
}

static enum MHD_Result
ask(struct request *r, enum lane lane, const char *what, const char *arg)
{
	enum MHD_Result done;

	return question(r, lane, what, arg, &done) ? give_answer(r) : done;
}

bool
asks_saved(struct request *r, const char *name, char **text,
	   enum MHD_Result *done)
{
	*text = NULL;
	if (strlen(name) >= MAX_ARG) /* as no name is */
		*done = reply_error(r, MHD_HTTP_NOT_FOUND, "HTTP", NO_SAVED);
	else if (!question(r, LANE_SHORT, "saved", name, done))
		;
	else if (!r->answer || r->status != MHD_HTTP_OK)
		*done = give_answer(r);
	else if (!client_saved_text((struct str){ r->answer->text,
						  r->answer->len },
				    name, text) && *text)
		return true;
	else
		*done = reply_error(r, MHD_HTTP_NOT_FOUND, "HTTP", NO_SAVED);
	return false;
}

enum MHD_Result
agents_door(struct request *r)
{
	return ask(r, LANE_SHORT, "agents", "");
}

enum MHD_Result
queries_door(struct request *r)
{
	return ask(r, LANE_SHORT, "queries", "");
}

enum MHD_Result
streams_door(struct request *r)
{
	return ask(r, LANE_SHORT, "streams", "");
}

enum MHD_Result
fields_door(struct request *r)
{
	char arg[MAX_ARG];
	struct params p;

	if (params_read(r, &p) || !p.stream.len)
		return reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP",
				   "say of which stream: ?stream=NAME");
	if (p.stream.len >= sizeof arg || memchr(p.stream.ptr, 0, p.stream.len))
		return reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP",
				   "there is no such stream");
	memcpy(arg, p.stream.ptr, p.stream.len);
	arg[p.stream.len] = '\0';
	return ask(r, LANE_FIELDS, "fields", arg);
}

/* --- what can be called ----------------------------------------------------------- */

static void
put_text(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ",\"%s\":", name);
	meta_write_text(str_of(text), b);
}

enum MHD_Result
functions_door(struct request *r)
{
	struct mql_function f;
	struct buf b = BUF_INIT;

	for (size_t i = 0; mql_function_at(i, &f); i++) {
		buf_puts(&b, i ? ",\n{\"name\":" : "[{\"name\":");
		meta_write_text(str_of(f.name), &b);
		put_text(&b, "args", f.args);
		put_text(&b, "result", f.result);
		put_text(&b, "group", f.group);
		put_text(&b, "about", f.about);
		put_text(&b, "example", f.example);
		put_text(&b, "gives", f.gives);
		buf_printf(&b, ",\"aggregate\":%s}",
			   f.aggregate ? "true" : "false");
	}
	buf_puts(&b, "]\n");
	enum MHD_Result done = reply_json(r, MHD_HTTP_OK, &b);
	buf_fini(&b);
	return done;
}
