/* peer.h - whom a command line says to ask, and as whom: for our programs that
 * are clients. Start-up only. */
#ifndef CLIENT_PEER_H
#define CLIENT_PEER_H

#include "common/options.h"

struct peer { /* borrowed from the command line */
	const char *source_job, *key, *server_key; /* keys NULL: none */
};

/* The rows of an options table that fill a struct peer. */
#define PEER_OPTIONS(p)                                                  \
	{ "source-job", 's', OPTION_STRING, "ENDPOINTS",                 \
	  "tcp://127.0.0.1:7401", "whom to ask", &(p)->source_job },     \
	{ "key-file", 0, OPTION_STRING, "FILE", NULL,                    \
	  "our secret key, of mql keygen", &(p)->key },                  \
	{ "server-key", 0, OPTION_STRING, "FILE", NULL,                  \
	  "the source-job's public key", &(p)->server_key }

#endif
