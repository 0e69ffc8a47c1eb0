/* policy_rules.h - the inside of a policy. Private to event/. */
#ifndef EVENT_POLICY_RULES_H
#define EVENT_POLICY_RULES_H

#include "common/arena.h"
#include "event/policy.h"

enum { POLICY_KEY_BYTES = 192 }; /* of the secret that XXH3 takes */

struct policy_rule {
	enum policy_verdict verdict;
	unsigned            nkey;
	struct str         *key; /* in lower case; ptr NULL: any */
};

struct policy {
	struct arena       mem;
	struct policy_rule rule[POLICY_MAX_RULES];
	unsigned           nrule;
	uint8_t            secret[POLICY_KEY_BYTES];
};

#endif
