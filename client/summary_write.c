/* summary_write.c - a summary as text; see summary.h. */
#include "client/summary.h"
#include "event/json.h"

unsigned
summary_permille(uint64_t n, uint64_t all)
{
	unsigned share = all ? (unsigned)((n * 1000 + all / 2) / all) : 0;

	return n && !share ? 1 : share;
}

void
summary_write_types(const struct summary_field *f, const char *sep,
		    struct buf *out)
{
	bool done[VALUE_OBJECT + 1] = { 0 };

	for (int n = 0;; n++) {
		int most = VALUE_NULL;
		for (int t = VALUE_BOOL; t <= VALUE_OBJECT; t++)
			if (!done[t] && f->type[t] > f->type[most])
				most = t;
		if (!f->type[most])
			return;
		done[most] = true;
		buf_puts(out, n ? sep : "");
		buf_puts(out, value_type_name((enum value_type)most));
	}
}

static void
write_top(const struct summary_field *f, struct buf *out)
{
	buf_puts(out, ",\"top\":[");
	for (size_t i = 0; i < f->ntop; i++) {
		buf_puts(out, i ? ",{\"value\":" : "{\"value\":");
		value_write_json(&f->top[i].v, out);
		buf_printf(out, ",\"n\":%llu}",
			   (unsigned long long)f->top[i].n);
	}
	buf_puts(out, "]");
}

void
summary_write_field(const struct summary *s, const struct summary_field *f,
		    struct buf *out)
{
	unsigned share = summary_permille(f->rows, summary_rows(s));

	buf_puts(out, "{\"path\":");
	json_write_str(f->path, out);
	buf_puts(out, ",\"types\":[\"");
	summary_write_types(f, "\",\"", out);
	buf_printf(out, "\"],\"rows\":%llu,\"presence\":%u.%u,\"distinct\":%zu,"
		   "\"more\":%s", (unsigned long long)f->rows, share / 10,
		   share % 10, f->distinct, f->more ? "true" : "false");
	write_top(f, out);
	if (f->min.type != VALUE_NULL) {
		buf_puts(out, ",\"min\":");
		value_write_json(&f->min, out);
		buf_puts(out, ",\"max\":");
		value_write_json(&f->max, out);
	}
	buf_puts(out, "}");
}
