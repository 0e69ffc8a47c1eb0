/* server.h - the HTTP side: one request, its parameters, its answer.
 *
 *   http.c    the daemon, its threads, the table of doors
 *   guard.c   who may come in: token, Host, Origin
 *   params.c  what was asked, from the query string or a form
 *   reply.c   answers with their headers
 *   stream.c  /api/v1/stream       api.c  the other /api/v1/ doors
 *   page.c    / and /assets/       metrics.c  /metrics
 *
 * libmicrohttpd calls from its threads; a request stays on one of them. */
#ifndef SINK_SSE_SERVER_H
#define SINK_SSE_SERVER_H

#include <microhttpd.h>

#include "common/buf.h"
#include "common/door.h"
#include "sink/sse/hub.h"

enum {
	BODY_BYTES = 1 << 20,   /* of a form */
	MAX_QUERIES = 16,       /* of one stream */
};

struct asks; /* questions to the source-job: api.c */

struct server {
	const struct config *config;
	struct hub        *hub;
	struct MHD_Daemon *daemon;
	struct asks       *asks;
	struct door        door;
	int64_t            started; /* mono ms */
	char               address[300];
};

struct request {
	struct server         *server;
	struct MHD_Connection *connection;
	const char            *url;
	bool                   posted, head_only;
	bool                   large;  /* its body is over the limit */
	struct buf             body;
	LIST_ENTRY(request)    of_ask; /* see api.c */
	struct batch          *answer; /* of the source-job */
	unsigned               status; /* of answer */
};

typedef enum MHD_Result door(struct request *r);

/* --- parameters: of the URL and, when posted, of the form ------------------ */

struct params { /* borrowed from the request */
	struct str q[MAX_QUERIES];
	size_t     nq;
	uint64_t   limit, rate;
	int64_t    for_ms;
	struct str stream, last_event_id;
	char       why[120]; /* what is wrong */
};

/* 0, or MQL_EINVAL and p->why. Decodes the body in place: once. */
int params_read(struct request *r, struct params *p);

/* Decode application/x-www-form-urlencoded in place; calls fn for each name
 * and value. */
void params_form(struct buf *body, void (*fn)(void *arg, struct str name,
					      struct str value), void *arg);

/* A header of the request, or NULL. */
const char *request_header(const struct request *r, const char *name);

/* --- guards ------------------------------------------------------------------ */

/* 0, or the status of the refusal and a sentence. */
unsigned guard_check(const struct request *r, bool needs_token,
		     const char **why);
/* Does the header Host name us? */
bool guard_host(const struct config *c, const char *host);

/* --- answers ----------------------------------------------------------------- */

enum MHD_Result reply(struct request *r, unsigned status, const char *type,
		      struct str body);
enum MHD_Result reply_json(struct request *r, unsigned status,
			   const struct buf *body);
/* {"error":{"code":code,"text":text}} */
enum MHD_Result reply_error(struct request *r, unsigned status,
			    const char *code, const char *text);
/* Headers of every answer; MHD_NO: out of memory. */
void reply_headers(const struct request *r, struct MHD_Response *response);
/* CORS, when the request may see the answer. */
void reply_cors(const struct request *r, struct MHD_Response *response);

/* --- doors ------------------------------------------------------------------- */

door stream_door, explain_door, functions_door, fields_door, agents_door,
     queries_door, streams_door, metrics_door, page_door;

/* Gives the text of the query that is saved under name. False: *done is what
 * the door returns now; it is called again when the answer is there, or no
 * more, for the request is refused. */
bool asks_saved(struct request *r, const char *name, char **text,
		enum MHD_Result *done);

/* Start to answer; the source-job is asked on a thread of its own. */
int asks_start(struct server *s);
void asks_stop(struct server *s); /* everybody who waits gets 503 */

/* Listen. why gets a sentence. 0 or MQL_E... */
int server_open(struct server *s, char *why, size_t nwhy);
void server_close(struct server *s); /* a zeroed one is allowed */

void metrics_write(const struct server *s, struct buf *out);

#endif
