/* publish.c - what publishing costs the thread that serves a request: while
 * nobody asks, and with one live query of two terms that nothing matches. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "mql/agent.h"

enum { EVENTS = 512 }; /* stays in the cache, as a request just served does */

struct request {
	uint64_t    customer_id;
	const char *country, *device, *title;
	uint32_t    episode;
	double      latency_ms;
	uint16_t    status;
	bool        is_kids;
};

#define FIELD(t, f) \
	{ .name = #f, .type = (t), .offset = offsetof(struct request, f) }

static const struct mql_field fields[] = {
	FIELD(MQL_T_U64, customer_id), FIELD(MQL_T_CSTR, country),
	FIELD(MQL_T_CSTR, device),     FIELD(MQL_T_CSTR, title),
	FIELD(MQL_T_U32, episode),     FIELD(MQL_T_F64, latency_ms),
	FIELD(MQL_T_U16, status),      FIELD(MQL_T_BOOL, is_kids),
};

struct suite {
	struct mql_stream *structs, *texts;
	struct request     event[EVENTS];
	char               text[EVENTS][512];
	size_t             len[EVENTS];
	size_t             hits;
};

/* One event in forty is of BR, none of those on an ipad. */
static void
fill(struct suite *s)
{
	static const char *const country[] = { "US", "GB", "MX", "DE" };
	static const char *const device[] = { "tv", "web", "ipad", "phone" };

	for (size_t i = 0; i < EVENTS; i++) {
		struct request *r = &s->event[i];

		*r = (struct request){
			.customer_id = 1000003 * i % 999983,
			.country = i % 40 ? country[i / 4 % 4] : "BR",
			.device = i % 40 ? device[i % 4] : "tv",
			.title = "Backpressure", .episode = (uint32_t)i % 10,
			.latency_ms = 12.5 + (double)(i % 100), .status = 200,
		};
		s->len[i] = (size_t)snprintf(s->text[i], sizeof s->text[i],
			"{\"customer_id\":%llu,\"title\":\"%s\",\"episode\":%u,"
			"\"country\":\"%s\",\"device\":\"%s\","
			"\"latency_ms\":%g,\"status\":%u,"
			"\"is_kids\":false,\"headers\":{"
			"\"user-agent\":\"player/7.2 (like a browser)\","
			"\"accept-language\":\"en-US\",\"host\":\"x\"}}",
			(unsigned long long)r->customer_id, r->title,
			r->episode, r->country, r->device, r->latency_ms,
			r->status);
	}
}

static void
loop_empty(void *arg, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		bench_barrier();
}

static void
loop_publish(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		mql_publish(s->structs, &s->event[i % EVENTS]);
		bench_barrier();
	}
}

static void
loop_publish_json(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		mql_publish_json(s->texts, s->text[i % EVENTS],
				 s->len[i % EVENTS]);
		bench_barrier();
	}
}

static void
loop_by_hand(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		const struct request *r = &s->event[i % EVENTS];

		s->hits += !strcmp(r->country, "BR") &&
			   !strcmp(r->device, "ipad");
		bench_barrier();
	}
}

/* The least that any scanner of text does: look at each byte once. */
static void
loop_memchr(void *arg, size_t n)
{
	struct suite *s = arg;

	for (size_t i = 0; i < n; i++) {
		s->hits += memchr(s->text[i % EVENTS], '\n',
				  s->len[i % EVENTS]) != NULL;
		bench_barrier();
	}
}

static void
measure(struct suite *s, const struct fleet *f)
{
	double empty = bench_ns(loop_empty, s);
	struct mql_tail *t;

	bench_report("publish", "struct, nobody asks",
		     bench_ns(loop_publish, s), "ns", empty, empty + 2);
	bench_report("publish", "JSON text, nobody asks",
		     bench_ns(loop_publish_json, s), "ns", empty, empty + 2);
	t = fleet_tail(f, "select * where country=='BR' and device=='ipad'", 1);
	bench_report("publish", "struct, one query, no match",
		     bench_ns(loop_publish, s), "ns",
		     bench_ns(loop_by_hand, s), 10);
	bench_report("publish", "JSON text, one query, no match",
		     bench_ns(loop_publish_json, s), "ns",
		     bench_ns(loop_memchr, s), NONE);
	fleet_end(t);
}

int
main(int argc, char **argv)
{
	static struct suite s;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct fleet f;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	fleet_start(&f, argv[1]);
	fill(&s);
	opt.app = "bench";
	opt.source_job = f.agents;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open_struct(agent, "structs", fields,
			sizeof fields / sizeof fields[0], &s.structs) ||
	    mql_stream_open(agent, "texts", &s.texts))
		bench_die("the agent does not open");
	measure(&s, &f);
	mql_agent_close(agent, 100);
	fleet_stop(&f);
	return 0;
}
