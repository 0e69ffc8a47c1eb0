/* producer.c - see producer.h. */
#include "sink/kafka/producer_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "kafka/kafka.h"
#include "mql/error.h"

/* What a record costs us beside its bytes: librdkafka's own, and headers. */
enum { RECORD_BYTES = 512 };

/* --- what librdkafka tells -------------------------------------------------- */

void
producer_fail(struct producer *p, const char *what, const char *why)
{
	pthread_mutex_lock(&p->lock);
	if (!p->failed[0])
		snprintf(p->failed, sizeof p->failed, "%s: %s", what, why);
	pthread_mutex_unlock(&p->lock);
}

/* Who looks topics up looks whether a broker answers, too. */
static void
wake(struct producer *p)
{
	pthread_mutex_lock(&p->lock);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void
producer_is_reached(struct producer *p, bool up)
{
	if (kafka_reached(&p->reach, up))
		wake(p);
}

static uint64_t
weight(size_t key, size_t value)
{
	return key + value + RECORD_BYTES;
}

static void
count_failure(struct delivery *d, int code, uint64_t n)
{
	size_t i = 0;

	while (i < PRODUCER_ERRORS - 1 && d->error[i].code &&
	       d->error[i].code != code)
		i++;
	d->error[i].code = code;
	d->error[i].n += n;
	d->failed += n;
}

static void
on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct producer *p = arg;
	struct delivery *d = m->_private;

	(void)rk;
	p->waiting--;
	p->bytes -= weight(m->key_len, m->len);
	if (!m->err) {
		d->acked++;
		d->bytes += m->len;
		p->acks++;
		return;
	}
	count_failure(d, m->err, 1);
	if (kafka_is_permanent(m->err))
		producer_fail(p, rd_kafka_topic_name(m->rkt),
			      rd_kafka_err2str(m->err));
}

static void
on_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct producer *p = arg;
	char why[300];
	const char *what = kafka_error(&p->reach, rk, err, reason, why,
				       sizeof why);

	if (what)
		producer_fail(p, what, why);
	wake(p); /* perhaps none answers any more */
}

/* --- life ------------------------------------------------------------------- */

#define BOUNDED "--buffer bounds what waits" /* see producer_is_full() */

static const struct kafka_property property[] = {
	{ "client.id",                "mql-sink-kafka", NULL },
	{ "enable.idempotence",       "true",           NULL },
	{ "acks",                     "all",            NULL },
	{ "compression.codec",        "zstd",           NULL },
	{ "linger.ms",                "20",             NULL },
	{ "partitioner",              "murmur2_random", NULL }, /* as Java's */
	{ "message.timeout.ms",       "0",              NULL }, /* for ever */
	{ "queue.buffering.max.messages", "0",          BOUNDED },
	{ "queue.buffering.max.kbytes", "2147483647",   BOUNDED },
	{ 0 },
};

int
producer_open(const struct producer_options *opt, struct producer **out,
	      char *why, size_t nwhy)
{
	struct producer *p = calloc(1, sizeof *p);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int err = p && conf ? 0 : MQL_ENOMEM;

	*out = NULL;
	snprintf(why, nwhy, "%s", mql_strerror(MQL_ENOMEM));
	if (err || (err = kafka_configure(conf, opt->bootstrap, property,
					  opt->property, why, nwhy)))
		goto out;
	p->opt = opt;
	p->reach.name = "";
	p->reach.bootstrap = opt->bootstrap;
	pthread_mutex_init(&p->lock, NULL);
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, kafka_log);
	err = MQL_EINVAL;
	if (!(p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, nwhy)))
		goto out;
	conf = NULL; /* the producer's now */
	if ((err = topics_start(p))) {
		snprintf(why, nwhy, "%s", mql_strerror(err));
		goto out;
	}
	*out = p;
	p = NULL;
out:
	if (conf)
		rd_kafka_conf_destroy(conf);
	producer_close(p);
	return err;
}

void
producer_close(struct producer *p)
{
	if (!p)
		return;
	if (p->rk) {
		topics_stop(p);
		producer_give_up(p);
		while (p->waiting && rd_kafka_poll(p->rk, 100))
			;
		topics_free(p);
		rd_kafka_destroy(p->rk);
		pthread_mutex_destroy(&p->lock);
	}
	free(p);
}

/* --- records ------------------------------------------------------------------ */

static rd_kafka_headers_t *
headers_of(const struct record *r)
{
	rd_kafka_headers_t *h =
		r->nheader ? rd_kafka_headers_new(r->nheader) : NULL;

	for (unsigned i = 0; h && i < r->nheader; i++)
		rd_kafka_header_add(h, r->header[i].name.ptr,
				    (ssize_t)r->header[i].name.len,
				    r->header[i].value.ptr,
				    (ssize_t)r->header[i].value.len);
	return h;
}

/* It copies what it is given, and says void *. */
static void *
unconst(const char *p)
{
	return (void *)(uintptr_t)p;
}

bool
producer_send(struct producer *p, struct topic *t, const struct record *r,
	      struct delivery *d)
{
	rd_kafka_headers_t *h = headers_of(r);
	const rd_kafka_vu_t vu[] = { /* its macros are not C17 */
		{ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = t->rkt },
		{ .vtype = RD_KAFKA_VTYPE_KEY,
		  .u.mem = { unconst(r->key.ptr), r->key.len } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { unconst(r->value.ptr), r->value.len } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->ts },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = d },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h },
	};
	rd_kafka_error_t *failed = rd_kafka_produceva(p->rk, vu,
						      sizeof vu / sizeof *vu -
						      !h);

	d->produced++;
	if (!failed) {
		p->waiting++;
		p->bytes += weight(r->key.len, r->value.len);
		return true;
	}
	rd_kafka_resp_err_t err = rd_kafka_error_code(failed);
	rd_kafka_error_destroy(failed);
	if (h)
		rd_kafka_headers_destroy(h);
	count_failure(d, err, 1);
	if (kafka_is_permanent(err))
		producer_fail(p, topic_name(t), rd_kafka_err2str(err));
	return false;
}

void
producer_turn(struct producer *p)
{
	uint64_t acks = p->acks;

	rd_kafka_poll(p->rk, 0);
	if (p->acks != acks && !atomic_load(&p->reach.up))
		producer_is_reached(p, true);
}

bool
producer_is_full(struct producer *p)
{
	if (p->bytes > p->opt->buffer)
		p->full = true;
	else if (p->bytes <= p->opt->buffer / 2)
		p->full = false;
	return p->full;
}

void
producer_give_up(struct producer *p)
{
	rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE |
			      RD_KAFKA_PURGE_F_INFLIGHT);
}

/* --- answers ------------------------------------------------------------------ */

uint64_t
producer_waiting(const struct producer *p)
{
	return p->waiting;
}

uint64_t
producer_waiting_bytes(const struct producer *p)
{
	return p->bytes;
}

bool
producer_is_up(struct producer *p)
{
	return atomic_load(&p->reach.up);
}

const char *
producer_failed(struct producer *p)
{
	pthread_mutex_lock(&p->lock);
	const char *why = p->failed[0] ? p->failed : NULL;
	pthread_mutex_unlock(&p->lock);
	return why;
}

const char *
producer_error_name(int code)
{
	return rd_kafka_err2name((rd_kafka_resp_err_t)code);
}
