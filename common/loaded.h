/* loaded.h - for a thread of ours that outlives what it was started for. */
#ifndef COMMON_LOADED_H
#define COMMON_LOADED_H

/* The code that calls this must not be unloaded from now on. A library that is
 * linked into a program has nothing to fear. Any thread. */
void loaded_stay(void);

#endif
