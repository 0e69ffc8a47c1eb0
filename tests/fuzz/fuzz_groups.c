/* fuzz_groups.c - any bytes as the groups of an agent: what can be read is
 * merged twice, and comes out as rows that are JSON, one a line.
 *
 *     byte 0   of which query
 *     rest     a partial */
#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/error.h"
#include "mql/partial.h"
#include "mql/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const query[] = {
	"select count(*), sum(a), min(a), max(b) group by c",
	"select c, p99(a), top(b, 3), count(distinct b) group by c, d "
	"order by count(*) desc",
	"select c, list(a), first(b), last(b), avg(a), stddev(a) "
	"window 10s every 5s on t grace 1h group by c having count(*) > 1",
	"select rate(), count(*), variance(a) window 10s",
	"select distinct c, d group by c, d order by d limit 3",
};
enum { QUERIES = sizeof query / sizeof *query };

static struct mql_query *whole[QUERIES], *fold[QUERIES];

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
compile_all(void)
{
	for (size_t i = 0; i < QUERIES && !whole[i]; i++)
		require(!mql_query_compile(query[i], &whole[i], NULL) &&
			!mql_query_compile(query_fold_text(whole[i]),
					   &fold[i], NULL));
}

static bool
take_row(void *arg, struct str row, int64_t window)
{
	(void)arg;
	(void)window;
	require(!memchr(row.ptr, '\n', row.len) && !json_check(row, NULL));
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stage_options opt = {
		.max_bytes = 1 << 20, .row = take_row,
	};
	struct partial *p;
	struct stage *s;
	size_t i;

	if (!size)
		return 0;
	compile_all();
	i = data[0] % QUERIES;
	require(!partial_new(fold[i], &p));
	require(!stage_new(whole[i], &opt, &s));
	if (!partial_read(p, (struct str){ (const char *)data + 1,
					   size - 1 })) {
		require(!stage_partial(s, p, 1000));
		require(!stage_partial(s, p, 2000));
		stage_complete(s, 10000);
		stage_end(s);
	}
	stage_free(s);
	partial_free(p);
	return 0;
}
