/* policy.h - what the service's owner lets out of an event.
 *
 * Rules name fields; under them queries see another event than the one that
 * was published:
 *
 *     deny user.email     the field is not there, and who names it is refused
 *     mask user.name      "***" stands in its place
 *     hash user.id        32 hexadecimal digits, a keyed hash of it
 *
 *     {"user":{"email":"x@y","name":"Z","id":7},"ms":3}
 *     {"user":{"name":"***","id":"9d0c..."},"ms":3}
 *
 * All that a query does, it does on the second event, so that nothing is to
 * be learnt by probing: where, sort and group see the mask. Null stays null.
 *
 * A rule is a field and all that is below it. It is written as in a query,
 * `a.b`, `a['x-y']`, `e['a']['b']`; `*` stands for any one key. Rules err on
 * the side of the owner: keys are compared whatever their ASCII case; a key
 * with dots is the same as the keys between them, on either side, so that
 * user.email is also the one key "user.email"; and arrays are looked through:
 * items.price is the price of each of the items, so is items[*].price.
 *
 * Immutable once rules are in; any thread. Reading and writing by it does not
 * allocate. Whatever does not fit into the room given for it is left out. */
#ifndef EVENT_POLICY_H
#define EVENT_POLICY_H

#include "event/path.h"
#include "event/value.h"

enum { POLICY_MAX_RULES = 256 };

/* What holds for a place in the event, the weakest first. */
enum policy_verdict {
	POLICY_OPEN,   /* nothing: as it was published */
	POLICY_INSIDE, /* for it nothing, but for something that it holds */
	POLICY_HASH,
	POLICY_MASK,
	POLICY_GONE,   /* it is below a mask or a hash, where nothing is */
	POLICY_DENY,
};

struct policy; /* opaque */

int policy_new(struct policy **out); /* 0 or MQL_ENOMEM */
void policy_free(struct policy *p);  /* NULL is allowed */

/* Add the rules of a comma list; verdict is DENY, MASK or HASH. Returns 0, or
 * with a sentence in why MQL_EINVAL (no field can be made out), MQL_ELIMIT or
 * MQL_ENOMEM. */
int policy_add(struct policy *p, enum policy_verdict verdict, struct str list,
	       char *why, size_t nwhy);

/* Hashes are of this secret from now on; before, of none. Two agents give the
 * same hash for the same text when they have the same secret. */
void policy_secret(struct policy *p, struct str secret);

bool policy_empty(const struct policy *p); /* no rules; NULL is allowed */

/* --- places ---------------------------------------------------------------- */

/* How far each rule has come on the way to a place: those in `alive` agree
 * with all `depth` keys so far. */
struct policy_at {
	uint64_t alive[POLICY_MAX_RULES / 64];
	unsigned depth;
};

struct policy_at policy_top(const struct policy *p);

/* From a place to its member of this name. */
enum policy_verdict policy_key(const struct policy *p, struct policy_at *at,
			       struct str key);

/* The first n steps of a path; *at is the place where they lead. */
enum policy_verdict policy_path(const struct policy *p,
				const struct path *path, unsigned n,
				struct policy_at *at);

/* --- values (policy_write.c) ----------------------------------------------- */

/* What a query sees of v, for which holds verdict; at is its place. New texts
 * go to room and live as long as it does. */
struct value policy_value(const struct policy *p, enum policy_verdict verdict,
			  const struct policy_at *at, struct value v,
			  struct buf *room);

/* Append a JSON text that stands at `at` as queries see it, on one line. */
void policy_write(const struct policy *p, const struct policy_at *at,
		  struct str text, struct buf *out);

#endif
