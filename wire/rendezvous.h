/* rendezvous.h - which of several belongs to whom, by highest random weight.
 *
 * Each is weighed by a hash of its name and of who is to be placed; the
 * heaviest is the one. One that is added takes its even share of each of the
 * others and moves nobody else, one that is removed moves only its own. The
 * same in every process, on every machine and in every release. Any thread.
 * (D. G. Thaler and C. V. Ravishankar, "Using name-based mappings to increase
 * hit rates", IEEE/ACM Transactions on Networking 6(1), 1998.) */
#ifndef WIRE_RENDEZVOUS_H
#define WIRE_RENDEZVOUS_H

#include <stdint.h>

#include "common/str.h"

/* Who is to be placed, as a number. */
uint64_t rendezvous_of(struct str who);

/* What `name` weighs for him. */
uint64_t rendezvous_weight(struct str name, uint64_t of);

#endif
