/* listen.h - a listening TCP socket from "HOST:PORT", for a daemon's HTTP door.
 * Any thread. */
#ifndef COMMON_LISTEN_H
#define COMMON_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

/* Listen on "HOST:PORT" or "[IPV6]:PORT"; port 0 takes a free one. Gives a
 * non-blocking socket; name gets the address with its real port. 0,
 * MQL_EADDRESS, MQL_EINUSE or MQL_EOS. */
int listen_open(const char *address, int backlog, int *fd, char *name,
		size_t nname);

/* Does only this machine reach the host of "tcp://HOST:PORT" or "HOST:PORT"?
 * ipc and inproc endpoints never leave it. */
bool listen_is_loopback(const char *address);

#endif
