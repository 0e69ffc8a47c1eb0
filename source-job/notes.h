/* notes.h - why agents refuse a query, or try only a part of its events: the
 * first few reasons, and the rest under the last.
 *
 * Made by each worker of its own agents, and added up by the job. */
#ifndef SOURCE_JOB_NOTES_H
#define SOURCE_JOB_NOTES_H

#include <stddef.h>

#include "wire/message.h"

struct agents;

enum { NOTES_MAX = 8 };

struct notes {
	struct wire_refusal refusal[NOTES_MAX];
	struct wire_limit   limit[NOTES_MAX];
	size_t nrefusal, nlimit;
};

/* Of the runs in that slot; the texts are theirs. */
void notes_take(const struct agents *agents, unsigned slot, struct notes *n);

/* Add those of another worker; the texts stay its. from may be NULL. */
void notes_add(struct notes *to, const struct notes *from);

/* One that owns its texts; NULL: no memory, or nothing is noted. */
struct notes *notes_copy(const struct notes *n);
void notes_free(struct notes *n); /* of notes_copy(); NULL is allowed */

#endif
