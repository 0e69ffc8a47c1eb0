/* test_books.c - sums, differences and the equations of wire/books.h. */
#include "tests/check_main.h"

#include "wire/books.h"

/* staged: its rows are made of the agents' rows. */
static struct books
books_of(bool staged)
{
	struct books b = { 0 };

	b.agent = (struct books_agent){ .seen = 100, .matched = 60,
		.sampled = 10, .sent = 30, .queued = 5, .drop_ring = 1,
		.drop_budget = 2, .drop_rate = 3, .drop_link = 4,
		.drop_large = 5 };
	b.source = (struct books_source){ .delivered = 20, .waiting = 1,
		.drop_limit = 2, .drop_slow = 3, .lost = 4 };
	if (staged) {
		b.source.folded = 20;
		b.source.results = 26;
		b.source.late = 1;
		b.source.untimed = 2;
		b.source.overflow = 3;
	}
	return b;
}

static struct books
balanced(void)
{
	return books_of(false);
}

START_TEST(books_add_and_sub_touch_every_counter)
{
	struct books_agent a, b = { 0 };
	uint64_t n = 0;

#define X(name, text) a.name = ++n;
	BOOKS_AGENT(X)
#undef X
	books_agent_add(&b, &a);
	books_agent_add(&b, &a);
	n = 0;
#define X(name, text) ck_assert_uint_eq(b.name, 2 * ++n);
	BOOKS_AGENT(X)
#undef X
	books_agent_sub(&b, &a);
	books_agent_sub(&b, &a);
#define X(name, text) ck_assert_uint_eq(b.name, 0);
	BOOKS_AGENT(X)
#undef X
}
END_TEST

START_TEST(books_dropped_counts_every_cause)
{
	struct books b = balanced();

	ck_assert_uint_eq(books_agent_dropped(&b.agent), 15);
	ck_assert_uint_eq(books_source_dropped(&b.source), 5);
}
END_TEST

START_TEST(books_balance_when_every_row_is_accounted_for)
{
	struct books b = balanced();

	ck_assert(books_balance(&b));
	ck_assert(books_balance(&(struct books){ 0 }));
}
END_TEST

START_TEST(books_balance_when_rows_are_made_of_rows)
{
	struct books b = books_of(true);

	ck_assert_uint_eq(books_source_dropped(&b.source), 11);
	ck_assert(books_balance(&b));
}
END_TEST

/* One row more or less in any term of an equation, and it fails. */
START_TEST(books_do_not_balance_with_one_row_missing)
{
#define X(name, text)                                                  \
	{                                                              \
		struct books b = balanced();                           \
		b.agent.name--;                                        \
		ck_assert_msg(books_balance(&b) == free_of(#name),     \
			      #name);                                  \
	}
#define free_of(name)                                                  \
	(!strcmp(name, "seen") || !strcmp(name, "bad") ||              \
	 !strcmp(name, "skipped") ||                                   \
	 !strcmp(name, "mismatches") || !strcmp(name, "regex_limited"))
	BOOKS_AGENT(X)
#undef X
#define X(name, text)                                                  \
	{                                                              \
		struct books b = balanced();                           \
		b.source.name++;                                       \
		ck_assert_msg(!books_balance(&b), #name);              \
	}
	BOOKS_SOURCE(X)
#undef X
}
END_TEST

START_TEST(books_do_not_balance_when_more_matched_than_seen)
{
	struct books b = balanced();

	b.agent.seen = 59;
	ck_assert(!books_balance(&b));
	b = balanced();
	b.agent.skipped = b.agent.seen - b.agent.matched;
	ck_assert(books_balance(&b));
	b.agent.skipped++;
	ck_assert(!books_balance(&b));
}
END_TEST

/* A subscription that began while five rows waited in the agent's ring. */
START_TEST(books_balance_with_a_gauge_below_its_start)
{
	struct books now = { 0 };
	struct books_agent then = { .seen = 9, .matched = 7, .sent = 2,
				    .queued = 5 };

	now.agent = (struct books_agent){ .seen = 10, .matched = 8,
					  .sent = 8 };
	now.source.delivered = 6;
	books_agent_sub(&now.agent, &then);
	ck_assert_uint_eq(now.agent.queued, UINT64_MAX - 4);
	ck_assert(books_balance(&now));
}
END_TEST

TEST_MAIN(books, books_add_and_sub_touch_every_counter,
	  books_dropped_counts_every_cause,
	  books_balance_when_every_row_is_accounted_for,
	  books_balance_when_rows_are_made_of_rows,
	  books_do_not_balance_with_one_row_missing,
	  books_do_not_balance_when_more_matched_than_seen,
	  books_balance_with_a_gauge_below_its_start)
