/* http.h - the operators' door: /healthz, /readyz, /metrics.
 *
 * libmicrohttpd without threads: the loop polls http_fd() and calls
 * http_run(), so that an answer may read all of the job without a lock. */
#ifndef SOURCE_JOB_HTTP_H
#define SOURCE_JOB_HTTP_H

#include <stddef.h>

struct http; /* opaque */
struct job;

/* Listen on "HOST:PORT" (port 0 takes a free one). j is borrowed until
 * http_close(). 0, MQL_EADDRESS, MQL_EINUSE, MQL_ENOMEM or MQL_EOS, and a
 * sentence in why. */
int http_open(struct job *j, const char *address, struct http **out,
	      char *why, size_t nwhy);
void http_close(struct http *h); /* NULL is allowed */

/* The real address with its port. Lives as long as h. */
const char *http_address(const struct http *h);

int http_fd(const struct http *h); /* readable: call http_run() */
void http_run(struct http *h);     /* never blocks; some times a second too */

#endif
