/* stream.c - /api/v1/stream: from the question to a viewer. */
#include <stdlib.h>

#include "sink/sse/meta.h"
#include "sink/sse/server.h"
#include "sink/sse/viewer.h"

static bool
says(const struct request *r, const char *header, const char *word)
{
	const char *value = request_header(r, header);

	return value && strstr(value, word);
}

/* gzip, or x-gzip, unless its quality is 0. */
static bool
takes_gzip(const struct request *r)
{
	const char *value = request_header(r, "Accept-Encoding");
	const char *at = value ? strstr(value, "gzip") : NULL;

	if (!at)
		return false;
	at += 4;
	at += strspn(at, " ");
	if (*at != ';')
		return true;
	at += 1 + strspn(at + 1, " ");
	return strncmp(at, "q=", 2) || strtod(at + 2, NULL) > 0;
}

/* Compile q, which must end with a NUL for that; NULs inside are an error. */
static int
compile(struct str text, struct mql_query **q, struct mql_diag *diag)
{
	char *z = text.len ? strndup(text.ptr, text.len) : strdup("");
	int err = z ? 0 : MQL_ENOMEM;

	*q = NULL;
	*diag = (struct mql_diag){ 0 };
	if (!err && strlen(z) < text.len) {
		err = MQL_ESYNTAX;
		*diag = (struct mql_diag){
			.line = 1, .col = 1, .beg = (int)strlen(z),
			.end = (int)strlen(z) + 1,
			.text = "there is a NUL byte in the query" };
	}
	if (!err)
		err = mql_query_compile(z, q, diag);
	free(z);
	return err;
}

static enum MHD_Result
refuse_query(struct request *r, int err, const struct mql_diag *diag)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\"error\":");
	meta_write_error(err, diag, &b);
	buf_puts(&b, "}\n");
	enum MHD_Result done = reply_json(r, MHD_HTTP_BAD_REQUEST, &b);
	buf_fini(&b);
	return done;
}

/* The error as the only message of that query. 0 or MQL_ENOMEM. */
static int
keep_error(struct source *s, int err, const struct mql_diag *diag)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "data: ");
	meta_write_error(err, diag, &b);
	buf_puts(&b, "\n");
	if (!b.err)
		s->error = batch_new(BATCH_TEXT, (struct str){ (char *)b.data,
							       b.len }, 0);
	buf_fini(&b);
	return s->error ? 0 : MQL_ENOMEM;
}

/* One query of the stream. */
static int
join(struct request *r, struct str text, uint64_t rate,
     const struct position *p, struct source *s)
{
	struct mql_query *q;
	struct mql_diag diag;

	if (p->kind == POSITION_OVER) {
		s->state = POSITION_OVER;
		memcpy(s->epoch, p->epoch, sizeof s->epoch);
		return 0;
	}
	int err = compile(text, &q, &diag);
	if (err) {
		hub_count(&r->server->hub->counters.bad_queries, 1);
		return keep_error(s, err, &diag);
	}
	err = hub_join(r->server->hub, q, rate,
		       p->kind == POSITION_AT ? p : NULL, s);
	mql_query_free(q);
	return err;
}

