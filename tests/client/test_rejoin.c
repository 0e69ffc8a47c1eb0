/* test_rejoin.c - whatever happens in whatever order between agents, a
 * source-job and who asks over a link that breaks, the books are those of the
 * agents, to the last row.
 *
 *     agents --rows, reports--> views, their sum --rows, META--> the account
 *            link: loses                          link: breaks
 *
 * What stands between the links is the arithmetic of both sides,
 * source-job/ledger.h and client/account.h, and nothing else: each run is a
 * long sequence of steps that a seed has chosen. */
#include "client/account.h"
#include "source-job/ledger.h"
#include "tests/check_main.h"

enum { AGENTS = 3, SEEDS = 3000, STEPS = 400, LINK = 4096 };

/* --- chance --------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t
below(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (seed >> 33) % n;
}

/* --- agents, and the source-job's view of them ------------------------------------ */

static struct books_agent truth[AGENTS], view[AGENTS], all;

static struct message { /* of an agent; count 0: its report */
	uint64_t first, count;
	struct books_agent said;
} flying[AGENTS][LINK];
static size_t nflying[AGENTS];

static void
publish(struct books_agent *a, uint64_t n)
{
	a->seen += n;
	n = below(n + 1);
	a->matched += n;
	const uint64_t dropped = below(8) ? 0 : below(n + 1);
	a->drop_ring += dropped;
	a->queued += n - dropped;
}

static void
fly(unsigned i, const struct message *m)
{
	ck_assert_uint_lt(nflying[i], LINK);
	flying[i][nflying[i]++] = *m;
}

static void
send_rows(unsigned i, uint64_t n)
{
	struct books_agent *a = &truth[i];

	if (!n)
		return;
	fly(i, &(struct message){ .first = a->sent + 1, .count = n });
	a->sent += n;
	a->queued -= n;
}

static void
report(unsigned i)
{
	fly(i, &(struct message){ .said = truth[i] });
}

/* The link breaks: what is on it is lost, and the agent says how it stands. */
static void
lose_agent(unsigned i)
{
	struct books_agent settled = books_agent_settled(&view[i]);

	nflying[i] -= below(nflying[i] + 1);
	ledger_post(&all, &view[i], &settled);
	report(i);
}

/* --- one who asks ------------------------------------------------------------------ */

static struct client_account account;
static struct client_tally tally;
static struct books_agent before; /* where the subscription joined */
static struct books_source source;

static struct word { /* on its link; rows 0: META */
	uint64_t rows;
	struct wire_meta meta;
} coming[LINK];
static size_t ncoming;

static void
say(const struct word *w)
{
	ck_assert_uint_lt(ncoming, LINK);
	coming[ncoming++] = *w;
}

static struct wire_meta
books(void)
{
	struct wire_meta m = { .before = before };

	m.books.agent = ledger_since(&all, &before);
	m.books.source = source;
	return m;
}

static void
join(void)
{
	before = books_agent_settled(&all);
	source = (struct books_source){ 0 };
	say(&(struct word){ .meta = books() });
}

/* Some of them find no room in the queue, some wait in it. */
static void
give(uint64_t n)
{
	const uint64_t slow = below(4) ? 0 : below(n + 1);

	source.drop_slow += slow;
	source.waiting += n - slow;
}

static void
deliver(uint64_t n)
{
	if (!n)
		return;
	source.waiting -= n;
	source.delivered += n;
	say(&(struct word){ .rows = n });
}

static void
hear(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!coming[i].rows)
			client_account_tell(&account, &tally, &coming[i].meta,
					    false);
		for (uint64_t k = 0; k < coming[i].rows; k++)
			client_account_row(&account, &tally);
	}
	memmove(coming, coming + n, (ncoming - n) * sizeof *coming);
	ncoming -= n;
}

static void
break_off(void)
{
	hear(below(ncoming + 1));
	ncoming = 0;
	client_account_break(&account, &tally);
}

