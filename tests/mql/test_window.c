#include "mql/window.h"
#include "tests/check_main.h"

enum { EVENTS = 3000, SPAN = 5000, WINDOWS = 10000 };

static uint64_t state;

static int64_t
draw(int64_t below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (int64_t)(state >> 33) % below;
}

/* Events by pane, as a stage keeps them. */
struct panes {
	int64_t start[EVENTS];
	int     events[EVENTS], n;
};

static void
add(struct panes *p, int64_t start)
{
	int i = 0;

	while (i < p->n && p->start[i] < start)
		i++;
	if (i == p->n || p->start[i] != start) {
		for (int k = p->n++; k > i; k--) {
			p->start[k] = p->start[k - 1];
			p->events[k] = p->events[k - 1];
		}
		p->start[i] = start;
		p->events[i] = 0;
	}
	p->events[i]++;
}

static void
drop_first(struct panes *p)
{
	p->n--;
	for (int k = 0; k < p->n; k++) {
		p->start[k] = p->start[k + 1];
		p->events[k] = p->events[k + 1];
	}
}

struct closed {
	int64_t start;
	int     events;
};

/* Close what is due, into out; returns how many there are then. */
static int
close_due(struct windows *w, struct panes *p, struct closed *out, int n)
{
	int64_t start;

	while (p->n && window_due(w, p->start[0], &start)) {
		out[n] = (struct closed){ .start = start };
		for (int i = 0; i < p->n; i++)
			if (p->start[i] < start + w->size)
				out[n].events += p->events[i];
		n++;
		window_close(w, start);
		while (p->n && window_spent(w, p->start[0]))
			drop_first(p);
	}
	return n;
}

/* The events that are in a window, counted one by one. */
static int
count(const int64_t *t, int64_t beg, int64_t end)
{
	int n = 0;

	for (int i = 0; i < EVENTS; i++)
		n += t[i] >= beg && t[i] < end;
	return n;
}

struct arrival {
	int64_t at, t;
};

static int
by_arrival(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Times in an order in which each comes at most grace late. */
static void
draw_times(int64_t *t, int64_t base, int64_t grace)
{
	struct arrival a[EVENTS];

	for (int i = 0; i < EVENTS; i++) {
		a[i].t = base + draw(SPAN);
		a[i].at = a[i].t + draw(grace + 1);
	}
	qsort(a, EVENTS, sizeof *a, by_arrival);
	for (int i = 0; i < EVENTS; i++)
		t[i] = a[i].t;
}

static void
check(int64_t size, int64_t every, int64_t grace)
{
	static struct closed closed[WINDOWS];
	static struct panes panes;
	int64_t t[EVENTS], base = draw(2 * SPAN) - SPAN;
	struct windows w;
	int n = 0, k = 0;

	windows_init(&w, size, every);
	panes.n = 0;
	draw_times(t, base, grace);
	for (int i = 0; i < EVENTS; i++) {
		int64_t pane = window_pane(&w, t[i]);
		ck_assert(pane <= t[i] && t[i] < pane + w.pane);
		ck_assert(!window_late(&w, pane));
		add(&panes, pane);
		window_advance(&w, t[i] - grace);
		n = close_due(&w, &panes, closed, n);
	}
	window_advance(&w, INT64_MAX);
	n = close_due(&w, &panes, closed, n);
	ck_assert_int_eq(panes.n, 0);

	int64_t before = (size / every + 2) * every;
	for (int64_t s = base - base % every - before;
	     s < base + SPAN + every; s += every) {
		int events = count(t, s, s + size);
		if (!events)
			continue;
		ck_assert_msg(k < n && closed[k].start == s &&
			      closed[k].events == events,
			      "%lld every %lld: window %lld: %d events, not "
			      "%d", (long long)size, (long long)every,
			      (long long)s, k < n ? closed[k].events : -1,
			      events);
		k++;
	}
	ck_assert_int_eq(k, n);
}

START_TEST(windows_hold_what_a_naive_count_finds)
{
	check(10, 10, 0);
	check(60, 20, 0);
	check(60, 7, 0);
	check(7, 3, 0);
	check(1, 1, 0);
	check(10000, 5000, 0);
	for (int i = 0; i < 100; i++) {
		int64_t size = 1 + draw(200);
		check(size, 1 + draw(size), 0);
	}
}
END_TEST

START_TEST(windows_do_not_depend_on_arrival_within_the_grace)
{
	for (int i = 0; i < 100; i++) {
		int64_t size = 1 + draw(200);
		check(size, 1 + draw(size), 1 + draw(500));
	}
}
END_TEST

START_TEST(windows_of_the_past_are_late_and_open_ones_are_not)
{
	struct windows w;

	windows_init(&w, 60, 20);
	ck_assert(!window_late(&w, -1000));
	window_advance(&w, 100);
	/* [20, 80) is over, [40, 100) too, [60, 120) is not. */
	ck_assert(window_late(&w, 20));
	ck_assert(window_late(&w, 40));
	ck_assert(!window_late(&w, 60));
	window_advance(&w, 50);
	ck_assert_int_eq(w.watermark, 100);
}
END_TEST

START_TEST(windows_take_times_before_the_epoch_and_far_away)
{
	struct windows w;
	int64_t start;

	windows_init(&w, 10, 10);
	ck_assert_int_eq(window_pane(&w, -1), -10);
	ck_assert_int_eq(window_pane(&w, -10), -10);
	ck_assert_int_eq(window_pane(&w, 0), 0);
	int64_t far = window_pane(&w, WINDOW_MAX_TIME);
	window_advance(&w, INT64_MAX);
	ck_assert(window_due(&w, far, &start));
	ck_assert_int_eq(start, far);
	far = window_pane(&w, -WINDOW_MAX_TIME);
	ck_assert(window_due(&w, far, &start));
	ck_assert_int_eq(start, far);
}
END_TEST

TEST_MAIN(window, windows_hold_what_a_naive_count_finds,
	  windows_do_not_depend_on_arrival_within_the_grace,
	  windows_of_the_past_are_late_and_open_ones_are_not,
	  windows_take_times_before_the_epoch_and_far_away)
