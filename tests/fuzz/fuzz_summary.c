/* fuzz_summary.c - rows, one a line: what they are made of is valid JSON, adds
 * up, and names every field as a query can. */
#include <stdlib.h>

#include "client/summary.h"
#include "common/utf8.h"
#include "event/json.h"
#include "mql/mql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(struct str path)
{
	struct mql_query *q = NULL;
	struct buf text = BUF_INIT;

	buf_puts(&text, "select ");
	buf_put(&text, path.ptr, path.len);
	buf_puts(&text, " as x where ");
	buf_put(&text, path.ptr, path.len);
	buf_puts(&text, " is null");
	buf_put_u8(&text, '\0');
	/* Queries are UTF-8 without a NUL: no other name can be typed. */
	if (!text.err && !memchr(path.ptr, 0, path.len) &&
	    utf8_good(path) == path.len &&
	    mql_query_compile((char *)text.data, &q, NULL) == MQL_ESYNTAX)
		abort();
	mql_query_free(q);
	buf_fini(&text);
}

static void
check_field(const struct summary *s, const struct summary_field *f)
{
	struct buf text = BUF_INIT;
	uint64_t n = 0;

	summary_write_field(s, f, &text);
	if (text.err ||
	    json_check((struct str){ (char *)text.data, text.len }, NULL))
		abort();
	for (size_t i = 0; i < f->ntop; i++)
		n += f->top[i].n;
	if (!f->rows || f->rows > summary_rows(s) || f->ntop > f->distinct)
		abort();
	for (int t = VALUE_BOOL; t <= VALUE_STR; t++)
		n -= f->type[t] < n ? f->type[t] : n;
	if (n) /* more values than there were */
		abort();
	buf_fini(&text);
	check_path(f->path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct summary *s = summary_new();
	struct summary_field f;
	size_t at = 0;

	while (s && rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
		summary_add(s, (struct str){ rest.ptr, n });
		n += end != NULL;
		rest = (struct str){ rest.ptr + n, rest.len - n };
	}
	while (s && summary_next(s, &at, &f))
		check_field(s, &f);
	summary_free(s);
	return 0;
}