static enum MHD_Result
respond(struct request *r, struct viewer *v, bool gzip)
{
	struct MHD_Response *response = viewer_respond(v, r->connection);
	enum MHD_Result done;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", "text/event-stream");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (gzip)
		MHD_add_response_header(response, "Content-Encoding", "gzip");
	reply_cors(r, response);
	buf_fini(&r->body);
	hub_count(&r->server->hub->counters.streams, 1);
	done = MHD_queue_response(r->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return done;
}

static enum MHD_Result
refuse(struct request *r, int err)
{
	const char *why = err == MQL_ELIMIT ? "too many queries are running" :
			  err == MQL_ECLOSED ? "the daemon is shutting down" :
					       mql_strerror(err);

	hub_count(&r->server->hub->counters.refused, 1);
	return reply_error(r, MHD_HTTP_SERVICE_UNAVAILABLE,
			   err == MQL_ELIMIT ? "LIMIT" : "CLOSED", why);
}

static enum MHD_Result
open_stream(struct request *r, const struct params *p,
	    const struct position *at)
{
	struct viewer_options opt = { .limit = p->limit, .for_ms = p->for_ms,
				      .gzip = takes_gzip(r) };
	struct viewer *v = viewer_new(r->server->hub, p->nq, &opt);
	int err = v ? 0 : MQL_ENOMEM;

	for (size_t i = 0; !err && i < p->nq; i++)
		err = join(r, p->q[i], p->rate, &at[i],
			   viewer_source(v, i));
	if (!err)
		return respond(r, v, opt.gzip);
	viewer_free(v);
	return refuse(r, err);
}

/* A wrong query of a client that does not want messages. */
static bool
is_wrong(struct request *r, const struct params *p, enum MHD_Result *done)
{
	struct mql_diag diag;

	if (says(r, "Accept", "text/event-stream"))
		return false;
	for (size_t i = 0; i < p->nq; i++) {
		struct mql_query *q;
		int err = compile(p->q[i], &q, &diag);
		mql_query_free(q);
		if (!err)
			continue;
		hub_count(&r->server->hub->counters.bad_queries, 1);
		*done = refuse_query(r, err, &diag);
		return true;
	}
	return false;
}

static bool
all_over(const struct position *at, size_t n)
{
	while (n && at[n - 1].kind == POSITION_OVER)
		n--;
	return !n;
}

/* p is complete. */
static enum MHD_Result
begin(struct request *r, const struct params *p)
{
	struct position at[MAX_QUERIES];
	enum MHD_Result done;

	position_parse(p->last_event_id, at, p->nq);
	if (all_over(at, p->nq))
		return reply(r, MHD_HTTP_NO_CONTENT, NULL, (struct str){ 0 });
	if (is_wrong(r, p, &done))
		return done;
	if (r->head_only)
		return reply(r, MHD_HTTP_OK, "text/event-stream",
			     (struct str){ 0 });
	if (atomic_load(&r->server->hub->nviewers) >=
	    r->server->config->max_viewers) {
		hub_count(&r->server->hub->counters.refused, 1);
		return reply_error(r, MHD_HTTP_SERVICE_UNAVAILABLE, "LIMIT",
				   "there are too many viewers");
	}
	if (p->last_event_id.len)
		hub_count(&r->server->hub->counters.resumed, 1);
	return open_stream(r, p, at);
}

/* What is saved is asked for before the form is read, which is done once. */
enum MHD_Result
stream_door(struct request *r)
{
	const char *saved = MHD_lookup_connection_value(
		r->connection, MHD_GET_ARGUMENT_KIND, "saved");
	char *text = NULL;
	struct params p;
	enum MHD_Result done;

	if (saved && !asks_saved(r, saved, &text, &done))
		return done;
	if (params_read(r, &p)) {
		done = reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP", p.why);
	} else if (text && p.nq == MAX_QUERIES) {
		done = reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP",
				   "a stream has at most 16 queries");
	} else if (!text && !p.nq) {
		done = reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP",
				   "no query: say ?q=select+*");
	} else {
		if (text)
			p.q[p.nq++] = str_of(text);
		done = begin(r, &p);
	}
	free(text);
	return done;
}

enum MHD_Result
explain_door(struct request *r)
{
	struct buf b = BUF_INIT;
	struct mql_query *q;
	struct mql_diag diag;
	struct params p;
	char *text = NULL;
	size_t len = 0;

	if (params_read(r, &p))
		return reply_error(r, MHD_HTTP_BAD_REQUEST, "HTTP", p.why);
	int err = compile(p.q[0], &q, &diag);
	FILE *to = err ? NULL : open_memstream(&text, &len);
	if (to) {
		mql_query_explain(q, to);
		fclose(to);
	}
	buf_printf(&b, "{\"ok\":%s,", to ? "true" : "false");
	if (to) {
		buf_puts(&b, "\"canonical\":");
		meta_write_text(str_of(mql_query_text(q)), &b);
		buf_puts(&b, ",\"text\":");
		meta_write_text((struct str){ text, len }, &b);
	} else {
		buf_puts(&b, "\"error\":");
		meta_write_error(err ? err : MQL_ENOMEM, &diag, &b);
	}
	buf_puts(&b, "}\n");
	enum MHD_Result done = reply_json(r, MHD_HTTP_OK, &b);
	buf_fini(&b);
	free(text);
	mql_query_free(q);
	return done;
}
