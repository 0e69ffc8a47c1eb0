/* output_json.c - rows as they came: for programs byte for byte, for people
 * with colours around the tokens.
 *
 * On a terminal the few characters that it might obey (DEL, C1 controls, marks
 * that turn the writing direction) are written as \u escapes, which mean the
 * same in JSON. */
#include "cli/output_form.h"
#include "cli/text.h"

static void
row_plain(struct output *o, struct str row)
{
	buf_put(&o->text, row.ptr, row.len);
	buf_put_u8(&o->text, '\n');
}

const struct output_form output_json = { .row = row_plain };

enum token { TOKEN_KEY, TOKEN_STRING, TOKEN_NUMBER, TOKEN_WORD, TOKEN_MARK };

static const char *const color_of[] = {
	[TOKEN_KEY]    = "\033[2m",  /* dim */
	[TOKEN_STRING] = "\033[32m", /* green */
	[TOKEN_NUMBER] = "\033[36m", /* cyan */
	[TOKEN_WORD]   = "\033[33m", /* true, false, null: yellow */
	[TOKEN_MARK]   = NULL,       /* brackets, commas, spaces */
};

static size_t
string_end(struct str row, size_t i)
{
	for (i++; i < row.len && row.ptr[i] != '"'; i++)
		if (row.ptr[i] == '\\')
			i++;
	return i < row.len ? i + 1 : row.len;
}

static bool
is_key(struct str row, size_t end)
{
	while (end < row.len && strchr(" \t", row.ptr[end]))
		end++;
	return end < row.len && row.ptr[end] == ':';
}

static bool
is_mark(char c)
{
	return c && strchr("{}[],: \t", c);
}

/* The token that begins at i, and where it ends. */
static enum token
token_at(struct str row, size_t i, size_t *end)
{
	char c = row.ptr[i];
	bool mark = is_mark(c);

	if (c == '"') {
		*end = string_end(row, i);
		return is_key(row, *end) ? TOKEN_KEY : TOKEN_STRING;
	}
	for (*end = i + 1; *end < row.len && row.ptr[*end] != '"' &&
			   is_mark(row.ptr[*end]) == mark; ++*end)
		;
	if (mark)
		return TOKEN_MARK;
	return c >= 'a' && c <= 'z' ? TOKEN_WORD : TOKEN_NUMBER;
}

static void
put_token(struct str token, struct buf *out)
{
	size_t from = 0, n;
	unsigned code;

	for (size_t i = 0; i < token.len; i += n) {
		n = 1;
		if ((unsigned char)token.ptr[i] < 0x7f ||
		    !text_is_hazard(token.ptr + i, token.len - i, &code, &n)) {
			n = n > token.len - i || !n ? 1 : n;
			continue;
		}
		buf_put(out, token.ptr + from, i - from);
		buf_printf(out, "\\u%04x", code);
		from = i + n;
	}
	buf_put(out, token.ptr + from, token.len - from);
}

static void
row_terminal(struct output *o, struct str row)
{
	for (size_t i = 0, end; i < row.len; i = end) {
		enum token kind = token_at(row, i, &end);
		const char *color = o->color ? color_of[kind] : NULL;

		if (color)
			buf_puts(&o->text, color);
		put_token((struct str){ row.ptr + i, end - i }, &o->text);
		if (color)
			buf_puts(&o->text, "\033[0m");
	}
	buf_put_u8(&o->text, '\n');
}

const struct output_form output_terminal = { .row = row_terminal };
