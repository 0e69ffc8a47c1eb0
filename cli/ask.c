/* ask.c - one question to the source-job, with its errors put into words. */
#include <stdlib.h>

#include "cli/cmd.h"
#include "event/json.h"
#include "mql/client.h"

int
ask_nobody(const struct mql_diag *diag)
{
	cmd_complain("%s", diag->text);
	return CMD_NOBODY;
}

int
ask_bad_endpoint(const char *source_job)
{
	cmd_complain("'%s' is no endpoint: tcp://HOST:PORT is expected",
		     source_job);
	return CMD_USAGE;
}

/* Say the sentence in {"error":"..."}. */
static int
refused(const char *json)
{
	struct str key, raw, text = STR("refused");
	struct buf scratch = BUF_INIT;
	size_t at = 0;

	while (json && !json_check(str_of(json), NULL) &&
	       json_member_next(str_of(json), &at, &key, &raw)) {
		if (!str_eq(key, STR("\"error\"")))
			continue;
		buf_reset(&scratch);
		if (!buf_room(&scratch, raw.len))
			break;
		struct value v = json_value(raw, &scratch);
		if (v.type == VALUE_STR)
			text = value_str(&v);
	}
	cmd_complain("%.*s", text.len < 500 ? (int)text.len : 500, text.ptr);
	buf_fini(&scratch);
	return CMD_FAILED;
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
	int err, status;

	opt.source_job = p->source_job;
	opt.key = p->key;
	opt.server_key = p->server_key;
	opt.what = q->what;
	opt.arg = q->arg;
	opt.query = q->query;
	opt.timeout_ms = ASK_TIMEOUT_MS;
	if (!(err = mql_request_with(&opt, json, &diag)))
		return CMD_FINE;
	status = cmd_status_of(err);
	if (err == MQL_EUNREACH)
		status = ask_nobody(&diag);
	else if (err == MQL_EADDRESS)
		status = ask_bad_endpoint(p->source_job);
	else if (err == MQL_EREFUSED)
		status = refused(*json);
	else if (err != MQL_EINTR)
		cmd_complain("%s", *diag.text ? diag.text :
			     mql_strerror(err));
	free(*json);
	*json = NULL;
	return status;
}
