/* text.h - which bytes we put into a message as text: UTF-8 with no NUL.
 * Names come from a host, sentences quote what a user typed: neither may make
 * a message that the peer refuses. Private to wire/. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include "common/buf.h"
#include "common/str.h"

bool text_ok(struct str s);

/* Append the first max bytes of s (no character cut in two) as they are, or,
 * if they are not text, with a question mark for every byte that ASCII cannot
 * print. */
void text_put(struct str s, size_t max, struct buf *out);

#endif
