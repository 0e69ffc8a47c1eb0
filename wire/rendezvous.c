#include "wire/rendezvous.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t
rendezvous_of(struct str who)
{
	return XXH3_64bits(who.ptr, who.len);
}

uint64_t
rendezvous_weight(struct str name, uint64_t of)
{
	return XXH3_64bits_withSeed(name.ptr, name.len, of);
}
