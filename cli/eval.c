/* eval.c - mql eval "<query>" [FILE...]: the language over files.
 *
 * Prints exactly what a tail over the same events would, without a daemon:
 * lines are judged where they were read and only rows are copied. What is
 * grouped, ordered or put into windows comes when a window closes, or at the
 * end of the input.
 *
 * A query that looks at each event by itself runs on several threads
 * (eval_threads.h), others, and what is told to stop after some rows, on one:
 * the answer is the same. */
#include <unistd.h>

#include "cli/closing.h"
#include "cli/cmd.h"
#include "cli/eval_threads.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/text.h"
#include "common/clock.h"

enum {
	PROGRESS_MS = 200,
	QUIET_MS    = 1000, /* what is over soon needs no progress */
	MEGABYTE    = 1000 * 1000,
	MAX_THREADS = 256,
	MAX_BLOCK   = 1024 * 1024 * 1024,
};

struct eval_args {
	const char *query;
	uint64_t    limit, max_event, threads, block;
	int         output, color;
	bool        quiet, stats;
};

struct evaluation {
	struct mql_runner *runner;
	struct output     *out;
	struct input       in;
	struct notes       notes;
	struct mql_runner_stats others; /* what several threads did */
	int      err;         /* ... and why they ended early */
	uint64_t rows, limit; /* 0: none */
	bool     new_block;   /* what was read has not got its time yet */
	int64_t  began_at, told_at;
};

/* What happened, whoever did it. */
static struct mql_runner_stats
stats_of(const struct evaluation *e)
{
	struct mql_runner_stats s = { 0 };

	if (e->others.seen || e->others.bad)
		return e->others;
	mql_runner_stats(e->runner, &s);
	return s;
}

static bool
done(const struct evaluation *e)
{
	return mql_runner_done(e->runner) || (e->limit && e->rows >= e->limit);
}

static bool
take_row(void *arg, const char *row, size_t len)
{
	struct evaluation *e = arg;

	e->rows++;
	output_row(e->out, (struct str){ row, len });
	return !e->limit || e->rows < e->limit;
}

static void
take_window(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct evaluation *e = arg;
	const struct output_window w = {
		.start = start, .end = end, .events = events, .of_files = true,
	};

	output_close(e->out, &w);
}

static bool
take_line(void *arg, struct str line)
{
	struct evaluation *e = arg;
	struct str none;

	if (e->new_block)
		mql_runner_time(e->runner, clock_wall_ms());
	e->new_block = false;
	if (mql_runner_event(e->runner, line.ptr, line.len, &none.ptr,
			     &none.len))
		input_bad(&e->in);
	return !done(e);
}

/* Of a pipe nobody knows the end. */
static void
put_share(const struct evaluation *e, uint64_t bytes, struct buf *out)
{
	uint64_t total = e->in.total;

	if (e->in.endless || !total)
		buf_printf(out, "%s MB read",
			   text_number(bytes / MEGABYTE).z);
	else
		buf_printf(out, "%d%% of %s MB read",
			   bytes < total ? (int)(100.0 * (double)bytes /
						 (double)total) : 100,
			   text_number(total / MEGABYTE).z);
}

static void
show_progress(struct evaluation *e)
{
	int64_t now = clock_mono_ms(), took = now - e->began_at;
	struct mql_runner_stats s = stats_of(e);
	uint64_t bytes = input_bytes(&e->in);
	struct buf line = BUF_INIT;

	if (took < QUIET_MS || now - e->told_at < PROGRESS_MS)
		return;
	e->told_at = now;
	put_share(e, bytes, &line);
	buf_printf(&line, "; %s MB/s; %s; %s",
		   text_number(bytes / 1000 / (uint64_t)took).z,
		   text_count(s.seen, "event", "events").z,
		   text_count(e->rows, "row", "rows").z);
	buf_put_u8(&line, '\0');
	if (!line.err)
		notes_status(&e->notes, "%s", (char *)line.data);
	buf_fini(&line);
}

/* --- several threads -------------------------------------------------------- */

static void
take_rows(struct evaluation *e, const struct buf *rows)
{
	const char *at = (const char *)rows->data, *end = at + rows->len;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		take_row(e, at, (size_t)(nl - at));
		at = nl + 1;
	}
}

static bool
take_part(void *arg, const struct eval_part *part)
{
	struct evaluation *e = arg;

	if (part->rows.len)
		take_rows(e, &part->rows);
	eval_stats_add(&e->others, &part->stats, false);
	input_add_bad(&e->in, part->name, part->first_bad, part->nbad,
		      part->nlong);
	e->in.done += part->bytes;
	e->err = part->err;
	if (part->oserr)
		e->err = input_cannot_read(part->name, part->oserr);
	show_progress(e);
	return !stop_asked() && output_ok(e->out);
}

