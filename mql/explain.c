/* explain.c - what runs where, for who asks before running it. */
#include <string.h>

#include "mql/prog.h"
#include "mql/spell.h"

/* One line: a label in its column, then the text. */
static void
say(FILE *to, const char *label, const char *text)
{
	fprintf(to, "%-12s%s\n", label, text);
}

static void
say_streams(const struct plan *p, FILE *to)
{
	fprintf(to, "%-12s", "streams");
	for (size_t i = 0; i < p->nstream; i++)
		fprintf(to, "%s%.*s", i ? ", " : "", (int)p->stream[i].len,
			p->stream[i].ptr);
	fputs(p->nstream ? "\n" : "every stream\n", to);
}

/* `a, *` */
static bool
has_whole(const struct mql_query *q)
{
	return q->nspread && !q->spread[q->nspread - 1].prefix.ptr;
}

static void
say_fields(const struct mql_query *q, FILE *to)
{
	struct buf name = BUF_INIT;
	size_t n = query_paths(q);

	fprintf(to, "%-12s", "reads");
	for (size_t i = 0; i < n; i++) {
		buf_reset(&name);
		spell_path(prog_path(q, i), &name);
		fprintf(to, "%s%.*s", i ? ", " : "", (int)name.len,
			(const char *)name.data);
	}
	if (query_is_star(q) || q->plan.whole || has_whole(q))
		fputs(n ? ", and the whole event for each row" :
			  "the whole event for each row", to);
	else if (query_columns_vary(q))
		fputs(n ? ", and the names of all for each row" :
			  "the names of all for each row", to);
	fputc('\n', to);
	buf_fini(&name);
}

static void
say_sample(const struct sample *s, FILE *to)
{
	if (s->kind == SAMPLE_PERCENT)
		fprintf(to, ", sample %g%% of the matches", s->percent);
	else if (s->kind == SAMPLE_RATE)
		fprintf(to, ", at most %llu matches a second",
			(unsigned long long)s->per_second);
	else if (s->kind == SAMPLE_STICKY)
		fprintf(to, ", sample %llu of %llu matches by their keys",
			(unsigned long long)s->sticky_threshold,
			(unsigned long long)s->factor);
}

static void
say_agent(const struct mql_query *q, FILE *to)
{
	fprintf(to, "%-12s%s", "agent",
		q->plan.filters ? "filter" : "no filter");
	say_sample(&q->plan.sample, to);
	if (query_is_star(q) || q->plan.whole)
		fputs(", whole events\n", to);
	else if (has_whole(q))
		fprintf(to, ", %zu column%s and the whole event\n",
			query_columns(q), query_columns(q) == 1 ? "" : "s");
	else if (q->plan.plain && query_columns_vary(q))
		fputs(", projection of fields by prefix\n", to);
	else if (q->plan.plain)
		fprintf(to, ", projection of %zu column%s\n", query_columns(q),
			query_columns(q) == 1 ? "" : "s");
	else if (q->plan.fold_text)
		fputs(", groups, sent as partials\n", to);
	else
		fputs(", the fields that are needed\n", to);
	if (!q->plan.plain)
		say(to, "", q->plan.fold_text ? q->plan.fold_text
					      : q->plan.agent_text);
}

/* Lines of text behind one label. */
static void
say_lines(const char *label, const char *lines, FILE *to)
{
	for (; *lines; lines += strcspn(lines, "\n") + 1)
		fprintf(to, "%-12s%.*s\n", label,
			(int)strcspn(lines, "\n"), lines);
}

static void
say_source_job(const struct plan *p, FILE *to)
{
	say(to, "source-job", p->fold_text ? "merge of the agents' groups"
					   : "merge of the agents' rows");
	say_lines("", p->stage_text, to);
}

/* With one source-job all but the fan-in is done there. */
static void
say_client(const struct plan *p, FILE *to)
{
	say(to, "client", p->plain ? "fan-in over the source-jobs, row by row"
				   : "fan-in over the source-jobs");
	if (p->plain)
		return;
	say(to, "", p->fold_text
		    ? "of several each sends groups, those of its agents "
		      "merged;"
		    : "of several each sends the rows of its agents;");
	say(to, "", "what stands behind them above is then done here, last");
}

static void
say_memory(const struct mql_query *q, FILE *to)
{
	if (q->plan.fold_text)
		say(to, "memory", "32 MiB of groups at an agent, whose others "
				  "go as rows");
	if (q->shape.folded)
		say(to, "memory", "64 MiB of groups at the source-job; what "
				  "does not fit is counted");
	else if (!q->plan.plain)
		say(to, "memory", "64 MiB of rows at the source-job; what "
				  "does not fit is counted");
}

/* By what an agent with many queries finds this one; which of several it is
 * depends on the events. */
static void
say_index(const struct mql_query *q, FILE *to)
{
	const struct access *best = access_best(&q->access);

	if (best)
		fprintf(to, "%-12s%.*s (%s)%s\n", "index",
			(int)q->access.best.len, q->access.best.ptr,
			access_name(best),
			q->access.n > 1 ? ", or what proves more selective" :
					  "");
	else
		say(to, "index", "none: every event is evaluated");
}

void
mql_query_explain(const struct mql_query *q, FILE *to)
{
	say(to, "query", q->plan.text);
	say_streams(&q->plan, to);
	if (*q->plan.at_text)
		say(to, "agents", q->plan.at_text + strlen("select * where "));
	say_agent(q, to);
	say_source_job(&q->plan, to);
	say_client(&q->plan, to);
	say_fields(q, to);
	say_index(q, to);
	fprintf(to, "%-12sat most %zu instructions an event\n", "cost",
		prog_length(q));
	say_memory(q, to);
	say_lines("warning", q->plan.warnings, to);
}
