/* eval.c - mql eval "<query>" [FILE...]: the language over files.
 *
 * Prints exactly what a tail over the same events would, without a daemon:
 * lines are judged where they were read and only rows are copied. */
#include <unistd.h>

#include "cli/closing.h"
#include "cli/cmd.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/text.h"
#include "common/clock.h"

enum { PROGRESS_MS = 500, MEGABYTE = 1000 * 1000 };

struct eval_args {
	const char *query;
	uint64_t    limit, max_event;
	int         output, color;
	bool        quiet, stats;
};

struct evaluation {
	struct mql_runner *runner;
	struct output     *out;
	struct input       in;
	struct notes       notes;
	uint64_t rows, limit; /* 0: none */
	bool     progress;
	int64_t  told_at;
};

static bool
done(const struct evaluation *e)
{
	return mql_runner_done(e->runner) || (e->limit && e->rows >= e->limit);
}

static bool
take_line(void *arg, struct str line)
{
	struct evaluation *e = arg;
	struct str row;

	if (mql_runner_event(e->runner, line.ptr, line.len, &row.ptr,
			     &row.len)) {
		input_bad(&e->in);
		return true;
	}
	if (!row.ptr)
		return true;
	e->rows++;
	output_row(e->out, row);
	return !done(e);
}

static void
show_progress(struct evaluation *e)
{
	int64_t now = clock_mono_ms();

	if (!e->progress || now - e->told_at < PROGRESS_MS)
		return;
	e->told_at = now;
	uint64_t mb = input_bytes(&e->in) / MEGABYTE;
	uint64_t total = e->in.total / MEGABYTE;
	if (total)
		notes_status(&e->notes, "%s of %s MB read; %s",
			     text_number(mb).z, text_number(total).z,
			     text_count(e->rows, "row", "rows").z);
	else
		notes_status(&e->notes, "%s MB read; %s", text_number(mb).z,
			     text_count(e->rows, "row", "rows").z);
}

static bool
between_blocks(void *arg, bool waiting)
{
	struct evaluation *e = arg;

	if (waiting)
		output_flush(e->out);
	show_progress(e);
	return !stop_asked() && output_ok(e->out);
}

static void
tell_stats(const struct evaluation *e)
{
	struct mql_runner_stats s = { 0 };
	struct buf line = BUF_INIT;

	mql_runner_stats(e->runner, &s);
	s.rows = e->rows;
	closing_files(&s, &line);
	buf_put_u8(&line, '\0');
	if (!line.err)
		fprintf(stderr, "%s\n", (char *)line.data);
	buf_fini(&line);
}

static int
evaluate(struct evaluation *e, const struct eval_args *a)
{
	const struct input_use use = { take_line, between_blocks, e };
	int err = 0;

	stop_on_signals();
	e->limit = a->limit;
	e->progress = !isatty(STDOUT_FILENO); /* else the rows show it */
	e->told_at = clock_mono_ms();
	if (!done(e)) /* limit 0 reads nothing */
		err = input_run(&e->in, &use);
	notes_end(&e->notes);
	int bad_write = output_end(e->out);
	input_report(&e->in);
	if (a->stats)
		tell_stats(e);
	return err || bad_write || e->in.nbad || stop_asked() ? CMD_FAILED
							      : CMD_FINE;
}

static int
eval(const struct eval_args *a, char **file, int nfile)
{
	struct evaluation e = { 0 };
	struct mql_query *q;
	int status = cmd_compile(a->query, &q);

	if (status)
		return status;
	notes_init(&e.notes, a->quiet);
	int err = mql_runner_new(q, a->max_event, &e.runner);
	if (!err)
		err = output_new((enum output_kind)a->output,
				 (enum output_color)a->color, STDOUT_FILENO, q,
				 &e.notes, &e.out);
	if (!err)
		err = input_init(&e.in, file, nfile, a->max_event);
	if (err == MQL_EOS) /* said already */
		status = CMD_USAGE;
	else if (err)
		status = cmd_query_error(err, NULL, a->query);
	else
		status = evaluate(&e, a);
	input_fini(&e.in);
	output_free(e.out);
	mql_runner_free(e.runner);
	mql_query_free(q);
	return status;
}

static const struct option_usage usage = {
	"mql eval", "[options] \"<query>\" [FILE...]",
	"Run a query over files of one JSON object a line, or over standard "
	"input. Prints\nwhat a tail over the same events would; needs no "
	"daemon.",
	"Examples:\n"
	"  mql eval \"select * where status >= 500\" access.ndjson\n"
	"  zstdcat events.zst | mql eval -o csv \"select type, actor.login\"\n",
};

static int
run(int argc, char **argv)
{
	struct eval_args a = { 0 };
	const struct option table[] = {
		{ "output", 'o', OPTION_CHOICE, OUTPUT_KINDS, "json",
		  "the form of the rows", &a.output },
		{ "limit", 'n', OPTION_UINT, "N", NULL,
		  "stop reading after N rows", &a.limit },
		{ "max-event", 0, OPTION_BYTES, "BYTES", "1M",
		  "longer lines count as bad", &a.max_event },
		{ "stats", 0, OPTION_FLAG, NULL, NULL,
		  "say at the end what was seen and matched", &a.stats },
		{ "color", 0, OPTION_CHOICE, OUTPUT_COLORS, "auto",
		  "colour the rows", &a.color },
		{ "quiet", 'q', OPTION_FLAG, NULL, NULL,
		  "no progress line", &a.quiet },
		{ 0 },
	};
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (!nrest) {
		cmd_complain("eval takes a query, in quotes, and files");
		return CMD_USAGE;
	}
	a.query = argv[1];
	return eval(&a, argv + 2, nrest - 1);
}

const struct cmd cmd_eval = {
	"eval", "\"<query>\" [FILE...]", "the same language over files", run
};
