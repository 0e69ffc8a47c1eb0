/* test_publisher.c - who waits for publishers waits for those that are inside,
 * and for nobody else. The agent has no thread and no socket. */
#include <sched.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/rcu.h"
#include "tests/check_main.h"

struct scene {
	struct mql_agent *agent;
	bool              stays; /* the thread: inside, until it is told */
	_Atomic bool      there, told, leaves;
	pthread_t         thread;
};

static struct mql_agent *
open_agent(void)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;

	setenv("MQL_AGENT", "off", 1);
	opt.app = "test";
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	ck_assert_int_eq(pthread_key_create(&a->key, publisher_give_back), 0);
	a->has_key = true;
	ck_assert_int_eq(run_table_init(a), 0);
	return a;
}

static void *
publish_on(void *arg)
{
	struct scene *s = arg;

	rcu_enter();
	ck_assert_ptr_nonnull(publisher_find(s->agent));
	if (!s->stays)
		rcu_leave();
	atomic_store(&s->there, true);
	while (!atomic_load(&s->told))
		sched_yield();
	atomic_store(&s->leaves, true);
	if (s->stays)
		rcu_leave();
	return NULL;
}

static void
begin_thread(struct scene *s)
{
	atomic_store(&s->there, false);
	atomic_store(&s->told, false);
	atomic_store(&s->leaves, false);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, publish_on, s), 0);
	while (!atomic_load(&s->there))
		sched_yield();
}

static void
end_thread(struct scene *s)
{
	atomic_store(&s->told, true);
	pthread_join(s->thread, NULL);
}

static void *
wait_and_look(void *arg)
{
	struct scene *s = arg;

	publisher_wait(s->agent);
	ck_assert(atomic_load(&s->leaves));
	return NULL;
}

/* Wait while the thread is inside, then let it go. */
static void
expect_wait(struct scene *s)
{
	pthread_t waits;

	ck_assert_int_eq(pthread_create(&waits, NULL, wait_and_look, s), 0);
	for (int i = 0; i < 1000; i++)
		sched_yield(); /* time enough not to wait */
	end_thread(s);
	pthread_join(waits, NULL);
}

START_TEST(who_is_inside_is_waited_for)
{
	struct scene s = { .agent = open_agent(), .stays = true };

	begin_thread(&s);
	expect_wait(&s);
	mql_agent_close(s.agent, 100);
}
END_TEST

START_TEST(who_has_left_is_not_waited_for)
{
	struct scene s = { .agent = open_agent() };

	begin_thread(&s);
	publisher_wait(s.agent); /* or it would never end */
	ck_assert(!atomic_load(&s.leaves));
	end_thread(&s);
	mql_agent_close(s.agent, 100);
}
END_TEST

START_TEST(who_takes_over_a_publisher_is_waited_for)
{
	struct scene s = { .agent = open_agent(), .stays = true };

	begin_thread(&s);
	end_thread(&s);
	begin_thread(&s);
	ck_assert_ptr_null(publisher_first(s.agent)->next);
	expect_wait(&s);
	mql_agent_close(s.agent, 100);
}
END_TEST

TEST_MAIN(publisher, who_is_inside_is_waited_for,
	  who_has_left_is_not_waited_for,
	  who_takes_over_a_publisher_is_waited_for)
