/* fixture.h - one agent, one fake source-job, one stream of JSON. */
#ifndef TESTS_AGENT_FIXTURE_H
#define TESTS_AGENT_FIXTURE_H

#include <stdio.h>

#include "common/clock.h"
#include "mql/agent.h"
#include "tests/agent/fake_source_job.h"
#include "tests/check_main.h"

struct fixture {
	struct fake        fake;
	struct mql_agent  *agent;
	struct mql_stream *stream;
};

static inline void
fixture_open(struct fixture *x, const struct mql_agent_options *opt)
{
	struct mql_agent_options o = MQL_AGENT_OPTIONS_INIT;

	if (opt)
		o = *opt;
	o.app = "test";
	o.source_job = x->fake.endpoint;
	ck_assert_int_eq(mql_agent_open(&o, &x->agent), 0);
	ck_assert_int_eq(mql_stream_open(x->agent, "requests", &x->stream), 0);
	FAKE_WAIT(&x->fake, x->fake.hellos == 1);
}

/* With all defaults. */
static inline void
fixture_init(struct fixture *x)
{
	fake_init(&x->fake);
	fixture_open(x, NULL);
}

static inline void
fixture_fini(struct fixture *x)
{
	mql_agent_close(x->agent, 5000); /* a busy machine is no leak */
	fake_fini(&x->fake);
}

/* Ask and wait for the answer. */
static inline struct fake_query *
fixture_ask(struct fixture *x, const char *text)
{
	struct fake_query *q = fake_ask(&x->fake, text);

	FAKE_WAIT(&x->fake, q->state != FAKE_ASKED);
	return q;
}

/* Withdraw and wait for the closing books. */
static inline void
fixture_end(struct fixture *x, struct fake_query *q)
{
	fake_withdraw(&x->fake, q);
	FAKE_WAIT(&x->fake, q->state == FAKE_ENDED);
}

static inline void
publish(struct mql_stream *s, const char *text)
{
	mql_publish_json(s, text, strlen(text));
}

/* {"n":N,"even":...,"pad":"..."} */
static inline void
publish_number(struct mql_stream *s, unsigned n)
{
	char text[128];

	snprintf(text, sizeof text, "{\"n\":%u,\"even\":%s,\"pad\":\"%050d\"}",
		 n, n % 2 ? "false" : "true", 0);
	publish(s, text);
}

#endif
