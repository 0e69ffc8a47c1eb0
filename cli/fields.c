/* fields.c - mql fields STREAM: what a stream's events are made of now, one
 * row a field; a table for people, JSON for programs. */
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/output.h"
#include "cli/text.h"
#include "client/fields.h"
#include "event/json.h"

enum { WIDTH = 32, TOP = 3 }; /* of a value in a table; how many are shown */

struct fields_args {
	struct peer peer;
	const char *stream;
	uint64_t    limit;
	int64_t     duration;
	int         output, color; /* output < 0: as standard output suggests */
	bool        quiet;
};

/* --- a field as cells ------------------------------------------------------ */

static void
put_percent(uint64_t n, uint64_t all, struct buf *out)
{
	unsigned share = summary_permille(n, all);

	if (share < 10)
		buf_puts(out, share ? "<1%" : "0%");
	else
		buf_printf(out, "%u%%", (share + 5) / 10);
}

/* As a person sees it, cut where it is long. */
static void
put_value(const struct value *v, struct buf *out)
{
	struct buf text = BUF_INIT;

	if (v->type == VALUE_NULL)
		return;
	value_write_text(v, &text);
	if (text.err)
		out->err = text.err;
	else
		text_put_safe((struct str){ (char *)text.data, text.len },
			      WIDTH, out);
	buf_fini(&text);
}

static void
put_top(const struct summary_field *f, struct buf *out)
{
	for (size_t i = 0; i < f->ntop && i < TOP; i++) {
		buf_puts(out, i ? ", " : "");
		put_value(&f->top[i].v, out);
		buf_puts(out, " ");
		put_percent(f->top[i].n, f->rows, out);
	}
}

/* One more member of a row; the cell is empty then. */
static void
put_cell(const char *name, struct buf *cell, struct buf *row)
{
	buf_printf(row, "%s\"%s\":", row->len ? "," : "{", name);
	json_write_str((struct str){ (char *)cell->data, cell->len }, row);
	buf_reset(cell);
}

static void
put_people(const struct summary *s, const struct summary_field *f,
	   struct buf *cell, struct buf *row)
{
	buf_put(cell, f->path.ptr, f->path.len);
	put_cell("field", cell, row);
	summary_write_types(f, ", ", cell);
	put_cell("type", cell, row);
	put_percent(f->rows, summary_rows(s), cell);
	put_cell("in", cell, row);
	if (f->distinct)
		buf_printf(cell, "%zu%s", f->distinct, f->more ? "+" : "");
	put_cell("values", cell, row);
	put_value(&f->min, cell);
	put_cell("min", cell, row);
	put_value(&f->max, cell);
	put_cell("max", cell, row);
	put_top(f, cell);
	put_cell("most frequent", cell, row);
	buf_puts(row, "}");
}

/* --- the command ----------------------------------------------------------- */

static int
print_fields(struct summary *s, enum output_kind kind, struct output *o)
{
	struct buf row = BUF_INIT, cell = BUF_INIT;
	struct summary_field f;
	size_t at = 0;

	while (!row.err && !cell.err && summary_next(s, &at, &f)) {
		buf_reset(&row);
		if (kind == OUTPUT_TABLE)
			put_people(s, &f, &cell, &row);
		else
			summary_write_field(s, &f, &row);
		output_row(o, (struct str){ (char *)row.data, row.len });
	}
	int err = row.err ? row.err : cell.err ? cell.err : output_end(o);
	buf_fini(&row);
	buf_fini(&cell);
	return err ? CMD_FAILED : CMD_FINE;
}

/* Nobody keeps a list of all fields: say what this one is of. */
static void
tell(const struct fields_args *a, const struct fields *f)
{
	uint64_t n = summary_rows(f->summary);

	if (a->quiet)
		return;
	fprintf(stderr, "mql: of %s of %s, within %lld.%lld s, on %s of %s; "
		"%s\n", text_count(n, "event", "events").z, a->stream,
		(long long)f->ms / 1000, (long long)f->ms % 1000 / 100,
		text_number(f->live).z,
		text_count(f->targeted, "agent", "agents").z,
		n ? "what none of them had is not here"
		  : "look longer with --for");
	if (summary_left(f->summary))
		cmd_complain("there are more fields than are listed");
}

static int
failed(const struct fields_args *a, int err, const struct mql_diag *diag)
{
	if (err == MQL_EUNREACH)
		return ask_nobody(diag);
	if (err == MQL_EADDRESS)
		return ask_bad_endpoint(a->peer.source_job);
	cmd_complain("%s", *diag->text ? diag->text : mql_strerror(err));
	return cmd_status_of(err);
}

static int
list(const struct fields_args *a)
{
	const struct fields_options opt = {
		.source_job = a->peer.source_job, .key = a->peer.key,
		.server_key = a->peer.server_key, .stream = a->stream,
		.name = "mql fields", .events = a->limit,
		.ms = a->duration < INT32_MAX ? (int)a->duration : INT32_MAX,
		.connect_ms = ASK_TIMEOUT_MS,
	};
	int kind = a->output >= 0 ? a->output :
		   isatty(STDOUT_FILENO) ? OUTPUT_TABLE : OUTPUT_JSON;
	struct mql_diag diag = { 0 };
	struct output *o = NULL;
	struct fields f = { 0 };
	int err = fields_ask(&opt, &f, &diag);

	if (err)
		return failed(a, err, &diag);
	int status = CMD_FAILED;
	err = output_new((enum output_kind)kind, (enum output_color)a->color,
			 STDOUT_FILENO, NULL, NULL, &o);
	if (err)
		cmd_complain("%s", mql_strerror(err));
	else
		status = print_fields(f.summary, (enum output_kind)kind, o);
	if (!err)
		tell(a, &f);
	output_free(o);
	fields_fini(&f);
	return status;
}

static int
run(int argc, char **argv)
{
	static const struct option_usage usage = {
		"mql fields", "[options] STREAM",
		"The fields of a stream: types, in how many events they are, "
		"most frequent values,\nthe least and the greatest. Some "
		"events are asked for and looked at; a field\nthat none of "
		"them has is not listed.",
		"Example:\n  mql fields requests\n"
		"  mql fields requests --limit 5000 --for 30s -o json\n",
	};
	struct fields_args a = { .output = -1 };
	const struct option table[] = {
		PEER_OPTIONS(&a.peer),
		{ "output", 'o', OPTION_CHOICE, OUTPUT_KINDS, NULL,
		  "table on a terminal, else json", &a.output },
		{ "limit", 'n', OPTION_UINT, "N", "500",
		  "look at N events", &a.limit },
		{ "for", 0, OPTION_DURATION, "DURATION", "2s",
		  "or at those that come within 250ms, 10s, 5m",
		  &a.duration },
		{ "color", 0, OPTION_CHOICE, OUTPUT_COLORS, "auto",
		  "colour the rows", &a.color },
		QUIET_OPTION(&a.quiet),
		{ 0 },
	};
	int nrest, status;

	if (!cmd_options(&usage, table, argc, argv, &nrest, &status))
		return status;
	if (nrest != 1) {
		cmd_complain("fields takes one stream; mql streams lists them");
		return CMD_USAGE;
	}
	a.stream = argv[1];
	return list(&a);
}

const struct cmd cmd_fields = {
	"fields", "STREAM", "what a stream's events are made of", run
};
