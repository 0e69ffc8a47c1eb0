/* host_fork.c - a service that forks. See host.c. */
#include <pthread.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/e2e/host.h"

static void
child(void)
{
	come_alive();
	publish(100);
	AWAIT(there(argument));
	end();
	_exit(0);
}

/* As a pre-fork server; ARGUMENT is a file that host.sh makes when it has
 * seen all nine. */
void
prefork(void)
{
	pid_t pid[8];

	begin();
	publish(10);
	for (int i = 0; i < 8; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0);
		if (!pid[i])
			child();
	}
	publish(10);
	for (int i = 0; i < 8; i++)
		join(pid[i]);
	publish(10);
	CHECK(stats().matched == 30);
	atomic_fetch_add(&published, 8 * 100);
	end();
}

/* Of the children some only publish, some leave at once, some fork again. */
static void
busy_child(int i)
{
	pid_t pid;

	if (i % 4 == 1)
		_exit(0);
	if (i % 4 == 3) {
		if ((pid = fork()))
			join(pid);
		else
			come_alive();
		_exit(0);
	}
	for (int n = 0; n < 100; n++)
		publish(1);
	mql_agent_close(agent, 1000);
	_exit(0);
}

void
busy_fork(void)
{
	pthread_t t[4];

	begin();
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&t[i], NULL, publish_on, NULL));
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			busy_child(i);
		join(pid);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK(stats().matched == atomic_load(&published));
	end();
}
