/* zap.c - see zap.h. */
#include "wire/zap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <zmq.h>

#include "common/clock.h"
#include "common/thread.h"
#include "mql/error.h"
#include "wire/socket_private.h"

enum {
	TELL_MS = 5000, /* between two lines about who was turned away */
	PART    = 255,  /* bytes of a part that we look at */
};

/* A request is these parts, for CURVE. */
enum { VERSION, ID, DOMAIN, ADDRESS, ROUTING, MECHANISM, KEY, NPARTS };

struct request {
	char   part[NPARTS][PART + 1];
	size_t len[NPARTS];
	size_t n; /* that came; more than NPARTS, or too long ones: 0 */
};

struct zap {
	void           *socket;
	struct allowed *allowed;
	wire_say       *say;
	void           *arg;
	pthread_t       thread;
	int             stop; /* eventfd */
	int64_t         told; /* ms */
	_Atomic uint64_t refused;
};

/* --- names -------------------------------------------------------------------- */

void
zap_domain_write(unsigned roles, char out[ZAP_DOMAIN])
{
	snprintf(out, ZAP_DOMAIN, "mql.%u", roles);
}

bool
zap_domain_read(struct str domain, unsigned *roles)
{
	if (domain.len != 5 || memcmp(domain.ptr, "mql.", 4) ||
	    domain.ptr[4] < '1' || domain.ptr[4] > '7')
		return false;
	*roles = (unsigned)(domain.ptr[4] - '0');
	return true;
}

void
zap_user_write(const struct allowed_key *k, char out[ZAP_USER])
{
	snprintf(out, ZAP_USER, "%u.%u.%s", (unsigned)k->slot,
		 (unsigned)k->serial, k->name);
}

unsigned
zap_user_roles(const struct zap *z, const char *user, uint32_t *number,
	       struct str *name)
{
	unsigned long slot, serial;
	char *end;

	*number = UINT32_MAX;
	*name = (struct str){ 0 };
	if (!user)
		return 0;
	slot = strtoul(user, &end, 10);
	if (*end != '.')
		return 0;
	serial = strtoul(end + 1, &end, 10);
	if (*end != '.' || slot > UINT32_MAX || serial > UINT32_MAX)
		return 0;
	*number = (uint32_t)slot + 1;
	*name = str_of(end + 1);
	return allowed_roles(z->allowed, (uint32_t)slot, (uint32_t)serial);
}

/* --- one request --------------------------------------------------------------- */

static bool
receive(struct zap *z, struct request *r)
{
	bool fine = true, more = true;
	zmq_msg_t m;

	*r = (struct request){ 0 };
	zmq_msg_init(&m);
	for (size_t i = 0; more; i++) {
		if (!socket_receive(z->socket, &m))
			break;
		size_t n = zmq_msg_size(&m);
		fine = fine && i < NPARTS && n <= PART;
		if (fine) {
			memcpy(r->part[i], zmq_msg_data(&m), n);
			r->len[i] = n;
			r->n = i + 1;
		}
		more = zmq_msg_more(&m);
	}
	zmq_msg_close(&m);
	if (!fine)
		r->n = 0;
	return !more; /* else there was nothing */
}

static struct str
part(const struct request *r, int i)
{
	return (struct str){ r->part[i], r->len[i] };
}

/* NULL: it may not come in; *roles is what the door is for. */
static const struct allowed_key *
judge(const struct zap *z, const struct request *r, unsigned *roles)
{
	const struct allowed_key *k;

	*roles = 0;
	if (r->n != NPARTS || !str_eq(part(r, VERSION), STR("1.0")) ||
	    !str_eq(part(r, MECHANISM), STR("CURVE")) ||
	    r->len[KEY] != CERT_KEY ||
	    !zap_domain_read(part(r, DOMAIN), roles))
		return NULL;
	k = allowed_find(z->allowed, (const uint8_t *)r->part[KEY]);
	return k && k->roles & *roles ? k : NULL;
}

