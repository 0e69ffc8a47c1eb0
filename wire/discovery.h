/* discovery.h - where the source-jobs are, and where they are now.
 *
 *     tcp://a:7400,tcp://b:7400   these
 *     file:PATH                   one endpoint a line, # begins a comment; read
 *                                 again and again, so that replacing the file
 *                                 is enough
 *     dns:NAME:PORT               all addresses of the name, looked up again
 *                                 and again
 *
 * A file may be on a disk that hangs, and a look-up takes what it takes: both
 * are done by a thread of their own, "mql-discovery", which the first form has
 * no need of. What it finds waits until the owner takes it. When it finds
 * nothing the last good list stays, and the owner is told why, once.
 *
 * All calls are the owner's, and none but wire_discovery_close() waits. */
#ifndef WIRE_DISCOVERY_H
#define WIRE_DISCOVERY_H

#include "wire/endpoints.h"

struct wire_discovery; /* opaque */

/* Is it one of the three forms? 0, or MQL_EADDRESS and a sentence in why. A
 * file that is not there is no reason to refuse: it may come. */
int wire_discovery_check(const char *where, char *why, size_t nwhy);

/* Can the list change? */
bool wire_discovery_changes(const char *where);

/* 0, MQL_EADDRESS, MQL_ENOMEM or MQL_EOS. The thread blocks all signals, and
 * shares the descriptors of the one that calls this. */
int wire_discovery_open(const char *where, struct wire_discovery **out);

/* Waits for the thread, but not beyond until (clock_mono_ms()): a look-up that
 * hangs keeps its thread, which then frees what is left. NULL is allowed. */
void wire_discovery_close(struct wire_discovery *d, int64_t until);

/* A list that differs from the last one that was taken, given; NULL: there is
 * none. Its generation counts them, from 1. */
struct wire_endpoints *wire_discovery_take(struct wire_discovery *d);

/* What goes wrong now, if that was not told yet. */
bool wire_discovery_trouble(struct wire_discovery *d, char *why, size_t nwhy);

/* The list as it is now, for who can wait for it. 0, MQL_EADDRESS or
 * MQL_ENOMEM, and a sentence in why. Any thread. */
int wire_discovery_once(const char *where, struct wire_endpoints **out,
			char *why, size_t nwhy);

#endif
