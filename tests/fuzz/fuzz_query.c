/* fuzz_query.c - any text is refused with a place and a sentence, or compiles
 * to a program that verifies and runs to its end, and whose canonical text
 * compiles to the same canonical text; the agent's part of it compiles, too. */
#include <stdlib.h>
#include <string.h>

#include "mql/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const event[] = {
	"{\"a\":1,\"b\":\"text\",\"c\":{\"d\":2.5},\"l\":[1,\"two\",[3]]}",
	"{\"a\":\"x\",\"b\":null,\"c\":[{\"d\":true}],\"a.b\":1e400}",
	"{}",
};

static void
check_refusal(int err, const struct mql_diag *d, size_t n)
{
	if (err == MQL_EBADPROG || !d->text[0] || d->line < 1 || d->col < 1 ||
	    d->beg < 0 || d->beg > d->end || (size_t)d->beg > n)
		abort();
}

static void
check_canonical(const struct mql_query *q)
{
	const char *text = mql_query_text(q);
	struct mql_query *again;

	if (mql_query_compile(text, &again, NULL) ||
	    strcmp(text, mql_query_text(again)))
		abort();
	mql_query_free(again);
}

static bool
take_row(void *arg, const char *row, size_t len)
{
	(void)arg;
	if (len < 2 || row[0] != '{' || row[len - 1] != '}' ||
	    memchr(row, '\n', len))
		abort();
	return true;
}

static void
run(const struct mql_query *q)
{
	struct mql_runner *r;
	const char *row;
	size_t len;

	if (mql_runner_new(q, 4096, &r))
		abort();
	mql_runner_rows(r, take_row, NULL);
	for (size_t i = 0; i < sizeof event / sizeof *event; i++) {
		mql_runner_time(r, 1700000000000 + (int64_t)i * 7000);
		if (mql_runner_event(r, event[i], strlen(event[i]), &row, &len))
			abort();
	}
	mql_runner_end(r);
	mql_runner_free(r);
}

static void
check_agent_text(const struct mql_query *q)
{
	struct mql_query *agents;

	if (query_compile(query_agent_text(q), &agents, NULL))
		abort();
	mql_query_free(agents);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct mql_diag d = { .text = "" };
	struct mql_query *q;
	char *text = malloc(n ? n : 1); /* exact: ASan sees overruns */

	if (!text)
		return 0;
	memcpy(text, data, n);
	int err = query_compile((struct str){ text, n }, &q, &d);
	free(text);
	if (err) {
		check_refusal(err, &d, n);
		return 0;
	}
	check_canonical(q);
	check_agent_text(q);
	run(q);
	mql_query_free(q);
	return 0;
}
