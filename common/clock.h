/* clock.h - the clocks that we use, in the units that we use.
 * Any thread. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void); /* never jumps; for deadlines and rates */
int64_t clock_mono_ns(void);
int64_t clock_wall_ms(void); /* since the epoch; for @ts */
int64_t clock_wall_us(void); /* likewise; for how late something is */
/* Processor time of the calling thread. A system call: 250 ns. */
int64_t clock_thread_ns(void);

#endif
