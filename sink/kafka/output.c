/* output.c - see output.h. */
#include "sink/kafka/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"

enum {
	TURN_ITEMS = 8192,
	POLL_ITEMS = 256,     /* between looks at delivery reports */
	KEPT_BYTES = 32 << 20, /* rows of a window that is not told yet */
	MIN_CREDIT = 256 << 10,
	MAX_CREDIT = 4 << 20,
	CREDIT_SHARE = 8,     /* of the buffer, for what still comes */
};

/* --- life ------------------------------------------------------------------- */

/* Our names must not be the query's own. */
static bool
is_free(const struct mql_query *q)
{
	struct str name;

	for (size_t i = 0; i < mql_query_columns(q); i++) {
		name.ptr = mql_query_column(q, i, &name.len);
		if (name.ptr && cut_has_name(name))
			return false;
	}
	return true;
}

/* Each query is asked as it is when it cannot be, or need not be, otherwise. */
static int
extend(struct output *o, const struct mql_query *q)
{
	struct buf b = BUF_INIT;

	o->is_cut = o->world->config->headers && is_free(q) &&
		    client_query_extend(q, CUT_COLUMNS, &b);
	if (!o->is_cut)
		buf_puts(&b, mql_query_text(q));
	buf_put_u8(&b, '\0');
	int err = b.err;
	if (!err)
		o->text = strdup((const char *)b.data);
	buf_fini(&b);
	return !err && !o->text ? MQL_ENOMEM : err;
}

static void
explain(struct buf *why, const char *what, const struct mql_diag *d,
	const char *text)
{
	char *shown = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&shown, &n);

	buf_printf(why, "%s: ", what);
	if (to) {
		mql_diag_print(d, text, to);
		fclose(to);
		while (n && shown[n - 1] == '\n')
			n--;
		buf_put(why, shown, n);
	}
	free(shown);
}

static int
choose_key(struct output *o, const struct mql_query *q, const char *key,
	   struct buf *why)
{
	struct mql_diag d = { 0 };
	int err;

	if (key) {
		if ((err = key_new(key, &o->key, &d)))
			explain(why, "the key", &d, key);
		return err;
	}
	if (o->kind == CLIENT_ROWS)
		return 0;
	err = key_of_groups(q, o->name, &o->key);
	if (err == MQL_EUNSUP)
		log_warn("%s: not all that it groups by is among its columns: "
			 "its records have no key", o->name);
	return err == MQL_EUNSUP ? 0 : err;
}

/* Rows are shared by their key, where one is said; a text of our own. */
static int
join_group(struct output *o, const struct output_ask *ask)
{
	if (!ask->group)
		return 0;
	if (!(o->group = strdup(ask->group)) ||
	    (ask->key && !(o->by = strdup(ask->key))))
		return MQL_ENOMEM;
	return 0;
}

static int
bound_rate(struct output *o, const char *rate, struct buf *why)
{
	const size_t n = rate ? strspn(rate, "0123456789") : 0;

	if (!rate)
		return 0;
	o->rate = strtoull(rate, NULL, 10);
	if (n && !rate[n] && o->rate <= WIRE_MAX_RATE)
		return 0;
	buf_printf(why, "the rate: %s is no whole number of rows a second up "
		   "to %d", rate, WIRE_MAX_RATE);
	return MQL_EINVAL;
}

static int
prepare(struct output *o, const struct output_ask *ask, struct buf *why)
{
	struct mql_query *q = NULL;
	struct mql_diag d = { 0 };
	bool since;
	int err = bound_rate(o, ask->rate, why);

	if (err)
		return err;
	if ((err = mql_query_compile(ask->query, &q, &d))) {
		explain(why, "the query", &d, ask->query);
		return err;
	}
	o->kind = client_query_kind(q, &since);
	if (!(err = extend(o, q)) &&
	    !(err = choose_key(o, q, ask->key, why)) &&
	    !(err = join_group(o, ask)))
		o->topic = producer_topic(o->world->producer, ask->topic);
	mql_query_free(q);
	return !err && !o->topic ? MQL_ENOMEM : err;
}

