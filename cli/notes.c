/* notes.c - one line in place, others above it. */
#include "cli/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"

static bool
is_pipe(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && (S_ISFIFO(st.st_mode) ||
				   S_ISSOCK(st.st_mode));
}

/* Can the terminal take a line back? */
static bool
can_erase(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
}

void
notes_init(struct notes *n, bool quiet)
{
	*n = (struct notes){ .quiet = quiet };
	n->in_place = !quiet && can_erase() && !is_pipe(STDOUT_FILENO);
}

/* A line that wraps could not be taken back. */
static int
line_width(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || w.ws_col < 2)
		return 79;
	return w.ws_col - 1;
}

void
notes_hide(struct notes *n)
{
	if (n->shown)
		fputs("\r\033[K", stderr);
	n->shown = false;
}

void
notes_show(struct notes *n)
{
	if (!n->in_place || !n->status[0])
		return;
	fprintf(stderr, "\r\033[K%.*s", line_width(), n->status);
	n->shown = true;
}

void
notes_status(struct notes *n, const char *fmt, ...)
{
	char before[sizeof n->status];
	va_list ap;

	if (!n->in_place)
		return;
	memcpy(before, n->status, sizeof before);
	va_start(ap, fmt);
	vsnprintf(n->status, sizeof n->status, fmt, ap);
	va_end(ap);
	if (!n->shown || strcmp(before, n->status))
		notes_show(n);
}

void
notes_say(struct notes *n, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (n->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	notes_hide(n);
	cmd_complain("%s", line);
	n->said++;
	notes_show(n);
}

void
notes_end(struct notes *n)
{
	notes_hide(n);
	n->in_place = false;
}
