/* test_route.c - which source-job, over simulated time. */
#include "tests/check_main.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/route.h"

enum { STEP = 50 };

struct world {
	struct route r;
	char    name[32];
	int64_t now;
	bool    dead[8]; /* tcp://a:1 ... tcp://h:1 */
	bool    live, trying;
	int     gos, moves, tries;
};

static struct wire_endpoints *
list_of(const char *text)
{
	struct wire_endpoints *list;
	char why[100];

	ck_assert(!wire_endpoints_of(str_of(text), false, &list, why,
				     sizeof why));
	return list;
}

static void
learn(struct world *w, const char *text)
{
	route_learn(&w->r, str_of(w->name), list_of(text), w->now);
}

static bool
alive(const struct world *w, const char *endpoint)
{
	return endpoint[0] && !w->dead[endpoint[6] - 'a'];
}

/* One step; an endpoint that is not dead is live at the next one. */
static void
turn(struct world *w)
{
	bool up = w->trying && alive(w, w->r.wish);

	w->now += STEP;
	w->live = w->live && alive(w, w->r.at);
	switch (route_tick(&w->r, w->live, up, w->now)) {
	case ROUTE_STAY:
		w->live = alive(w, w->r.at);
		break;
	case ROUTE_GO:
		w->gos++;
		w->live = w->trying = false;
		break;
	case ROUTE_TRY:
		w->tries++;
		w->trying = true;
		break;
	case ROUTE_SPARE:
		w->trying = false;
		break;
	case ROUTE_MOVE:
		w->moves++;
		route_moved(&w->r, w->now);
		w->live = w->trying = false;
		break;
	}
}

static void
pass(struct world *w, int64_t ms)
{
	for (int64_t end = w->now + ms; w->now < end;)
		turn(w);
}

static void
world_init(struct world *w, int agent, const char *list)
{
	*w = (struct world){ .now = 1000 };
	snprintf(w->name, sizeof w->name, "host:%d", agent);
	route_init(&w->r, str_of(w->name), (uint64_t)agent);
	if (list)
		learn(w, list);
	pass(w, 1000);
}

static const char three[] = "tcp://a:1,tcp://b:1,tcp://c:1";
static const char four[] = "tcp://a:1,tcp://b:1,tcp://c:1,tcp://d:1";

static const char *
nth(const struct world *w, int i)
{
	return w->r.list->at[w->r.order[i]];
}

static int
place(const char *endpoint)
{
	return endpoint[6] - 'a';
}

START_TEST(the_best_is_chosen_and_kept)
{
	struct world w;

	world_init(&w, 1, three);
	pass(&w, 600000);
	ck_assert_str_eq(w.r.at, nth(&w, 0));
	ck_assert(w.live);
	ck_assert_int_eq(w.gos, 1);
	ck_assert_int_eq(w.moves + w.tries, 0);
	route_fini(&w.r);
}
END_TEST

START_TEST(nothing_is_done_before_a_list_is_known)
{
	struct world w;

	world_init(&w, 1, NULL);
	ck_assert_int_eq(w.gos, 0);
	ck_assert_int_le(route_idle_ms(&w.r, w.now, 1000), 100);
	learn(&w, "tcp://a:1");
	pass(&w, 100);
	ck_assert_str_eq(w.r.at, "tcp://a:1");
	route_fini(&w.r);
}
END_TEST

START_TEST(the_only_one_is_never_left)
{
	struct world w;

	world_init(&w, 1, "tcp://a:1");
	w.dead[0] = true;
	pass(&w, 600000);
	ck_assert_int_eq(w.gos, 1);
	w.dead[0] = false;
	pass(&w, 1000);
	ck_assert(w.live);
	route_fini(&w.r);
}
END_TEST

START_TEST(a_short_absence_moves_nobody)
{
	struct world w;

	world_init(&w, 1, three);
	w.dead[place(w.r.at)] = true;
	pass(&w, 1900);
	w.dead[place(w.r.at)] = false;
	pass(&w, 60000);
	ck_assert_int_eq(w.gos, 1);
	route_fini(&w.r);
}
END_TEST

START_TEST(a_long_one_moves_to_the_next_and_back_again)
{
	struct world w;
	int best;

	world_init(&w, 1, three);
	best = place(w.r.at);
	w.dead[best] = true;
	pass(&w, 5000); /* within a lease */
	ck_assert_str_eq(w.r.at, nth(&w, 1));
	ck_assert(w.live);
	pass(&w, 60000);
	ck_assert_str_eq(w.r.at, nth(&w, 1));
	ck_assert_int_gt(w.tries, 5);
	w.dead[best] = false;
	pass(&w, 3000); /* it has to stay up first */
	ck_assert_str_eq(w.r.at, nth(&w, 1));
	pass(&w, 20000);
	ck_assert_str_eq(w.r.at, nth(&w, 0));
	ck_assert(w.live);
	ck_assert_int_eq(w.moves, 1);
	route_fini(&w.r);
}
END_TEST

