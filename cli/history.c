#include "cli/history.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/text.h"
#include "common/clock.h"
#include "common/duration.h"
#include "mql/time.h"

enum {
	TELL_MS = 10000,     /* how often, where there is no status line */
	OLDEST = 1000000000, /* seconds since the epoch: 2001 */
};

/* --- what is asked for --------------------------------------------------------- */

/* As queries have it; a number that is no time of ours is a duration. */
static bool
read_time(const char *text, int64_t *ms)
{
	char *end;
	struct value v = { .type = VALUE_STR, .ptr = text,
			   .len = (uint32_t)strlen(text) };
	const long long n = strtoll(text, &end, 10);

	if (end > text && !*end)
		v = (struct value){ .type = VALUE_INT, .i = n };
	return (v.type == VALUE_STR || n >= OLDEST) && time_of_value(&v, ms);
}

static bool
read_since(const char *text, int64_t *ms)
{
	const int64_t now = clock_wall_ms();
	int64_t ago;

	if (read_time(text, ms)) {
		;
	} else if (!duration_parse(str_of(text), &ago)) {
		*ms = now - ago;
	} else {
		cmd_complain("--since takes a duration like 2h, or a time like "
			     "2026-11-21T10:00Z, not '%s'", text);
		return false;
	}
	if (*ms > now) {
		cmd_complain("--since %s is in the future", text);
		return false;
	}
	if (*ms < 0)
		*ms = 0; /* which is the beginning */
	return true;
}

bool
history_options(const struct history_args *a, struct mql_tail_options *opt)
{
	if (a->beginning && a->since) {
		cmd_complain("--from-beginning and --since do not go together");
		return false;
	}
	if (a->until_end && !a->beginning && !a->since) {
		cmd_complain("--until-end is of history: say --from-beginning "
			     "or --since, too");
		return false;
	}
	if (a->since && !read_since(a->since, &opt->since))
		return false;
	opt->replay = a->beginning || a->since;
	opt->until_end = a->until_end;
	return true;
}

/* --- how far it is --------------------------------------------------------------- */

static uint64_t
rate(const struct history *h)
{
	const int64_t took = clock_mono_ms() - h->began;

	return took > 0 ? h->last.read * 1000 / (uint64_t)took : 0;
}

static void
tell_progress(struct history *h, struct notes *notes)
{
	struct buf line = BUF_INIT;

	h->told = clock_mono_ms();
	history_progress(h, &line);
	if (!line.err && line.len > 2)
		notes_say(notes, "%.*s", (int)line.len - 2, (char *)line.data);
	buf_fini(&line);
}

static void
tell_end(const struct history *h, struct notes *notes)
{
	const int64_t ms = clock_mono_ms() - h->began;

	notes_say(notes, "the history is replayed: %s in %lld.%lld s",
		  text_count(h->last.messages, "message", "messages").z,
		  (long long)(ms / 1000), (long long)(ms % 1000 / 100));
}

void
history_take(struct history *h, const struct mql_replay *r,
	     struct notes *notes)
{
	h->last = *r;
	if (h->over || (!r->of && !r->live))
		return;
	if (!h->began) {
		h->began = h->told = clock_mono_ms();
		notes_say(notes, "replaying %s of %s",
			  text_count(r->of, "message", "messages").z,
			  text_count(r->partitions, "partition",
				     "partitions").z);
	}
	h->over = r->live;
	if (h->over)
		tell_end(h, notes);
	else if (!notes->in_place && clock_mono_ms() - h->told >= TELL_MS)
		tell_progress(h, notes);
}

void
history_progress(const struct history *h, struct buf *out)
{
	const struct mql_replay *r = &h->last;
	const uint64_t each = h->began ? rate(h) : 0;

	if (!r->of || h->over)
		return;
	buf_printf(out, "replayed %u%% of %s",
		   (unsigned)((double)r->read / (double)r->of * 100),
		   text_count(r->of, "message", "messages").z);
	if (each)
		buf_printf(out, ", %s a second, %s s left",
			   text_number(each).z,
			   text_number((r->of - r->read) / each).z);
	buf_puts(out, "; ");
}

void
history_closing(const struct history *h, struct buf *out)
{
	const struct mql_replay *r = &h->last;

	if (!r->partitions && !r->messages)
		return;
	buf_printf(out, "; replayed %s",
		   text_count(r->messages, "message", "messages").z);
	if (r->tombstones)
		buf_printf(out, ", %s without a value",
			   text_number(r->tombstones).z);
	if (r->large)
		buf_printf(out, ", %s too large", text_number(r->large).z);
	if (!r->live)
		buf_printf(out, ", and %s were still to come",
			   text_number(r->of - r->read).z);
}
