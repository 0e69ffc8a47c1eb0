/* window.c - see window.h. */
#include "mql/window.h"

static int64_t
divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The greatest multiple of step that is not above t, which may be negative. */
static int64_t
round_down(int64_t t, int64_t step)
{
	int64_t rest = t % step;

	return t - rest - (rest < 0 ? step : 0);
}

static int64_t
round_up(int64_t t, int64_t step)
{
	int64_t down = round_down(t, step);

	return down < t ? down + step : down;
}

void
windows_init(struct windows *w, int64_t size, int64_t every)
{
	*w = (struct windows){
		.size = size, .every = every, .pane = divisor(size, every),
		.watermark = INT64_MIN, .closed = INT64_MIN,
	};
}

int64_t
window_pane(const struct windows *w, int64_t t)
{
	return round_down(t, w->pane);
}

bool
window_late(const struct windows *w, int64_t pane)
{
	return round_down(pane, w->every) + w->size <= w->watermark;
}

void
window_advance(struct windows *w, int64_t watermark)
{
	if (watermark > w->watermark)
		w->watermark = watermark;
}

bool
window_due(const struct windows *w, int64_t pane, int64_t *start)
{
	*start = round_up(pane + w->pane - w->size, w->every);
	if (w->closed != INT64_MIN && *start <= w->closed)
		*start = w->closed + w->every;
	return *start + w->size <= w->watermark;
}

void
window_close(struct windows *w, int64_t start)
{
	w->closed = start;
}

bool
window_spent(const struct windows *w, int64_t pane)
{
	return w->closed != INT64_MIN && pane < w->closed + w->every;
}
