/* tap.c - mql tap: lines of JSON become events, through an embedded agent.
 *
 * A tap is a pipe, not a request thread: when its ring is full it waits and
 * loses nothing, unless --lossy says that the writer matters more. */
#include <stdlib.h>
#include <time.h>

#include "cli/cmd.h"
#include "cli/input.h"
#include "cli/notes.h"
#include "cli/stop.h"
#include "cli/text.h"
#include "common/clock.h"
#include "mql/agent.h"

enum {
	RING_BYTES = 4 << 20,
	LONELY_MS  = 1000, /* without a source-job: then we say so */
	DRAIN_MS   = 5000, /* for the last rows, at the end */
	POLL_NS    = 2 * 1000 * 1000,
	SECOND_NS  = 1000 * 1000 * 1000,
	NAP_NS     = 100 * 1000, /* sleeping for less is not worth it */
};

struct tap_args {
	const char *app, *stream, *source_job, *key, *server_key;
	uint64_t    rate, max_event;
	bool        loop, lossy, wait, quiet;
};

struct tap {
	struct mql_agent  *agent;
	struct mql_stream *stream;
	const char        *source_job;
	struct input       in;
	struct notes       notes;
	uint64_t events;
	uint64_t rate;      /* events a second, 0: as fast as they come */
	uint64_t paced;     /* events since `origin` */
	int64_t  origin;    /* monotonic ns */
	int64_t  lonely_at; /* monotonic ms: look then whether anybody is there;
			       0: has been looked */
};

static void
sleep_until(int64_t at_ns)
{
	struct timespec ts = { .tv_sec = at_ns / SECOND_NS,
			       .tv_nsec = at_ns % SECOND_NS };

	while (!stop_asked() && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
						&ts, NULL))
		;
}

/* Every event has its place on the clock, so that the rate stays even however
 * long each takes. Who falls a second behind starts anew, without a burst. */
static void
pace(struct tap *t)
{
	int64_t now = clock_mono_ns();
	int64_t due = t->origin + (int64_t)((double)t->paced * SECOND_NS /
					    (double)t->rate);

	t->paced++;
	if (due - now > NAP_NS) {
		sleep_until(due);
	} else if (now - due > SECOND_NS) {
		t->origin = now;
		t->paced = 1;
	}
}

static struct mql_agent_stats
stats_of(const struct tap *t)
{
	struct mql_agent_stats s = { .size = sizeof s };

	mql_agent_stats(t->agent, &s);
	return s;
}

/* Not an error, as agents reconnect for ever; but worth a word, once. */
static void
mind_loneliness(struct tap *t)
{
	struct mql_agent_stats s;

	if (!t->lonely_at || clock_mono_ms() < t->lonely_at)
		return;
	t->lonely_at = 0;
	s = stats_of(t);
	if (!s.connected)
		notes_say(&t->notes, "not connected to %s: %s; going on "
			  "without", t->source_job, s.reason);
}

static bool
take_line(void *arg, struct str line)
{
	struct tap *t = arg;

	if (t->rate)
		pace(t);
	mql_publish_json(t->stream, line.ptr, line.len);
	t->events++;
	mind_loneliness(t);
	return !stop_asked();
}

static bool
between_blocks(void *arg, bool waiting)
{
	(void)waiting;
	mind_loneliness(arg);
	return !stop_asked();
}

static void
wait_for_query(struct tap *t)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };

	while (!mql_active(t->stream) && !stop_asked()) {
		mind_loneliness(t);
		nanosleep(&nap, NULL);
	}
}

/* Everything that matched is sent or accounted for. */
static bool
drained(const struct mql_agent_stats *s)
{
	return s->matched <= s->sampled + s->sent + s->dropped;
}

static struct mql_agent_stats
drain(const struct tap *t)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	int64_t deadline = clock_mono_ms() + DRAIN_MS;
	struct mql_agent_stats s = stats_of(t);

	while (!drained(&s) && clock_mono_ms() < deadline) {
		nanosleep(&nap, NULL);
		s = stats_of(t);
	}
	return s;
}

/* All files once, or again and again. */
static int
publish(struct tap *t, const struct tap_args *a)
{
	const struct input_use use = { take_line, between_blocks, t };
	uint64_t before;
	int err;

	if (a->wait)
		wait_for_query(t);
	t->origin = clock_mono_ns();
	do {
		before = t->events;
		err = input_run(&t->in, &use);
	} while (a->loop && !err && !stop_asked() && t->events > before);
	return err;
}

static int
finish(struct tap *t, int err)
{
	struct mql_agent_stats s = drain(t);
	uint64_t bad = s.bad + t->in.nbad;

	input_report(&t->in);
	if (!t->notes.quiet)
		fprintf(stderr, "%s read; %s published to a live query; "
			"%s sent; dropped %s; bad %s\n",
			text_count(t->events, "event", "events").z,
			text_number(s.seen).z,
			text_count(s.sent, "row", "rows").z,
			text_number(s.dropped).z, text_number(bad).z);
	return err || bad ? CMD_FAILED : CMD_FINE;
}

