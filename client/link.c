/* link.c - see link.h. */
#include "client/link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "mql/error.h"
#include "wire/keys.h"

static const char default_endpoint[] = "tcp://127.0.0.1:7401";

/* How long a frame that was sent may take to leave a closing socket. */
enum { LINGER_MS = 200, HOPE_MS = 1000 };

int
client_link_fail(struct mql_diag *diag, int err, const char *fmt, ...)
{
	va_list ap;

	if (!diag)
		return err;
	*diag = (struct mql_diag){ 0 };
	va_start(ap, fmt);
	vsnprintf(diag->text, sizeof diag->text, fmt, ap);
	va_end(ap);
	return err;
}

static const char *
or_environment(const char *given, const char *variable)
{
	return given && *given ? given : getenv(variable);
}

const char *
client_where(const char *given)
{
	if (!given)
		given = getenv("MQL_SOURCE_JOB");
	return given && *given ? given : default_endpoint;
}

int
client_context_open(struct client_context *c, const char *key,
		    const char *server_key, struct wire_context *lent,
		    struct mql_diag *diag)
{
	char why[300] = "";
	int err;

	*c = (struct client_context){ .wire = lent, .lent = lent };
	if (lent)
		return 0;
	err = wire_keys_load_both(or_environment(key, "MQL_KEY_FILE"),
				  or_environment(server_key, "MQL_SERVER_KEY"),
				  &c->keys, why, sizeof why);
	if (err)
		return client_link_fail(diag, err, "%s", why);
	if ((err = wire_context_new(1, &c->wire))) {
		client_context_close(c);
		return client_link_fail(diag, err, "%s", mql_strerror(err));
	}
	wire_context_use(c->wire, c->keys);
	return 0;
}

void
client_context_close(struct client_context *c)
{
	if (!c->lent)
		wire_context_free(c->wire);
	wire_keys_free(c->keys);
	*c = (struct client_context){ 0 };
}

int
client_link_open(struct client_link *l, const char *endpoint,
		 struct wire_context *context, struct mql_diag *diag)
{
	char why[160];
	int err;

	*l = (struct client_link){ .endpoint = endpoint, .context = context };
	if ((err = wire_endpoint_check(endpoint, why, sizeof why)))
		return client_link_fail(diag, err, "%s", why);
	if ((err = wire_dealer_open(context, endpoint, &l->dealer)))
		return client_link_fail(diag, err, "%s: %s", endpoint,
					mql_strerror(err));
	return 0;
}

int
client_link_read(struct client_link *l, struct str msg, unsigned *kind,
		 struct str *body)
{
	int err = wire_get_header(msg.ptr, msg.len, kind, body);

	l->strange = err == MQL_EVERSION;
	return err;
}

const char *
client_link_trouble(const struct client_link *l)
{
	if (l->strange)
		return wire_other_version;
	return l->dealer ? wire_dealer_trouble(l->dealer) : NULL;
}

bool
client_link_hopeless(const struct client_link *l, int64_t since)
{
	return client_link_trouble(l) && clock_mono_ms() - since > HOPE_MS;
}

int
client_link_unreached(struct mql_diag *diag, const char *where,
		      const char *trouble)
{
	if (trouble)
		return client_link_fail(diag, MQL_EUNREACH, "the source-job at "
					"%s cannot be spoken to: %s", where,
					trouble);
	return client_link_fail(diag, MQL_EUNREACH, "no source-job answers at "
				"%s (is mql-source-job running?)", where);
}

int
client_link_reopen(struct client_link *l)
{
	wire_dealer_close(l->dealer, 0);
	l->dealer = NULL;
	return wire_dealer_open(l->context, l->endpoint, &l->dealer);
}

void
client_link_close(struct client_link *l)
{
	if (l->dealer)
		wire_dealer_close(l->dealer, LINGER_MS);
	*l = (struct client_link){ 0 };
}

int
client_link_send(struct client_link *l, struct buf *b)
{
	int err = b->err;

	if (!err)
		err = l->dealer ? wire_dealer_send(l->dealer, b->data, b->len)
				: MQL_EUNREACH;
	buf_reset(b);
	return err;
}
