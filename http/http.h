/* http.h - a daemon's door for operators: /healthz, /readyz, /metrics.
 *
 * libmicrohttpd without threads: the daemon's loop polls http_fd() and calls
 * http_run(), so that an answer may read all that the loop owns without a
 * lock. One owner thread. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stddef.h>

#include "common/buf.h"
#include "common/door.h"

struct http; /* opaque */

/* Who answers; called from http_run() only. */
struct http_service {
	const char *name; /* of the daemon; borrowed */
	/* Does it do what it is for now? A line about it may be appended. */
	bool (*ready)(void *arg, struct buf *why);
	void (*metrics)(void *arg, struct buf *out); /* Prometheus' text */
	void  *arg;
	struct door_files files; /* what /metrics wants, and TLS */
};

/* Listen on "HOST:PORT" (port 0 takes a free one). 0, MQL_EADDRESS,
 * MQL_EINUSE, MQL_ENOMEM or MQL_EOS, and a sentence in why. */
int http_open(const struct http_service *service, const char *address,
	      struct http **out, char *why, size_t nwhy);
void http_close(struct http *h); /* NULL is allowed */

/* Read the files again, which may be others. A new certificate is shown to
 * who connects from then on; who is connected is hung up on, and http_fd() is
 * another. 0, or an error of http_open() and a sentence in why: then all is as
 * it was. Not from within an answer. */
int http_reload(struct http *h, const struct door_files *files, char *why,
		size_t nwhy);

/* The real address with its port. Lives as long as h. */
const char *http_address(const struct http *h);

int http_fd(const struct http *h); /* readable: call http_run() */
void http_run(struct http *h);     /* never blocks; some times a second too */

#endif
