/* signals.h - how a daemon is told to end, or to read its configuration again.
 */
#ifndef COMMON_SIGNALS_H
#define COMMON_SIGNALS_H

enum signals { SIGNALS_NONE, SIGNALS_END, SIGNALS_RELOAD };

/* SIGTERM, SIGINT and SIGHUP are read from the descriptor that is returned,
 * with signals_take(); SIGPIPE is ignored. Threads that are started later
 * inherit the mask. Negative: the system refused. Start-up only. */
int signals_open(void);

/* What has come; never blocks. */
enum signals signals_take(int fd);

#endif
