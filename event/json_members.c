/* json_members.c - one member of a container after the other. */
#include "event/json_scan.h"

/* To the first member, or from behind one to the next. */
static bool
to_member(struct scan *s, size_t at)
{
	if (!at)
		return scan_open(s) && !scan_close(s);
	s->p += at;
	s->depth = 1;
	return scan_comma(s);
}

bool
json_member_next(struct str text, size_t *at, struct str *key,
		 struct str *value)
{
	struct scan s = scan_of(text);
	const char *beg;

	scan_space(&s);
	const bool object = scan_peek(&s) == '{';
	if (*at)
		s.p = text.ptr;
	if (!to_member(&s, *at))
		return false;
	*key = (struct str){ NULL, 0 };
	if (object && !scan_name(&s, key))
		return false;
	beg = s.p;
	if (!scan_skip(&s))
		return false;
	*value = (struct str){ beg, (size_t)(s.p - beg) };
	*at = (size_t)(s.p - text.ptr);
	return true;
}

struct str
json_member_text(struct str object, struct str quoted, struct buf *room)
{
	struct str name, raw;
	size_t at = 0;

	while (json_member_next(object, &at, &name, &raw)) {
		if (!str_eq(name, quoted) || !buf_room(room, raw.len))
			continue;
		struct value v = json_value(raw, room);
		if (v.type == VALUE_STR)
			return value_str(&v);
	}
	return (struct str){ 0 };
}