int
output_new(const struct output_world *w, const struct output_ask *ask,
	   struct output **out, struct buf *why)
{
	struct output *o = calloc(1, sizeof *o);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!o)
		goto out;
	o->world = w;
	if (!(o->name = strdup(ask->name)))
		goto out;
	if ((err = prepare(o, ask, why)))
		goto out;
	o->slot = state_begin(w->state, ask->name, &o->lost);
	if (o->lost)
		log_warn("%s: the last run ended without a word: up to %"
			 PRIu64 " rows that it had taken were not "
			 "acknowledged", o->name, o->lost);
	*out = o;
	o = NULL;
out:
	if (err && !why->len)
		buf_puts(why, mql_strerror(err));
	output_free(o);
	return err;
}

void
output_free(struct output *o)
{
	if (!o)
		return;
	mql_tail_close(o->tail);
	state_end(o->slot);
	key_free(o->key);
	cut_fini(&o->cut);
	buf_fini(&o->kept);
	free(o->name);
	free(o->text);
	free(o->group);
	free(o->by);
	free(o);
}

/* --- records ------------------------------------------------------------------ */

/* The memory of headers that are numbers. */
struct numbers {
	char text[6][32];
	unsigned n;
};

static void
add_header(struct record *r, struct str name, struct str value)
{
	if (value.len)
		r->header[r->nheader++] = (struct header){ name, value };
}

static void
add_number(struct record *r, struct str name, int64_t v, struct numbers *mem)
{
	char *text = mem->text[mem->n++];
	int n = snprintf(text, sizeof *mem->text, "%" PRId64, v);

	add_header(r, name, (struct str){ text, (size_t)n });
}

static void
add_window(struct record *r, const struct mql_window *w, struct numbers *mem)
{
	char *text = mem->text[mem->n++];
	int n = snprintf(text, sizeof *mem->text, "%" PRIu32 "/%" PRIu32,
			 w->agents, w->live);

	add_number(r, STR("mql.window.start"), w->start, mem);
	add_number(r, STR("mql.window.end"), w->end, mem);
	add_header(r, STR("mql.agents"), (struct str){ text, (size_t)n });
	add_number(r, STR("mql.events"), (int64_t)w->events, mem);
	add_number(r, STR("mql.late"), (int64_t)w->late, mem);
	r->ts = w->end;
}

static void
settle(struct output *o)
{
	const uint64_t settled = o->delivery.acked + o->delivery.failed;

	if (o->slot)
		o->slot->settled = settled;
	if (o->tail)
		client_tail_settle(o->tail, settled);
}

/* window NULL: a row that is of none, or nobody knows of which. */
static void
produce(struct output *o, struct str row, const struct mql_window *window)
{
	struct record r = { .value = row };
	struct numbers mem = { .n = 0 };
	struct origin from = { .ts = 0 }; /* nothing is known */

	if (o->is_cut && cut_row(&o->cut, row, &from, &r.value))
		r.value = row; /* no memory: better too much than nothing */
	if (o->world->config->headers) {
		add_header(&r, STR("mql.query"), str_of(o->name));
		add_header(&r, STR("mql.agent"), from.agent);
		add_header(&r, STR("mql.host"), from.host);
		add_header(&r, STR("mql.ts"), from.digits);
		r.ts = from.ts;
		if (window)
			add_window(&r, window, &mem);
	}
	if (o->key && (key_make(o->key, r.value, &r.key) || !r.key.ptr)) {
		r.key = (struct str){ 0 };
		o->unkeyed++;
	}
	producer_send(o->world->producer, o->topic, &r, &o->delivery);
}

/* --- windows ------------------------------------------------------------------ */

