/* heartbeat.c - the counters, in MessagePack, for they come from every agent
 * every second.
 *
 *     [at, version,
 *      [[id, [seen, matched, ...], [every, why], [cpu_ns, rows, bytes]], ...],
 *      [stream, ...], [cpu_ns, memory, disabled, at, held, wall]]
 *
 * [every, why] is there for a query that is over its budget (every 0: it is
 * suspended), else nil, and no cost where there was none; `at` and what
 * follows it when a CREDIT has brought one. The counters stand in the order of
 * BOOKS_AGENT. A peer of another version may send more of anything (ignored)
 * or less (zero). */
#include "mql/error.h"
#include "wire/message.h"
#include "wire/pack.h"
#include "wire/text.h"

enum {
#define X(name, text) + 1
	NBOOKS = 0 BOOKS_AGENT(X)
#undef X
};

/* --- write ----------------------------------------------------------------- */

static void
pack_name(msgpack_packer *pk, struct str name, struct buf *b)
{
	struct buf text = BUF_INIT;

	text_put(name, WIRE_MAX_NAME, &text);
	msgpack_pack_str(pk, text.len);
	msgpack_pack_str_body(pk, text.data, text.len);
	if (text.err)
		b->err = text.err;
	buf_fini(&text);
}

static void
pack_limit(msgpack_packer *pk, const struct wire_counts *c, struct buf *b)
{
	msgpack_pack_array(pk, 2);
	msgpack_pack_uint32(pk, c->suspended ? 0 : c->every);
	pack_name(pk, c->why, b);
}

static void
pack_cost(msgpack_packer *pk, const struct wire_cost *c)
{
	msgpack_pack_array(pk, 3);
	msgpack_pack_uint64(pk, c->cpu_ns);
	msgpack_pack_uint64(pk, c->rows);
	msgpack_pack_uint64(pk, c->bytes);
}

static void
pack_counts(msgpack_packer *pk, const struct wire_counts *c, struct buf *b)
{
	const bool limited = c->suspended || c->every > 1;
	const bool costs = c->cost.cpu_ns || c->cost.rows || c->cost.bytes;

	msgpack_pack_array(pk, costs ? 4 : limited ? 3 : 2);
	msgpack_pack_uint32(pk, c->id);
	msgpack_pack_array(pk, NBOOKS);
#define X(name, text) msgpack_pack_uint64(pk, c->books.name);
	BOOKS_AGENT(X)
#undef X
	if (limited)
		pack_limit(pk, c, b);
	else if (costs)
		msgpack_pack_nil(pk);
	if (costs)
		pack_cost(pk, &c->cost);
}

static void
pack_health(msgpack_packer *pk, const struct wire_health *h)
{
	msgpack_pack_array(pk, h->at ? 6 : 3);
	msgpack_pack_uint64(pk, h->cpu_ns);
	msgpack_pack_uint64(pk, h->memory);
	msgpack_pack_uint8(pk, h->disabled);
	if (!h->at)
		return;
	msgpack_pack_uint64(pk, h->at);
	msgpack_pack_uint64(pk, h->held);
	msgpack_pack_uint64(pk, h->wall);
}

void
wire_heartbeat_encode(const struct wire_heartbeat *m, struct buf *b)
{
	msgpack_packer pk;
	size_t begin = b->len;

	if (!b->err && (m->nquery > WIRE_MAX_LIST ||
			m->nstream > WIRE_MAX_LIST))
		b->err = MQL_ELIMIT;
	wire_put_header(b, WIRE_HEARTBEAT);
	msgpack_packer_init(&pk, b, pack_append);
	msgpack_pack_array(&pk, 5);
	msgpack_pack_uint64(&pk, m->at);
	msgpack_pack_uint64(&pk, m->version);
	msgpack_pack_array(&pk, m->nquery);
	for (size_t i = 0; i < m->nquery && !b->err; i++)
		pack_counts(&pk, &m->query[i], b);
	msgpack_pack_array(&pk, m->nstream);
	for (size_t i = 0; i < m->nstream && !b->err; i++)
		pack_name(&pk, m->stream[i], b);
	pack_health(&pk, &m->health);
	if (!b->err && b->len - begin - WIRE_HEADER > WIRE_MAX_CONTROL)
		b->err = MQL_ELIMIT;
}

/* --- read ------------------------------------------------------------------- */

