/* message.c - the JSON messages of message.h, field by field.
 *
 * A table, then CODEC(): that is all of a message. The order of the rows is
 * the order on the wire. docs/wire.md says what each field means. */
#include "wire/message.h"

#include "wire/fields.h"

enum {
	MAX_WHY = 1024,             /* bytes of a sentence */
	MAX_MS  = 24 * 3600 * 1000, /* of any interval: fits an int */
};
#define ANY INT64_MAX /* the largest integer that every JSON reader of ours
			 takes exactly */

/* wire_X_encode() and wire_X_decode() by the table X; mem is where the
 * message keeps its arena. */
#define CODEC(name, NAME, mem)                                            \
	void wire_##name##_encode(const struct wire_##name *m,            \
				  struct buf *b)                          \
	{                                                                 \
		fields_encode(WIRE_##NAME, name, m, b);                   \
	}                                                                 \
	int wire_##name##_decode(struct str body, struct wire_##name *m)  \
	{                                                                 \
		*m = (struct wire_##name){ 0 };                           \
		return fields_decode(name, body, m, &m->mem);             \
	}

/* --- what messages are made of ---------------------------------------------- */

static const struct field a_name[] = {
	{ .kind = FIELD_TEXT, .max = WIRE_MAX_NAME }
};
static const struct field an_id[] = { { .kind = FIELD_U32 } };

#define X(name, text) COUNT(MAY, books_agent, name),
static const struct field books_agent[] = { BOOKS_AGENT(X) FIELD_END };
#undef X

#define X(name, text) COUNT(MAY, books_source, name),
static const struct field books_source[] = { BOOKS_SOURCE(X) FIELD_END };
#undef X

static const struct field books[] = {
	OBJECT(MAY, books, agent, books_agent),
	OBJECT(MAY, books, source, books_source),
	U32(MAY, books, targeted),
	U32(MAY, books, live),
	U32(MAY, books, refused),
	U32(MAY, books, lost_agents),
	U32(MAY, books, left),
	FIELD_END
};

/* --- agent hop ------------------------------------------------------------ */

static const struct field label[] = {
	TEXT(MUST, wire_label, name, WIRE_MAX_NAME),
	TEXT(MUST, wire_label, value, WIRE_MAX_NAME),
	FIELD_END
};
static const struct field a_label[] = {
	{ .kind = FIELD_OBJECT, .sub = label }
};

static const struct field suspect[] = {
	TEXT(MUST, wire_suspect, query, WIRE_MAX_NAME),
	U64(MAY, wire_suspect, crashes, ANY),
	TEXT(MAY, wire_suspect, why, WIRE_MAX_NAME),
	FIELD_END
};
static const struct field a_suspect[] = {
	{ .kind = FIELD_OBJECT, .sub = suspect }
};

static const struct field hello[] = {
	TEXT(MUST, wire_hello, agent, WIRE_MAX_NAME),
	TEXT(MAY, wire_hello, app, WIRE_MAX_NAME),
	TEXT(MAY, wire_hello, host, WIRE_MAX_NAME),
	TEXT(MAY, wire_hello, zone, WIRE_MAX_NAME),
	TEXT(MAY, wire_hello, version, WIRE_MAX_NAME),
	TEXT(MAY, wire_hello, language, WIRE_MAX_NAME),
	U64(MAY, wire_hello, pid, ANY),
	U64(MAY, wire_hello, session, ANY),
	LIST(MAY, wire_hello, stream, a_name),
	LIST(MAY, wire_hello, label, a_label),
	LIST(MAY, wire_hello, capability, a_name),
	LIST(MAY, wire_hello, suspect, a_suspect),
	FIELD_END
};
CODEC(hello, HELLO, mem)

static const struct field welcome[] = {
	TEXT(MUST, wire_welcome, source_job, WIRE_MAX_NAME),
	U64(MUST, wire_welcome, heartbeat_ms, MAX_MS),
	U64(MUST, wire_welcome, silence_ms, MAX_MS),
	U64(MUST, wire_welcome, lease_ms, MAX_MS),
	U64(MUST, wire_welcome, credit, ANY),
	LIST(MAY, wire_welcome, capability, a_name),
	FIELD_END
};
CODEC(welcome, WELCOME, mem)

static const struct field query[] = {
	U32(MUST, wire_query, id),
	EXACT(MUST, wire_query, text, WIRE_MAX_TEXT),
	EXACT(MAY, wire_query, fold, WIRE_MAX_TEXT),
	BOOL(MAY, wire_query, force),
	U64(MAY, wire_query, rate, ANY),
	FIELD_END
};
static const struct field a_query[] = {
	{ .kind = FIELD_OBJECT, .sub = query }
};

static const struct field queries[] = {
	U64(MUST, wire_queries, version, ANY),
	U64(MAY, wire_queries, base, ANY),
	LIST(MAY, wire_queries, add, a_query),
	LIST(MAY, wire_queries, remove, an_id),
	FIELD_END
};
CODEC(queries, QUERIES, mem)

static const char *const ack_states[] = { /* by enum wire_ack_state */
	"live", "refused", "ended", NULL
};
static const struct field ack_entry[] = {
	U32(MUST, wire_ack_entry, id),
	CHOICE(MUST, wire_ack_entry, state, ack_states),
	TEXT(MAY, wire_ack_entry, why, MAX_WHY),
	U64(MAY, wire_ack_entry, since, ANY),
	OBJECT(MAY, wire_ack_entry, books, books_agent),
	FIELD_END
};
static const struct field an_ack_entry[] = {
	{ .kind = FIELD_OBJECT, .sub = ack_entry }
};

static const struct field ack[] = {
	U64(MUST, wire_ack, version, ANY),
	BOOL(MAY, wire_ack, resync),
	LIST(MAY, wire_ack, entry, an_ack_entry),
	FIELD_END
};
CODEC(ack, ACK, mem)

static const struct field credit[] = {
	U32(MAY, wire_credit, id),
	U64(MUST, wire_credit, bytes, ANY),
	U64(MAY, wire_credit, at, ANY),
	U64(MAY, wire_credit, rows, ANY),
	U64(MAY, wire_credit, rate, ANY),
	FIELD_END
};
CODEC(credit, CREDIT, mem)

static const struct field goodbye[] = {
	TEXT(MAY, wire_goodbye, why, MAX_WHY),
	BOOL(MAY, wire_goodbye, moves),
	FIELD_END
};
CODEC(goodbye, GOODBYE, mem)

static const struct field error[] = {
	U32(MAY, wire_error, id),
	INT(MUST, wire_error, code),
	TEXT(MAY, wire_error, text, MAX_WHY),
	INT(MAY, wire_error, line),
	INT(MAY, wire_error, col),
	INT(MAY, wire_error, beg),
	INT(MAY, wire_error, end),
	FIELD_END
};
CODEC(error, ERROR, mem)

/* --- subscriber hop --------------------------------------------------------- */

static const struct field subscribe[] = {
	U32(MUST, wire_subscribe, id),
	EXACT(MUST, wire_subscribe, query, WIRE_MAX_TEXT),
	U64(MAY, wire_subscribe, limit, ANY),
	U64(MAY, wire_subscribe, credit, ANY),
	TEXT(MAY, wire_subscribe, client, WIRE_MAX_NAME),
	BOOL(MAY, wire_subscribe, resumed),
	BOOL(MAY, wire_subscribe, merge),
	BOOL(MAY, wire_subscribe, force),
	TEXT(MAY, wire_subscribe, group, WIRE_MAX_NAME),
	EXACT(MAY, wire_subscribe, key, WIRE_MAX_TEXT),
	TEXT(MAY, wire_subscribe, member, WIRE_MAX_NAME),
	BOOL(MAY, wire_subscribe, parts),
	BOOL(MAY, wire_subscribe, replay),
	U64(MAY, wire_subscribe, since, ANY),
	BOOL(MAY, wire_subscribe, until_end),
	U64(MAY, wire_subscribe, rate, WIRE_MAX_RATE),
	FIELD_END
};
CODEC(subscribe, SUBSCRIBE, mem)

static const struct field accepted[] = {
	U32(MUST, wire_accepted, id),
	U32(MUST, wire_accepted, query_id),
	TEXT(MAY, wire_accepted, source_job, WIRE_MAX_NAME),
	EXACT(MAY, wire_accepted, canonical, WIRE_MAX_TEXT),
	U64(MAY, wire_accepted, lease_ms, MAX_MS),
	U32(MAY, wire_accepted, targeted),
	U32(MAY, wire_accepted, live),
	U32(MAY, wire_accepted, refused),
	BOOL(MAY, wire_accepted, merge),
	TEXT(MAY, wire_accepted, group, WIRE_MAX_NAME),
	BOOL(MAY, wire_accepted, replay),
	FIELD_END
};
CODEC(accepted, ACCEPTED, mem)

static const struct field refusal[] = {
	TEXT(MUST, wire_refusal, why, MAX_WHY),
	U32(MUST, wire_refusal, agents),
	FIELD_END
};
static const struct field a_refusal[] = {
	{ .kind = FIELD_OBJECT, .sub = refusal }
};

static const struct field limit[] = {
	TEXT(MUST, wire_limit, why, MAX_WHY),
	U32(MUST, wire_limit, agents),
	U32(MAY, wire_limit, every),
	FIELD_END
};
static const struct field a_limit[] = {
	{ .kind = FIELD_OBJECT, .sub = limit }
};

static const struct field window[] = {
	COUNT(MAY, wire_window, start), /* may be before 1970 */
	COUNT(MAY, wire_window, end),
	U32(MAY, wire_window, agents),
	U32(MAY, wire_window, live),
	U64(MAY, wire_window, events, ANY),
	U64(MAY, wire_window, late, ANY),
	FIELD_END
};

static const struct field replay[] = {
	U64(MAY, wire_replay, read, ANY),
	U64(MAY, wire_replay, of, ANY),
	U64(MAY, wire_replay, messages, ANY),
	U64(MAY, wire_replay, tombstones, ANY),
	U64(MAY, wire_replay, large, ANY),
	U32(MAY, wire_replay, partitions),
	U32(MAY, wire_replay, all),
	U64(MAY, wire_replay, mine, ANY),
	U64(MAY, wire_replay, whole, ANY),
	BOOL(MAY, wire_replay, live),
	FIELD_END
};

static const struct field meta[] = {
	U32(MUST, wire_meta, id),
	OBJECT(MAY, wire_meta, books, books),
	OBJECT(MAY, wire_meta, before, books_agent),
	LIST(MAY, wire_meta, refusal, a_refusal),
	OBJECT(MAY, wire_meta, window, window),
	LIST(MAY, wire_meta, limit, a_limit),
	OBJECT(MAY, wire_meta, replay, replay),
	FIELD_END
};
CODEC(meta, META, mem)

static const struct field end[] = {
	OBJECT(MUST, wire_end, meta, meta),
	TEXT(MAY, wire_end, why, MAX_WHY),
	BOOL(MAY, wire_end, failed),
	BOOL(MAY, wire_end, leaves),
	BOOL(MAY, wire_end, lapsed),
	FIELD_END
};
CODEC(end, END, meta.mem)

static const struct field unsubscribe[] = {
	U32(MUST, wire_unsubscribe, id),
	FIELD_END
};
CODEC(unsubscribe, UNSUBSCRIBE, mem)

static const struct field ping[] = {
	U64(MUST, wire_ping, n, ANY),
	FIELD_END
};
CODEC(ping, PING, mem)

void
wire_pong_encode(const struct wire_ping *m, struct buf *b)
{
	fields_encode(WIRE_PONG, ping, m, b);
}

/* --- operators ------------------------------------------------------------- */

static const struct field request[] = {
	U32(MUST, wire_request, id),
	TEXT(MUST, wire_request, what, WIRE_MAX_NAME),
	TEXT(MAY, wire_request, arg, WIRE_MAX_NAME),
	TEXT(MAY, wire_request, who, WIRE_MAX_NAME),
	EXACT(MAY, wire_request, query, WIRE_MAX_TEXT),
	FIELD_END
};
CODEC(request, REQUEST, mem)

static const struct field reply[] = {
	U32(MUST, wire_reply, id),
	BOOL(MAY, wire_reply, ok),
	EXACT(MAY, wire_reply, text, WIRE_MAX_CONTROL),
	FIELD_END
};
CODEC(reply, REPLY, mem)
