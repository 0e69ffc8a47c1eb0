/* instr.c - N times one way of publishing, for callgrind to count.
 *
 *     bench_instr BUILD-DIRECTORY CASE N
 *
 * tools/instr.sh runs it twice per case, with two Ns, and divides the
 * difference: what is left is an operation without all that surrounds it. Only
 * what counted() calls is collected, so the agent's own thread is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/request.h"

struct suite {
	struct mql_stream *structs, *built, *texts;
	struct requests    all;
	size_t             hits;
};

static void
empty(struct suite *s, size_t n)
{
	(void)s;
	for (size_t i = 0; i < n; i++)
		bench_barrier();
}

static void
publish(struct suite *s, size_t n)
{
	struct mql_stream *stream = s->structs;

	for (size_t i = 0; i < n; i++) {
		mql_publish(stream, &s->all.at[i % REQUESTS]);
		bench_barrier();
	}
}

static void
build(struct suite *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		request_build(s->built, &s->all.at[i % REQUESTS]);
		bench_barrier();
	}
}

static void
build_publish(struct suite *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mql_event_publish(request_build(s->built,
						&s->all.at[i % REQUESTS]));
}

static void
publish_json(struct suite *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mql_publish_json(s->texts, s->all.text[i % REQUESTS],
				 s->all.len[i % REQUESTS]);
		bench_barrier();
	}
}

static void
by_hand(struct suite *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct request *r = &s->all.at[i % REQUESTS];

		s->hits += !strcmp(r->country, "BR") &&
			   !strcmp(r->device, "ipad");
		bench_barrier();
	}
}

static const char none[] = "select * where country=='BR' and device=='ipad'";
static const char ten[] = "select customer_id, country, device, title, "
	"episode, latency_ms, status, is_kids, cdn, request_id "
	"where status == 200 and episode >= 0";

static const struct way {
	const char *name, *query;
	void (*run)(struct suite *s, size_t n);
} ways[] = {
	{ "empty loop", NULL, empty },
	{ "by hand, no read side", NULL, by_hand },
	{ "struct, nobody asks", NULL, publish },
	{ "struct, no match", none, publish },
	{ "struct, match, 10 columns", ten, publish },
	{ "built, nobody asks", NULL, build_publish },
	{ "built, set only", none, build },
	{ "built, no match", none, build_publish },
	{ "JSON text, no match", none, publish_json },
};

__attribute__((noinline)) static void
counted(const struct way *w, struct suite *s, size_t n)
{
	w->run(s, n);
	bench_barrier(); /* not by a jump: callgrind waits for the return */
}

static const struct way *
find(const char *name)
{
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	bench_die("no case '%s'", name);
}

int
main(int argc, char **argv)
{
	static struct suite s;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct mql_tail *t = NULL;
	const struct way *w;
	struct daemon f;

	if (argc != 4)
		bench_die("usage: %s BUILD-DIRECTORY CASE N", argv[0]);
	w = find(argv[2]);
	daemon_start(&f, argv[1]);
	requests_fill(&s.all);
	opt.app = "bench";
	opt.source_job = f.agents;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "built", &s.built) ||
	    mql_stream_open(agent, "texts", &s.texts))
		bench_die("the agent does not open");
	s.structs = requests_stream(agent, "structs");
	if (w->query)
		t = daemon_tail(&f, w->query, 1);
	build_publish(&s, 100); /* the layout is known from here on */
	w->run(&s, 100); /* and what is made at first use */
	counted(w, &s, (size_t)strtoul(argv[3], NULL, 10));
	if (t)
		daemon_end(t);
	mql_agent_close(agent, 100);
	daemon_stop(&f);
	return 0;
}
