/* labels.c - `k=v,k2=v2`: what the owner calls this process, for `sample ...
 * at labels.k == 'v'` and for people. */
#include <stdlib.h>

#include "agent/agent.h"

static bool
is_name(struct str s)
{
	static const char others[] = "._-/";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && (!c || !strchr(others, c)))
			return false;
	}
	return s.len && s.len <= WIRE_MAX_NAME;
}

static bool
is_taken(const struct owner *o, struct str name)
{
	for (size_t i = 0; i < o->nlabel; i++)
		if (str_eq(o->label[i].name, name))
			return true;
	return false;
}

/* One `k=v`. False when it is none. */
static bool
take_label(struct owner *o, struct str item)
{
	const char *sign = item.len ? memchr(item.ptr, '=', item.len) : NULL;
	size_t n = sign ? (size_t)(sign - item.ptr) : 0;
	struct str name = { item.ptr, n }, value;

	if (!sign || !is_name(name))
		return false;
	value = (struct str){ sign + 1, item.len - n - 1 };
	if (value.len > WIRE_MAX_NAME || o->nlabel == OWNER_LABELS)
		return false;
	if (!is_taken(o, name))
		o->label[o->nlabel++] = (struct wire_label){ name, value };
	return true;
}

static int
take_labels(struct mql_agent *a, const char *text, const char *where)
{
	struct str rest = arena_str(&a->mem, str_of(text));
	bool told = false;

	if (text && *text && !rest.ptr)
		return MQL_ENOMEM;
	while (rest.len) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		size_t n = comma ? (size_t)(comma - rest.ptr) : rest.len;
		struct str item = { rest.ptr, n };

		while (item.len && *item.ptr == ' ') {
			item.ptr++;
			item.len--;
		}
		if (!take_label(&a->owner, item) && !told) {
			owner_say(a, "%s: '%.*s' is no label, which is "
				  "name=value, or one too many", where,
				  (int)(item.len < 80 ? item.len : 80),
				  item.ptr);
			told = true;
		}
		n += comma != NULL;
		rest = (struct str){ rest.ptr + n, rest.len - n };
	}
	return 0;
}

int
owner_labels(struct mql_agent *a, const struct mql_agent_options *opt)
{
	struct owner *o = &a->owner;
	int err;

	o->label = arena_alloc(&a->mem, OWNER_LABELS * sizeof *o->label);
	if (!o->label)
		return MQL_ENOMEM;
	err = take_labels(a, opt->labels, "the labels in the options");
	return err ? err : take_labels(a, getenv("MQL_AGENT_LABELS"),
				       "MQL_AGENT_LABELS");
}