static int
read_name(const msgpack_object *o, struct arena *mem, struct str *to)
{
	struct str s = { 0 };

	if (o->type != MSGPACK_OBJECT_STR || o->via.str.size > WIRE_MAX_NAME)
		return MQL_EBADFRAME;
	s = (struct str){ o->via.str.ptr, o->via.str.size };
	if (!text_ok(s))
		return MQL_EBADFRAME;
	*to = arena_str(mem, s);
	return to->ptr ? 0 : MQL_ENOMEM;
}

static int
read_limit(const msgpack_object *o, struct arena *mem, struct wire_counts *to)
{
	msgpack_object_array list;
	uint64_t every;
	int err;

	if (o->type != MSGPACK_OBJECT_ARRAY) /* a later version's own */
		return 0;
	if ((err = pack_array(o, 2, &list)) ||
	    (err = pack_uint(&list.ptr[0], UINT32_MAX, &every)))
		return err;
	to->every = (uint32_t)every;
	to->suspended = !every;
	return read_name(&list.ptr[1], mem, &to->why);
}

static int
read_cost(const msgpack_object *o, struct wire_cost *to)
{
	uint64_t n[3] = { 0 };
	msgpack_object_array list;
	int err = pack_array(o, 0, &list);

	for (unsigned i = 0; !err && i < 3 && i < list.size; i++)
		err = pack_uint(&list.ptr[i], INT64_MAX, &n[i]);
	*to = (struct wire_cost){ n[0], n[1], n[2] };
	return err;
}

static int
read_counts(const msgpack_object *o, struct arena *mem, struct wire_counts *to)
{
	uint64_t id, count[NBOOKS] = { 0 };
	msgpack_object_array pair, list;
	unsigned at = 0;
	int err;

	if ((err = pack_array(o, 2, &pair)) ||
	    (err = pack_uint(&pair.ptr[0], UINT32_MAX, &id)) ||
	    (err = pack_array(&pair.ptr[1], 0, &list)))
		return err;
	for (unsigned i = 0; !err && i < NBOOKS && i < list.size; i++)
		err = pack_uint(&list.ptr[i], UINT64_MAX, &count[i]);
	to->id = (uint32_t)id;
#define X(name, text) to->books.name = count[at++];
	BOOKS_AGENT(X)
#undef X
	if (!err && pair.size > 2)
		err = read_limit(&pair.ptr[2], mem, to);
	if (!err && pair.size > 3)
		err = read_cost(&pair.ptr[3], &to->cost);
	return err;
}

static int
read_queries(const msgpack_object *o, struct wire_heartbeat *m)
{
	msgpack_object_array list;
	void *to;
	int err = pack_list(o, sizeof *m->query, &m->mem, &list, &to);

	m->query = to;
	for (size_t i = 0; !err && i < list.size; i++, m->nquery++)
		err = read_counts(&list.ptr[i], &m->mem, &m->query[i]);
	return err;
}

static int
read_streams(const msgpack_object *o, struct wire_heartbeat *m)
{
	msgpack_object_array list;
	void *to;
	int err = pack_list(o, sizeof *m->stream, &m->mem, &list, &to);

	m->stream = to;
	for (size_t i = 0; !err && i < list.size; i++, m->nstream++)
		err = read_name(&list.ptr[i], &m->mem, &m->stream[i]);
	return err;
}

static int
read_health(const msgpack_object *o, struct wire_health *h)
{
	uint64_t n[6] = { 0 };
	msgpack_object_array list;
	int err = pack_array(o, 0, &list);

	for (unsigned i = 0; !err && i < 6 && i < list.size; i++)
		err = pack_uint(&list.ptr[i], INT64_MAX, &n[i]);
	*h = (struct wire_health){ n[0], n[1], n[2] != 0, n[3], n[4], n[5] };
	return err;
}

static int
read_heartbeat(const msgpack_object *o, struct wire_heartbeat *m)
{
	msgpack_object_array part;
	int err;

	if ((err = pack_array(o, 2, &part)) ||
	    (err = pack_uint(&part.ptr[0], INT64_MAX, &m->at)) ||
	    (err = pack_uint(&part.ptr[1], INT64_MAX, &m->version)))
		return err;
	if (part.size > 2)
		err = read_queries(&part.ptr[2], m);
	if (!err && part.size > 3)
		err = read_streams(&part.ptr[3], m);
	if (!err && part.size > 4)
		err = read_health(&part.ptr[4], &m->health);
	return err;
}

int
wire_heartbeat_decode(struct str body, struct wire_heartbeat *m)
{
	msgpack_unpacked unpacked;
	int err = pack_read(body, &unpacked);

	*m = (struct wire_heartbeat){ 0 };
	if (!err)
		err = read_heartbeat(&unpacked.data, m);
	msgpack_unpacked_destroy(&unpacked);
	return err;
}
