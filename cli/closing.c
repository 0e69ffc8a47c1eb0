/* closing.c - name every cause that is not zero, and none that is. */
#include "cli/closing.h"

#include "cli/text.h"

static void
put_matched(uint64_t matched, uint64_t seen, struct buf *out)
{
	buf_printf(out, "; matched %s of %s seen", text_number(matched).z,
		   text_number(seen).z);
}

static void
put_sampled(uint64_t matched, uint64_t sampled, struct buf *out)
{
	uint64_t kept = matched > sampled ? matched - sampled : 0;

	if (!sampled)
		return;
	if (kept)
		buf_printf(out, "; sampled 1 in %.3g",
			   (double)matched / (double)kept);
	else
		buf_puts(out, "; sampling left all out");
}

static void
put_if(uint64_t n, const char *one, const char *many, struct buf *out)
{
	if (n)
		buf_printf(out, "; %s", text_count(n, one, many).z);
}

uint64_t
closing_dropped(const struct mql_books *b)
{
	uint64_t total = 0;

#define X(field, text) total += b->dropped.field;
	MQL_DROPS(X)
#undef X
	return total;
}

/* `; dropped 12 (agent ring full 10, subscriber slow 2)` */
static void
put_drops(const struct mql_books *b, struct buf *out)
{
	uint64_t total = closing_dropped(b);
	const char *before = " (";

	buf_printf(out, "; dropped %s", text_number(total).z);
#define X(field, text)                                               \
	if (b->dropped.field) {                                      \
		buf_printf(out, "%s" text " %s", before,             \
			   text_number(b->dropped.field).z);         \
		before = ", ";                                       \
	}
	MQL_DROPS(X)
#undef X
	if (total)
		buf_puts(out, ")");
}

/* Rows that were handed on, or put into groups, and those that were not. What
 * was not tried would have matched as the rest did. */
double
closing_one_in(const struct mql_books *now, const struct mql_books *then)
{
	static const struct mql_books none;
	const struct mql_books *was = then ? then : &none;
	const uint64_t seen = now->seen - was->seen;
	const uint64_t skipped = now->skipped - was->skipped;
	uint64_t missing = now->lost - was->lost;
	uint64_t here = now->folded + now->results ?
			now->folded - was->folded :
			now->delivered + now->others -
			was->delivered - was->others;

#define X(field) missing += now->dropped.field - was->dropped.field;
	X(ring) X(budget) X(rate) X(link) X(large) X(slow) X(overflow)
#undef X
	if (!here || skipped >= seen || (!missing && !skipped))
		return 1;
	return (double)(here + missing) / (double)here *
	       (double)seen / (double)(seen - skipped);
}

static void
put_thinned(const struct mql_books *b, struct buf *out)
{
	const double n = closing_one_in(b, NULL);

	if (n < 1.005)
		return;
	buf_printf(out, b->folded + b->results
		   ? "; made of about %s" : "; about %s is here",
		   text_one_in(n).z);
}

static void
put_oddities(uint64_t bad, uint64_t mismatches, uint64_t limited,
	     struct buf *out)
{
	put_if(bad, "event was not JSON", "events were not JSON", out);
	put_if(mismatches, "comparison of text with a number",
	       "comparisons of text with a number", out);
	put_if(limited, "regex gave up", "regexes gave up", out);
}

void
closing_fleet(const struct mql_books *b, uint64_t rows, struct buf *out)
{
	/* Agents that are gone have answered too, up to then. */
	uint32_t gone = b->left + b->lost_agents;

	buf_printf(out, "%s from %s of %s",
		   text_count(rows, "row", "rows").z,
		   text_number(b->live + gone).z,
		   text_count(b->targeted + gone, "agent", "agents").z);
	put_matched(b->matched, b->seen, out);
	put_sampled(b->matched, b->sampled, out);
	if (b->skipped)
		buf_printf(out, "; not tried on %s (over budget)",
			   text_number(b->skipped).z);
	put_drops(b, out);
	put_thinned(b, out);
	if (b->others)
		buf_printf(out, "; %s to others of the group",
			   text_number(b->others).z);
	if (b->lost)
		buf_printf(out, "; lost %s on the link",
			   text_number(b->lost).z);
	if (b->queued)
		buf_printf(out, "; %s still on the way",
			   text_number(b->queued).z);
	put_if(b->refused, "agent refused", "agents refused", out);
	put_if(b->lost_agents, "agent lost", "agents lost", out);
	put_if(b->left, "agent left", "agents left", out);
	put_oddities(b->bad, b->mismatches, b->regex_limited, out);
	if (!b->balanced)
		buf_puts(out, "; the books do not balance");
}

void
closing_files(const struct mql_runner_stats *s, struct buf *out)
{
	buf_puts(out, text_count(s->rows, "row", "rows").z);
	put_matched(s->matched, s->seen, out);
	put_sampled(s->matched, s->sampled, out);
	put_oddities(s->bad, s->mismatches, s->regex_limited, out);
}

/* `12.3 s` */
static void
put_length(uint64_t ms, struct buf *out)
{
	unsigned long long tenths = ms / 100;

	if (tenths)
		buf_printf(out, "%llu.%llu s", tenths / 10, tenths % 10);
	else
		buf_puts(out, "a moment");
}

void
closing_gap(const struct mql_item *gap, struct buf *out)
{
	struct text_short rows = text_count(gap->gap, "row was", "rows were");

	if (!gap->gap_more) {
		buf_printf(out, "%s missed while the link was down for ",
			   rows.z);
		put_length(gap->gap_ms, out);
		return;
	}
	buf_puts(out, "the query did not run everywhere for ");
	put_length(gap->gap_ms, out);
	if (gap->gap)
		buf_printf(out, ": at least %s missed", rows.z);
	else
		buf_puts(out, "; whether rows were missed is not known");
}
