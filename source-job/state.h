/* state.h - a text that survives: kill -9, a full disk, a power cut, at any
 * instant there is either the old one or the new one, whole.
 *
 *     DIR/NAME.new --write, fsync--> --rename--> DIR/NAME --fsync of DIR-->
 *
 * A disk may take its time, and nobody waits for it: writing is done by a
 * thread, one text at a time. One owner thread. */
#ifndef SOURCE_JOB_STATE_H
#define SOURCE_JOB_STATE_H

#include <stddef.h>

#include "common/buf.h"

enum { STATE_BYTES = 64 << 20 }; /* at most */

enum state_is {
	STATE_IDLE,
	STATE_WRITING,
	STATE_WRITTEN, /* said once: it is on the disk */
	STATE_FAILED,  /* said once, with why: the old text still holds */
};

struct state; /* opaque */

/* The directory is made if its parent is there, and locked: two daemons in one
 * would undo each other's work. 0, MQL_EINVAL and a sentence in why, or
 * MQL_ENOMEM. */
int state_open(const char *dir, const char *name, struct state **out,
	       char *why, size_t nwhy);
void state_close(struct state *s); /* waits for the disk; NULL is allowed */

/* What is there; nothing yet is an empty text. 0, MQL_EINVAL and a sentence in
 * why, or MQL_ENOMEM. */
int state_read(struct state *s, struct buf *out, char *why, size_t nwhy);

/* Begin to write; the bytes are copied. 0; MQL_EINUSE: it is writing still;
 * MQL_ENOMEM, MQL_EOS. */
int state_write(struct state *s, const void *data, size_t len);

/* How it is. Several times a second, while it is writing. */
enum state_is state_look(struct state *s, char *why, size_t nwhy);

#endif