static bool
nothing_ready(void *arg, bool waiting)
{
	struct evaluation *e = arg;

	if (waiting)
		output_flush(e->out);
	show_progress(e);
	return !stop_asked() && output_ok(e->out);
}

/* As many as were asked for, and have something to do. */
static unsigned
threads_for(const struct evaluation *e, const struct eval_args *a,
	    const struct mql_query *q)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = a->threads ? a->threads : cores > 0 ? (uint64_t)cores : 1;
	uint64_t parts = e->in.total / a->block + 1;

	if (e->limit || !eval_threads_allowed(q))
		return 1;
	if (!e->in.endless && n > parts)
		n = parts;
	return n < MAX_THREADS ? (unsigned)n : MAX_THREADS;
}

static int
run_threads(struct evaluation *e, const struct eval_args *a,
	    const struct mql_query *q, unsigned threads)
{
	const struct eval_threads how = {
		.q = q, .in = &e->in, .threads = threads,
		.block = a->block, .max_event = a->max_event,
		.part = take_part, .idle = nothing_ready, .arg = e,
	};
	int err = eval_threads_run(&how);

	return err ? err : e->err;
}

static bool
between_blocks(void *arg, bool waiting)
{
	struct evaluation *e = arg;

	mql_runner_time(e->runner, clock_wall_ms());
	e->new_block = true;
	if (waiting)
		output_flush(e->out);
	show_progress(e);
	return !stop_asked() && output_ok(e->out);
}

/* An answer that lacks something says so. False when it is not what was
 * asked for. */
static bool
tell_left_out(const struct evaluation *e)
{
	struct mql_runner_stats s = stats_of(e);

	if (s.late)
		cmd_complain("%s too late for a closed window (see `grace`)",
			     text_count(s.late, "event came",
					"events came").z);
	if (s.untimed)
		cmd_complain("%s no time to be put into a window",
			     text_count(s.untimed, "event has",
					"events have").z);
	if (s.overflow)
		cmd_complain("%s left out for want of memory",
			     text_count(s.overflow, "event was",
					"events were").z);
	return !s.overflow;
}

static void
tell_stats(const struct evaluation *e)
{
	struct mql_runner_stats s = stats_of(e);
	struct buf line = BUF_INIT;

	s.rows = e->rows;
	closing_files(&s, &line);
	buf_put_u8(&line, '\0');
	if (!line.err)
		fprintf(stderr, "%s\n", (char *)line.data);
	buf_fini(&line);
}

static int
read_all(struct evaluation *e, const struct eval_args *a,
	 const struct mql_query *q)
{
	const struct input_use use = { take_line, between_blocks, e };
	unsigned threads = threads_for(e, a, q);

	if (done(e)) /* limit 0 reads nothing */
		return 0;
	return threads > 1 ? run_threads(e, a, q, threads)
			   : input_run(&e->in, &use);
}

static int
evaluate(struct evaluation *e, const struct eval_args *a,
	 const struct mql_query *q)
{
	stop_on_signals();
	e->limit = a->limit;
	e->began_at = clock_mono_ms();
	e->new_block = true;
	mql_runner_rows(e->runner, take_row, e);
	mql_runner_windows(e->runner, take_window, e);
	int err = read_all(e, a, q);
	mql_runner_end(e->runner);
	notes_end(&e->notes);
	int bad_write = output_end(e->out);
	if (err && err != MQL_EOS) /* said already */
		cmd_complain("%s", mql_strerror(err));
	input_report(&e->in);
	bool whole = tell_left_out(e);
	if (a->stats)
		tell_stats(e);
	return err || bad_write || e->in.nbad || !whole || stop_asked()
		       ? CMD_FAILED : CMD_FINE;
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
		status = evaluate(&e, a, q);
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
	"daemon. Groups, aggregates and\norder without a window are told "
	"once, at the end of the input.",
	"Examples:\n"
	"  mql eval \"select * where status >= 500\" access.ndjson\n"
	"  zstdcat events.zst | mql eval -o csv \"select type, actor.login\"\n"
	"  mql eval \"select path, count(*) as n group by path order by n desc "
	"limit 10\" access.ndjson\n"
	"  mql eval \"select count(*), p99(ms) window 1m on time\" "
	"access.ndjson\n",
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
		{ "threads", 'j', OPTION_UINT, "N", NULL,
		  "how many look at events; default: the cores", &a.threads },
		{ "block", 0, OPTION_BYTES, "BYTES", "1M",
		  "how much a thread takes at a time", &a.block },
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
	if (a.threads > MAX_THREADS || !a.block || a.block > MAX_BLOCK) {
		cmd_complain("at most %d threads, and blocks of 1 byte to 1 GB",
			     MAX_THREADS);
		return CMD_USAGE;
	}
	a.query = argv[1];
	return eval(&a, argv + 2, nrest - 1);
}

const struct cmd cmd_eval = {
	"eval", "\"<query>\" [FILE...]", "the same language over files", run
};
