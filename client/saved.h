/* saved.h - the texts of saved queries, out of what a source-job says of them.
 * Not installed. Any thread. */
#ifndef CLIENT_SAVED_H
#define CLIENT_SAVED_H

#include "common/str.h"

/* *text: the query of this name in json, the answer to "saved" (mql_request());
 * the caller frees it. NULL: none has that name. 0, MQL_EBADFRAME (no such
 * answer) or MQL_ENOMEM. */
int client_saved_text(struct str json, const char *name, char **text);

#endif