static void
produce_kept(struct output *o, const struct mql_window *window)
{
	const uint8_t *p = o->kept.data;
	uint32_t len;

	for (; o->nkept; o->nkept--, p += len) {
		memcpy(&len, p, sizeof len);
		p += sizeof len;
		produce(o, (struct str){ (const char *)p, len }, window);
		o->unsure += !window;
	}
	buf_reset(&o->kept);
}

static void
keep(struct output *o, struct str row)
{
	if (o->kept.len + row.len > KEPT_BYTES)
		produce_kept(o, NULL);
	size_t at = o->kept.len;
	buf_put_u32(&o->kept, (uint32_t)row.len);
	buf_put(&o->kept, row.ptr, row.len);
	if (!o->kept.err) {
		o->nkept++;
		return;
	}
	o->kept.len = at;
	o->kept.err = 0;
	produce_kept(o, NULL);
	produce(o, row, NULL);
	o->unsure++;
}

static void
take_window(struct output *o, const struct mql_window *w)
{
	if (w->start == o->window.start && w->end == o->window.end)
		return;
	o->window = *w;
	produce_kept(o, w);
}

/* --- items -------------------------------------------------------------------- */

static void
take_row(struct output *o, struct mql_slice row)
{
	struct str text = { row.ptr, row.len };

	o->taken++;
	if (o->slot)
		o->slot->taken = o->taken;
	if (o->kind == CLIENT_ROWS)
		produce(o, text, NULL);
	else
		keep(o, text);
}

static void
take_link(struct output *o, const struct mql_item *item)
{
	o->up = item->up;
	if (item->up)
		log_info("%s: the source-job is back", o->name);
	else
		log_warn("%s: %s", o->name, item->why);
	if (!item->up)
		produce_kept(o, NULL); /* the rest of the window is gone */
}

static void
take_gap(struct output *o, const struct mql_item *item)
{
	o->gaps++;
	o->missed += item->gap;
	log_warn("%s: %" PRIu64 " rows were missed%s while the source-job was "
		 "away", o->name, item->gap,
		 item->gap_more ? ", or nobody knows how many more," : "");
}

static void
end(struct output *o, bool failed, const char *why)
{
	produce_kept(o, NULL);
	snprintf(o->why, sizeof o->why, "%s", why ? why : "it has ended");
	o->state = OUTPUT_OVER;
	o->failed = failed;
	o->up = false;
	mql_tail_close(o->tail); /* why may be its own */
	o->tail = NULL;
}

static void
take_item(struct output *o, const struct mql_item *item)
{
	if (item->kind == MQL_ROW) {
		take_row(o, item->row);
		return;
	}
	o->books = item->books;
	if (o->slot)
		o->slot->told = o->books.delivered;
	take_window(o, &item->window);
	switch (item->kind) {
	case MQL_LIVE:
		o->up = true;
		break;
	case MQL_LINK:
		take_link(o, item);
		break;
	case MQL_GAP:
		take_gap(o, item);
		break;
	case MQL_END:
		end(o, item->failed, item->why);
		break;
	case MQL_ROW:
	case MQL_META:
		break;
	}
}

/* --- turns -------------------------------------------------------------------- */

static void
begin(struct output *o)
{
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };
	uint64_t credit = o->world->config->buffer / CREDIT_SHARE;
	int err;

	opt.query = o->text;
	opt.source_job = o->world->config->peer.source_job;
	opt.name = "mql-sink-kafka " MQL_VERSION;
	opt.rate = o->rate;
	opt.group = o->group;
	opt.group_key = o->by;
	opt.member = o->group ? o->world->config->member : NULL;
	opt.credit_bytes = credit < MIN_CREDIT ? MIN_CREDIT :
			   credit > MAX_CREDIT ? MAX_CREDIT : credit;
	err = client_tail_start(&opt, o->world->context, &o->tail, &diag);
	o->state = OUTPUT_RUNNING;
	if (err)
		end(o, true, *diag.text ? diag.text : mql_strerror(err));
	else
		client_tail_stay(o->tail);
	settle(o); /* nothing, before the first row */
}

