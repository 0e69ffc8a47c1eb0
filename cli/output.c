/* output.c - collect, write, notice that nobody reads any more. */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/output_form.h"
#include "cli/text.h"
#include "mql/pace.h"

enum { WRITE_AT = 128 * 1024 };

static bool
wants_color(enum output_color color, bool terminal)
{
	const char *no = getenv("NO_COLOR"); /* no-color.org: if not empty */
	const char *term = getenv("TERM");

	if (color != OUTPUT_AUTO)
		return color == OUTPUT_ALWAYS;
	return terminal && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

static const struct output_form *
form_of(enum output_kind kind, const struct output *o)
{
	switch (kind) {
	case OUTPUT_TABLE:
		return &output_table;
	case OUTPUT_CSV:
		return &output_csv;
	case OUTPUT_JSON:
		break;
	}
	return o->color || o->terminal ? &output_terminal : &output_json;
}

int
output_new(enum output_kind kind, enum output_color color, int fd,
	   const struct mql_query *q, struct notes *notes, struct output **out)
{
	struct output *o = calloc(1, sizeof *o);

	*out = NULL;
	if (!o)
		return MQL_ENOMEM;
	o->fd = fd;
	o->notes = notes;
	o->terminal = isatty(fd);
	o->color = wants_color(color, o->terminal);
	o->form = form_of(kind, o);
	o->by_window = q && query_pace(q) == PACE_WINDOW;
	columns_init(&o->columns, q, kind == OUTPUT_TABLE);
	*out = o;
	return 0;
}

void
output_free(struct output *o)
{
	if (!o)
		return;
	live_free(o->live);
	columns_fini(&o->columns);
	buf_fini(&o->held);
	buf_fini(&o->text);
	free(o);
}

static bool
failed(const struct output *o)
{
	return o->gone || o->oserr || o->text.err || o->held.err ||
	       o->columns.err;
}

void
output_row(struct output *o, struct str row)
{
	if (failed(o))
		return;
	o->form->row(o, row);
	if (o->text.len >= WRITE_AT)
		output_flush(o);
}

void
output_close(struct output *o, const struct output_window *w)
{
	if (!failed(o) && o->form->close)
		o->form->close(o, w);
}

/* Somebody made our descriptor non-blocking: a shell's other child may. */
static void
wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	poll(&p, 1, -1);
}

static void
write_all(struct output *o)
{
	for (size_t at = 0; at < o->text.len;) {
		ssize_t n = write(o->fd, o->text.data + at, o->text.len - at);
		if (n >= 0) {
			at += (size_t)n;
		} else if (errno == EAGAIN) {
			wait_writable(o->fd);
		} else if (errno != EINTR) {
			o->gone = errno == EPIPE;
			o->oserr = o->gone ? 0 : errno;
			return;
		}
	}
}

/* A pipe without a reader says so even when there is nothing to write: a tail
 * that waits for a rare row need not outlive its `head`. */
static void
look_for_reader(struct output *o)
{
	struct pollfd p = { .fd = o->fd };

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLERR))
		o->gone = true;
}

void
output_flush(struct output *o)
{
	if (o->form->release)
		o->form->release(o);
	if (failed(o))
		return;
	if (!o->text.len) {
		look_for_reader(o);
		return;
	}
	if (o->notes && o->terminal)
		notes_hide(o->notes);
	write_all(o);
	buf_reset(&o->text);
}

bool
output_ok(const struct output *o)
{
	return !failed(o);
}

static void
tell_left_over(const struct output *o)
{
	const struct columns *c = &o->columns;

	if (c->left_over && o->form->left_over)
		cmd_complain("%s left out: %s (first: %s)",
			     text_count(c->left_over, "value is",
					"values are").z,
			     o->form->left_over, c->first ? c->first : "");
}

int
output_end(struct output *o)
{
	output_flush(o);
	if (o->gone)
		return 0;
	if (o->oserr) {
		cmd_complain("cannot write the rows: %s", strerror(o->oserr));
		return MQL_EOS;
	}
	if (failed(o)) {
		cmd_complain("%s", mql_strerror(MQL_ENOMEM));
		return MQL_ENOMEM;
	}
	tell_left_over(o);
	if (o->nheld) /* of a table none is left by now */
		cmd_complain("%s no column at all",
			     text_count(o->nheld, "row has", "rows have").z);
	return 0;
}
