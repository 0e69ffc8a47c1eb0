/* log.c - one write(2) a line, so that lines of several threads never mix. */
#include "common/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/utf8.h"

enum {
	LINE = 1024,     /* of text; as JSON each byte may become two */
	A_SECOND = 10,   /* lines that others provoke */
};

static const char *speaker = "mql";
static _Atomic int loudest = LOG_INFO, form = LOG_TEXT;

static const char *const word[] = {
	[LOG_ERROR] = "error: ", [LOG_WARN] = "warning: ",
	[LOG_INFO] = "", [LOG_DEBUG] = "debug: ",
};
static const char *const level_name[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warning",
	[LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

void
log_init(const char *name, enum log_level max)
{
	speaker = name;
	log_set(max, LOG_TEXT);
}

void
log_set(enum log_level max, enum log_format format)
{
	atomic_store(&loudest, (int)max);
	atomic_store(&form, (int)format);
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

static void
put_time(struct buf *b)
{
	const int64_t ms = clock_wall_ms();
	const time_t s = (time_t)(ms / 1000);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&s, &tm))
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(b, "%s.%03dZ", text, (int)(ms % 1000));
}

/* A plain text as a string of JSON; what is not UTF-8 is a question mark. */
static void
put_string(const char *text, struct buf *b)
{
	struct str s = str_of(text);

	buf_put_u8(b, '"');
	while (s.len) {
		size_t n = utf8_char(s);

		if (*s.ptr == '"' || *s.ptr == '\\')
			buf_put_u8(b, '\\');
		if (n)
			buf_put(b, s.ptr, n);
		else
			buf_put_u8(b, '?');
		n += !n;
		s = (struct str){ s.ptr + n, s.len - n };
	}
	buf_put_u8(b, '"');
}

static void
put_line(enum log_level level, const char *text, struct buf *b)
{
	if (atomic_load(&form) == LOG_TEXT) {
		buf_printf(b, "%s: %s%s\n", speaker, word[level], text);
		return;
	}
	buf_puts(b, "{\"at\":\"");
	put_time(b);
	buf_printf(b, "\",\"level\":\"%s\",\"name\":", level_name[level]);
	put_string(speaker, b);
	buf_printf(b, ",\"pid\":%d,\"text\":", (int)getpid());
	put_string(text, b);
	buf_puts(b, "}\n");
}

__attribute__((format(printf, 2, 0)))
static void
say(enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE], line[2 * LINE + 256];
	struct buf b = BUF_FIXED(line, sizeof line);
	const size_t head = strlen(speaker) + strlen(": ") +
			    strlen(word[level]) + 2;

	/* The line as text, with all that is before it, is of LINE bytes. */
	vsnprintf(text, head < LINE ? sizeof text - head : 1, fmt, ap);
	make_plain(text, strlen(text));
	put_line(level, text, &b);
	/* Nobody to tell that nobody listens. */
	if (write(STDERR_FILENO, line, b.len) < 0)
		return;
}

void
log_say(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if ((int)level > atomic_load(&loudest))
		return;
	va_start(ap, fmt);
	say(level, fmt, ap);
	va_end(ap);
}

/* Several threads may count one too many, or too few: that does not matter. */
static bool
is_due(struct log_rate *r)
{
	const int64_t now = clock_mono_ms() / 1000 + 1;

	if (atomic_exchange(&r->second, now) != now)
		atomic_store(&r->said, 0);
	if (atomic_fetch_add(&r->said, 1) < A_SECOND)
		return true;
	atomic_fetch_add(&r->left, 1);
	return false;
}

void
log_say_rarely(struct log_rate *r, enum log_level level, const char *fmt, ...)
{
	uint32_t left;
	va_list ap;

	if ((int)level > atomic_load(&loudest) || !is_due(r))
		return;
	if ((left = atomic_exchange(&r->left, 0)))
		log_say(level, "%u lines like the next were left out", left);
	va_start(ap, fmt);
	say(level, fmt, ap);
	va_end(ap);
}
