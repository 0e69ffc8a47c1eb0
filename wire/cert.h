/* cert.h - the text of a key file: ZeroMQ's certificate format, in which
 * other tools of ZeroMQ keep theirs (CZMQ's zcert, pyzmq). Private to wire/.
 *
 *     # anything
 *     curve
 *         public-key = "40 characters of Z85"
 *         secret-key = "40 characters of Z85"      (a .key file only)
 *
 * Other sections and other names are skipped; the two keys may be given once
 * each, in quotes. Any thread. */
#ifndef WIRE_CERT_H
#define WIRE_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

enum {
	CERT_KEY   = 32,   /* bytes of a key */
	CERT_TEXT  = 40,   /* the same in Z85 */
	CERT_BYTES = 4096, /* a file is no longer */
	CERT_NAME  = 64,   /* longest name of a key */
};

struct cert {
	uint8_t public_key[CERT_KEY], secret_key[CERT_KEY];
	bool    has_public, has_secret;
};

/* 0, or MQL_EINVAL and why, a static text that quotes nothing of the file. */
int cert_parse(struct str text, struct cert *out, const char **why);

/* A file of a key, with or without its secret; name is for people. */
void cert_write(const char *name, const char *public_text,
		const char *secret_text, struct buf *out);

/* May a key be called this? It is part of a file's name, and of log lines. */
bool cert_name_ok(struct str name);

enum cert_read {
	CERT_FINE,
	CERT_BAD,  /* the file itself is wrong */
	CERT_GONE, /* it is not there (any more) */
	CERT_BUSY, /* this process, or the disk, cannot read now */
};

/* Read a file below the directory dirfd (AT_FDCWD) into room, of CERT_BYTES,
 * which holds what was read: wipe it. secret: only its owner may be able to
 * read it (or root's group, when it is root's). why: a static text. */
enum cert_read cert_read(int dirfd, const char *path, bool secret, char *room,
			 struct cert *out, const char **why);

#endif
