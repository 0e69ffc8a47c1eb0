/* frame.h - the header that every message begins with.
 *
 *     0  1  2  3   4        5     6  7
 *    'M''Q''L''w'  version  kind  flags (little-endian, 0 for now)
 *
 * One ZeroMQ message is one frame: this header, then the body. Bodies are
 * JSON (control), packed rows (rows.h) or MessagePack (counters). The limits
 * below hold for everything that a socket can bring. Any thread. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "common/buf.h"
#include "common/str.h"

enum { WIRE_VERSION = 1, WIRE_HEADER = 8 };

enum {
	WIRE_MAX_CONTROL = 1 << 20,   /* bytes of a control message */
	WIRE_MAX_ROWS    = 8 << 20,   /* bytes of a row batch */
	WIRE_MAX_TEXT    = 256 << 10, /* bytes of a query's text */
	WIRE_MAX_NAME    = 256,       /* bytes of a name or label */
	WIRE_MAX_LIST    = 4096,      /* entries of any list in a message */
	WIRE_MAX_DEPTH   = 16,        /* nesting of a control message */
	WIRE_MAX_RATE    = 1000000000, /* rows a second, of a cap */
};

/* X(NAME, value, body, direction). Values are fixed: append only. */
#define WIRE_KINDS(X)                                               \
	X(HELLO,       1, JSON, "agent to source-job")              \
	X(WELCOME,     2, JSON, "source-job to agent")              \
	X(QUERIES,     3, JSON, "source-job to agent")              \
	X(ACK,         4, JSON, "agent to source-job")              \
	X(ROWS,        5, ROWS, "agent to source-job")              \
	X(HEARTBEAT,   6, PACK, "agent to source-job")              \
	X(CREDIT,      7, JSON, "receiver of rows to their sender") \
	X(GOODBYE,     8, JSON, "either, before it leaves")         \
	X(ERROR,       9, JSON, "either, about a message")          \
	X(PARTIALS,   10, ROWS, "agent to source-job")              \
	X(SUBSCRIBE,  16, JSON, "subscriber to source-job")         \
	X(ACCEPTED,   17, JSON, "source-job to subscriber")         \
	X(DATA,       18, ROWS, "source-job to subscriber")         \
	X(META,       19, JSON, "source-job to subscriber")         \
	X(END,        20, JSON, "source-job to subscriber")         \
	X(UNSUBSCRIBE,21, JSON, "subscriber to source-job")         \
	X(PING,       22, JSON, "subscriber to source-job: the lease")\
	X(PONG,       23, JSON, "source-job to subscriber")         \
	X(REQUEST,    24, JSON, "operator to source-job")           \
	X(REPLY,      25, JSON, "source-job to operator")

enum wire_kind {
	WIRE_NONE = 0,
#define X(name, value, body, way) WIRE_##name = value,
	WIRE_KINDS(X)
#undef X
};

/* "HELLO", ...; NULL if unknown. */
const char *wire_kind_name(unsigned kind);

/* Append a header. */
void wire_put_header(struct buf *b, enum wire_kind kind);

/* Read the header of a frame: 0 and *kind (perhaps unknown to us) and *body;
 * MQL_EBADFRAME (too short, wrong magic, over the limit of its kind) or
 * MQL_EVERSION. */
int wire_get_header(const void *data, size_t len, unsigned *kind,
		    struct str *body);

/* What people are told of a peer whose messages are MQL_EVERSION. */
extern const char wire_other_version[];

#endif
