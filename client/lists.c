/* lists.c - see lists.h. Members are compared and copied as raw JSON text:
 * every source-job writes them in the same way. */
#include "client/lists.h"

#include <inttypes.h>
#include <stdlib.h>

#include "event/json.h"
#include "mql/error.h"

struct object {
	struct str raw, key;
	size_t     place; /* whose it is */
};

static struct str
member(struct str object, struct str quoted)
{
	struct str key, value;
	size_t at = 0;

	while (json_member_next(object, &at, &key, &value))
		if (str_eq(key, quoted))
			return value;
	return (struct str){ 0 };
}

/* --- all objects, by key ------------------------------------------------------ */

static int
by_key(const void *x, const void *y)
{
	const struct object *a = x, *b = y;
	int c = str_cmp(a->key, b->key);

	return c ? c : (a->place > b->place) - (a->place < b->place);
}

static size_t
count(const struct answer *a, size_t n)
{
	struct str key, value;
	size_t all = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; a[i].json && json_member_next(
			     str_of(a[i].json), &at, &key, &value);)
			all++;
	return all;
}

/* Sorted; *nobject of them. */
static struct object *
collect(const struct answer *a, size_t n, struct str key_name,
	size_t *nobject)
{
	struct object *all = calloc(count(a, n) + 1, sizeof *all);
	struct str key, value;
	size_t m = 0;

	*nobject = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; a[i].json && json_member_next(
			     str_of(a[i].json), &at, &key, &value);)
			all[m++] = (struct object){
				value, member(value, key_name), i };
	qsort(all, m, sizeof *all, by_key);
	*nobject = m;
	return all;
}

/* --- objects of one key as one -------------------------------------------------- */

static bool
is_number(struct str raw)
{
	return raw.len && (raw.ptr[0] == '-' ||
			   (raw.ptr[0] >= '0' && raw.ptr[0] <= '9'));
}

static uint64_t
number(struct str raw)
{
	uint64_t n = 0;

	for (size_t i = 0; i < raw.len && raw.ptr[i] >= '0' &&
	     raw.ptr[i] <= '9'; i++)
		n = 10 * n + (uint64_t)(raw.ptr[i] - '0');
	return n;
}

static void
put_sum(struct str name, const struct object *o, size_t n, struct buf *out)
{
	const bool oldest = str_eq(name, STR("\"age_ms\""));
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t one = number(member(o[i].raw, name));

		sum = !oldest ? sum + one : one > sum ? one : sum;
	}
	buf_printf(out, "%" PRIu64, sum);
}

/* A subscriber asks all of them: the longest list names each. */
static void
put_longest(struct str name, const struct object *o, size_t n,
	    struct buf *out)
{
	struct str longest = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct str one = member(o[i].raw, name);

		if (one.len > longest.len)
			longest = one;
	}
	buf_put(out, longest.ptr, longest.len);
}

static void
put_all(struct str name, const struct object *o, size_t n, struct buf *out)
{
	struct str key, value;
	const char *sep = "[";

	for (size_t i = 0; i < n; i++) {
		struct str list = member(o[i].raw, name);

		for (size_t at = 0; list.len &&
		     json_member_next(list, &at, &key, &value); sep = ",") {
			buf_puts(out, sep);
			buf_put(out, value.ptr, value.len);
		}
	}
	buf_puts(out, *sep == '[' ? "[]" : "]");
}

static void
put_member(struct str name, struct str value, const struct object *o,
	   size_t n, struct buf *out)
{
	buf_put(out, name.ptr, name.len);
	buf_puts(out, ":");
	if (str_eq(name, STR("\"id\"")))
		buf_printf(out, "\"%.*s@%zu\"", (int)value.len, value.ptr,
			   o->place + 1);
	else if (is_number(value))
		put_sum(name, o, n, out);
	else if (str_eq(name, STR("\"subscribers\"")))
		put_longest(name, o, n, out);
	else if (value.ptr[0] == '[')
		put_all(name, o, n, out);
	else
		buf_put(out, value.ptr, value.len);
}

/* The members of all n objects, each once, in the order of their first. */
static void
put_one(const struct object *o, size_t n, struct buf *out)
{
	const char *sep = "{";
	struct str name, value;

	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0;
		     json_member_next(o[i].raw, &at, &name, &value);) {
			bool seen = false;

			for (size_t k = 0; k < i && !seen; k++)
				seen = member(o[k].raw, name).len;
			if (seen || !name.len)
				continue;
			buf_puts(out, sep);
			put_member(name, value, o, n, out);
			sep = ",";
		}
	}
	buf_puts(out, *sep == '{' ? "{}" : "}");
}

/* An agent that has moved may still be known where it was. */
static void
put_agent(const struct answer *a, const struct object *o, size_t n,
	  struct buf *out)
{
	const struct object *best = o;

	for (size_t i = 0; i < n; i++)
		if (!str_eq(member(o[i].raw, STR("\"state\"")),
			    STR("\"gone\"")))
			best = &o[i];
	buf_puts(out, "{\"source_job\":");
	json_write_str(str_of(a[best->place].endpoint), out);
	buf_puts(out, best->raw.len > 2 ? "," : "");
	buf_put(out, best->raw.ptr + 1, best->raw.len - 1);
}

void
lists_merge(const char *what, const struct answer *a, size_t n,
	    struct buf *out)
{
	const bool agents = !strcmp(what, "agents");
	struct str key = agents ? STR("\"agent\"") :
		!strcmp(what, "queries") ? STR("\"query\"") :
					   STR("\"name\"");
	size_t all, same;
	struct object *o = collect(a, n, key, &all);

	if (!o)
		out->err = MQL_ENOMEM;
	buf_puts(out, "[");
	for (size_t i = 0; i < all; i += same) {
		for (same = 1; i + same < all && o[i].key.len &&
		     str_eq(o[i].key, o[i + same].key); same++)
			;
		buf_puts(out, i ? "," : "");
		if (agents)
			put_agent(a, &o[i], same, out);
		else
			put_one(&o[i], same, out);
	}
	buf_puts(out, "]");
	free(o);
}

/* --- one query ---------------------------------------------------------------------- */

/* The text of query `id` at one source-job. */
static struct str
text_of(const struct answer *a, unsigned long id)
{
	struct str key, o;

	for (size_t at = 0; a->json &&
	     json_member_next(str_of(a->json), &at, &key, &o);)
		if (number(member(o, STR("\"id\""))) == id)
			return member(o, STR("\"query\""));
	return (struct str){ 0 };
}

struct str
lists_find(const struct answer *a, size_t n, const char *id, bool *several)
{
	char *end;
	unsigned long number = strtoul(id, &end, 10), place = 0;
	struct str found = { 0 };

	*several = false;
	if (*end == '@')
		place = strtoul(end + 1, NULL, 10);
	for (size_t i = 0; i < n; i++) {
		struct str text = { 0 };

		if (!place || place == i + 1)
			text = text_of(&a[i], number);
		if (!text.len)
			continue;
		*several |= found.len && !str_eq(found, text);
		found = text;
	}
	return *several ? (struct str){ 0 } : found;
}

unsigned long
lists_id(const struct answer *a, struct str text)
{
	struct str key, o;

	for (size_t at = 0; a->json &&
	     json_member_next(str_of(a->json), &at, &key, &o);)
		if (str_eq(member(o, STR("\"query\"")), text))
			return number(member(o, STR("\"id\"")));
	return 0;
}
