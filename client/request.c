/* request.c - one question of an operator, one answer: see request.h.
 *
 * All source-jobs are asked at once. When one has answered, the others have a
 * moment more; who is silent then is named. */
#include "client/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lists.h"
#include "client/tail.h"
#include "common/clock.h"
#include "event/json.h"

enum {
	REQUEST_ID = 1,
	OTHERS_MS = 1000,
	LOOK_MS = 500, /* whether there is trouble */
	PENDING = MQL_ETIMEOUT,
};

struct asked { /* a source-job */
	struct client_link link;
	unsigned on, changes;
	bool     sent;
	int      err;  /* PENDING: nothing has come yet */
	bool     hopeless; /* and nothing will */
	char    *json;
};

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

/* 0 and *json when msg is our reply; MQL_EREFUSED too with *json; PENDING when
 * it is something else. */
static int
take_reply(struct client_link *l, struct str msg, char **json)
{
	struct wire_reply m;
	struct str body;
	unsigned kind;
	int err = PENDING;

	if (client_link_read(l, msg, &kind, &body) || kind != WIRE_REPLY)
		return err;
	if (!wire_reply_decode(body, &m) && m.id == REQUEST_ID) {
		*json = strndup(m.text.ptr ? m.text.ptr : "", m.text.len);
		err = !*json ? MQL_ENOMEM : m.ok ? 0 : MQL_EREFUSED;
	}
	arena_fini(&m.mem);
	return err;
}

static void
turn(struct asked *to, const struct mql_request_options *o, int64_t begun)
{
	struct str msg;

	while (to->err == PENDING &&
	       wire_dealer_recv(to->link.dealer, &msg) == 1)
		to->err = take_reply(&to->link, msg, &to->json);
	to->hopeless = client_link_hopeless(&to->link, begun);
	if (to->err != PENDING ||
	    wire_dealer_link(to->link.dealer, &to->changes) != WIRE_LINK_UP)
		return;
	if (!to->sent || to->changes != to->on) {
		to->sent = !send_request(&to->link, o);
		to->on = to->changes;
	}
}

/* Until all have answered, or time is up. 0 or MQL_EINTR. */
static int
converse(struct asked *to, size_t n, const struct mql_request_options *o,
	 int64_t deadline)
{
	const int64_t begun = clock_mono_ms();
	struct wire_dealer *waits[WIRE_ENDPOINTS_MAX];
	bool any = false;

	for (;;) {
		size_t left = 0;
		int64_t now = clock_mono_ms();

		for (size_t i = 0; i < n; i++) {
			turn(&to[i], o, begun);
			if (to[i].err == PENDING && !to[i].hopeless)
				waits[left++] = to[i].link.dealer;
		}
		if (!any && left < n && now + OTHERS_MS < deadline)
			deadline = now + OTHERS_MS;
		any |= left < n;
		if (!left || now >= deadline)
			return 0;
		if (!wire_dealers_wait(waits, left, deadline - now < LOOK_MS ?
				       (int)(deadline - now) : LOOK_MS, -1))
			return MQL_EINTR;
	}
}

/* --- one answer of all ---------------------------------------------------------- */

/* Who has not answered, and what all is then: 0 when one has. */
static int
outcome(const struct asked *to, size_t n, struct client_reply *r)
{
	struct buf silent = BUF_INIT;
	int err = MQL_EUNREACH;

	for (size_t i = 0; i < n; i++) {
		if (to[i].err == PENDING)
			buf_printf(&silent, "%s%s", silent.len ? ", " : "",
				   to[i].link.endpoint);
		else if (!to[i].err || err == MQL_EUNREACH)
			err = to[i].err;
	}
	if (silent.len && !silent.err)
		r->silent = strndup((char *)silent.data, silent.len);
	buf_fini(&silent);
	return err;
}

/* The first answer of that kind is as good as any. */
static int
give_first(struct asked *to, size_t n, int err, struct client_reply *r)
{
	for (size_t i = 0; i < n; i++) {
		if (to[i].err != err)
			continue;
		r->json = to[i].json;
		to[i].json = NULL;
		break;
	}
	return err;
}

/* Answers that are valid JSON. */
static void
answers_of(struct asked *to, size_t n, struct answer *a)
{
	for (size_t i = 0; i < n; i++) {
		bool good = !to[i].err && to[i].json &&
			    !json_check(str_of(to[i].json), NULL);

		a[i] = (struct answer){ to[i].link.endpoint,
					good ? to[i].json : NULL };
	}
}

static int
give_list(struct asked *to, size_t n, const char *what,
	  struct client_reply *r)
{
	struct answer a[WIRE_ENDPOINTS_MAX];
	struct buf list = BUF_INIT;

	answers_of(to, n, a);
	lists_merge(what, a, n, &list);
	buf_put_u8(&list, '\0');
	if (!list.err)
		r->json = strdup((char *)list.data);
	buf_fini(&list);
	return r->json ? 0 : MQL_ENOMEM;
}

/* --- kill ---------------------------------------------------------------------------- */

static void
ask_again(struct asked *to)
{
	free(to->json);
	to->json = NULL;
	to->err = PENDING;
	to->sent = false;
}

static int
no_such_query(const char *id, bool several, struct client_reply *r)
{
	char text[200];

	snprintf(text, sizeof text, several ?
		 "{\"error\":\"there are several queries %.40s: `mql "
		 "queries` shows their whole ids\"}" :
		 "{\"error\":\"there is no query %.40s\"}", id);
	r->json = strdup(text);
	return r->json ? MQL_EREFUSED : MQL_ENOMEM;
}

