/* log.h - one line on standard error per event worth telling.
 *
 * For our own programs only: a library hands its words to a callback of its
 * host. Lines are for people, `name: warning: text`, or, with LOG_JSON, for
 * programs, one object of strict JSON each:
 *
 *     {"at":"2026-11-21T20:11:00.123Z","level":"warning",
 *      "name":"mql-source-job","pid":4711,"text":"..."}
 *
 * Any thread. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdatomic.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Who speaks, and up to which level, as text. Start-up only. name is
 * borrowed. */
void log_init(const char *name, enum log_level max);

/* From now on. Any thread. */
void log_set(enum log_level max, enum log_format format);

__attribute__((format(printf, 2, 3)))
void log_say(enum log_level level, const char *fmt, ...);

#define log_error(...) log_say(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_say(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_say(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_say(LOG_DEBUG, __VA_ARGS__)

/* What others can provoke: ten lines a second of one place in the program, and
 * how many were left out when the next one is said. */
struct log_rate { /* zeroed; one for each place */
	_Atomic int64_t  second;
	_Atomic uint32_t said, left;
};

__attribute__((format(printf, 3, 4)))
void log_say_rarely(struct log_rate *r, enum log_level level, const char *fmt,
		    ...);

#define log_rarely(level, ...)                                            \
	do {                                                              \
		static struct log_rate rate_;                             \
		log_say_rarely(&rate_, level, __VA_ARGS__);               \
	} while (0)

#endif
