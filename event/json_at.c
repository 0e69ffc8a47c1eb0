/* json_at.c - the one value at the end of some steps. */
#include "event/json.h"

static bool
keep_first(void *arg, const struct value *v)
{
	*(struct value *)arg = *v;
	return false;
}

struct value
json_at(const struct value *from, const struct step *steps, unsigned nsteps,
	struct buf *scratch)
{
	struct value found = VALUE_NONE;

	if (!nsteps)
		return *from;
	if (from->type != VALUE_ARRAY && from->type != VALUE_OBJECT)
		return found;
	/* A string that was undone while walking must stay: walk to its raw
	 * text and undo it again, for keeps. */
	json_walk(value_str(from), steps, nsteps, scratch, keep_first, &found);
	if (found.type != VALUE_STR)
		return found;
	return json_value((struct str){ found.raw, found.nraw }, scratch);
}
