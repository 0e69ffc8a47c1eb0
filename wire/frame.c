/* frame.c - see frame.h. Flags are ignored when read: a later version may
 * set some that an older peer can do without. */
#include "wire/frame.h"

#include "mql/error.h"

static const char magic[4] = { 'M', 'Q', 'L', 'w' };

enum body { BODY_JSON, BODY_ROWS, BODY_PACK };

const char *
wire_kind_name(unsigned kind)
{
	switch (kind) {
#define X(name, value, body, way) \
	case value:               \
		return #name;
		WIRE_KINDS(X)
#undef X
	default:
		return NULL;
	}
}

/* The largest body of a kind; one that we do not know is taken for control. */
static size_t
max_body(unsigned kind)
{
	enum body body = BODY_JSON;

	switch (kind) {
#define X(name, value, form, way)     \
	case value:                   \
		body = BODY_##form;   \
		break;
		WIRE_KINDS(X)
#undef X
	default:
		break;
	}
	return body == BODY_ROWS ? WIRE_MAX_ROWS : WIRE_MAX_CONTROL;
}

void
wire_put_header(struct buf *b, enum wire_kind kind)
{
	buf_put(b, magic, sizeof magic);
	buf_put_u8(b, WIRE_VERSION);
	buf_put_u8(b, (uint8_t)kind);
	buf_put_u16(b, 0);
}

const char wire_other_version[] =
	"it speaks a version of the wire that this one does not know: update "
	"the older of the two";

int
wire_get_header(const void *data, size_t len, unsigned *kind,
		struct str *body)
{
	const uint8_t *p = data;

	if (len < WIRE_HEADER || memcmp(p, magic, sizeof magic))
		return MQL_EBADFRAME;
	if (p[4] != WIRE_VERSION)
		return MQL_EVERSION;
	if (len - WIRE_HEADER > max_body(p[5]))
		return MQL_EBADFRAME;
	*kind = p[5];
	*body = (struct str){ (const char *)p + WIRE_HEADER,
			      len - WIRE_HEADER };
	return 0;
}
