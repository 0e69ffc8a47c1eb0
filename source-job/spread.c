#include "source-job/spread.h"

#include <stdio.h>
#include <stdlib.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "mql/spell.h"
#include "mql/stage.h"
#include "wire/rendezvous.h"

static const char verb[] = "select ";

struct spread {
	struct mql_query  *query;
	struct mql_runner *runner;
};

/* The columns that are values of groups. */
static void
put_groups(const struct mql_query *q, struct buf *out)
{
	const char *sep = "";

	for (size_t i = 0; i < query_columns(q); i++) {
		struct step step = { .kind = STEP_KEY,
				     .key = query_column(q, i) };
		const struct path p = { .nsteps = 1, .steps = &step };

		if (!query_column_is_group(q, i))
			continue;
		buf_puts(out, sep);
		spell_path(&p, out);
		sep = ", ";
	}
}

/* A row for each row, and of nothing but that row. */
static bool
is_key(const struct mql_query *q)
{
	return query_is_plain(q) && query_limit(q) == UINT64_MAX &&
	       query_sample_threshold(q) == UINT64_C(1) << 32 &&
	       !query_sample_is_timed(q);
}

static int
compile(struct str text, struct spread *sp, struct mql_diag *diag)
{
	int err = query_compile(text, &sp->query, diag);

	if (!err && !is_key(sp->query)) {
		snprintf(diag->text, sizeof diag->text,
			 "a key is made of values of a row");
		err = MQL_EUNSUP;
	}
	return err ? err : mql_runner_new(sp->query, 0, &sp->runner);
}

int
spread_open(const struct mql_query *query, struct str key,
	    struct spread **out, struct mql_diag *diag)
{
	struct spread *sp = NULL;
	struct buf text = BUF_INIT;
	int err = MQL_ENOMEM;

	*out = NULL;
	buf_puts(&text, verb);
	if (key.len)
		buf_put(&text, key.ptr, key.len);
	else if (query_shows_groups(query))
		put_groups(query, &text);
	if (!(err = text.err) && text.len == sizeof verb - 1)
		goto out;
	if (!err && !(sp = calloc(1, sizeof *sp)))
		err = MQL_ENOMEM;
	if (!err)
		err = compile((struct str){ (char *)text.data, text.len }, sp,
			      diag);
	if (!err) {
		*out = sp;
		sp = NULL;
	}
out:
	spread_free(sp);
	buf_fini(&text);
	return err;
}

void
spread_free(struct spread *sp)
{
	if (!sp)
		return;
	mql_runner_free(sp->runner);
	mql_query_free(sp->query);
	free(sp);
}

uint64_t
spread_of(struct spread *sp, struct str row)
{
	const char *value;
	size_t len;

	mql_runner_event(sp->runner, row.ptr, row.len, &value, &len);
	return rendezvous_of((struct str){ value ? value : "", len });
}

const char *
spread_text(const struct spread *sp)
{
	return mql_query_text(sp->query) + sizeof verb - 1;
}
