/* saved.c - see saved.h. */
#include "sink/kafka/saved.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "client/request.h"
#include "client/saved.h"
#include "common/clock.h"
#include "common/thread.h"
#include "mql/error.h"

enum { ASK_MS = 2000, AGAIN_MS = 1000 };

struct saved {
	struct wire_context *context;
	const char     *source_job;
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  wake;
	bool            stopping; /* lock */
	char           *json;     /* lock: the last answer; NULL: none yet */
	bool            whole;    /* lock: of all source-jobs */
};

/* Under the lock, but not while it asks. */
static void
ask(struct saved *s)
{
	const struct mql_request_options o = {
		.size = sizeof o, .source_job = s->source_job,
		.what = "saved", .arg = "", .timeout_ms = ASK_MS,
	};
	struct client_reply r = { 0 };

	pthread_mutex_unlock(&s->lock);
	int err = client_ask(s->context, &o, &r, NULL);
	pthread_mutex_lock(&s->lock);
	if (!err && r.json) {
		free(s->json);
		s->json = r.json;
		s->whole = !r.silent;
		r.json = NULL;
	}
	client_reply_fini(&r);
}

static void *
run(void *arg)
{
	struct saved *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		ask(s);
		if (!s->stopping)
			thread_wait(&s->wake, &s->lock,
				    clock_mono_ms() + AGAIN_MS);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
saved_start(struct wire_context *context, const char *source_job,
	    struct saved **out)
{
	struct saved *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return MQL_ENOMEM;
	s->context = context;
	s->source_job = source_job;
	pthread_mutex_init(&s->lock, NULL);
	thread_cond_init(&s->wake);
	if (thread_start(&s->thread, "mql-saved", run, s)) {
		free(s);
		return MQL_EOS;
	}
	*out = s;
	return 0;
}

void
saved_stop(struct saved *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->json);
	free(s);
}

enum saved_is
saved_look(struct saved *s, const char *name, char **text)
{
	enum saved_is is = SAVED_UNKNOWN;

	*text = NULL;
	pthread_mutex_lock(&s->lock);
	if (s->json && !client_saved_text(str_of(s->json), name, text))
		is = *text ? SAVED_IS : s->whole ? SAVED_NONE : SAVED_UNKNOWN;
	pthread_mutex_unlock(&s->lock);
	return is;
}
