/* secrets.h - memory for what ZeroMQ decrypts in a handshake of CURVE.
 *
 * libzmq asks libsodium for it, six times a handshake, and libsodium gives each
 * piece pages of its own, locked and out of core dumps, between pages that
 * nobody may touch. That is ten system calls that change the address space of
 * the process, while its other threads wait for theirs: of a handshake with
 * four I/O threads it was two thirds. So pieces that are given back are kept,
 * wiped, and given again; they are libsodium's own, with all its pages.
 *
 * Nobody here calls these functions. That the program has them under the names
 * of libsodium's makes libzmq's calls end here. A program that embeds us must
 * never get them: they are no part of wire/.
 *
 * Any thread. */
#ifndef SOURCE_JOB_SECRETS_H
#define SOURCE_JOB_SECRETS_H

#include <stddef.h>

enum {
	SECRET_SIZE = 1024, /* bytes that a piece is kept for, */
	SECRETS_KEPT = 64,  /* and so many: of 16 I/O threads, four of each */
};

/* count times size bytes that end where a page begins that nobody may touch, or
 * NULL: no memory. Of more than SECRET_SIZE bytes, or of more pieces than are
 * kept, each is made and unmade by libsodium. */
void *sodium_allocarray(size_t count, size_t size);

/* Wipe it, and take it back. NULL is allowed. */
void sodium_free(void *piece);

/* How many pieces there are by now that are kept. */
size_t secrets_kept(void);

#endif
