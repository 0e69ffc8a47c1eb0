/* saved.c - see saved.h. */
#include "client/saved.h"

#include <stdlib.h>
#include <string.h>

#include "event/json.h"
#include "mql/error.h"

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
		found = json_member_text(row, STR("\"name\""), &room);
		if (!found.ptr || !str_eq(found, str_of(name)))
			continue;
		buf_reset(&room);
		found = json_member_text(row, STR("\"query\""), &room);
		if (found.ptr && !(*text = strndup(found.ptr, found.len)))
			err = MQL_ENOMEM;
	}
	buf_fini(&room);
	return err;
}