START_TEST(when_all_but_the_last_are_dead_it_is_found)
{
	struct world w;

	world_init(&w, 1, four);
	for (int i = 0; i < 3; i++)
		w.dead[place(nth(&w, i))] = true;
	pass(&w, 10000);
	ck_assert_str_eq(w.r.at, nth(&w, 3));
	ck_assert(w.live);
	/* And the second best is taken when it is all there is. */
	w.dead[place(nth(&w, 1))] = false;
	pass(&w, 40000);
	ck_assert_str_eq(w.r.at, nth(&w, 1));
	route_fini(&w.r);
}
END_TEST

START_TEST(one_that_says_goodbye_is_left_at_once)
{
	struct world w;

	world_init(&w, 1, three);
	w.dead[place(w.r.at)] = true;
	w.live = false;
	route_leaves(&w.r, w.now);
	pass(&w, 500);
	ck_assert_str_eq(w.r.at, nth(&w, 1));
	route_fini(&w.r);
}
END_TEST

/* The best one is there for ten seconds, away for ten, and so on for an
 * hour. */
START_TEST(nobody_flaps)
{
	struct world w;
	int best;

	world_init(&w, 1, three);
	best = place(w.r.at);
	for (int i = 0; i < 180; i++) {
		w.dead[best] = !(i & 1);
		pass(&w, 10000);
	}
	ck_assert_int_le(w.moves, 4);
	w.dead[best] = false;
	pass(&w, 1200000);
	ck_assert_str_eq(w.r.at, nth(&w, 0));
	route_fini(&w.r);
}
END_TEST

START_TEST(a_list_that_grows_moves_a_quarter_and_only_to_the_new_one)
{
	int moved = 0;

	for (int i = 0; i < 400; i++) {
		struct world w;
		char was[ROUTE_ENDPOINT];

		world_init(&w, i, three);
		snprintf(was, sizeof was, "%s", w.r.at);
		learn(&w, four);
		pass(&w, 5000);
		ck_assert(w.live);
		ck_assert_int_eq(w.gos, 1); /* never without a goodbye */
		moved += w.moves;
		if (w.moves)
			ck_assert_str_eq(w.r.at, "tcp://d:1");
		else
			ck_assert_str_eq(w.r.at, was);
		route_fini(&w.r);
	}
	ck_assert_msg(abs(moved - 100) < 45, "%d", moved);
}
END_TEST

START_TEST(a_list_that_shrinks_moves_only_those_who_must)
{
	for (int i = 0; i < 100; i++) {
		struct world w;
		char was[ROUTE_ENDPOINT];

		world_init(&w, i, four);
		snprintf(was, sizeof was, "%s", w.r.at);
		learn(&w, three);
		pass(&w, 5000);
		ck_assert(w.live);
		ck_assert_int_eq(w.gos, 1);
		ck_assert_int_eq(w.moves, !strcmp(was, "tcp://d:1"));
		route_fini(&w.r);
	}
}
END_TEST

START_TEST(a_list_of_the_dead_moves_nobody)
{
	struct world w;

	world_init(&w, 1, "tcp://a:1");
	for (int i = 1; i < 8; i++)
		w.dead[i] = true;
	learn(&w, "tcp://b:1,tcp://c:1");
	pass(&w, 60000);
	ck_assert_str_eq(w.r.at, "tcp://a:1");
	ck_assert(w.live);
	w.dead[2] = false;
	pass(&w, 10000);
	ck_assert_str_eq(w.r.at, "tcp://c:1");
	route_fini(&w.r);
}
END_TEST

START_TEST(a_fleet_does_not_move_as_one)
{
	int at[80] = { 0 }, most = 0;

	for (int i = 0; i < 400; i++) {
		struct world w;
		int64_t from;

		world_init(&w, i, three);
		w.dead[place(w.r.at)] = true;
		for (from = w.now; w.gos < 2; turn(&w))
			ck_assert_int_lt(w.now - from, 5000);
		at[(w.now - from) / 100]++;
		route_fini(&w.r);
	}
	for (int i = 0; i < 80; i++)
		most = at[i] > most ? at[i] : most;
	ck_assert_msg(most < 80, "%d of 400 in a tenth of a second", most);
}
END_TEST

TEST_MAIN(route,
	the_best_is_chosen_and_kept,
	nothing_is_done_before_a_list_is_known,
	the_only_one_is_never_left,
	a_short_absence_moves_nobody,
	a_long_one_moves_to_the_next_and_back_again,
	when_all_but_the_last_are_dead_it_is_found,
	one_that_says_goodbye_is_left_at_once,
	nobody_flaps,
	a_list_that_grows_moves_a_quarter_and_only_to_the_new_one,
	a_list_that_shrinks_moves_only_those_who_must,
	a_list_of_the_dead_moves_nobody,
	a_fleet_does_not_move_as_one)
