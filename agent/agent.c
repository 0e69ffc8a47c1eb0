/* agent.c - opening and closing an agent, and its streams. */
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	RING_BYTES = 256 << 10,
	RING_MOST = 64 << 20,
	EVENT_BYTES = 1 << 20,
	EVENT_MOST = 64 << 20,
	QUERIES = 256,
	FOLD_BYTES = 32 << 20,
	LINGER_MS = 100, /* for the goodbye, past the deadline too */
};

void
agent_say(struct mql_agent *a, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!a->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	a->log(a->log_arg, line);
}

void
agent_wake(struct mql_agent *a)
{
	uint64_t one = 1;
	ssize_t n = write(a->wakefd, &one, sizeof one);

	(void)n; /* full: it is awake */
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
static int
name_agent(struct mql_agent *a)
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
	int err;

	if (!opt->host || !*opt->host)
		gethostname(host, sizeof host - 1);
	if ((err = copy(a, opt->app, &a->app)) ||
	    (err = copy(a, opt->host && *opt->host ? opt->host :
			*host ? host : "unknown", &a->host)) ||
	    (err = copy(a, opt->zone, &a->zone)) ||
	    (err = copy(a, opt->version, &a->version)))
		return err;
	return name_agent(a);
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
	const char *to = opt->source_job, *env = getenv("MQL_AGENT");
	char why[128];

	if (!to || !*to)
		to = getenv("MQL_AGENT_SOURCE_JOB");
	if (!to || !*to)
		to = "tcp://127.0.0.1:7400";
	if (wire_endpoint_check(to, why, sizeof why))
		return MQL_EADDRESS;
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
	a->fold_bytes = FOLD_BYTES;
	a->wait_when_full = opt->wait_when_full;
	a->log = opt->log;
	a->log_arg = opt->log_arg;
	a->off = env && !strcmp(env, "off");
	return a->source_job ? 0 : MQL_ENOMEM;
}

static int
start_thread(struct mql_agent *a)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&a->thread, NULL, thread_main, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err ? MQL_EOS : 0;
}

/* Everything that an agent which is not off needs besides. */
static int
start(struct mql_agent *a)
{
	int err;

	a->link.silence_ms = 3000;
	a->link.lease_ms = 5000;
	rows_writer_init(&a->writer);
	if ((err = run_table_init(a)) || (err = folds_init(a)))
		return err;
	if (pthread_key_create(&a->key, publisher_give_back))
		return MQL_EOS;
	a->has_key = true;
	a->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wakefd < 0)
		return MQL_EOS;
	if ((err = wire_context_new(1, &a->context)) || (err = link_open(a)))
		return err;
	return start_thread(a);
}

/* The thread is gone, or never was. */
static void
agent_free(struct mql_agent *a, int linger_ms)
{
	if (!a)
		return;
	link_close(a, linger_ms);
	wire_context_free(a->context);
	if (a->wakefd >= 0)
		close(a->wakefd);
	if (a->has_key)
		pthread_key_delete(a->key);
	run_table_fini(a); /* with its folds, in the publishers */
	folds_fini(a);
	publisher_free_all(a);
	stream_table_fini(&a->streams);
	rows_writer_fini(&a->writer);
	arena_fini(&a->ack.mem);
	buf_fini(&a->frame);
	free(a->source_job);
	arena_fini(&a->mem);
	free(a);
}

int
mql_agent_open(const struct mql_agent_options *opt, struct mql_agent **out)
{
	struct mql_agent_options mine = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!opt || opt->size < offsetof(struct mql_agent_options, host))
		return MQL_EINVAL;
	/* A caller built against an older header has a shorter struct. */
	memcpy(&mine, opt, opt->size < sizeof mine ? opt->size : sizeof mine);
	if (!mine.app || !*mine.app)
		return MQL_EINVAL;
	a = calloc(1, sizeof *a);
	if (!a)
		return MQL_ENOMEM;
	a->wakefd = -1;
	a->pid = getpid();
	a->serial = publisher_serial();
	if ((err = configure(a, &mine)) || (err = identify(a, &mine)) ||
	    (err = stream_table_init(&a->streams)))
		goto out;
	if (!a->off && (err = start(a)))
		goto out;
	*out = a;
	a = NULL;
out:
	agent_free(a, 0);
	return err;
}

/* --- close -------------------------------------------------------------------------- */

void
mql_agent_close(struct mql_agent *a, int deadline_ms)
{
	int64_t left;

	/* A forked child has neither the thread nor a right to the socket:
	 * the little memory that it shares is left alone. */
	if (!a || getpid() != a->pid)
		return;
	if (a->off) {
		agent_free(a, 0);
		return;
	}
	a->deadline = clock_mono_ms() + (deadline_ms > 0 ? deadline_ms : 0);
	atomic_store(&a->closing, true);
	agent_wake(a);
	pthread_join(a->thread, NULL);
	left = a->deadline - clock_mono_ms();
	agent_free(a, left > LINGER_MS ? (int)left : LINGER_MS);
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
	if (getpid() == a->pid)
		return open_stream(a, name, NULL, out);
	*out = a->streams.at; /* a forked child: wiped, and never active */
	return 0;
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
	if (getpid() != a->pid)
		return mql_stream_open(a, name, out);
	if ((err = schema_new(fields, nfields, &schema)))
		return err;
	return open_stream(a, name, schema, out);
}
