/* discovery_private.h - how one looks, for the tests. Private to wire/. */
#ifndef WIRE_DISCOVERY_PRIVATE_H
#define WIRE_DISCOVERY_PRIVATE_H

#include <netdb.h>

#include "wire/discovery.h"

struct discovery_means {
	int  (*lookup)(const char *name, const char *port,
		       const struct addrinfo *hints, struct addrinfo **found);
	void (*forget)(struct addrinfo *found);
	int    file_ms, dns_ms; /* between looks */
};

/* As wire_discovery_open(), by these means, which are borrowed for ever. */
int discovery_open(const char *where, const struct discovery_means *means,
		   struct wire_discovery **out);

#endif