/* The lists have come: end that query wherever it runs, under its id there. */
static int
kill_all(struct asked *to, size_t n, const struct mql_request_options *o,
	 int64_t deadline, struct client_reply *r)
{
	struct mql_request_options one = *o;
	struct answer a[WIRE_ENDPOINTS_MAX];
	struct asked *runs[WIRE_ENDPOINTS_MAX];
	char ids[WIRE_ENDPOINTS_MAX][24];
	size_t nruns = 0;
	bool several;
	int err = 0;

	answers_of(to, n, a);
	struct str text = lists_find(a, n, o->arg, &several);
	if (!text.len)
		return no_such_query(o->arg, several, r);
	for (size_t i = 0; i < n; i++) {
		unsigned long is = lists_id(&a[i], text);

		if (!is)
			continue;
		snprintf(ids[nruns], sizeof ids[nruns], "%lu", is);
		runs[nruns++] = &to[i];
	}
	for (size_t i = 0; i < nruns; i++) /* text is in one of them */
		ask_again(runs[i]);
	for (size_t i = 0; i < nruns && !err; i++) {
		one.arg = ids[i];
		err = converse(runs[i], 1, &one, deadline);
	}
	for (size_t i = 0; i < nruns && !err; i++)
		if (runs[i]->err)
			return give_first(runs[i], 1, runs[i]->err ==
					  PENDING ? MQL_EUNREACH :
					  runs[i]->err, r);
	return err ? err : give_first(runs[0], 1, 0, r);
}

/* --- asking ----------------------------------------------------------------------------- */

/* Is the answer a list, of which all of them have a part? */
static bool
is_list(const struct mql_request_options *o)
{
	const char *what = o->what;

	return !strcmp(what, "agents") || !strcmp(what, "queries") ||
	       !strcmp(what, "streams") ||
	       (!strcmp(what, "saved") && !*o->arg);
}

static int
answer(struct asked *to, size_t n, const struct mql_request_options *o,
       int64_t deadline, struct client_reply *r)
{
	const bool kill = n > 1 && !strcmp(o->what, "kill");
	struct mql_request_options first = *o;
	int err;

	if (kill) {
		first.what = "queries";
		first.arg = "";
	}
	if (!(err = converse(to, n, &first, deadline)))
		err = outcome(to, n, r);
	if (err || n == 1)
		return err && err != MQL_EREFUSED ? err :
			give_first(to, n, err, r);
	if (kill)
		return kill_all(to, n, o, deadline, r);
	if (is_list(o))
		return give_list(to, n, o->what, r);
	return give_first(to, n, 0, r);
}

/* Why nobody has answered, as far as it is known. */
static void
explain(const struct asked *to, size_t n, const char *where,
	struct mql_diag *diag)
{
	for (size_t i = 0; i < n; i++) {
		const char *trouble = client_link_trouble(&to[i].link);

		if (!trouble)
			continue;
		client_link_unreached(diag, to[i].link.endpoint, trouble);
		return;
	}
	client_link_unreached(diag, where, NULL);
}

static int
ask_list(struct wire_context *context, const struct wire_endpoints *list,
	 const struct mql_request_options *o, struct client_reply *r,
	 struct mql_diag *diag)
{
	int64_t deadline = clock_mono_ms() + o->timeout_ms;
	struct asked *to = calloc(list->n, sizeof *to);
	int err = to ? 0 : MQL_ENOMEM;

	r->asked = list->n;
	for (size_t i = 0; to && i < list->n && !err; i++) {
		err = client_link_open(&to[i].link, list->at[i], context,
				       diag);
		to[i].err = PENDING;
	}
	if (!err && (err = answer(to, list->n, o, deadline, r)) ==
		    MQL_EUNREACH)
		explain(to, list->n, o->source_job, diag);
	for (size_t i = 0; to && i < list->n; i++) {
		client_link_close(&to[i].link);
		free(to[i].json);
	}
	free(to);
	return err;
}

int
client_ask(struct wire_context *context, const struct mql_request_options *opt,
	   struct client_reply *r, struct mql_diag *diag)
{
	struct mql_request_options o = *opt;
	struct client_context own = { 0 };
	struct wire_endpoints *list = NULL;
	char why[240];
	int err;

	*r = (struct client_reply){ 0 };
	if (diag)
		*diag = (struct mql_diag){ 0 };
	o.source_job = client_where(o.source_job);
	o.arg = o.arg ? o.arg : "";
	err = wire_discovery_once(o.source_job, &list, why, sizeof why);
	if (err)
		client_link_fail(diag, err, "%s", why);
	else if (!(err = client_context_open(&own, o.key, o.server_key,
					     context, diag)))
		err = ask_list(own.wire, list, &o, r, diag);
	client_context_close(&own);
	free(list);
	return err;
}

void
client_reply_fini(struct client_reply *r)
{
	free(r->json);
	free(r->silent);
	*r = (struct client_reply){ 0 };
}

/* --- one answer and nothing else ---------------------------------------------------- */

static int
request(struct wire_context *context, const struct mql_request_options *o,
	char **json, struct mql_diag *diag)
{
	struct client_reply r;
	int err = client_ask(context, o, &r, diag);

	*json = r.json;
	r.json = NULL;
	client_reply_fini(&r);
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
