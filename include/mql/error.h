/* error.h - the error codes of every mql function.
 *
 * A function that can fail returns int: 0 is success, a negative MQL_E...
 * says why not. Nothing sets errno, nothing prints, nothing aborts. */
#ifndef MQL_ERROR_H
#define MQL_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define MQL_API __attribute__((visibility("default")))

/* X(name, value, text). Values are ABI: append, never renumber. */
#define MQL_ERRORS(X)                                                   \
	X(NOMEM,    -1, "out of memory")                                \
	X(SYNTAX,   -2, "syntax error")                                 \
	X(TYPE,     -3, "operands do not go together")                  \
	X(LIMIT,    -4, "a limit is exceeded")                          \
	X(BADPROG,  -5, "program failed verification")                  \
	X(UNSUP,    -6, "not there yet")                                \
	X(BADEVENT, -7, "the event is not valid JSON")                  \
	X(BADFRAME, -8, "the message is malformed")                     \
	X(VERSION,  -9, "the peer speaks another version")              \
	X(INVAL,   -10, "invalid argument")                             \
	X(ADDRESS, -11, "bad address")                                  \
	X(INUSE,   -12, "address already in use")                       \
	X(UNREACH, -13, "nobody answers")                               \
	X(TIMEOUT, -14, "timed out")                                    \
	X(REFUSED, -15, "refused")                                      \
	X(CLOSED,  -16, "closed")                                       \
	X(OS,      -17, "the operating system refused")                 \
	X(INTR,    -18, "interrupted by a signal")

enum mql_error {
	MQL_OK = 0,
#define X(name, value, text) MQL_E##name = (value),
	MQL_ERRORS(X)
#undef X
};

/* The fixed text for a code; never NULL, never freed. Any thread. */
MQL_API const char *mql_strerror(int err);

#ifdef __cplusplus
}
#endif
#endif
