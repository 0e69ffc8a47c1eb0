/* log.h - one line on standard error per event worth telling.
 *
 * For our own programs only: a library hands its words to a callback of its
 * host. `name: warning: text`. Any thread. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Who speaks, and up to which level. Start-up only. name is borrowed. */
void log_init(const char *name, enum log_level max);

__attribute__((format(printf, 2, 3)))
void log_say(enum log_level level, const char *fmt, ...);

#define log_error(...) log_say(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_say(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_say(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_say(LOG_DEBUG, __VA_ARGS__)

#endif
