/* stop.h - ^C and SIGTERM: the first asks to stop, the second kills. */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

/* From now on. Waits are interrupted, not restarted. */
void stop_on_signals(void);

bool stop_asked(void);

#endif
