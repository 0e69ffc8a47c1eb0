/* position.c - see position.h. */
#include "sink/sse/position.h"

#include <inttypes.h>

/* Digits at the front of *s, which is advanced. */
static bool
take_number(struct str *s, uint64_t *n)
{
	const char *from = s->ptr;

	*n = 0;
	while (s->len && *s->ptr >= '0' && *s->ptr <= '9') {
		if (__builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(*s->ptr - '0'), n))
			return false;
		s->ptr++;
		s->len--;
	}
	return s->ptr > from && *n <= INT64_MAX; /* sums do not overflow */
}

static bool
take_place(struct str s, struct place *to)
{
	*to = (struct place){ 0 };
	if (!take_number(&s, &to->rows))
		return false;
	if (s.len && *s.ptr == '.') {
		s.ptr++;
		s.len--;
		if (!take_number(&s, &to->marks))
			return false;
	}
	return !s.len;
}

static bool
is_epoch(struct str s)
{
	for (size_t i = 0; i < EPOCH_LEN; i++)
		if (!strchr("0123456789abcdef", s.ptr[i]) || !s.ptr[i])
			return false;
	return true;
}

static void
parse_one(struct str s, struct position *p)
{
	*p = (struct position){ 0 };
	if (str_eq(s, STR("error"))) {
		p->kind = POSITION_OVER;
		return;
	}
	if (s.len < EPOCH_LEN + 2 || s.ptr[EPOCH_LEN] != '-' || !is_epoch(s))
		return;
	struct str rest = { s.ptr + EPOCH_LEN + 1, s.len - EPOCH_LEN - 1 };
	if (str_eq(rest, STR("end")))
		p->kind = POSITION_OVER;
	else if (take_place(rest, &p->place))
		p->kind = POSITION_AT;
	else
		return;
	memcpy(p->epoch, s.ptr, EPOCH_LEN);
}

void
position_parse(struct str text, struct position *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *comma = text.len ? memchr(text.ptr, ',', text.len)
					     : NULL;
		size_t len = comma ? (size_t)(comma - text.ptr) : text.len;

		parse_one((struct str){ text.ptr, len }, &to[i]);
		len += comma != NULL;
		text.ptr += len;
		text.len -= len;
	}
}

void
position_write(const struct position *p, struct buf *out)
{
	if (!*p->epoch) {
		buf_puts(out, "error");
		return;
	}
	buf_puts(out, p->epoch);
	if (p->kind == POSITION_OVER)
		buf_puts(out, "-end");
	else
		buf_printf(out, "-%" PRIu64, p->place.rows);
	if (p->kind == POSITION_AT && p->place.marks)
		buf_printf(out, ".%" PRIu64, p->place.marks);
}
