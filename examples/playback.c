/* playback.c - a service that embeds the agent, as a model to copy from.
 *
 * It plays the part of a video service: a few threads each "serve" playback
 * requests and publish one event per request. There is no video and no
 * customer: all that it publishes is simulated, from a seeded generator.
 *
 * The event is the C struct that the service has anyway. A table says where
 * its fields are, and mql_publish() reads those that somebody asks for. */
#include <getopt.h>
#include <math.h>
#include <mql/agent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- the event ------------------------------------------- */

struct headers {
	const char *user_agent;
	const char *accept_language;
	const char *referer; /* NULL: not sent, the field is then missing */
};

struct request {
	uint64_t       customer_id;
	char           session[17];
	const char    *country;
	const char    *device;
	const char    *title;
	int32_t        season, episode;
	bool           is_kids;
	uint16_t       status;
	double         latency_ms;
	uint32_t       bitrate_kbps;
	struct headers headers;
};

#define FIELD(s, t, f) { .name = #f, .type = (t), .offset = offsetof(s, f) }

static const struct mql_field headers_fields[] = {
	FIELD(struct headers, MQL_T_CSTR, user_agent),
	FIELD(struct headers, MQL_T_CSTR, accept_language),
	FIELD(struct headers, MQL_T_CSTR, referer),
};

static const struct mql_field request_fields[] = {
	FIELD(struct request, MQL_T_U64,  customer_id),
	{ .name = "session", .type = MQL_T_CHARS,
	  .offset = offsetof(struct request, session),
	  .size = sizeof(((struct request *)0)->session) },
	FIELD(struct request, MQL_T_CSTR, country),
	FIELD(struct request, MQL_T_CSTR, device),
	FIELD(struct request, MQL_T_CSTR, title),
	FIELD(struct request, MQL_T_I32,  season),
	FIELD(struct request, MQL_T_I32,  episode),
	FIELD(struct request, MQL_T_BOOL, is_kids),
	FIELD(struct request, MQL_T_U16,  status),
	FIELD(struct request, MQL_T_F64,  latency_ms),
	FIELD(struct request, MQL_T_U32,  bitrate_kbps),
	{ .name = "headers", .type = MQL_T_STRUCT,
	  .offset = offsetof(struct request, headers),
	  .fields = headers_fields,
	  .nfields = sizeof headers_fields / sizeof headers_fields[0] },
};

/* --- simulated requests ------------------------------------------- */

/* What one thread draws from: splitmix64, the same for the same seed. */
struct dice {
	uint64_t state;
};

static uint64_t
roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double
fraction(struct dice *d) /* in [0, 1) */
{
	return (double)(roll(d) >> 11) * 0x1p-53;
}

/* One of n texts, the first the most frequent. */
static const char *
pick(struct dice *d, const char *const *text, size_t n)
{
	double x = fraction(d);

	return text[(size_t)(x * x * (double)n)];
}

#define PICK(d, list) pick(d, list, sizeof(list) / sizeof((list)[0]))

static const char *const countries[] = {
	"US", "BR", "GB", "MX", "DE", "IN", "FR", "JP", "CA", "KR", "ES", "NL"
};
static const char *const devices[] = {
	"tv", "android", "iphone", "ipad", "web", "console"
};
static const char *const titles[] = {
	"The Long Tail", "Night Deploy", "Backpressure", "A Quiet Ring",
	"Split Brain", "Kids of the Cache", "Half Open", "Last Writer"
};
static const char *const languages[] = { "en-US", "pt-BR", "es-MX", "de-DE" };
static const char *const agents[] = { "player/7.2", "player/7.1", "player/6" };

/* Mostly quick, with a long tail; a failed request is a slow one. */
static void
simulate(struct dice *d, struct request *r)
{
	double tail = fraction(d);

	memset(r, 0, sizeof *r);
	r->customer_id = roll(d) % 1000000;
	snprintf(r->session, sizeof r->session, "%016llx",
		 (unsigned long long)roll(d));
	r->country = PICK(d, countries);
	r->device = PICK(d, devices);
	r->title = PICK(d, titles);
	r->season = 1 + (int32_t)(roll(d) % 4);
	r->episode = 1 + (int32_t)(roll(d) % 10);
	r->is_kids = r->title == titles[5];
	r->status = tail < 0.995 ? 200 : roll(d) % 2 ? 503 : 404;
	r->latency_ms = floor(120 / (1.02 - tail)) / 10;
	r->bitrate_kbps = 235u << roll(d) % 6;
	r->headers.user_agent = PICK(d, agents);
	r->headers.accept_language = PICK(d, languages);
	r->headers.referer = roll(d) % 4 ? NULL : "https://play.example/";
}

/* --- the service ------------------------------------------- */

struct options {
	const char *app, *zone, *source_job;
	double      rate;    /* requests per second and thread; 0: no pause */
	double      seconds; /* 0: until a signal */
	uint64_t    seed;
	unsigned    threads;
};

struct worker {
	pthread_t             thread;
	const struct options *opt;
	struct mql_stream    *stream;
	atomic_bool          *stop;
	struct dice           dice;
	uint64_t              published;
};

enum { MAX_THREADS = 64 };

static void
wait_until_due(struct timespec *due, double rate)
{
	due->tv_nsec += (long)(1e9 / rate);
	due->tv_sec += due->tv_nsec / 1000000000;
	due->tv_nsec %= 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL);
}

