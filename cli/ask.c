/* ask.c - one question to the source-job, with its errors put into words. */
#include <string.h>

#include "cli/cmd.h"
#include "client/request.h"
#include "event/json.h"
#include "wire/discovery.h"

int
ask_nobody(const struct mql_diag *diag)
{
	cmd_complain("%s", diag->text);
	return CMD_NOBODY;
}

int
ask_bad_endpoint(const char *source_job)
{
	char why[240] = "";

	if (wire_discovery_check(source_job, why, sizeof why))
		cmd_complain("%s", why);
	else /* a file or a name, and what it says now */
		cmd_complain("%s names no source-job", source_job);
	return CMD_USAGE;
}

struct str
ask_text(struct str json, struct str quoted, struct buf *room)
{
	if (json_check(json, NULL))
		return (struct str){ 0 };
	return json_member_text(json, quoted, room);
}

/* Say the sentence in {"error":"..."}. */
static int
refused(const char *json)
{
	struct buf room = BUF_INIT;
	struct str text = ask_text(str_of(json ? json : ""),
				   STR("\"error\""), &room);

	if (!text.ptr)
		text = STR("refused");
	cmd_complain("%.*s", text.len < 500 ? (int)text.len : 500, text.ptr);
	buf_fini(&room);
	return CMD_FAILED;
}

static int
failed(int err, const struct peer *p, const char *json,
       const struct mql_diag *diag)
{
	if (err == MQL_EUNREACH)
		return ask_nobody(diag);
	if (err == MQL_EADDRESS)
		return ask_bad_endpoint(p->source_job);
	if (err == MQL_EREFUSED)
		return refused(json);
	if (err != MQL_EINTR)
		cmd_complain("%s", *diag->text ? diag->text :
			     mql_strerror(err));
	return cmd_status_of(err);
}

/* Is it done only when all have answered? */
static bool
is_order(const char *what)
{
	return !strcmp(what, "kill") || !strcmp(what, "off") ||
	       !strcmp(what, "on") || !strcmp(what, "save") ||
	       !strcmp(what, "rm");
}

int
ask(const struct peer *p, const char *what, const char *arg, char **json)
{
	const struct question q = { .what = what, .arg = arg };

	return ask_question(p, &q, json);
}

int
ask_question(const struct peer *p, const struct question *q, char **json)
{
	struct mql_request_options opt = MQL_REQUEST_OPTIONS_INIT;
	struct mql_diag diag = { 0 };
	struct client_reply r;
	int err, status;

	opt.source_job = p->source_job;
	opt.key = p->key;
	opt.server_key = p->server_key;
	opt.what = q->what;
	opt.arg = q->arg;
	opt.query = q->query;
	opt.timeout_ms = ASK_TIMEOUT_MS;
	err = client_ask(NULL, &opt, &r, &diag);
	status = err ? failed(err, p, r.json, &diag) : CMD_FINE;
	*json = NULL;
	if (!err && r.silent) {
		cmd_complain("no source-job answers at %s", r.silent);
		if (is_order(q->what))
			status = CMD_FAILED;
	}
	if (!status) {
		*json = r.json;
		r.json = NULL;
	}
	client_reply_fini(&r);
	return status;
}