static void
look(struct output *o)
{
	const char *why;

	switch (topic_state(o->topic, &why)) {
	case TOPIC_ASKED:
		break;
	case TOPIC_READY:
		begin(o);
		break;
	case TOPIC_FAILED:
		end(o, true, why);
		break;
	}
}

/* Keys that do not fit are said; it may be that they soon do. */
static void
watch(struct output *o)
{
	const char *why = o->tail && !o->up ? client_tail_trouble(o->tail) :
					      NULL;

	if (why && strncmp(why, o->trouble, sizeof o->trouble - 1)) {
		log_warn("%s: %s", o->name, why);
		snprintf(o->trouble, sizeof o->trouble, "%s", why);
	} else if (o->up) {
		o->trouble[0] = '\0';
	}
}

bool
output_turn(struct output *o)
{
	struct mql_item item;
	bool more = true;

	if (o->state == OUTPUT_LOOKING)
		look(o);
	for (int i = 0; i < TURN_ITEMS && more; i++) {
		more = o->tail && !mql_tail_next(o->tail, 0, &item);
		if (more)
			take_item(o, &item);
		if (i % POLL_ITEMS == POLL_ITEMS - 1)
			producer_turn(o->world->producer);
	}
	settle(o);
	watch(o);
	return more;
}

void
output_stop(struct output *o)
{
	if (o->state == OUTPUT_RUNNING) {
		mql_tail_stop(o->tail);
		o->state = OUTPUT_STOPPING;
	} else if (o->state == OUTPUT_LOOKING) {
		end(o, false, "stopped before it began");
	}
}

void
output_abandon(struct output *o, const char *why)
{
	if (o->state != OUTPUT_OVER)
		end(o, true, why);
}

bool
output_is_settled(const struct output *o)
{
	const struct delivery *d = &o->delivery;

	return d->produced == d->acked + d->failed;
}

/* --- words -------------------------------------------------------------------- */

static void
say_failures(const struct delivery *d, struct buf *out)
{
	buf_printf(out, ", %" PRIu64 " failed", d->failed);
	for (size_t i = 0; i < PRODUCER_ERRORS && d->error[i].code; i++)
		buf_printf(out, "%s%" PRIu64 " %s", i ? ", " : " (",
			   d->error[i].n,
			   producer_error_name(d->error[i].code));
	buf_puts(out, d->failed ? ")" : "");
}

static void
say_books(const struct mql_books *b, struct buf *out)
{
	buf_printf(out, "; seen %" PRIu64 ", matched %" PRIu64
		   ", sampled out %" PRIu64 ", lost %" PRIu64, b->seen,
		   b->matched, b->sampled, b->lost);
	if (b->others)
		buf_printf(out, ", others' %" PRIu64, b->others);
#define X(field, what)                                                      \
	if (b->dropped.field)                                               \
		buf_printf(out, ", %s %" PRIu64, what, b->dropped.field);
	MQL_DROPS(X)
#undef X
	buf_puts(out, b->balanced ? "; the books balance" :
				    "; the books do not balance");
}

void
output_say(const struct output *o, struct buf *out)
{
	const struct delivery *d = &o->delivery;

	buf_printf(out, "%s: %" PRIu64 " rows, %" PRIu64 " acknowledged",
		   o->name, o->taken, d->acked);
	say_failures(d, out);
	if (!output_is_settled(o))
		buf_printf(out, ", %" PRIu64 " on the way",
			   d->produced - d->acked - d->failed);
	if (o->gaps)
		buf_printf(out, ", %" PRIu64 " missed", o->missed);
	if (o->taken || o->books.seen)
		say_books(&o->books, out);
	if (o->why[0])
		buf_printf(out, "; %s", o->why);
}
