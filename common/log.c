/* log.c - one write(2) a line, so that lines of several threads never mix. */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"

static const char *speaker = "mql";
static enum log_level loudest = LOG_INFO;

static const char *const word[] = {
	[LOG_ERROR] = "error: ", [LOG_WARN] = "warning: ",
	[LOG_INFO] = "", [LOG_DEBUG] = "debug: ",
};

void
log_init(const char *name, enum log_level max)
{
	speaker = name;
	loudest = max;
}

/* Text of a peer may be in the line: it must not pass for a line of ours, nor
 * speak to the terminal. */
static void
make_plain(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			s[i] = '?';
}

void
log_say(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	struct buf b = BUF_FIXED(line, sizeof line - 1);
	va_list ap;
	int n;

	if (level > loudest)
		return;
	buf_printf(&b, "%s: %s", speaker, word[level]);
	va_start(ap, fmt);
	n = vsnprintf(line + b.len, sizeof line - b.len, fmt, ap);
	va_end(ap);
	b.len += n > 0 ? strlen(line + b.len) : 0;
	make_plain(line, b.len);
	line[b.len++] = '\n'; /* in the place of the NUL */
	/* Nobody to tell that nobody listens. */
	if (write(STDERR_FILENO, line, b.len) < 0)
		return;
}
