/* input.c - files in, lines out, and a memory of the bad ones. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/text.h"
#include "mql/error.h"

enum { TICK_MS = 250 }; /* how long a signal may go unnoticed */

static bool
is_stdin(const char *file)
{
	return !strcmp(file, "-");
}

static int
cannot_read(const char *file, int oserr)
{
	cmd_complain("%s: %s", file, strerror(oserr));
	return MQL_EOS;
}

/* All are looked at before the first is read: a typing error in the last name
 * should not show after an hour. */
static int
look(struct input *in, const char *file)
{
	struct stat st;

	if (is_stdin(file) ? fstat(STDIN_FILENO, &st) : stat(file, &st))
		return cannot_read(file, errno);
	if (S_ISDIR(st.st_mode))
		return cannot_read(file, EISDIR);
	if (!is_stdin(file) && access(file, R_OK))
		return cannot_read(file, errno);
	in->total += S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

int
input_init(struct input *in, char **file, int nfile, size_t max_line)
{
	static char dash[] = "-", *only_stdin[] = { dash };
	int err = 0;

	*in = (struct input){ .file = file, .nfile = nfile };
	if (!nfile) {
		in->file = only_stdin;
		in->nfile = 1;
	}
	for (int i = 0; i < in->nfile && !err; i++)
		err = look(in, in->file[i]);
	return err ? err : lines_init(&in->lines, max_line);
}

void
input_fini(struct input *in)
{
	lines_fini(&in->lines);
}

static bool
is_blank(struct str line)
{
	while (line.len && (*line.ptr == ' ' || *line.ptr == '\t'))
		line.ptr++, line.len--;
	return !line.len;
}

/* Every whole line that is in memory; true while more is wanted. */
static bool
drain(struct input *in, const struct input_use *use, bool *end)
{
	struct str line;

	for (;;) {
		switch (lines_next(&in->lines, &line)) {
		case LINES_LINE:
			if (!is_blank(line) && !use->line(use->arg, line))
				return false;
			break;
		case LINES_LONG:
			in->nlong++;
			input_bad(in);
			break;
		case LINES_EMPTY:
			return true;
		case LINES_END:
			*end = true;
			return true;
		}
	}
}

/* One file. *more: go on with the next. */
static int
run_fd(struct input *in, int fd, const struct input_use *use, bool *more)
{
	bool end = false;

	lines_begin(&in->lines, fd);
	while ((*more = drain(in, use, &end)) && !end) {
		bool waiting = !lines_ready(&in->lines);
		if (!(*more = use->idle(use->arg, waiting)))
			break;
		if (lines_fill(&in->lines, TICK_MS) == MQL_EOS)
			return cannot_read(in->name, errno);
	}
	in->done += in->lines.bytes;
	in->lines.bytes = 0;
	return 0;
}

int
input_run(struct input *in, const struct input_use *use)
{
	bool more = true;
	int err = 0;

	for (int i = 0; i < in->nfile && more && !err; i++) {
		bool own = !is_stdin(in->file[i]);
		int fd = STDIN_FILENO;

		in->name = own ? in->file[i] : "standard input";
		if (own)
			fd = open(in->name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return cannot_read(in->name, errno);
		err = run_fd(in, fd, use, &more);
		if (own)
			close(fd);
	}
	return err;
}

void
input_bad(struct input *in)
{
	if (!in->nbad++)
		snprintf(in->first, sizeof in->first, "%s:%" PRIu64, in->name,
			 in->lines.number);
}

void
input_report(const struct input *in)
{
	char too_long[64] = "";

	if (!in->nbad)
		return;
	if (in->nlong)
		snprintf(too_long, sizeof too_long,
			 ", or longer than %zu bytes", in->lines.max);
	cmd_complain("%s not JSON%s (first: %s)",
		     text_count(in->nbad, "line was", "lines were").z, too_long,
		     in->first);
}

uint64_t
input_bytes(const struct input *in)
{
	return in->done + in->lines.bytes;
}
