/* viewer.c - see viewer.h; what is said is in message.c. */
#include "sink/sse/viewer.h"

#include <stdlib.h>

#include "common/clock.h"
#include "sink/sse/message.h"

enum { BLOCK = 128 /* of clients without chunks, which are rare */ };

struct viewer *
viewer_new(struct hub *h, size_t n, const struct viewer_options *opt)
{
	size_t room = message_room(n);
	struct viewer *v = calloc(1, sizeof *v + n * sizeof *v->source + room);

	if (!v)
		return NULL;
	v->hub = h;
	v->nsource = (unsigned)n;
	v->limit = opt->limit;
	v->gzip = opt->gzip;
	v->deadline = opt->for_ms ? clock_mono_ms() + opt->for_ms : INT64_MAX;
	v->text = (char *)&v->source[n];
	atomic_init(&v->wrote, clock_mono_ms());
	pthread_mutex_init(&v->lock, NULL);
	for (size_t i = 0; i < n; i++)
		v->source[i].viewer = v;
	atomic_fetch_add(&h->nviewers, 1);
	return v;
}

struct source *
viewer_source(struct viewer *v, size_t i)
{
	return &v->source[i];
}

void
viewer_free(struct viewer *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < v->nsource; i++) {
		hub_leave(v->hub, &v->source[i]);
		batch_unref(v->source[i].error);
	}
	atomic_fetch_sub(&v->hub->nviewers, 1);
	batch_unref(v->body);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

/* --- sleeping ----------------------------------------------------------------- */

/* Nothing to say: sleep, unless somebody has just called. */
static bool
park(struct viewer *v)
{
	bool slept = false;

	pthread_mutex_lock(&v->lock);
	if (v->woken) {
		v->woken = false;
	} else if (!atomic_load(&v->hub->closing)) {
		v->parked = slept = true;
		MHD_suspend_connection(v->connection);
	}
	pthread_mutex_unlock(&v->lock);
	return slept;
}

void
viewer_wake(struct viewer *v)
{
	pthread_mutex_lock(&v->lock);
	if (v->parked) {
		v->parked = false;
		MHD_resume_connection(v->connection);
	} else {
		v->woken = true;
	}
	pthread_mutex_unlock(&v->lock);
}

void
viewer_tick(struct viewer *v, struct hub *h, int64_t now)
{
	bool beat = now - atomic_load_explicit(&v->wrote,
					       memory_order_relaxed) >=
		    h->config->heartbeat;

	if (beat)
		atomic_store(&v->beat, true);
	if (beat || now >= v->deadline)
		viewer_wake(v);
}

/* --- bytes --------------------------------------------------------------------- */

static size_t
copy_pieces(struct viewer *v, char *to, size_t room)
{
	size_t n = 0;

	while (v->npiece && n < room) {
		struct str *p = &v->piece[v->at];
		size_t len = p->len < room - n ? p->len : room - n;

		memcpy(to + n, p->ptr, len);
		n += len;
		p->ptr += len;
		p->len -= len;
		if (!p->len) {
			v->at++;
			v->npiece--;
		}
	}
	if (!v->npiece) {
		batch_unref(v->body);
		v->body = NULL;
	}
	return n;
}

static ssize_t
read_stream(void *arg, uint64_t at, char *to, size_t room)
{
	struct viewer *v = arg;
	size_t n = copy_pieces(v, to, room);

	(void)at;
	while (n < room) {
		enum message m = message_next(v);
		if (m == MESSAGE_END && !n)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (m == MESSAGE_FAILED && !n)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (m == MESSAGE_NONE && !n) {
			if (park(v))
				return 0;
			continue;
		}
		if (m != MESSAGE_MADE)
			break;
		n += copy_pieces(v, to + n, room - n);
	}
	atomic_store_explicit(&v->wrote, clock_mono_ms(),
			      memory_order_relaxed);
	hub_count(&v->hub->counters.bytes_out, n);
	return (ssize_t)n;
}

static void
release(void *arg)
{
	viewer_free(arg);
}

struct MHD_Response *
viewer_respond(struct viewer *v, struct MHD_Connection *connection)
{
	struct MHD_Response *r;

	v->connection = connection;
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
					      read_stream, v, release);
	if (!r)
		viewer_free(v);
	return r;
}
