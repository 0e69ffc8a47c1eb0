/* saved_file.c - the saved queries as text: see saved.h.
 *
 *     {"version":1,"saved":[{"name":"errors","query":"select ...",
 *                            "by":"ann","since":1795280000000}, ...]}
 *
 * In the topic each of them is a record of its own. */
#include <jansson.h>
#include <stdlib.h>

#include "mql/error.h"
#include "source-job/saved.h"

enum { VERSION = 1 };

bool
saved_name_ok(struct str name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!name.len || name.len > SAVED_NAME || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!name.ptr[i] || !strchr(letters, name.ptr[i]))
			return false;
	return true;
}

static char *
copy(struct str s)
{
	return strndup(s.len ? s.ptr : "", s.len);
}

struct saved_query *
saved_query_new(struct str name, struct str text, struct str by, int64_t since)
{
	struct saved_query *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->name = copy(name);
	q->text = copy(text);
	q->by = copy(by);
	q->since = since;
	if (q->name && q->text && q->by)
		return q;
	saved_query_free(q);
	return NULL;
}

void
saved_query_free(struct saved_query *q)
{
	if (!q)
		return;
	free(q->name);
	free(q->text);
	free(q->by);
	free(q);
}

/* --- from text ------------------------------------------------------------------ */

static struct str
text_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

/* 0, MQL_EINVAL or MQL_ENOMEM. */
static int
decode(const json_t *o, struct saved_query **out)
{
	struct str name = text_of(o, "name"), text = text_of(o, "query");

	*out = NULL;
	if (!saved_name_ok(name) || !text.len || text.len > WIRE_MAX_TEXT)
		return MQL_EINVAL;
	*out = saved_query_new(name, text, text_of(o, "by"),
			       json_integer_value(json_object_get(o,
								  "since")));
	return *out ? 0 : MQL_ENOMEM;
}

static int
add(struct saved *s, const json_t *o)
{
	struct saved_query *q;
	int err = s->n < SAVED_MAX ? decode(o, &q) : MQL_EINVAL;

	if (err)
		return err;
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->query[i]->name, q->name)) {
			saved_query_free(q);
			return MQL_EINVAL;
		}
	s->query[s->n++] = q;
	return 0;
}

int
saved_query_decode(struct str name, struct str text,
		   struct saved_query **out)
{
	json_t *o = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES,
			       NULL);
	int err = decode(o, out);

	if (!err && !str_eq(str_of((*out)->name), name)) {
		saved_query_free(*out);
		*out = NULL;
		err = MQL_EINVAL;
	}
	json_decref(o);
	return err;
}

int
saved_decode(struct saved *s, struct str text)
{
	json_t *all = text.len ? json_loadb(text.ptr, text.len,
					    JSON_REJECT_DUPLICATES, NULL) :
				 json_object();
	json_t *list = json_object_get(all, "saved"), *o;
	int64_t version = json_integer_value(json_object_get(all, "version"));
	int err = !text.len || (version == VERSION && json_is_array(list)) ?
		  0 : MQL_EINVAL;
	size_t i;

	json_array_foreach(list, i, o)
		if (!err)
			err = add(s, o);
	json_decref(all);
	return err;
}

/* --- to text ------------------------------------------------------------------ */

static json_t *
encode(const struct saved_query *q)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "name", q->name, "query",
			 q->text, "by", q->by, "since",
			 (json_int_t)q->since);
}

/* Takes o. */
static void
put_text(struct buf *out, json_t *o, size_t flags)
{
	char *text = json_dumps(o, flags);

	if (!text)
		out->err = MQL_ENOMEM;
	buf_puts(out, text ? text : "");
	free(text);
	json_decref(o);
}

void
saved_query_encode(const struct saved_query *q, struct buf *out)
{
	put_text(out, encode(q), JSON_COMPACT);
}

void
saved_encode(const struct saved *s, struct buf *out)
{
	json_t *list = json_array();
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->query[i]->name, s->name)) {
			json_array_append_new(list, encode(s->query[i]));
			n++;
		}
	if (s->plus) {
		json_array_append_new(list, encode(s->plus));
		n++;
	}
	if (json_array_size(list) != n)
		out->err = MQL_ENOMEM;
	put_text(out, json_pack("{s:i, s:o}", "version", VERSION, "saved",
				list), JSON_INDENT(1));
}
