/* fuzz_sse.c - what strangers send to mql-sink-sse: ids, forms, names of
 * hosts, and texts that are passed on as JSON. */
#include <stdlib.h>

#include "event/json.h"
#include "sink/sse/meta.h"
#include "sink/sse/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_position(struct str text)
{
	struct position p[3];
	char back[POSITION_MAX];

	position_parse(text, p, 3);
	for (int i = 0; i < 3; i++) {
		struct buf b = BUF_FIXED(back, sizeof back);
		struct position again;

		if (p[i].kind == POSITION_NONE)
			continue;
		position_write(&p[i], &b);
		if (b.err)
			abort();
		position_parse((struct str){ back, b.len }, &again, 1);
		if (again.kind != p[i].kind ||
		    place_sum(again.place) != place_sum(p[i].place))
			abort();
	}
}

static void
take(void *arg, struct str name, struct str value)
{
	*(size_t *)arg += name.len + value.len;
}

static void
try_form(struct str text)
{
	struct buf b = BUF_INIT;
	size_t n = 0;

	buf_put(&b, text.ptr, text.len);
	params_form(&b, take, &n);
	if (n > text.len)
		abort();
	buf_fini(&b);
}

static void
try_text(struct str text)
{
	struct buf b = BUF_INIT;

	meta_write_text(text, &b);
	if (!b.err && json_check((struct str){ (char *)b.data, b.len }, NULL))
		abort();
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config none;
	struct str text = { (const char *)data, size };
	char *z = strndup(size ? text.ptr : "", size);

	try_position(text);
	try_form(text);
	try_text(text);
	if (z)
		guard_host(&none, z);
	free(z);
	return 0;
}
