/* fields_decode.c - JSON to a message, by its table. See fields.h.
 *
 * The text is hostile, and walked once, by the scanner that reads events:
 * there is no tree, and no memory is asked for but what the message keeps. A
 * fleet's agents and its source-jobs take a message apart for each query, and
 * each acknowledgement; a tree cost more than all the rest of it. */
#include <limits.h>
#include <strings.h>

#include "common/utf8.h"
#include "event/json_scan.h"
#include "mql/error.h"
#include "wire/fields.h"

enum {
	ESCAPE = 6,             /* bytes of \u0041, the longest for one byte */
	LONGEST_WORD = 40,      /* bytes of a name or word in our tables */
	NO_DEPTH = JSON_MAX_DEPTH - WIRE_MAX_DEPTH, /* where a scan begins that
						       is to go no deeper */
};

struct decode {
	struct scan   s;
	struct arena *mem;
};

/* --- scalars ---------------------------------------------------------------- */

/* A word of ours, as it is meant; what is none may come out as nothing. */
static struct str
unquote_word(struct str raw, char room[static ESCAPE * LONGEST_WORD])
{
	struct buf b = BUF_FIXED(room, ESCAPE * LONGEST_WORD);

	return json_unquote(raw, &b);
}

static bool
scan_text(struct scan *s, struct str *raw)
{
	const char *beg = s->p;

	if (!scan_string(s))
		return false;
	*raw = (struct str){ beg, (size_t)(s->p - beg) };
	return true;
}

/* Do its escapes spell text: no NUL, and no half of a surrogate pair? Such a
 * half is read as U+FFFD. */
static bool
spells_text(struct str raw)
{
	const char *p = raw.ptr, *end = raw.ptr + raw.len, *from;
	char c[4];

	while ((from = p = memchr(p, '\\', (size_t)(end - p)))) {
		size_t n = json_unescape(&p, end, c);
		if (!c[0] || (n == 3 && !memcmp(c, "\xef\xbf\xbd", 3) &&
			      strncasecmp(from, "\\ufffd", ESCAPE) != 0))
			return false;
	}
	return true;
}

static int
read_text(struct decode *d, const struct field *f, struct str *to)
{
	struct str raw, s;
	struct buf b;
	char *room;

	if (!scan_text(&d->s, &raw) || raw.len - 2 > ESCAPE * f->max)
		return MQL_EBADFRAME;
	room = arena_alloc(d->mem, raw.len); /* and the quotes are for a NUL */
	if (!room)
		return MQL_ENOMEM;
	b = (struct buf)BUF_FIXED(room, raw.len);
	s = json_unquote(raw, &b);
	if (s.len > f->max || (s.ptr == room && !spells_text(raw)))
		return MQL_EBADFRAME;
	if (s.ptr != room && s.len)
		memcpy(room, s.ptr, s.len);
	*to = (struct str){ room, s.len };
	return 0;
}

static int
read_bool(struct decode *d, bool *to)
{
	const unsigned char c = scan_peek(&d->s);

	*to = c == 't';
	return (c == 't' || c == 'f') && scan_scalar(&d->s) ? 0 : MQL_EBADFRAME;
}

static int
read_int(struct decode *d, int64_t min, int64_t max, int64_t *to)
{
	const unsigned char c = scan_peek(&d->s);
	const char *beg = d->s.p;
	struct value v;

	if ((c != '-' && (c < '0' || c > '9')) || !scan_scalar(&d->s))
		return MQL_EBADFRAME;
	v = json_number((struct str){ beg, (size_t)(d->s.p - beg) });
	if (v.type != VALUE_INT || v.i < min || v.i > max)
		return MQL_EBADFRAME;
	*to = v.i;
	return 0;
}

static int
read_number(struct decode *d, const struct field *f, void *at)
{
	int64_t n = 0;
	int err;

	if (f->kind == FIELD_U32) {
		err = read_int(d, 0, UINT32_MAX, &n);
		*(uint32_t *)at = (uint32_t)n;
	} else if (f->kind == FIELD_INT) {
		err = read_int(d, INT_MIN, INT_MAX, &n);
		*(int *)at = (int)n;
	} else if (f->kind == FIELD_U64) {
		err = read_int(d, 0, (int64_t)f->max, &n);
		*(uint64_t *)at = (uint64_t)n;
	} else {
		err = read_int(d, INT64_MIN, INT64_MAX, &n);
		*(uint64_t *)at = (uint64_t)n;
	}
	return err;
}

