/* endpoints.h - a list of source-jobs, and which of them is whose.
 *
 * Sorted and without doubles, so that all who read the same names in whatever
 * order have the same list. `localhost` is 127.0.0.1 in it, as everywhere in
 * wire/. A list never changes; who has it frees it with free(3). Any thread.
 *
 * Who picks one of the list does it by rendezvous.h, so that all agree on who
 * belongs where without a word between them. */
#ifndef WIRE_ENDPOINTS_H
#define WIRE_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum { WIRE_ENDPOINTS_MAX = 64 };

struct wire_endpoints {
	uint64_t    generation; /* of who tells it: see discovery.h */
	size_t      n;          /* at most WIRE_ENDPOINTS_MAX */
	const char *at[];       /* to be connected to */
};

/* The list in a text: endpoints between commas, or one a line, where # begins
 * a comment. 0; MQL_EADDRESS (one is none, there are too many, or there is
 * none) and a sentence in why; MQL_ENOMEM. */
int wire_endpoints_of(struct str text, bool lines,
		      struct wire_endpoints **out, char *why, size_t nwhy);

bool wire_endpoints_equal(const struct wire_endpoints *a,
			  const struct wire_endpoints *b);

/* Where endpoint is in the list; -1: nowhere. */
int wire_endpoints_find(const struct wire_endpoints *list,
			const char *endpoint);

/* The places of the list in the order of who's preference: order has room for
 * list->n. */
void wire_endpoints_rank(const struct wire_endpoints *list, struct str who,
			 uint8_t *order);

#endif
