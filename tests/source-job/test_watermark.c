#include "tests/check_main.h"

#include "mql/mql.h"
#include "source-job/op.h"
#include "source-job/watermark.h"

enum { PANE = 1000 };

static struct watermark
windows(void)
{
	struct watermark w;
	struct mql_query *q;

	ck_assert_int_eq(mql_query_compile("select count(*) window 1s", &q,
					   NULL), 0);
	ck_assert_int_eq(watermark_init(&w, q), 0);
	ck_assert_int_eq(w.pane, PANE);
	mql_query_free(q);
	return w;
}

static void
move(struct watermark *w, int64_t from, int64_t to)
{
	struct told by[2] = { { .pane = from, .by = -1 },
			      { .pane = to, .by = 1 } };
	bool first = from == TOLD_NOTHING, last = to == TOLD_NOTHING;

	watermark_move(w, by + first, 2u - first - last);
}

START_TEST(the_least_of_all_is_what_is_complete)
{
	struct watermark w = windows();

	move(&w, TOLD_NOTHING, 0); /* it has not said anything */
	move(&w, TOLD_NOTHING, 70);
	ck_assert_int_eq(watermark_low(&w), 0);
	move(&w, 0, 72);
	ck_assert_int_eq(watermark_low(&w), 70 * PANE);
	ck_assert_int_eq(watermark_low(&w), 0); /* that was said */
	move(&w, 70, 71);
	ck_assert_int_eq(watermark_low(&w), 71 * PANE);
	move(&w, 71, TOLD_NOTHING);
	ck_assert_int_eq(watermark_low(&w), 72 * PANE);
	move(&w, 72, TOLD_NOTHING);
	ck_assert_int_eq(watermark_low(&w), 0); /* nobody is there */
	watermark_fini(&w);
}
END_TEST

START_TEST(those_past_the_end_of_a_window_are_counted)
{
	struct watermark w = windows();

	for (int i = 0; i < 5; i++)
		move(&w, TOLD_NOTHING, 70 + i);
	move(&w, TOLD_NOTHING, 0);
	ck_assert_uint_eq(watermark_told(&w, 70 * PANE), 5);
	ck_assert_uint_eq(watermark_told(&w, 73 * PANE), 2);
	ck_assert_uint_eq(watermark_told(&w, 75 * PANE), 0);
	move(&w, 0, TOLD_ALL);
	ck_assert_uint_eq(watermark_told(&w, 75 * PANE), 1);
	ck_assert_uint_eq(watermark_told(&w, 1000000 * PANE), 1);
	watermark_fini(&w);
}
END_TEST

START_TEST(one_that_is_long_behind_holds_up_until_it_moves_or_goes)
{
	struct watermark w = windows();
	int64_t far = 70 + 10 * WATERMARK_PANES;

	move(&w, TOLD_NOTHING, 70);
	move(&w, TOLD_NOTHING, 70);
	move(&w, TOLD_NOTHING, 71);
	ck_assert_int_eq(watermark_low(&w), 70 * PANE);
	move(&w, 71, far);
	ck_assert_int_eq(watermark_low(&w), 0);
	ck_assert_uint_eq(watermark_told(&w, far * PANE), 1);
	move(&w, 70, far - 1);
	ck_assert_int_eq(watermark_low(&w), 0);
	move(&w, 70, TOLD_NOTHING);
	ck_assert_int_eq(watermark_low(&w), (far - 1) * PANE);
	watermark_fini(&w);
}
END_TEST

/* Against the plain way, agent by agent. */
START_TEST(it_says_what_a_look_at_each_agent_would)
{
	enum { AGENTS = 50, STEPS = 20000 };
	int64_t at[AGENTS], least, said = 0;
	struct watermark w = windows();

	for (int i = 0; i < AGENTS; i++) {
		at[i] = 1 + i % 7;
		move(&w, TOLD_NOTHING, at[i]);
	}
	srand(42);
	for (int step = 0; step < STEPS; step++) {
		int i = rand() % AGENTS;
		int64_t to = at[i] + rand() % 40;
		if (to > step / 40 + 300)
			continue;
		move(&w, at[i], to);
		at[i] = to;
		least = at[0];
		uint32_t past = 0;
		for (int k = 0; k < AGENTS; k++) {
			least = at[k] < least ? at[k] : least;
			past += at[k] >= to;
		}
		ck_assert_uint_eq(watermark_told(&w, to * PANE), past);
		int64_t low = watermark_low(&w);
		said = low ? low : said;
		ck_assert_int_eq(said, least * PANE);
	}
	watermark_fini(&w);
}
END_TEST

TEST_MAIN(watermark, the_least_of_all_is_what_is_complete,
	  those_past_the_end_of_a_window_are_counted,
	  one_that_is_long_behind_holds_up_until_it_moves_or_goes,
	  it_says_what_a_look_at_each_agent_would)