static int
read_choice(struct decode *d, const struct field *f, unsigned *to)
{
	char room[ESCAPE * LONGEST_WORD];
	struct str raw, s;

	if (!scan_text(&d->s, &raw))
		return MQL_EBADFRAME;
	s = unquote_word(raw, room);
	for (unsigned i = 0; f->word[i]; i++) {
		if (str_eq(str_of(f->word[i]), s)) {
			*to = i;
			return 0;
		}
	}
	return MQL_EBADFRAME;
}

/* --- containers ------------------------------------------------------------- */

static int read_object(struct decode *d, const struct field *table, char *to);
static int read_list(struct decode *d, const struct field *f, char *to);

/* What comes next, into a field of the struct at `to`. */
static int
read_value(struct decode *d, const struct field *f, char *to)
{
	void *at = to + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		return read_text(d, f, at);
	case FIELD_BOOL:
		return read_bool(d, at);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_INT:
		return read_number(d, f, at);
	case FIELD_CHOICE:
		return read_choice(d, f, at);
	case FIELD_OBJECT:
		return read_object(d, f->sub, at);
	case FIELD_LIST:
		return read_list(d, f, to);
	}
	return MQL_EBADFRAME;
}

/* Twice as long each time: how many will come is not known. */
static int
read_list(struct decode *d, const struct field *f, char *to)
{
	size_t n = 0, room = 0;
	char *all = NULL;
	int err;

	if (scan_peek(&d->s) != '[' || !scan_open(&d->s))
		return MQL_EBADFRAME;
	if (scan_close(&d->s))
		return 0;
	do {
		if (n == WIRE_MAX_LIST)
			return MQL_EBADFRAME;
		if (n == room) {
			room += room ? room : 1;
			all = arena_grow(d->mem, all, n * f->size,
					 room * f->size);
			if (!all)
				return MQL_ENOMEM;
		}
		if ((err = read_value(d, f->sub, all + n++ * f->size)))
			return err;
	} while (scan_comma(&d->s));
	memcpy(to + f->at, &all, sizeof all);
	*(size_t *)(void *)(to + f->count) = n;
	return scan_close(&d->s) ? 0 : MQL_EBADFRAME;
}

/* The row of a name. A writer has them in the order of the table, so those
 * from next on come first. NULL: we do not know it. */
static const struct field *
find(const struct field *table, const struct field *next, struct str raw)
{
	char room[ESCAPE * LONGEST_WORD];
	const struct str name = unquote_word(raw, room);
	const struct field *f;

	for (f = next; f->name.ptr; f++)
		if (str_eq(f->name, name))
			return f;
	for (f = table; f < next; f++)
		if (str_eq(f->name, name))
			return f;
	return NULL;
}

/* A member for each row that must be there? seen has a bit for each row. */
static bool
is_whole(const struct field *table, uint64_t seen)
{
	for (const struct field *f = table; f->name.ptr; f++, seen >>= 1)
		if (f->need == MUST && !(seen & 1))
			return false;
	return true;
}

static int
read_members(struct decode *d, const struct field *table, char *to,
	     uint64_t *seen)
{
	const struct field *next = table, *f;
	struct str name;
	int err;

	do {
		if (!scan_name(&d->s, &name))
			return MQL_EBADFRAME;
		if (!(f = find(table, next, name))) {
			if (!scan_skip(&d->s))
				return MQL_EBADFRAME;
			continue;
		}
		if (*seen >> (f - table) & 1) /* twice */
			return MQL_EBADFRAME;
		*seen |= UINT64_C(1) << (f - table);
		next = f + 1;
		if ((err = read_value(d, f, to)))
			return err;
	} while (scan_comma(&d->s));
	return scan_close(&d->s) ? 0 : MQL_EBADFRAME;
}

static int
read_object(struct decode *d, const struct field *table, char *to)
{
	uint64_t seen = 0;
	int err;

	if (scan_peek(&d->s) != '{' || !scan_open(&d->s))
		return MQL_EBADFRAME;
	if (!scan_close(&d->s) && (err = read_members(d, table, to, &seen)))
		return err;
	return is_whole(table, seen) ? 0 : MQL_EBADFRAME;
}

int
fields_decode(const struct field *table, struct str body, void *message,
	      struct arena *mem)
{
	struct decode d = { .s = scan_of(body), .mem = mem };
	int err;

	if (utf8_good(body) != body.len)
		return MQL_EBADFRAME;
	d.s.depth = NO_DEPTH;
	scan_space(&d.s);
	if ((err = read_object(&d, table, message)))
		return err;
	scan_space(&d.s);
	return d.s.p == d.s.end ? 0 : MQL_EBADFRAME;
}
