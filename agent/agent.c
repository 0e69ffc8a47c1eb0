/* agent.c - opening and closing an agent, and its streams. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/clock.h"
#include "common/thread.h"
#include "wire/keys.h"

enum {
	RING_BYTES = 256 << 10,
	RING_MOST = 64 << 20,
	EVENT_BYTES = 1 << 20,
	EVENT_MOST = 64 << 20,
	QUERIES = 256,
	CLOSE_MS = 100, /* the shortest deadline */
};

void
agent_say(struct mql_agent *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	teller_say(a->log, fmt, ap);
	va_end(ap);
}

void
agent_wake(struct mql_agent *a)
{
	waker_ring(&a->waker);
}

/* --- open --------------------------------------------------------------------------- */

static int
copy(struct mql_agent *a, const char *z, struct str *out)
{
	struct str s = str_of(z);

	if (s.len > WIRE_MAX_NAME)
		return MQL_EINVAL;
	*out = s.len ? arena_str(&a->mem, s) : (struct str){ NULL, 0 };
	return s.len && !out->ptr ? MQL_ENOMEM : 0;
}

/* @agent: unique in the fleet, and readable. */
int
agent_name(struct mql_agent *a)
{
	char name[WIRE_MAX_NAME + 1];
	uint32_t random = 0;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uint32_t)clock_mono_ns();
	snprintf(name, sizeof name, "%.*s:%ld:%08x", (int)(a->host.len < 200 ?
		 a->host.len : 200), a->host.ptr, (long)a->pid, random);
	return copy(a, name, &a->name);
}

static int
identify(struct mql_agent *a, const struct mql_agent_options *opt)
{
	char host[WIRE_MAX_NAME + 1] = "";
	const char *named = owner_text(opt->host, "MQL_AGENT_HOST");
	int err;

	if (!named || !*named) {
		gethostname(host, sizeof host - 1);
		named = *host ? host : "unknown";
	}
	if ((err = copy(a, owner_text(opt->app, "MQL_AGENT_APP"), &a->app)) ||
	    (err = copy(a, named, &a->host)) ||
	    (err = copy(a, owner_text(opt->zone, "MQL_AGENT_ZONE"),
			&a->zone)) ||
	    (err = copy(a, owner_text(opt->version, "MQL_AGENT_VERSION"),
			&a->version)))
		return err;
	if (!a->app.len)
		return MQL_EINVAL;
	return agent_name(a);
}

static size_t
power_of_two(size_t n)
{
	size_t p = RING_MIN;

	while (p < n && p < RING_MOST)
		p *= 2;
	return p;
}

static int
configure(struct mql_agent *a, const struct mql_agent_options *opt)
{
	const char *to = owner_text(opt->source_job, "MQL_AGENT_SOURCE_JOB");
	char why[240];
	int err;

	if (!to || !*to)
		to = "tcp://127.0.0.1:7400";
	if ((err = wire_discovery_check(to, why, sizeof why)))
		return err;
	a->source_job = strdup(to);
	a->ring_bytes = power_of_two(opt->ring_bytes ? opt->ring_bytes :
				     RING_BYTES);
	a->max_event = opt->max_event_bytes ? opt->max_event_bytes :
					      EVENT_BYTES;
	a->max_queries = opt->max_queries ? opt->max_queries : QUERIES;
	if (a->max_event > EVENT_MOST)
		a->max_event = EVENT_MOST;
	if (a->max_queries > QUERIES_MAX)
		a->max_queries = QUERIES_MAX;
	a->wait_when_full = opt->wait_when_full;
	a->callback = opt->log;
	a->callback_arg = opt->log_arg;
	return a->source_job ? 0 : MQL_ENOMEM;
}

int
agent_start(struct mql_agent *a)
{
	int err;

	pthread_mutex_init(&a->end_lock, NULL);
	thread_cond_init(&a->end_news);
	rows_writer_init(&a->writer);
	atomic_store(&a->opened, clock_mono_ms());
	atomic_store(&a->reason, "nobody has answered yet");
	a->link.silence_ms = 3000;
	a->link.lease_ms = 5000;
	if (!a->runs.at && (err = run_table_init(a)))
		return err;
	if (!a->partials && (err = folds_init(a)))
		return err;
	if (a->loop)
		return a->loop->start(a->loop, a);
	return thread_start(&a->thread, NULL, thread_main, a);
}

