/* test_agent_descriptors.c - a kernel before Linux 5.9 has no close_range():
 * then agent and service have one table of descriptors, and all the rest is as
 * ever. Linked with --wrap for that call. */
#include <errno.h>
#include <pthread.h>

#include "agent/descriptors.h"
#include "tests/agent/fixture.h"
#include "tests/descriptors.h"

static bool old_kernel;
static _Atomic bool told;

int __real_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags);

int
__wrap_close_range(unsigned first, unsigned last, int flags)
{
	if (!old_kernel)
		return __real_close_range(first, last, flags);
	errno = ENOSYS;
	return -1;
}

static void
hear(void *arg, const char *line)
{
	(void)arg;
	if (strstr(line, "no descriptor table of its own"))
		told = true;
}

START_TEST(a_kernel_without_close_range_changes_no_row)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	struct fake_query *q;
	unsigned before;

	old_kernel = true;
	opt.log = hear;
	fake_init(&x.fake);
	before = descriptors();
	fixture_open(&x, &opt);
	q = fixture_ask(&x, "select n");
	ck_assert_uint_gt(descriptors(), before + 2); /* ZeroMQ's are here */
	for (unsigned n = 0; n < 100; n++)
		publish_number(x.stream, n);
	FAKE_WAIT(&x.fake, q->rows == 100);
	FAKE_WAIT(&x.fake, told);
	fixture_end(&x, q);
	ck_assert(fake_balanced(q));
	mql_agent_close(x.agent, 5000);
	/* The other end of its connection is the fake's. */
	FAKE_WAIT(&x.fake, descriptors() <= before);
	fake_fini(&x.fake);
}
END_TEST

static void *
leave(void *arg)
{
	return descriptors_leave(-1) ? arg : NULL;
}

START_TEST(who_cannot_leave_the_table_is_told)
{
	const unsigned before = descriptors();
	pthread_t t;
	void *left;

	old_kernel = true;
	ck_assert_int_eq(pthread_create(&t, NULL, leave, &left), 0);
	ck_assert_int_eq(pthread_join(t, &left), 0);
	ck_assert_ptr_null(left);
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

TEST_MAIN(agent_descriptors, a_kernel_without_close_range_changes_no_row,
	  who_cannot_leave_the_table_is_told)
