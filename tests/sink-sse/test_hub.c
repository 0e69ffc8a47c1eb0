/* test_hub.c - a hub that cannot start leaves nothing behind. */
#include "sink/sse/hub.h"

#include "common/thread.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/descriptors.h"

int __wrap_thread_start(pthread_t *t, const char *name, void *(*run)(void *),
			void *arg);

/* There is no thread to be had. */
int
__wrap_thread_start(pthread_t *t, const char *name, void *(*run)(void *),
		    void *arg)
{
	(void)t;
	(void)name;
	(void)run;
	(void)arg;
	return MQL_EOS;
}

START_TEST(a_hub_without_a_thread_keeps_no_descriptor)
{
	const struct config config = { 0 };
	const unsigned before = descriptors();
	struct hub hub;

	ck_assert_int_eq(hub_start(&hub, &config, NULL), MQL_EOS);
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

TEST_MAIN(hub, a_hub_without_a_thread_keeps_no_descriptor)
