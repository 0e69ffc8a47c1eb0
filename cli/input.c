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

int
input_cannot_read(const char *file, int oserr)
{
	cmd_complain("%s: %s", file, strerror(oserr));
	return MQL_EOS;
}

/* Where standard input, a file of this size, was left by others. */
static uint64_t
at_offset(off_t size)
{
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

	return (uint64_t)(at < 0 ? 0 : at > size ? size : at);
}

/* All are looked at before the first is read: a typing error in the last name
 * should not show after an hour. */
static int
look(struct input *in, const char *file)
{
	struct stat st;

	if (is_stdin(file) ? fstat(STDIN_FILENO, &st) : stat(file, &st))
		return input_cannot_read(file, errno);
	if (S_ISDIR(st.st_mode))
		return input_cannot_read(file, EISDIR);
	if (!is_stdin(file) && access(file, R_OK))
		return input_cannot_read(file, errno);
	in->endless |= !S_ISREG(st.st_mode) || !st.st_size;
	if (S_ISREG(st.st_mode))
		in->total += (uint64_t)st.st_size -
			     (is_stdin(file) ? at_offset(st.st_size) : 0);
	return 0;
}

bool
input_is_stdin(const struct input *in, int i)
{
	return is_stdin(in->file[i]);
}

int
input_open(const struct input *in, int i)
{
	return is_stdin(in->file[i]) ? STDIN_FILENO
				     : open(in->file[i], O_RDONLY | O_CLOEXEC);
}

const char *
input_name(const struct input *in, int i)
{
	return is_stdin(in->file[i]) ? "standard input" : in->file[i];
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

/* Every whole line that is in memory; true while more is wanted. */
static bool
drain(struct input *in, const struct input_use *use, bool *end)
{
	struct str line;

	for (;;) {
		switch (lines_next(&in->lines, &line)) {
		case LINES_LINE:
			if (!lines_is_blank(line) && !use->line(use->arg, line))
				return false;
			break;
		case LINES_LONG:
			input_add_bad(in, in->name, in->lines.number, 1, 1);
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
			return input_cannot_read(in->name, errno);
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
		int fd = input_open(in, i);

		in->name = input_name(in, i);
		if (fd < 0)
			return input_cannot_read(in->name, errno);
		err = run_fd(in, fd, use, &more);
		if (fd != STDIN_FILENO)
			close(fd);
	}
	return err;
}

void
input_bad(struct input *in)
{
	input_add_bad(in, in->name, in->lines.number, 1, 0);
}

void
input_add_bad(struct input *in, const char *name, uint64_t line, uint64_t nbad,
	      uint64_t nlong)
{
	if (!in->nbad && nbad)
		snprintf(in->first, sizeof in->first, "%s:%" PRIu64, name,
			 line);
	in->nbad += nbad;
	in->nlong += nlong;
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