static int
open_agent(struct tap *t, const struct tap_args *a)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	opt.app = a->app;
	opt.source_job = a->source_job;
	opt.key = a->key;
	opt.server_key = a->server_key;
	opt.ring_bytes = RING_BYTES;
	opt.max_event_bytes = a->max_event;
	opt.wait_when_full = !a->lossy;
	int err = mql_agent_open(&opt, &t->agent);
	if (!err)
		err = mql_stream_open(t->agent, a->stream, &t->stream);
	if (err == MQL_EADDRESS)
		ask_bad_endpoint(a->source_job);
	else if (err)
		cmd_complain("%s", mql_strerror(err));
	return err;
}

static int
tap(const struct tap_args *a, char **file, int nfile)
{
	struct tap t = { .rate = a->rate, .source_job = a->source_job };
	int status = CMD_USAGE;

	notes_init(&t.notes, a->quiet);
	int err = input_init(&t.in, file, nfile, a->max_event);
	if (err) {
		if (err != MQL_EOS) /* said already */
			status = cmd_query_error(err, NULL, NULL);
		goto out;
	}
	if ((err = open_agent(&t, a))) {
		status = cmd_status_of(err);
		goto out;
	}
	stop_on_signals();
	t.lonely_at = clock_mono_ms() + LONELY_MS;
	status = finish(&t, publish(&t, a));
out:
	mql_agent_close(t.agent, DRAIN_MS);
	input_fini(&t.in);
	return status;
}

/* Of all that can be wrong with the arguments: a sentence, or NULL. */
static const char *
objection(const struct tap_args *a, char **file, int nfile)
{
	bool from_stdin = !nfile;

	for (int i = 0; i < nfile; i++)
		from_stdin = from_stdin || !strcmp(file[i], "-");
	if (!a->app || !*a->app)
		return "tap needs --app NAME: whose events are these?";
	if (a->loop && from_stdin)
		return "--loop needs files: standard input comes only once";
	return NULL;
}

static const struct option_usage usage = {
	"mql tap", "[options] --app NAME [FILE...]",
	"Publish lines of JSON as events, through an embedded agent: for "
	"programs that\nonly write a log. Without FILE, standard input.",
	"Examples:\n"
	"  tail -F access.ndjson | mql tap --app web --stream requests\n"
	"  mql tap --app replay --rate 1000 --loop events.ndjson\n",
};

static int
run(int argc, char **argv)
{
	const char *endpoint = getenv("MQL_AGENT_SOURCE_JOB");
	struct tap_args a = { 0 };
	const struct option table[] = {
		{ "app", 'a', OPTION_STRING, "NAME", NULL,
		  "the events' @app", &a.app },
		{ "stream", 0, OPTION_STRING, "S", "events",
		  "the stream that they belong to", &a.stream },
		{ "source-job", 's', OPTION_STRING, "ENDPOINTS",
		  endpoint ? endpoint : "tcp://127.0.0.1:7400",
		  "its agents' port (env MQL_AGENT_SOURCE_JOB)",
		  &a.source_job },
		{ "key-file", 0, OPTION_STRING, "FILE",
		  getenv("MQL_AGENT_KEY"), "our secret key, of mql keygen "
		  "(env MQL_AGENT_KEY)", &a.key },
		{ "server-key", 0, OPTION_STRING, "FILE",
		  getenv("MQL_AGENT_SERVER_KEY"), "the source-job's public key "
		  "(env MQL_AGENT_SERVER_KEY)", &a.server_key },
		{ "rate", 'r', OPTION_UINT, "N", NULL,
		  "at most N events a second, evenly", &a.rate },
		{ "loop", 0, OPTION_FLAG, NULL, NULL,
		  "begin again at the end of the files", &a.loop },
		{ "wait", 'w', OPTION_FLAG, NULL, NULL,
		  "read nothing until a query is live", &a.wait },
		{ "lossy", 0, OPTION_FLAG, NULL, NULL,
		  "drop rows rather than wait when the ring is full",
		  &a.lossy },
		{ "max-event", 0, OPTION_BYTES, "BYTES", "1M",
		  "longer lines count as bad", &a.max_event },
		QUIET_OPTION(&a.quiet),
		{ 0 },
	};
	int nrest, status;

	/* Elsewhere they mean the subscribers' port. */
	unsetenv("MQL_SOURCE_JOB");
	unsetenv("MQL_KEY_FILE");
	unsetenv("MQL_SERVER_KEY");
	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	const char *wrong = objection(&a, argv + 1, nrest);
	if (wrong) {
		cmd_complain("%s", wrong);
		return CMD_USAGE;
	}
	return tap(&a, argv + 1, nrest);
}

const struct cmd cmd_tap = {
	"tap", "--app NAME [FILE...]", "publish lines of JSON as events", run
};