void
agent_free(struct mql_agent *a)
{
	if (!a)
		return;
	if (a->has_key)
		pthread_key_delete(a->key);
	budget_fini(a);
	suspects_fini(a);
	run_table_fini(a); /* with its folds, in the publishers */
	folds_fini(a);
	publisher_free_all(a);
	stream_table_fini(&a->streams);
	rows_writer_fini(&a->writer);
	owner_fini(a);
	arena_fini(&a->ack.mem);
	buf_fini(&a->frame);
	free(a->source_job);
	wire_keys_free(a->keys);
	arena_fini(&a->mem);
	free(a);
}

/* Put it among the living, and start it unless it is off. */
static int
bring_up(struct mql_agent *a)
{
	int err;

	atomic_store(&a->life, LIFE_AWAKE);
	if (a->off)
		return life_enter(a);
	if (pthread_key_create(&a->key, publisher_give_back))
		return MQL_EOS;
	a->has_key = true;
	if ((err = life_enter(a)))
		return err;
	if ((err = agent_start(a)))
		life_leave(a);
	return err;
}

int
agent_open_in(const struct mql_agent_options *opt,
	      struct agent_loop *loop, struct mql_agent **out)
{
	struct mql_agent_options mine = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!opt || opt->size < offsetof(struct mql_agent_options, host))
		return MQL_EINVAL;
	/* A caller built against an older header has a shorter struct. */
	memcpy(&mine, opt, opt->size < sizeof mine ? opt->size : sizeof mine);
	a = calloc(1, sizeof *a);
	if (!a)
		return MQL_ENOMEM;
	a->pid = getpid();
	a->serial = publisher_serial();
	a->loop = loop;
	if ((err = configure(a, &mine)) || (err = identify(a, &mine)) ||
	    (err = owner_init(a, &mine)) || (err = budget_init(a, &mine)) ||
	    (err = suspects_init(a, &mine)) ||
	    (err = stream_table_init(&a->streams)) || (err = bring_up(a)))
		goto out;
	*out = a;
	a = NULL;
out:
	agent_free(a);
	return err;
}

int
mql_agent_open(const struct mql_agent_options *opt, struct mql_agent **out)
{
	return agent_open_in(opt, NULL, out);
}

/* --- close -------------------------------------------------------------------------- */

/* In a forked child where nobody has published there is no thread; where
 * somebody is about to start it, it is waited for. */
static bool
asleep(struct mql_agent *a)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 };
	enum life life = LIFE_ASLEEP;

	while (!atomic_compare_exchange_strong(&a->life, &life,
					       LIFE_WAKING)) {
		if (life == LIFE_AWAKE)
			return false;
		life = LIFE_ASLEEP;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Of the time that is given, three quarters are for the rows, the rest is for
 * the goodbye. */
static void
close_by(struct mql_agent *a, int64_t ms)
{
	int64_t now = clock_mono_ms();

	a->deadline = now + ms * 3 / 4;
	a->latest = now + ms;
	atomic_store(&a->closing, true);
	agent_wake(a);
}

void
mql_agent_close(struct mql_agent *a, int deadline_ms)
{
	/* Closed already; or a child that was made without fork(): it has
	 * neither the thread nor a right to the socket. */
	if (!life_leave(a) || getpid() != a->pid)
		return;
	if (a->off || asleep(a)) {
		stream_table_close(a);
		agent_free(a);
		return;
	}
	close_by(a, deadline_ms > CLOSE_MS ? deadline_ms : CLOSE_MS);
	if (life_join(a, a->latest))
		agent_free(a);
}

/* --- streams ------------------------------------------------------------------------ */

static int
open_stream(struct mql_agent *a, const char *name, struct schema *schema,
	    struct mql_stream **out)
{
	bool fresh = false;
	int err = MQL_EINVAL;

	if (name && *name && strlen(name) <= WIRE_MAX_NAME)
		err = stream_table_open(a, name, schema, out, &fresh);
	if (err || !fresh)
		schema_free(schema);
	if (err)
		*out = NULL;
	else if (fresh && !a->off)
		agent_wake(a);
	return err;
}

int
mql_stream_open(struct mql_agent *a, const char *name,
		struct mql_stream **out)
{
	*out = NULL;
	if (!a)
		return MQL_EINVAL;
	return open_stream(a, name, NULL, out);
}

int
mql_stream_open_struct(struct mql_agent *a, const char *name,
		       const struct mql_field *fields, size_t nfields,
		       struct mql_stream **out)
{
	struct schema *schema;
	int err;

	*out = NULL;
	if (!a)
		return MQL_EINVAL;
	if ((err = schema_new(fields, nfields, &schema)))
		return err;
	return open_stream(a, name, schema, out);
}
