/* signals.h - how a daemon is told to end. */
#ifndef COMMON_SIGNALS_H
#define COMMON_SIGNALS_H

/* SIGTERM and SIGINT are read from the descriptor that is returned (struct
 * signalfd_siginfo; non-blocking); SIGPIPE is ignored. Threads that are
 * started later inherit the mask. Negative: the system refused. Start-up
 * only. */
int signals_open(void);

#endif
