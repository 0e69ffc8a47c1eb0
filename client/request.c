/* request.c - one question of an operator, one answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/tail.h"
#include "common/clock.h"

enum { REQUEST_ID = 1, LOOK_MS = 500 };

/* user@host, so that people know whom to ask. */
static void
name_us(char *to, size_t n)
{
	const char *user = getenv("USER");
	char host[64] = "";

	gethostname(host, sizeof host - 1);
	if (user && *user)
		snprintf(to, n, "%.60s@%s", user, host);
	else
		snprintf(to, n, "uid %u@%s", (unsigned)geteuid(), host);
}

static int
send_request(struct client_link *l, const struct mql_request_options *o)
{
	char who[128];
	struct wire_request m = { .id = REQUEST_ID, .what = str_of(o->what),
				  .arg = str_of(o->arg),
				  .query = str_of(o->query) };
	struct buf b = BUF_INIT;

	name_us(who, sizeof who);
	m.who = str_of(who);
	wire_request_encode(&m, &b);
	int err = client_link_send(l, &b);
	buf_fini(&b);
	return err;
}

/* 0 and *json when msg is our reply; MQL_EREFUSED too with *json;
 * MQL_ETIMEOUT when it is something else. */
static int
take_reply(struct str msg, char **json)
{
	struct wire_reply m;
	struct str body;
	unsigned kind;
	int err = MQL_ETIMEOUT;

	if (wire_get_header(msg.ptr, msg.len, &kind, &body) ||
	    kind != WIRE_REPLY)
		return err;
	if (!wire_reply_decode(body, &m) && m.id == REQUEST_ID) {
		*json = strndup(m.text.ptr ? m.text.ptr : "", m.text.len);
		err = !*json ? MQL_ENOMEM : m.ok ? 0 : MQL_EREFUSED;
	}
	arena_fini(&m.mem);
	return err;
}

static int
converse(struct client_link *l, const struct mql_request_options *o,
	 int64_t deadline, char **json)
{
	const int64_t begun = clock_mono_ms();
	unsigned asked_on = 0, changes = 0;
	bool asked = false;

	for (;;) {
		struct str msg;
		while (wire_dealer_recv(l->dealer, &msg) == 1) {
			int err = take_reply(msg, json);
			if (err != MQL_ETIMEOUT)
				return err;
		}
		enum wire_link up = wire_dealer_link(l->dealer, &changes);
		if (up == WIRE_LINK_UP && (!asked || changes != asked_on)) {
			asked = !send_request(l, o);
			asked_on = changes;
		}
		int64_t left = deadline - clock_mono_ms();
		if (left <= 0 || client_link_hopeless(l, begun))
			return MQL_EUNREACH;
		if (!wire_dealer_wait(l->dealer, left < LOOK_MS ? (int)left
					  : LOOK_MS, -1))
			return MQL_EINTR;
	}
}

static int
request(struct wire_context *context, const struct mql_request_options *o,
	char **json, struct mql_diag *diag)
{
	const struct client_peer peer = { o->source_job, o->key,
					  o->server_key };
	int64_t deadline = clock_mono_ms() + o->timeout_ms;
	struct client_link l = { 0 };
	int err;

	*json = NULL;
	if (diag)
		*diag = (struct mql_diag){ 0 };
	err = client_link_open(&l, &peer, context, diag);
	if (!err)
		err = converse(&l, o, deadline, json);
	if (err == MQL_EUNREACH)
		client_link_unreached(&l, diag);
	client_link_close(&l);
	return err;
}

int
client_request(struct wire_context *context, const char *source_job,
	       const char *what, const char *arg, int timeout_ms, char **json)
{
	const struct mql_request_options o = {
		.source_job = source_job, .what = what, .arg = arg,
		.timeout_ms = timeout_ms,
	};

	return request(context, &o, json, NULL);
}

int
mql_request(const char *source_job, const char *what, const char *arg,
	    int timeout_ms, char **json)
{
	return client_request(NULL, source_job, what, arg, timeout_ms, json);
}

int
mql_request_with(const struct mql_request_options *opt, char **json,
		 struct mql_diag *diag)
{
	struct mql_request_options o = MQL_REQUEST_OPTIONS_INIT;

	/* The caller may have been built against an older header. */
	memcpy(&o, opt, opt->size < sizeof o ? opt->size : sizeof o);
	return request(NULL, &o, json, diag);
}
