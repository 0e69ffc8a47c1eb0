/* allowed.h - whose keys are let in, and as what: directories of public keys,
 * kept in memory and looked at again and again. Private to wire/.
 *
 *     DIR/agents/NAME.pub        may be an agent
 *     DIR/subscribers/NAME.pub   may subscribe, and ask what there is
 *     DIR/operators/NAME.pub     may do that, kill queries and switch off
 *
 * A key may be in several. A file that is wrong is named in one line to the
 * log and left out; when the directory cannot be read at all (no descriptors,
 * a disk that is away) all stays as it was. One thread refreshes and looks up;
 * what a key may still do, any thread can ask at any time. */
#ifndef WIRE_ALLOWED_H
#define WIRE_ALLOWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cert.h"
#include "wire/socket.h"

enum { ALLOWED_MAX = 65536 }; /* keys */

struct allowed; /* opaque */

struct allowed_key {
	uint8_t  key[CERT_KEY];
	unsigned roles;        /* enum wire_role */
	uint32_t slot, serial; /* who it is to allowed_roles() */
	char     name[CERT_NAME + 1];
};

/* Read dir. 0, MQL_EINVAL and a sentence in why, or MQL_ENOMEM. say is for
 * what is found later, from the refreshing thread, and at once for bad files;
 * it may be NULL. */
int allowed_open(const char *dir, wire_say *say, void *arg,
		 struct allowed **out, char *why, size_t nwhy);
void allowed_free(struct allowed *a); /* NULL is allowed */

/* Look whether anything has changed, and read it anew if so. now in ms, of a
 * monotonic clock. Cheap when called too often. */
void allowed_refresh(struct allowed *a, int64_t now);
enum { ALLOWED_LOOK_MS = 500 }; /* it looks that often */

/* NULL: it may do nothing. Borrowed until the next refresh. */
const struct allowed_key *allowed_find(const struct allowed *a,
				       const uint8_t key[CERT_KEY]);

/* What the key that had this slot and serial may do now: 0 when it was taken
 * away, whatever has become of the slot. Any thread. */
unsigned allowed_roles(const struct allowed *a, uint32_t slot,
		       uint32_t serial);

#endif
