#include "source-job/at.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/agents.h"
#include "wire/message.h"

struct at {
	struct mql_query  *query;
	struct mql_runner *runner; /* NULL: the query says nothing */
	uint64_t           replay;
};

int
at_open(const struct mql_query *q, uint64_t replay, struct at **out)
{
	struct str text = query_at_text(q);
	struct at *at;
	int err = 0;

	*out = NULL;
	if (!text.len && !replay)
		return 0;
	at = calloc(1, sizeof *at);
	if (!at)
		return MQL_ENOMEM;
	at->replay = replay;
	if (text.len)
		err = query_compile(text, &at->query, NULL);
	if (!err && at->query)
		err = mql_runner_new(at->query, 0, &at->runner);
	if (err)
		at_free(at);
	else
		*out = at;
	return err;
}

void
at_free(struct at *at)
{
	if (!at)
		return;
	mql_runner_free(at->runner);
	mql_query_free(at->query);
	free(at);
}

bool
at_matches(struct at *at, const struct agent *a)
{
	const char *row = NULL;
	size_t len;

	if (a->replay != (at ? at->replay : 0))
		return false;
	return !at || !at->runner ||
	       (!mql_runner_event(at->runner, a->self.ptr, a->self.len, &row,
				  &len) && row);
}

uint64_t
at_replay(const struct wire_hello *m)
{
	for (size_t i = 0; i < m->nlabel; i++) {
		char z[17] = "";

		if (!str_eq(m->label[i].name, STR(AT_REPLAY)))
			continue;
		snprintf(z, sizeof z, "%.*s", (int)m->label[i].value.len,
			 m->label[i].value.ptr);
		return strtoull(z, NULL, 16);
	}
	return 0;
}

/* --- what is known of an agent --------------------------------------------- */

/* One member; what is empty is null to a query. */
static void
put(const char **before, struct str name, struct str value, struct buf *out)
{
	if (!value.len)
		return;
	buf_puts(out, *before);
	json_write_str(name, out);
	buf_puts(out, ":");
	json_write_str(value, out);
	*before = ",";
}

void
at_describe(const struct wire_hello *m, struct buf *out)
{
	const char *before = "{";

	put(&before, STR("app"), m->app, out);
	put(&before, STR("host"), m->host, out);
	put(&before, STR("zone"), m->zone, out);
	put(&before, STR("version"), m->version, out);
	buf_puts(out, before);
	buf_puts(out, "\"labels\":");
	before = "{";
	for (size_t i = 0; i < m->nlabel; i++)
		put(&before, m->label[i].name, m->label[i].value, out);
	buf_puts(out, *before == '{' ? "{}}" : "}}");
}
