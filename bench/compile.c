/* compile.c - what it costs an agent to take up a query: text to tree, program
 * and proof, then its fields among those of the stream, ready to be swapped
 * in. All of it happens on the agent's thread. */
#include <stdio.h>

#include "bench/bench.h"
#include "common/buf.h"
#include "mql/matcher.h"

enum { TERMS = 1000 };

static const char typical[] =
	"select country, device, latency_ms as ms from playback "
	"where country == 'BR' and device in ('ipad', 'iphone') "
	"and latency_ms > 250 and title like 'The %' sample 10%";

static void
loop(void *arg, size_t n)
{
	const struct str *text = arg;

	for (size_t i = 0; i < n; i++) {
		struct matcher_query of = { .id = 0 };
		struct mql_query *q;
		struct matcher *m;

		if (query_compile(*text, &q, NULL))
			bench_die("cannot compile: %.*s", (int)text->len,
				  text->ptr);
		of.q = q;
		if (matcher_new(NULL, &of, 1, NULL, &m) ||
		    matcher_size(m) != 1)
			bench_die("cannot link");
		matcher_free(m);
		mql_query_free(q);
	}
}

static double
us(struct str text)
{
	return bench_ns(loop, &text) / 1000;
}

int
main(void)
{
	struct buf or = BUF_INIT;

	buf_puts(&or, "select * where ");
	for (int i = 0; i < TERMS; i++)
		buf_printf(&or, "%scustomer_id == %d", i ? " or " : "", i);
	if (or.err)
		bench_die("out of memory");
	bench_report("compile", "a typical query", us(str_of(typical)), "us",
		     NONE, 20);
	bench_report("compile", "an or of 1,000 terms",
		     us((struct str){ (char *)or.data, or.len }), "us", NONE,
		     5000);
	buf_fini(&or);
	return 0;
}
