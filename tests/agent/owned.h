/* owned.h - an agent whose owner has said something. */
#ifndef TESTS_AGENT_OWNED_H
#define TESTS_AGENT_OWNED_H

#include "tests/agent/fixture.h"

static inline void
open_with(struct fixture *x, const struct mql_agent_options *opt)
{
	fake_init(&x->fake);
	x->fake.keep = true;
	fixture_open(x, opt);
}

enum { LINES = 2000 };

static inline void
keep_line(void *arg, const char *line)
{
	size_t n = strlen(arg);

	snprintf((char *)arg + n, LINES - n, "%s\n", line);
}

#endif