/* Its public key is named, so that whoever means to let it in can. */
static void
tell_refusal(struct zap *z, const struct request *r, unsigned roles)
{
	uint64_t n = atomic_fetch_add(&z->refused, 1) + 1;
	int64_t now = clock_mono_ms();
	char key[CERT_TEXT + 1] = "?", line[240];

	if (!z->say || (z->told && now - z->told < TELL_MS))
		return;
	z->told = now;
	if (r->n == NPARTS && r->len[KEY] == CERT_KEY)
		zmq_z85_encode(key, (const uint8_t *)r->part[KEY], CERT_KEY);
	snprintf(line, sizeof line, "%.64s is turned away at the %s' door: "
		 "no such key is allowed there: %s (%llu so far)",
		 r->part[ADDRESS],
		 roles & WIRE_ROLE_AGENT ? "agents" : "subscribers", key,
		 (unsigned long long)n);
	z->say(z->arg, true, line);
}

static void
answer(struct zap *z, const struct request *r, const char *code,
       const char *text, const char *user)
{
	const struct str parts[] = {
		STR("1.0"), part(r, ID), str_of(code), str_of(text),
		str_of(user), STR(""), /* no metadata */
	};
	const size_t n = sizeof parts / sizeof *parts;

	for (size_t i = 0; i < n; i++)
		zmq_send(z->socket, parts[i].ptr, parts[i].len,
			 ZMQ_DONTWAIT | (i + 1 < n ? ZMQ_SNDMORE : 0));
}

static void
serve(struct zap *z)
{
	const struct allowed_key *k;
	char user[ZAP_USER];
	struct request r;
	unsigned roles;

	while (receive(z, &r)) {
		k = judge(z, &r, &roles);
		if (k) {
			zap_user_write(k, user);
			answer(z, &r, "200", "OK", user);
		} else {
			tell_refusal(z, &r, roles);
			answer(z, &r, "400", "no such key is allowed", "");
		}
	}
}

/* --- the thread ----------------------------------------------------------------- */

static void *
run(void *arg)
{
	struct zap *z = arg;
	zmq_pollitem_t item[] = {
		{ .socket = z->socket, .events = ZMQ_POLLIN },
		{ .fd = z->stop, .events = ZMQ_POLLIN },
	};

	while (!item[1].revents) {
		allowed_refresh(z->allowed, clock_mono_ms());
		serve(z);
		zmq_poll(item, 2, ALLOWED_LOOK_MS);
	}
	return NULL;
}

static void
zap_free(struct zap *z)
{
	if (!z)
		return;
	if (z->socket)
		socket_close(z->socket, 0);
	if (z->stop >= 0)
		close(z->stop);
	allowed_free(z->allowed);
	free(z);
}

int
zap_start(void *zmq, struct allowed *a, wire_say *say, void *arg,
	  struct zap **out)
{
	struct zap *z = calloc(1, sizeof *z);

	*out = NULL;
	if (!z) {
		allowed_free(a);
		return MQL_ENOMEM;
	}
	z->allowed = a;
	z->say = say;
	z->arg = arg;
	z->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	z->socket = z->stop < 0 ? NULL : zmq_socket(zmq, ZMQ_REP);
	if (!z->socket || socket_set(z->socket, ZMQ_LINGER, 0) ||
	    zmq_bind(z->socket, "inproc://zeromq.zap.01") ||
	    thread_start(&z->thread, "mql-keys", run, z)) {
		zap_free(z);
		return MQL_EOS;
	}
	*out = z;
	return 0;
}

void
zap_stop(struct zap *z)
{
	if (!z)
		return;
	eventfd_write(z->stop, 1);
	pthread_join(z->thread, NULL);
	zap_free(z);
}

uint64_t
zap_refused(const struct zap *z)
{
	return atomic_load(&z->refused);
}
