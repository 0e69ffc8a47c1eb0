#include "source-job/hop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/counters.h"
#include "source-job/quota.h"
#include "wire/message.h"

enum {
	COMPLAIN_MS = 1000,
	/* Each agent of a fleet that has lost us must hear "say hello". */
	STRANGERS_MAX = 1000,
};

void
hop_close(struct hop *h, int linger_ms)
{
	if (h->router)
		wire_router_close(h->router, linger_ms);
	buf_fini(&h->frame);
	free(h->quota);
	*h = (struct hop){ 0 };
}

/* --- who is listened to ------------------------------------------------------ */

/* What a message costs us, in bytes of a plain one: a query is compiled; the
 * answer to a question is charged when it is made. Rows are bounded by credit.
 */
static uint64_t
weigh(struct str msg)
{
	struct str body;
	unsigned kind;

	if (wire_get_header(msg.ptr, msg.len, &kind, &body))
		return msg.len + 64;
	switch (kind) {
	case WIRE_ROWS:
	case WIRE_PARTIALS:
		return 0;
	case WIRE_SUBSCRIBE:
		return 4 * msg.len + (16 << 10);
	case WIRE_REQUEST:
		return msg.len + 512;
	default:
		return msg.len + 64;
	}
}

static struct quota *
quota_of(struct hop *h)
{
	if (!h->quota)
		h->quota = calloc(1, sizeof *h->quota);
	return h->quota;
}

static bool
listens(struct hop *h, const struct wire_peer *from, struct str msg)
{
	int64_t now;

	if (!from->roles) {
		struct str key = hop_sender(h);
		counter_add(&h->cut, 1);
		log_rarely(LOG_INFO, "a link of %.*s is cut: the key was "
			   "taken away", (int)key.len,
			   key.len ? key.ptr : "");
		wire_router_cut(h->router);
		return false;
	}
	now = clock_mono_ms();
	if (!quota_of(h) || quota_take(h->quota, from, now, weigh(msg)))
		return true;
	counter_add(&h->unheard, 1);
	if (quota_tell(h->quota, from, now))
		hop_refuse(h, from, 0, MQL_ELIMIT,
			   "you send more than is listened to");
	return false;
}

bool
hop_receive(struct hop *h, struct wire_peer *from, struct str *msg)
{
	if (wire_router_recv(h->router, from, msg) != 1)
		return false;
	counter_add(&h->received, 1);
	counter_add(&h->bytes_in, msg->len);
	if (!listens(h, from, *msg)) {
		*from = (struct wire_peer){ 0 };
		*msg = (struct str){ 0 };
	}
	return true;
}

void
hop_charge(struct hop *h, const struct wire_peer *peer, uint64_t bytes)
{
	if (quota_of(h))
		quota_charge(h->quota, peer, clock_mono_ms(), bytes);
}

struct str
hop_sender(const struct hop *h)
{
	return wire_router_key(h->router);
}

/* --- answers ------------------------------------------------------------------- */

struct buf *
hop_frame(struct hop *h)
{
	buf_reset(&h->frame);
	return &h->frame;
}

static int
count_sent(struct hop *h, int err, size_t len)
{
	if (err)
		return err;
	counter_add(&h->sent, 1);
	counter_add(&h->bytes_out, len);
	return 0;
}

int
hop_send_buf(struct hop *h, const struct wire_peer *to, struct buf *b)
{
	size_t len = b->len;

	return count_sent(h, wire_router_send_buf(h->router, to, b), len);
}

static void
drop(void *data, void *batch)
{
	(void)data;
	batch_drop(batch);
}

int
hop_send_span(struct hop *h, const struct wire_peer *to,
	      const struct buf *head, struct span rows)
{
	int err;

	batch_hold(rows.of);
	err = wire_router_send_parts(
		h->router, to, (struct str){ (char *)head->data, head->len },
		span_bytes(&rows), drop, rows.of);
	if (err == MQL_ENOMEM) /* else ZeroMQ has it, or has dropped it */
		batch_drop(rows.of);
	return count_sent(h, err, head->len + rows.len);
}

int
hop_send_bytes(struct hop *h, const struct wire_peer *to, const void *data,
	       size_t len)
{
	return count_sent(h, wire_router_send(h->router, to, data, len), len);
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
	if (!to->len)
		return;
	if (code == MQL_EVERSION)
		text = "messages of this version of the wire are not known "
		       "here: update the older of the two";
	counter_add(&h->bad, 1);
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
