/* cmd.h - one file and one table entry per subcommand, and what they share. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stdint.h>

#include "client/peer.h"
#include "common/buf.h"
#include "common/options.h"
#include "common/str.h"
#include "mql/mql.h"

/* The contract with scripts. */
enum cmd_status {
	CMD_FINE   = 0,
	CMD_FAILED = 1, /* the query failed or ended early */
	CMD_USAGE  = 2, /* the command line or the query is wrong */
	CMD_NOBODY = 3, /* no source-job answers */
};

struct cmd {
	const char *name;
	const char *args;  /* what follows the name */
	const char *about; /* one line */
	/* argv[0] is the name; returns the exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct cmd cmd_tail, cmd_eval, cmd_explain, cmd_tap, cmd_agents,
	cmd_queries, cmd_streams, cmd_kill, cmd_off, cmd_on, cmd_fmt,
	cmd_functions, cmd_fields, cmd_keygen, cmd_save, cmd_rm, cmd_saved,
	cmd_help;

/* All of them in the order of the help; the last has no name. */
extern const struct cmd *const cmd_all[];

/* The command of this name, or NULL. */
const struct cmd *cmd_find(const char *name);

/* One line on standard error: `mql: ` and the sentence, safe on a terminal. */
__attribute__((format(printf, 1, 2)))
void cmd_complain(const char *fmt, ...);

/* The exit status that goes with an MQL_E... code. */
int cmd_status_of(int err);

/* Parse the options. True: go on with *nrest arguments from argv[1]. False:
 * *status is the exit status (help was asked for, or there was an error). */
bool cmd_options(const struct option_usage *usage, const struct option *table,
		 int argc, char **argv, int *nrest, int *status);

/* Compile a query. On failure the error was printed, *q is NULL, and the
 * exit status is returned. */
int cmd_compile(const char *text, struct mql_query **q);

/* Print why err happened; diag (may be NULL) goes with the query's text. */
int cmd_query_error(int err, const struct mql_diag *diag, const char *text);

#define QUIET_OPTION(to)                                                 \
	{ "quiet", 'q', OPTION_FLAG, NULL, NULL,                         \
	  "say nothing but errors", (to) }

/* --- ask.c: whom to ask, and one question to it ---------------------------- */

enum { ASK_TIMEOUT_MS = 5000 };

struct question {
	const char *what, *arg, *query;
};

/* As mql_request_with(), with the errors printed. Returns the exit status, and
 * with 0 *json, which the caller frees. */
int ask_question(const struct peer *p, const struct question *q, char **json);
/* One without a query. */
int ask(const struct peer *p, const char *what, const char *arg, char **json);

/* The text of a JSON object's member, whose name is given with its quotes; ptr
 * NULL: there is none. It lives in room. */
struct str ask_text(struct str json, struct str quoted, struct buf *room);

/* The text of a saved query, which the caller frees. Returns the exit status,
 * and with 0 *query (save.c). */
int ask_saved(const struct peer *p, const char *name, char **query);

/* Say why it cannot be spoken to, as diag of MQL_EUNREACH has it; or that it is
 * no endpoint. They return the exit status. */
int ask_nobody(const struct mql_diag *diag);
int ask_bad_endpoint(const char *source_job);

/* --- order.c: what asks for no rows, but that something be done ------------- */

struct order {
	struct peer peer;
	bool        quiet;
};

/* The options of a command that gives one; as cmd_options(). */
bool order_options(struct order *o, const struct option_usage *usage, int argc,
		   char **argv, int *nrest, int *status);

/* As ask_question(); once it is done that is said as fmt has it. */
__attribute__((format(printf, 3, 4)))
int order_give(const struct order *o, const struct question *q,
	       const char *fmt, ...);

#endif
