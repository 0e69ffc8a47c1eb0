/* door.h - the secrets of a daemon's HTTP door: the token that callers say,
 * and the certificate and key that TLS shows. They are never printed, and wiped
 * at the end. */
#ifndef COMMON_DOOR_H
#define COMMON_DOOR_H

#include <stdbool.h>
#include <stddef.h>

struct door {
	char *token, *cert, *key; /* NULL: none */
};

/* Where they are: paths, borrowed; NULL: none. */
struct door_files {
	const char *token, *cert, *key;
};

/* Read the files that are named; white space at their ends does not count. 0,
 * or MQL_EINVAL and a sentence in why. Start-up only. */
int door_open(struct door *d, const struct door_files *files, char *why,
	      size_t nwhy);
void door_close(struct door *d); /* a zeroed one is allowed */

/* May it listen on address, HOST:PORT: only this machine reaches that, or all
 * three are given? */
bool door_is_safe(const char *address, const struct door_files *files);

/* May who said this (the header Authorization, or NULL) come in? Everybody may
 * where there is no token. Takes as long whatever was said. Any thread. */
bool door_lets_in(const struct door *d, const char *authorization);

/* Compare in constant time. */
bool door_same(const char *token, const char *said);

#endif
