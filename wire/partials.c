/* partials.c - see partials.h. A peer of another version may send more values
 * in an entry: they are ignored. */
#include "wire/partials.h"

#include "mql/error.h"
#include "wire/pack.h"

enum { NVALUES = 5 }; /* of an entry */

/* --- write ----------------------------------------------------------------- */

static void
put_entry(msgpack_packer *pk, const struct wire_partial *p)
{
	msgpack_pack_array(pk, NVALUES);
	msgpack_pack_uint32(pk, p->id);
	msgpack_pack_uint64(pk, p->first);
	msgpack_pack_uint64(pk, p->events);
	msgpack_pack_uint64(pk, p->upto);
	msgpack_pack_bin(pk, p->bytes.len);
	msgpack_pack_bin_body(pk, p->bytes.ptr, p->bytes.len);
}

void
wire_partials_encode(const struct wire_partials *m, struct buf *b)
{
	msgpack_packer pk;
	size_t begin = b->len;

	if (!b->err && m->n > WIRE_MAX_LIST)
		b->err = MQL_ELIMIT;
	wire_put_header(b, WIRE_PARTIALS);
	msgpack_packer_init(&pk, b, pack_append);
	msgpack_pack_array(&pk, m->n);
	for (size_t i = 0; i < m->n && !b->err; i++)
		put_entry(&pk, &m->item[i]);
	if (!b->err && b->len - begin - WIRE_HEADER > WIRE_MAX_ROWS)
		b->err = MQL_ELIMIT;
}

/* --- read ------------------------------------------------------------------- */

static int
read_bytes(const msgpack_object *o, struct str *to)
{
	if (o->type != MSGPACK_OBJECT_BIN)
		return MQL_EBADFRAME;
	*to = (struct str){ o->via.bin.ptr, o->via.bin.size };
	return 0;
}

/* Events have numbers and bytes; without them there are none. */
static bool
agrees(const struct wire_partial *p)
{
	if (!p->events)
		return !p->bytes.len;
	return p->bytes.len && p->first && p->events <= UINT64_MAX - p->first;
}

static int
read_entry(const msgpack_object *o, struct wire_partial *to)
{
	msgpack_object_array entry;
	uint64_t id;
	int err;

	if ((err = pack_array(o, NVALUES, &entry)) ||
	    (err = pack_uint(&entry.ptr[0], UINT32_MAX, &id)) ||
	    (err = pack_uint(&entry.ptr[1], UINT64_MAX, &to->first)) ||
	    (err = pack_uint(&entry.ptr[2], UINT64_MAX, &to->events)) ||
	    (err = pack_uint(&entry.ptr[3], INT64_MAX, &to->upto)) ||
	    (err = read_bytes(&entry.ptr[4], &to->bytes)))
		return err;
	to->id = (uint32_t)id;
	return agrees(to) ? 0 : MQL_EBADFRAME;
}

static int
read_entries(const msgpack_object *o, struct wire_partials *m)
{
	msgpack_object_array list;
	void *to;
	int err = pack_list(o, sizeof *m->item, &m->mem, &list, &to);

	m->item = to;
	for (size_t i = 0; !err && i < list.size; i++, m->n++)
		err = read_entry(&list.ptr[i], &m->item[i]);
	return err;
}

int
wire_partials_decode(struct str body, struct wire_partials *m)
{
	msgpack_unpacked unpacked;
	int err = pack_read(body, &unpacked);

	*m = (struct wire_partials){ 0 };
	if (!err)
		err = read_entries(&unpacked.data, m);
	msgpack_unpacked_destroy(&unpacked);
	return err;
}
