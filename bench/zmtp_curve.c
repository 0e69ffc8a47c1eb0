/* zmtp_curve.c - see zmtp_curve.h. */
#include "bench/zmtp_curve.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY = crypto_box_PUBLICKEYBYTES, NONCE = crypto_box_NONCEBYTES,
	MAC = crypto_box_MACBYTES, SHARED = crypto_box_BEFORENMBYTES,
	SHORT = 8, LONG = 16, /* the part of a nonce that is sent */
	COOKIE = 96, ZEROS = 64,
};

struct zmtp_curve {
	const struct wire_keys *keys;
	bool     welcomed;
	uint64_t number; /* of our last sealed box */
	uint8_t  public[KEY], secret[KEY]; /* for this link alone */
	uint8_t  server[KEY];              /* its own for this link */
	uint8_t  shared[SHARED];
};

/* Who says it, and a number. */
static void
short_nonce(uint8_t nonce[NONCE], const char *prefix, uint64_t number)
{
	memcpy(nonce, prefix, NONCE - SHORT);
	for (unsigned i = 0; i < SHORT; i++)
		nonce[NONCE - 1 - i] = (uint8_t)(number >> 8 * i);
}

static uint8_t *
put(uint8_t *at, const void *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

struct zmtp_curve *
curve_new(const struct wire_keys *k)
{
	struct zmtp_curve *c = calloc(1, sizeof *c);

	if (c && (sodium_init() < 0 || crypto_box_keypair(c->public,
							   c->secret))) {
		free(c);
		return NULL;
	}
	if (c)
		c->keys = k;
	return c;
}

void
curve_free(struct zmtp_curve *c)
{
	free(c);
}

size_t
curve_hello(struct zmtp_curve *c, uint8_t out[CURVE_COMMAND])
{
	static const uint8_t zeros[ZEROS];
	uint8_t nonce[NONCE], *at = out;

	short_nonce(nonce, "CurveZMQHELLO---", ++c->number);
	at = put(at, "\x05HELLO\1\0", 8);
	memset(at, 0, 72);
	at = put(at + 72, c->public, KEY);
	at = put(at, nonce + NONCE - SHORT, SHORT);
	if (crypto_box_easy(at, zeros, ZEROS, nonce,
			    wire_keys_server(c->keys), c->secret))
		return 0;
	return (size_t)(at - out) + MAC + ZEROS;
}

/* That the transient key is ours: for whom it is, by our lasting one. */
static bool
vouch(const struct zmtp_curve *c, uint8_t *at)
{
	uint8_t nonce[NONCE] = "VOUCH---", both[2 * KEY];

	randombytes_buf(nonce + NONCE - LONG, LONG);
	put(put(both, c->public, KEY), wire_keys_server(c->keys), KEY);
	at = put(at, nonce + NONCE - LONG, LONG);
	return !crypto_box_easy(at, both, sizeof both, nonce, c->server,
				wire_keys_secret(c->keys));
}

static size_t
initiate(struct zmtp_curve *c, const uint8_t *cookie, uint8_t *out)
{
	/* with its final NUL: the last byte of an empty identity */
	static const char about[] = "\x0bSocket-Type\0\0\0\6DEALER"
				    "\x08Identity\0\0\0";
	uint8_t plain[KEY + LONG + MAC + 2 * KEY + sizeof about];
	uint8_t nonce[NONCE], *at = out;

	short_nonce(nonce, "CurveZMQINITIATE", ++c->number);
	put(plain, wire_keys_public(c->keys), KEY);
	if (!vouch(c, plain + KEY))
		return 0;
	put(plain + sizeof plain - sizeof about, about, sizeof about);
	at = put(at, "\x08INITIATE", 9);
	at = put(at, cookie, COOKIE);
	at = put(at, nonce + NONCE - SHORT, SHORT);
	if (crypto_box_easy_afternm(at, plain, sizeof plain, nonce,
				    c->shared))
		return 0;
	return (size_t)(at - out) + MAC + sizeof plain;
}

static size_t
on_welcome(struct zmtp_curve *c, struct str command, uint8_t *out)
{
	uint8_t nonce[NONCE] = "WELCOME-", plain[KEY + COOKIE];
	const uint8_t *box = (const uint8_t *)command.ptr + 8 + LONG;

	if (command.len != 8 + LONG + MAC + sizeof plain ||
	    memcmp(command.ptr, "\7WELCOME", 8))
		return 0;
	put(nonce + NONCE - LONG, command.ptr + 8, LONG);
	if (crypto_box_open_easy(plain, box, MAC + sizeof plain, nonce,
				 wire_keys_server(c->keys), c->secret))
		return 0;
	memcpy(c->server, plain, KEY);
	if (crypto_box_beforenm(c->shared, c->server, c->secret))
		return 0;
	return initiate(c, plain + KEY, out);
}

bool
curve_take(struct zmtp_curve *c, struct str command,
	   uint8_t out[CURVE_COMMAND], size_t *len)
{
	if (c->welcomed) { /* what READY says of it we know */
		*len = 0;
		return command.len > 6 && !memcmp(command.ptr, "\5READY", 6);
	}
	c->welcomed = true;
	return (*len = on_welcome(c, command, out)) > 0;
}

bool
curve_open(struct zmtp_curve *c, struct str sealed, uint8_t *flags,
	   struct str *plain)
{
	uint8_t nonce[NONCE] = "CurveZMQMESSAGES";
	uint8_t *box = (uint8_t *)(uintptr_t)sealed.ptr + 8 + SHORT;

	if (sealed.len < CURVE_OVERHEAD ||
	    memcmp(sealed.ptr, "\7MESSAGE", 8))
		return false;
	put(nonce + NONCE - SHORT, sealed.ptr + 8, SHORT);
	if (crypto_box_open_easy_afternm(box, box, sealed.len - 8 - SHORT,
					 nonce, c->shared))
		return false;
	*flags = *box;
	*plain = (struct str){ (char *)box + 1, sealed.len - CURVE_OVERHEAD };
	return true;
}

size_t
curve_seal(struct zmtp_curve *c, const struct str *part, unsigned n,
	   uint8_t *out)
{
	uint8_t nonce[NONCE], *at = put(out, "\7MESSAGE", 8);
	uint8_t *plain, *end;

	short_nonce(nonce, "CurveZMQMESSAGEC", ++c->number);
	at = put(at, nonce + NONCE - SHORT, SHORT);
	plain = end = at + MAC;
	*end++ = 0; /* flags: nothing follows */
	for (unsigned i = 0; i < n; i++)
		end = put(end, part[i].ptr, part[i].len);
	/* the mark of authenticity stands before what it is of */
	crypto_box_detached_afternm(plain, at, plain, (size_t)(end - plain),
				    nonce, c->shared);
	return (size_t)(end - out);
}
