/* key.c - see key.h. A key is the row of a query on the row. */
#include "sink/kafka/key.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "client/tail.h"
#include "event/json.h"

struct key {
	struct mql_query  *query;  /* NULL: constant */
	struct mql_runner *runner;
	unsigned           groups; /* 0: an expression */
	char              *field;  /* `"name"`, when it is but a field: found
				      without the query, most often */
	struct buf         text;   /* what key_make() gave */
	struct buf         part;   /* a string, undone */
};

void
key_free(struct key *k)
{
	if (!k)
		return;
	mql_runner_free(k->runner);
	mql_query_free(k->query);
	buf_fini(&k->text);
	buf_fini(&k->part);
	free(k->field);
	free(k);
}

static int
compile(const char *text, unsigned groups, struct key **out,
	struct mql_diag *diag)
{
	struct key *k = calloc(1, sizeof *k);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!k)
		goto out;
	k->groups = groups;
	if ((err = mql_query_compile(text, &k->query, diag)) ||
	    (err = mql_runner_new(k->query, 0, &k->runner)))
		goto out;
	*out = k;
	k = NULL;
out:
	key_free(k);
	return err;
}

/* --- an expression ------------------------------------------------------------ */

/* Is text but the name of a field? */
static bool
is_field(const char *text)
{
	static const char *const constants[] = { "true", "false", "null" };
	size_t n = 0;

	while (isalpha((unsigned char)text[n]) || text[n] == '_' ||
	       (n && isdigit((unsigned char)text[n])))
		n++;
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (!strcasecmp(text, constants[i]))
			return false;
	return n && !text[n];
}

static const char before[] = "select (";

static int
complain(struct mql_diag *diag, const char *text, const char *why)
{
	*diag = (struct mql_diag){ .line = 1, .col = 1,
				   .end = (int)strlen(text) };
	snprintf(diag->text, sizeof diag->text, "%s", why);
	return MQL_ETYPE;
}

int
key_new(const char *text, struct key **out, struct mql_diag *diag)
{
	struct buf b = BUF_INIT;
	bool since;
	int err;

	buf_printf(&b, "%s%s) as k", before, text);
	buf_put_u8(&b, '\0');
	*out = NULL;
	if ((err = b.err))
		goto out;
	err = compile((const char *)b.data, 0, out, diag);
	if (err) {
		const int shift = sizeof before - 1;

		diag->col -= diag->line == 1 ? shift : 0;
		diag->beg -= shift;
		diag->end -= shift;
	} else if (client_query_kind((*out)->query, &since) != CLIENT_ROWS) {
		key_free(*out);
		*out = NULL;
		err = complain(diag, text, "a key is made of one row: it has "
			       "no aggregate");
	} else if (is_field(text) &&
		   asprintf(&(*out)->field, "\"%s\"", text) < 0) {
		(*out)->field = NULL; /* the query finds it, too */
	}
out:
	buf_fini(&b);
	return err;
}

/* --- groups --------------------------------------------------------------------- */

/* `e['it''s']`: a column by its name, whatever that is. */
static void
put_column(struct buf *b, struct str name)
{
	buf_puts(b, "e['");
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\'')
			buf_put_u8(b, '\'');
		buf_put_u8(b, (uint8_t)name.ptr[i]);
	}
	buf_puts(b, "']");
}

static int
constant(const char *name, struct key **out)
{
	struct key *k = calloc(1, sizeof *k);

	if (k)
		buf_puts(&k->text, name);
	if (k && k->text.err) {
		key_free(k);
		k = NULL;
	}
	*out = k;
	return k ? 0 : MQL_ENOMEM;
}

int
key_of_groups(const struct mql_query *q, const char *name, struct key **out)
{
	struct buf b = BUF_INIT;
	struct str column;
	unsigned n = 0;
	int err = 0;

	*out = NULL;
	buf_puts(&b, "select ");
	for (; client_query_group(q, n, &column) && !err; n++) {
		if (n)
			buf_puts(&b, ", ");
		if (column.ptr)
			put_column(&b, column);
		else
			err = MQL_EUNSUP;
		buf_printf(&b, " as k%u", n);
	}
	buf_put_u8(&b, '\0');
	if (!err && !(err = b.err))
		err = n ? compile((const char *)b.data, n, out, NULL) :
			  constant(name, out);
	buf_fini(&b);
	return err;
}

/* --- a row ------------------------------------------------------------------- */

/* A string without its quotes and escapes, or anything as it stands. */
static int
plainly(struct key *k, struct str value, struct str *out)
{
	*out = value;
	if (*value.ptr != '"')
		return 0;
	*out = (struct str){ value.ptr + 1, value.len - 2 };
	if (!memchr(value.ptr, '\\', value.len))
		return 0;
	buf_reset(&k->part);
	struct value v = json_value(value, &k->part);
	*out = value_str(&v);
	return k->part.err;
}

/* `k12` is 12. */
static unsigned
number_of(struct str name)
{
	unsigned n = 0;

	for (size_t i = 2; i + 1 < name.len; i++)
		n = n * 10 + (unsigned)(name.ptr[i] - '0');
	return n;
}

/* ["BR",null,3]: what is null is not in the row. */
static int
put_array(struct key *k, struct str row)
{
	struct str name, value;
	unsigned done = 0;
	size_t at = 0;

	buf_reset(&k->text);
	buf_put_u8(&k->text, '[');
	while (json_member_next(row, &at, &name, &value)) {
		for (; done < number_of(name); done++)
			buf_puts(&k->text, "null,");
		buf_put(&k->text, value.ptr, value.len);
		buf_put_u8(&k->text, ',');
		done++;
	}
	for (; done < k->groups; done++)
		buf_puts(&k->text, "null,");
	if (!k->text.err)
		k->text.data[k->text.len - 1] = ']';
	return k->text.err;
}

/* Is the field there by its plain name? What it does not find the query may, by
 * a name with escapes. What is read is checked on the way, the rest of the row
 * is not. */
static bool
find_field(const struct key *k, struct str row, struct str *value)
{
	struct str name, want = str_of(k->field);
	size_t at = 0;

	if (!row.len || *row.ptr != '{')
		return false;
	while (json_member_next(row, &at, &name, value))
		if (str_eq(name, want))
			return true;
		else if (memchr(name.ptr, '\\', name.len))
			return false;
	return false;
}

int
key_make(struct key *k, struct str row, struct str *out)
{
	struct str made = { 0 }, name, value;
	size_t at = 0;
	int err;

	*out = made;
	for (; row.len && isspace((unsigned char)*row.ptr); row.len--)
		row.ptr++;
	if (k->field && find_field(k, row, &value))
		return *value.ptr == 'n' ? 0 : plainly(k, value, out);
	if (json_check(row, NULL) || *row.ptr != '{')
		return MQL_EBADEVENT;
	if (k->query) {
		err = mql_runner_event(k->runner, row.ptr, row.len, &made.ptr,
				       &made.len);
		if (err || !made.ptr)
			return err;
	}
	if (k->groups > 1 && (err = put_array(k, made)))
		return err;
	if (k->groups > 1 || !k->query)
		*out = (struct str){ (char *)k->text.data, k->text.len };
	else if (json_member_next(made, &at, &name, &value))
		return plainly(k, value, out);
	else if (k->groups)
		*out = STR("null");
	return 0;
}