static void *
serve(void *arg)
{
	struct worker *w = arg;
	struct request r;
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		simulate(&w->dice, &r);
		mql_publish(w->stream, &r);
		w->published++;
		if (w->opt->rate > 0)
			wait_until_due(&due, w->opt->rate);
	}
	return NULL;
}

/* Until ^C, SIGTERM or the end of --for. */
static void
wait_for_end(const sigset_t *signals, double seconds)
{
	struct timespec left = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - floor(seconds)) * 1e9),
	};

	if (seconds > 0)
		sigtimedwait(signals, NULL, &left);
	else
		sigwaitinfo(signals, NULL);
}

static uint64_t
run(const struct options *opt, struct mql_stream *stream,
    const sigset_t *signals)
{
	struct worker worker[MAX_THREADS];
	atomic_bool stop = false;
	uint64_t published = 0;
	unsigned i, n;

	for (n = 0; n < opt->threads; n++) {
		worker[n] = (struct worker){
			.opt = opt, .stream = stream, .stop = &stop,
			.dice.state = opt->seed * MAX_THREADS + n,
		};
		if (pthread_create(&worker[n].thread, NULL, serve, &worker[n]))
			break;
	}
	wait_for_end(signals, opt->seconds);
	stop = true;
	for (i = 0; i < n; i++) {
		pthread_join(worker[i].thread, NULL);
		published += worker[i].published;
	}
	return published;
}

/* --- start and end ------------------------------------------- */

static const char usage[] =
	"Usage: playback [options]\n"
	"Publish simulated playback requests through an embedded agent.\n\n"
	"  --rate N         requests per second and thread (default 100;"
	" 0: no pause)\n"
	"  --threads N      how many threads serve (default 3)\n"
	"  --for DURATION   end after 250ms, 10s, 5m (default: at ^C)\n"
	"  --app NAME       @app (default playback)\n"
	"  --zone NAME      @zone (default us-east-1)\n"
	"  --seed N         another fleet of customers (default 1)\n"
	"  --source-job E   default: $MQL_AGENT_SOURCE_JOB,"
	" tcp://127.0.0.1:7400\n";

/* 250ms 10s 5m 1h; a bare number is seconds. False: it is none of these. */
static bool
parse_duration(const char *text, double *seconds)
{
	static const struct { const char *unit; double seconds; } units[] = {
		{ "", 1 }, { "ms", 1e-3 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }
	};
	char *end;
	double n = strtod(text, &end);

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		*seconds = n * units[i].seconds;
		if (end != text && !strcmp(end, units[i].unit))
			return *seconds >= 0 && *seconds < 1e9;
	}
	return false;
}

static bool
parse_number(const char *text, double max, double *n)
{
	char *end;

	*n = strtod(text, &end);
	return end != text && !*end && *n >= 0 && *n <= max;
}

static const struct option longopts[] = {
	{ "rate", 1, NULL, 'r' },    { "threads", 1, NULL, 't' },
	{ "for", 1, NULL, 'f' },     { "app", 1, NULL, 'a' },
	{ "zone", 1, NULL, 'z' },    { "seed", 1, NULL, 's' },
	{ "source-job", 1, NULL, 'j' }, { "help", 0, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* 0 to go on, else the exit status plus one. */
static int
parse(int argc, char **argv, struct options *opt)
{
	bool ok = true;
	double n;
	int c;

	while (ok && (c = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		switch (c) {
		case 'r': ok = parse_number(optarg, 1e9, &opt->rate); break;
		case 't': ok = parse_number(optarg, MAX_THREADS, &n) && n >= 1;
			  opt->threads = ok ? (unsigned)n : 0; break;
		case 'f': ok = parse_duration(optarg, &opt->seconds); break;
		case 'a': opt->app = optarg; break;
		case 'z': opt->zone = optarg; break;
		case 's': ok = parse_number(optarg, 1e15, &n);
			  opt->seed = ok ? (uint64_t)n : 0; break;
		case 'j': opt->source_job = optarg; break;
		case 'h': fputs(usage, stdout); return 1;
		default: return 3;
		}
	if (ok && optind == argc)
		return 0;
	fprintf(stderr, "playback: what is '%s'? See playback --help\n",
		ok ? argv[optind] : optarg);
	return 3;
}

static void
say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "playback: %s\n", line);
}

int
main(int argc, char **argv)
{
	struct options opt = { .app = "playback", .zone = "us-east-1",
			       .rate = 100, .seed = 1, .threads = 3 };
	struct mql_agent_options ao = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent = NULL;
	struct mql_stream *stream;
	sigset_t signals;
	int err = parse(argc, argv, &opt);

	if (err)
		return err - 1;
	/* Blocked before any thread exists, taken in wait_for_end(). */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	ao.app = opt.app;
	ao.zone = opt.zone;
	ao.source_job = opt.source_job;
	ao.log = say;
	if ((err = mql_agent_open(&ao, &agent)) ||
	    (err = mql_stream_open_struct(agent, "requests", request_fields,
			sizeof request_fields / sizeof request_fields[0],
			&stream))) {
		fprintf(stderr, "playback: %s\n", mql_strerror(err));
		mql_agent_close(agent, 0);
		return 1;
	}
	fprintf(stderr, "playback: %llu simulated requests published\n",
		(unsigned long long)run(&opt, stream, &signals));
	mql_agent_close(agent, 1000);
	return 0;
}
