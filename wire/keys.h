/* keys.h - who a process is on the wire: its CURVE key pair and, where it
 * connects, the public key of those that it will speak to.
 *
 * The secret lies in memory of its own that is locked, left out of core files
 * where the kernel lets us, and wiped at the end. ZeroMQ keeps copies of it
 * while a socket is open, which we cannot reach: the daemons' units say
 * LimitCORE=0. No message of ours quotes a byte of a key file.
 *
 * The files: NAME.key and NAME.pub, see cert.h and docs/security.md. */
#ifndef WIRE_KEYS_H
#define WIRE_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct wire_keys; /* opaque; does not change */

enum { WIRE_KEY_BYTES = 32 };

/* Make a pair, as DIR/NAME.key (for its owner alone) and DIR/NAME.pub, safe on
 * the disk when it returns; a file that is there is never overwritten. 0, or
 * MQL_EINVAL (a name that is no name), MQL_EINUSE (a file is there) or MQL_EOS
 * and a sentence in why. */
int wire_keys_make(const char *dir, const char *name, char *why, size_t nwhy);

/* Read the secret key file, and the public one of the other side; NULL where
 * one listens. The secret file is refused when others may read it. Gives *out.
 * 0, MQL_EINVAL and a sentence in why, or MQL_ENOMEM. Any thread. */
int wire_keys_load(const char *key, const char *server_key,
		   struct wire_keys **out, char *why, size_t nwhy);

/* The same where neither may be given (NULL or ""): *out is NULL then. One
 * without the other is MQL_EINVAL. */
int wire_keys_load_both(const char *key, const char *server_key,
			struct wire_keys **out, char *why, size_t nwhy);

void wire_keys_free(struct wire_keys *k); /* wipes it; NULL is allowed */

const uint8_t *wire_keys_public(const struct wire_keys *k);
const uint8_t *wire_keys_secret(const struct wire_keys *k);
const uint8_t *wire_keys_server(const struct wire_keys *k); /* NULL: none */

#endif
