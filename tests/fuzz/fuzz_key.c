/* fuzz_key.c - any bytes as a key file: what is read is written and read again
 * as the same, and what is refused leaves no key behind. */
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "wire/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_round(const struct cert *c)
{
	char public[CERT_TEXT + 1], secret[CERT_TEXT + 1];
	struct buf text = BUF_INIT;
	const char *why = NULL;
	struct cert again;

	require(zmq_z85_encode(public, c->public_key, CERT_KEY) &&
		zmq_z85_encode(secret, c->secret_key, CERT_KEY));
	cert_write("fuzz", public, c->has_secret ? secret : NULL, &text);
	struct str s = { (char *)text.data, text.len };
	require(!text.err && s.len < CERT_BYTES);
	require(!cert_parse(s, &again, &why) && !why);
	require(!memcmp(&again, c, sizeof again));
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cert none;
	struct str text = { (const char *)data, size };
	const char *why = NULL;
	struct cert c;

	cert_name_ok(text);
	if (!cert_parse(text, &c, &why))
		check_round(&c);
	else
		require(why && !memcmp(&c, &none, sizeof c));
	return 0;
}
