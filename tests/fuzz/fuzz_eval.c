/* fuzz_eval.c - any query over any events: what compiles runs to its end over
 * lines that are events or are none, whole and in the two parts that agents
 * and the source-job have of it, and every row is one line of JSON.
 *
 *     up to the first NUL   the query
 *     then, line by line    events */
#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/error.h"
#include "mql/query.h"
#include "mql/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_EVENT = 64 * 1024 };

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_row(struct str row)
{
	require(!memchr(row.ptr, '\n', row.len) && !json_check(row, NULL));
}

static bool
take_row(void *arg, const char *row, size_t len)
{
	(void)arg;
	check_row((struct str){ row, len });
	return true;
}

static bool
take_result(void *arg, struct str row, int64_t window)
{
	(void)arg;
	(void)window;
	check_row(row);
	return true;
}

/* A row of an agent goes into the stage. */
static bool
take_reduced(void *arg, const char *row, size_t len)
{
	struct stage *s = arg;

	check_row((struct str){ row, len });
	require(stage_row(s, (struct str){ row, len }, 5000) != MQL_ENOMEM);
	return true;
}

static void
run(const struct mql_query *q, struct str lines,
    bool (*fn)(void *arg, const char *row, size_t len), void *arg)
{
	struct mql_runner *r;
	int64_t now = 1700000000000;

	require(!mql_runner_new(q, MAX_EVENT, &r));
	mql_runner_rows(r, fn, arg);
	while (lines.len) {
		const char *end = memchr(lines.ptr, '\n', lines.len);
		size_t len = end ? (size_t)(end - lines.ptr) : lines.len;
		const char *row;
		size_t rowlen;
		int err;

		mql_runner_time(r, now += 3000);
		err = mql_runner_event(r, lines.ptr, len, &row, &rowlen);
		require(!err || err == MQL_EBADEVENT);
		lines.ptr += len + (end != NULL);
		lines.len -= len + (end != NULL);
	}
	mql_runner_end(r);
	mql_runner_free(r);
}

static void
run_in_parts(const struct mql_query *q, struct str lines)
{
	const struct stage_options opt = {
		.max_bytes = 1 << 20, .row = take_result,
	};
	struct mql_query *agents;
	struct stage *s;

	require(!query_compile(query_agent_text(q), &agents, NULL));
	require(!stage_new(q, &opt, &s));
	run(agents, lines, take_reduced, s);
	stage_tick(s, 1800000000000);
	stage_end(s);
	stage_free(s);
	mql_query_free(agents);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = memchr(data, 0, n);
	const struct str text = { (const char *)data,
				  end ? (size_t)(end - data) : n };
	const struct str lines = {
		end ? (const char *)end + 1 : "", end ? n - text.len - 1 : 0,
	};
	struct mql_query *q;

	if (query_compile(text, &q, NULL))
		return 0;
	run(q, lines, take_row, NULL);
	if (!query_is_plain(q))
		run_in_parts(q, lines);
	mql_query_free(q);
	return 0;
}
