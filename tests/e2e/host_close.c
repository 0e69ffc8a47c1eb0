/* host_close.c - an agent that is closed while it is used. See host.c. */
#include <pthread.h>
#include <stdio.h>

#include "tests/e2e/host.h"

static void *
close_it(void *arg)
{
	(void)arg;
	mql_agent_close(agent, 500);
	return NULL;
}

static void *
publish_through(void *arg)
{
	struct mql_event *e = mql_event_begin(stream);
	unsigned *turns = arg;

	for (; !atomic_load(&stop); ++*turns) {
		publish(1);
		mql_event_int(e, "n", 1);
		mql_event_publish(e);
		e = mql_event_begin(stream);
	}
	mql_event_int(e, "n", 1);
	mql_event_publish(e);
	return NULL;
}

/* Others publish, and two close it at once; ARGUMENT is a file to wait for. */
void
close_busy(void)
{
	unsigned turns[4] = { 0 };
	pthread_t t[4], c[2];
	double began;

	begin();
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&t[i], NULL, publish_through,
				      &turns[i]));
	AWAIT(stats().sent > 1000);
	fprintf(stderr, "sent\n");
	AWAIT(there(argument));
	began = now();
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&c[i], NULL, close_it, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(c[i], NULL);
	mql_agent_close(agent, 60000);
	CHECK(now() < began + 10); /* and not for ever */
	CHECK(!mql_active(stream));
	publish(1000);
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK(!mql_event_begin(stream));
	atomic_store(&published, 0);
}

static bool
accounted_for(void)
{
	struct mql_agent_stats st = stats();

	return st.matched == st.sampled + st.sent + st.dropped;
}

/* At full speed until ARGUMENT is there, for chaos.sh. */
void
flood(void)
{
	pthread_t t[3];

	lossy = true;
	begin();
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&t[i], NULL, publish_on, NULL));
	while (!there(argument))
		moment();
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	AWAIT(accounted_for());
	end();
}
