/* hostile.h - for tests: events made to mislead who looks at their bytes only.
 *
 * Keys and values spelled with escapes, space anywhere, what is searched for
 * inside of strings and in nested objects, duplicate and dotted keys, runs of
 * backslashes over the edges of blocks. The seed is fixed. */
#ifndef TESTS_EVENT_HOSTILE_H
#define TESTS_EVENT_HOSTILE_H

#include "common/buf.h"

enum { HOSTILE_KEYS = 7 };

static uint64_t hostile_state = 20240607;

static inline unsigned
draw(unsigned n)
{
	hostile_state *= 6364136223846793005u;
	hostile_state += 1442695040888963407u;
	return (unsigned)(hostile_state >> 33) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

/* --- an event ---------------------------------------------------------------- */

static inline void
put_space(struct buf *b)
{
	static const char *const space[] = {
		"", "", "", "", " ", "\n\t", "\r\n      ",
		"                                                         ",
	};

	buf_puts(b, PICK(space));
}

/* A string, some of its letters spelled otherwise; other bytes as they are. */
static inline void
put_spelled(struct buf *b, const char *z)
{
	const bool plain = draw(3);

	buf_puts(b, "\"");
	for (; *z; z++) {
		if (plain || draw(3) || *z == '\\')
			buf_put_u8(b, (uint8_t)*z);
		else
			buf_printf(b, draw(2) ? "\\u%04x" : "\\u%04X", *z);
	}
	buf_puts(b, "\"");
}

static inline void
put_decoy(struct buf *b)
{
	static const char *const decoy[] = {
		"\"country\"", "\"\\\"country\\\":\\\"BR\\\"\"", "\"\"",
		"\"\\\\\\\"country\\\" : \\\"BR\\\",\"", "\"{[{\"", "\"}]}\"",
		"\"country\\\\\"", "\"\\\"device\\\":\\\"ipad\\\"}\"",
		"[\"country\",\"BR\",{\"device\":\"ipad\"}]",
		"{\"x\":{\"country\":\"BR\",\"device\":\"ipad\"}}",
		"{\"country\":\"BR\",\"device\":{\"device\":\"ipad\"}}",
		"[[[{\"country\":[\"BR\"]}]],[],{}]",
		"\"\xc3\xa9\xe2\x82\xac\"",
	};
	unsigned n = draw(4) ? 0 : draw(140);

	if (draw(3)) {
		buf_puts(b, PICK(decoy));
		return;
	}
	buf_puts(b, "\"");
	for (unsigned i = 0; i < n; i++)
		buf_puts(b, "\\\\");
	buf_puts(b, draw(2) ? "\\\"\"" : "\"");
}

static inline void put_object(struct buf *text, struct buf *clean,
			      unsigned level);

static inline void
put_value(struct buf *text, struct buf *clean, unsigned level)
{
	static const char *const value[] = { "BR", "BR", "ipad", "ipad", "US" };
	static const char *const scalar[] = {
		"null", "true", "-12.5e3", "0", "9007199254740993",
	};
	const size_t beg = text->len;

	if (level < 3 && !draw(4)) {
		put_object(text, clean, level + 1);
		return;
	}
	if (draw(3))
		put_spelled(text, PICK(value));
	else if (draw(3))
		put_decoy(text);
	else
		buf_puts(text, PICK(scalar));
	buf_put(clean, text->data + beg, text->len - beg);
}

/* clean is the same object without the members whose key was there before. */
static inline void
put_object(struct buf *text, struct buf *clean, unsigned level)
{
	static const char *const key[HOSTILE_KEYS] = {
		"country", "device", "geo", "geo.country", "countr", "de", "",
	};
	bool met[HOSTILE_KEYS] = { false };
	const char *comma = "", *clean_comma = "";

	buf_puts(text, "{");
	buf_puts(clean, "{");
	put_space(text);
	for (unsigned n = draw(9); n > 0; n--) {
		struct buf none = BUF_INIT, *to = clean;
		unsigned k = draw(draw(2) ? 2 : HOSTILE_KEYS);

		if (met[k])
			to = &none;
		met[k] = true;
		buf_puts(text, comma);
		comma = ",";
		put_space(text);
		put_spelled(text, key[k]);
		put_space(text);
		buf_puts(text, ":");
		put_space(text);
		if (to == clean) {
			buf_printf(clean, "%s\"%s\":", clean_comma, key[k]);
			clean_comma = ",";
		}
		put_value(text, to, level);
		put_space(text);
		buf_fini(&none);
	}
	buf_puts(text, "}");
	buf_puts(clean, "}");
}

#endif
