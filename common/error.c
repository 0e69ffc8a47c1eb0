/* error.c - the texts of the error codes, from the list that defines them. */
#include "mql/error.h"

const char *
mql_strerror(int err)
{
	switch (err) {
	case MQL_OK:
		return "success";
#define X(name, value, text)    \
	case MQL_E##name:       \
		return text;
	MQL_ERRORS(X)
#undef X
	default:
		return "unknown error";
	}
}
