/* link.c - see link.h. */
#include "client/link.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char default_endpoint[] = "tcp://127.0.0.1:7401";

/* How long a frame that was sent may take to leave a closing socket. */
enum { LINGER_MS = 200 };

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

const char *
client_where(const char *given)
{
	if (!given)
		given = getenv("MQL_SOURCE_JOB");
	return given && *given ? given : default_endpoint;
}

int
client_link_open(struct client_link *l, const char *endpoint,
		 struct wire_context *context, struct mql_diag *diag)
{
	char why[160];
	int err;

	*l = (struct client_link){ .endpoint = endpoint, .context = context,
				   .lent = context };
	if ((err = wire_endpoint_check(endpoint, why, sizeof why)))
		return client_link_fail(diag, err, "%s", why);
	if (!context && (err = wire_context_new(1, &l->context)))
		return client_link_fail(diag, err, "%s", mql_strerror(err));
	if ((err = wire_dealer_open(l->context, endpoint, &l->dealer))) {
		client_link_close(l);
		return client_link_fail(diag, err, "%s: %s", endpoint,
				 mql_strerror(err));
	}
	return 0;
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
	if (!l->lent)
		wire_context_free(l->context);
	*l = (struct client_link){ 0 };
}

bool
client_link_wait(struct client_link *l, int timeout_ms)
{
	if (l->dealer)
		return wire_dealer_wait(l->dealer, timeout_ms, -1);
	return poll(NULL, 0, timeout_ms) == 0;
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