/* --- the source-job takes what an agent has said ----------------------------------- */

static void
take(unsigned i, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		const struct message *m = &flying[i][k];
		struct books_agent next = view[i];
		uint64_t lost = 0;

		if (!m->count)
			lost = ledger_report(&next, &m->said);
		else
			ck_assert_int_eq(0, ledger_batch(&next, m->first,
							 m->count, &lost));
		ledger_post(&all, &view[i], &next);
		source.lost += lost;
		give(m->count);
	}
	memmove(flying[i], flying[i] + n,
		(nflying[i] - n) * sizeof flying[i][0]);
	nflying[i] -= n;
}

/* --- all of it ------------------------------------------------------------------------ */

static void
step(bool up)
{
	const unsigned i = (unsigned)below(AGENTS);

	switch (below(up ? 8 : 6)) {
	case 0: case 1:
		publish(&truth[i], below(20));
		break;
	case 2:
		send_rows(i, below(truth[i].queued + 1));
		break;
	case 3:
		report(i);
		break;
	case 4: case 5:
		take(i, below(nflying[i] + 1));
		if (!below(20))
			lose_agent(i);
		break;
	case 6:
		deliver(below(source.waiting + 1));
		break;
	default:
		if (below(2))
			say(&(struct word){ .meta = books() });
		hear(below(ncoming + 1));
	}
}

/* What waits is sent, what was sent is read; then the last books. */
static void
end(void)
{
	struct wire_meta m;

	for (unsigned i = 0; i < AGENTS; i++) {
		send_rows(i, truth[i].queued);
		report(i);
		take(i, nflying[i]);
	}
	deliver(source.waiting);
	hear(ncoming);
	m = books();
	client_account_tell(&account, &tally, &m, true);
}

static void
begin(uint64_t n)
{
	seed = n;
	all = (struct books_agent){ 0 };
	memset(truth, 0, sizeof truth);
	memset(view, 0, sizeof view);
	memset(nflying, 0, sizeof nflying);
	ncoming = 0;
	account = (struct client_account){ 0 };
	tally = (struct client_tally){ 0 };
	client_account_join(&account, &tally);
}

static void
check(uint64_t n, const struct books_agent *joined)
{
	struct books_agent want = { 0 };
	struct mql_books b;

	for (unsigned i = 0; i < AGENTS; i++)
		books_agent_add(&want, &truth[i]);
	books_agent_sub(&want, joined);
	client_account_books(&account, &b);
	ck_assert_msg(b.balanced, "seed %d: they do not balance", (int)n);
	ck_assert_msg(b.seen == want.seen && b.matched == want.matched &&
		      b.sent == want.sent && b.queued == 0 &&
		      b.dropped.ring == want.drop_ring,
		      "seed %d: matched %d of %d", (int)n, (int)b.matched,
		      (int)want.matched);
	ck_assert_msg(b.received + b.lost + b.dropped.slow == want.sent,
		      "seed %d: %d rows, %d lost, %d sent", (int)n,
		      (int)b.received, (int)b.lost, (int)want.sent);
}

START_TEST(books_add_up_over_every_break)
{
	for (uint64_t n = 1; n <= SEEDS; n++) {
		struct books_agent joined;
		bool up = true, whole;

		begin(n);
		for (uint64_t k = below(50); k > 0; k--)
			step(false); /* others ask already */
		join();
		joined = before;
		hear(1);
		for (unsigned k = 0; k < STEPS; k++) {
			if (below(20)) {
				step(up);
				continue;
			}
			if (up)
				break_off();
			else
				join();
			up = !up;
		}
		if (!up)
			join();
		end();
		check(n, &joined);
		client_account_gap(&account, &whole);
		ck_assert_msg(whole || !account.broken,
			      "seed %d: not all is known", (int)n);
	}
}
END_TEST

TEST_MAIN(rejoin, books_add_up_over_every_break)
