/* endpoint.h - an endpoint taken apart. Private to wire/. */
#ifndef WIRE_ENDPOINT_H
#define WIRE_ENDPOINT_H

#include "common/str.h"

enum { ENDPOINT_MAX = 320 };

struct endpoint { /* points into the text that was parsed */
	bool       tcp;
	struct str host; /* with the brackets of an IPv6 address */
	struct str port; /* digits, or * */
};

/* See wire_endpoint_check(). */
int endpoint_parse(const char *text, struct endpoint *ep, char *why,
		   size_t nwhy);

/* What ZeroMQ is to be given, of ENDPOINT_MAX bytes, and whether to allow
 * IPv6, which makes it say [::ffff:127.0.0.1] where an IPv4 address was meant.
 * `localhost` is 127.0.0.1 on both sides, so that they find each other.
 * To listen, other names are looked up here, which may take its time. */
void endpoint_to_listen(const char *text, const struct endpoint *ep,
			char *out, bool *ipv6);
void endpoint_to_connect(const char *text, const struct endpoint *ep,
			 char *out, bool *ipv6);

#endif
