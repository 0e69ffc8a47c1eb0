#include "source-job/hop.h"

#include <stdarg.h>
#include <stdio.h>

#include "mql/error.h"
#include "wire/message.h"

enum {
	COMPLAIN_MS = 1000,
	/* Each agent of a fleet that has lost us must hear "say hello". */
	STRANGERS_MAX = 1000,
};

int
hop_open(struct hop *h, struct wire_context *context, const char *endpoint,
	 unsigned roles, char *why, size_t nwhy)
{
	return wire_router_open(context, endpoint, roles, &h->router, why,
				nwhy);
}

void
hop_close(struct hop *h, int linger_ms)
{
	if (h->router)
		wire_router_close(h->router, linger_ms);
	buf_fini(&h->frame);
	*h = (struct hop){ 0 };
}

bool
hop_receive(struct hop *h, struct wire_peer *from, struct str *msg)
{
	if (wire_router_recv(h->router, from, msg) != 1)
		return false;
	h->received++;
	h->bytes_in += msg->len;
	return true;
}

struct buf *
hop_frame(struct hop *h)
{
	buf_reset(&h->frame);
	return &h->frame;
}

int
hop_send_bytes(struct hop *h, const struct wire_peer *to, const void *data,
	       size_t len)
{
	int err = wire_router_send(h->router, to, data, len);

	if (err)
		return err;
	h->sent++;
	h->bytes_out += len;
	return 0;
}

int
hop_send(struct hop *h, const struct wire_peer *to)
{
	if (h->frame.err)
		return h->frame.err;
	return hop_send_bytes(h, to, h->frame.data, h->frame.len);
}

void
hop_refuse(struct hop *h, const struct wire_peer *to, uint32_t id, int code,
	   const char *fmt, ...)
{
	char text[240];
	struct wire_error m = { .id = id, .code = code };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	m.text = str_of(text);
	wire_error_encode(&m, hop_frame(h));
	hop_send(h, to); /* whoever is gone needs no answer */
}

void
hop_complain(struct hop *h, const struct wire_peer *to, int64_t now,
	     int64_t *last, int code, const char *text)
{
	h->bad++;
	if (last) {
		if (*last && now - *last < COMPLAIN_MS)
			return;
		*last = now;
	} else {
		if (now - h->strangers_at >= COMPLAIN_MS) {
			h->strangers_at = now;
			h->strangers = 0;
		}
		if (++h->strangers > STRANGERS_MAX)
			return;
	}
	hop_refuse(h, to, 0, code, "%s", text);
}
