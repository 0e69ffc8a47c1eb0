/* fields.c - a bounded tail, folded into a summary; see fields.h. */
#include "client/fields.h"

#include <stdio.h>

#include "common/clock.h"
#include "mql/spell.h"

enum {
	TURN_MS  = 100, /* how often `stop` is looked at */
	LEAVE_MS = 500,
};

static int
open_tail(const struct fields_options *opt, struct mql_tail **out,
	  struct mql_diag *diag)
{
	struct mql_tail_options o = MQL_TAIL_OPTIONS_INIT;
	struct buf text = BUF_INIT;

	buf_puts(&text, "select * from ");
	spell_name(str_of(opt->stream), &text);
	buf_put_u8(&text, '\0');
	o.source_job = opt->source_job;
	o.query = (const char *)text.data;
	o.name = opt->name;
	o.limit = opt->events ? opt->events : FIELDS_EVENTS;
	o.connect_ms = opt->connect_ms ? opt->connect_ms : FIELDS_CONNECT_MS;
	int err = text.err ? text.err : mql_tail_open(&o, out, diag);
	buf_fini(&text);
	return err;
}

/* Sets *over at the end of the query. */
static int
take(struct fields *f, const struct mql_item *item, bool *over,
     struct mql_diag *diag)
{
	if (item->kind == MQL_ROW) {
		struct str row = { item->row.ptr, item->row.len };
		int err = summary_add(f->summary, row);
		return err == MQL_EBADEVENT ? 0 : err; /* not a row of ours */
	}
	f->targeted = item->books.targeted;
	f->live = item->books.live;
	*over = item->kind == MQL_END;
	if (!*over || !item->failed)
		return 0;
	if (diag)
		snprintf(diag->text, sizeof diag->text, "the query ended: %s",
			 item->why ? item->why : "nobody says why");
	return MQL_EREFUSED;
}

static bool
is_stopped(const struct fields_options *opt)
{
	return opt->stop && atomic_load(opt->stop);
}

/* Until ms are over, or there is nothing more. */
static int
look(const struct fields_options *opt, struct mql_tail *t, int64_t ms,
     struct fields *f, struct mql_diag *diag)
{
	int64_t until = clock_mono_ms() + ms, left = ms;
	struct mql_item item;
	bool over = false;
	int err = 0;

	for (; !err && !over && left > 0 && !is_stopped(opt);
	     left = until - clock_mono_ms()) {
		err = mql_tail_next(t, left < TURN_MS ? (int)left : TURN_MS,
				    &item);
		if (!err)
			err = take(f, &item, &over, diag);
		else if (err == MQL_ETIMEOUT)
			err = 0;
	}
	return err;
}

/* Then say that it is enough, and take what is on its way. */
static int
look_and_leave(const struct fields_options *opt, struct mql_tail *t,
	       struct fields *f, struct mql_diag *diag)
{
	int64_t began = clock_mono_ms();
	int err = look(opt, t, opt->ms ? opt->ms : FIELDS_MS, f, diag);

	f->ms = clock_mono_ms() - began;
	if (err)
		return err;
	mql_tail_stop(t);
	return look(opt, t, LEAVE_MS, f, diag);
}

int
fields_ask(const struct fields_options *opt, struct fields *out,
	   struct mql_diag *diag)
{
	struct mql_tail *t = NULL;
	int err = MQL_ENOMEM;

	*out = (struct fields){ .summary = summary_new() };
	if (!out->summary)
		goto out;
	if ((err = open_tail(opt, &t, diag)))
		goto out;
	err = look_and_leave(opt, t, out, diag);
out:
	mql_tail_close(t);
	if (err)
		fields_fini(out);
	return err;
}

void
fields_fini(struct fields *f)
{
	summary_free(f->summary);
	f->summary = NULL;
}

void
fields_write(const struct fields *f, struct buf *out)
{
	struct summary_field field;
	size_t at = 0;

	buf_printf(out, "{\"events\":%llu,\"targeted\":%u,\"live\":%u,"
		   "\"ms\":%lld,\"left\":%s,\"fields\":[",
		   (unsigned long long)summary_rows(f->summary),
		   (unsigned)f->targeted, (unsigned)f->live, (long long)f->ms,
		   summary_left(f->summary) ? "true" : "false");
	for (bool more = false; summary_next(f->summary, &at, &field);
	     more = true) {
		buf_puts(out, more ? ",\n" : "\n");
		summary_write_field(f->summary, &field, out);
	}
	buf_puts(out, "]}\n");
}
