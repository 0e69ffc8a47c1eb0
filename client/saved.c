/* saved.c - see saved.h. */
#include "client/saved.h"

#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/error.h"

/* The text that a member of a valid object is; ptr NULL: it is none. quoted is
 * its name, room the memory of a text with escapes. */
static struct str
member(struct str object, struct str quoted, struct buf *room)
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

int
client_saved_text(struct str json, const char *name, char **text)
{
	struct buf room = BUF_INIT;
	struct str none, row, found;
	size_t at = 0;
	int err = 0;

	*text = NULL;
	if (json_check(json, NULL) || *json.ptr != '[')
		return MQL_EBADFRAME;
	while (!err && !*text && json_member_next(json, &at, &none, &row)) {
		buf_reset(&room);
		found = member(row, STR("\"name\""), &room);
		if (!found.ptr || !str_eq(found, str_of(name)))
			continue;
		buf_reset(&room);
		found = member(row, STR("\"query\""), &room);
		if (found.ptr && !(*text = strndup(found.ptr, found.len)))
			err = MQL_ENOMEM;
	}
	buf_fini(&room);
	return err;
}
