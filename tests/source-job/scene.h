/* scene.h - two agents, one subscriber, and a daemon between them. */
#ifndef TESTS_SOURCE_JOB_SCENE_H
#define TESTS_SOURCE_JOB_SCENE_H

#include "tests/check_main.h"
#include "tests/source-job/harness.h"

struct scene {
	struct daemon d; /* the test starts it */
	struct agent  a, b;
	struct tail   t;
};

/* A query that is live on both agents. */
static inline void
scene_ask(struct scene *s, const char *query)
{
	agent_open(&s->a, &s->d, "a", NULL);
	agent_open(&s->b, &s->d, "b", NULL);
	tail_open(&s->t, &s->d);
	tail_subscribe(&s->t, query);
	agent_go_live(&s->a);
	agent_go_live(&s->b);
}

/* The agents have sent so many rows, or events, and end. */
static inline void
scene_end(struct scene *s, uint64_t a, uint64_t b)
{
	struct books_agent sent = agent_sent(a);

	agent_end(&s->a, &sent);
	sent = agent_sent(b);
	agent_end(&s->b, &sent);
	TAIL_UNTIL(&s->t, s->t.ended);
	ck_assert_uint_eq(s->t.books.agent.sent, a + b);
	ck_assert_msg(books_balance(&s->t.books), "the books");
}

static inline void
scene_close(struct scene *s)
{
	agent_close(&s->a);
	agent_close(&s->b);
	tail_close(&s->t);
	daemon_stop(&s->d);
}

#endif
