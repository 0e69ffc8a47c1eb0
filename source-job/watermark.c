#include "source-job/watermark.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "source-job/op.h"

int
watermark_init(struct watermark *w, const struct mql_query *folded)
{
	*w = (struct watermark){ 0 };
	w->pane = folded ? query_pane_ms(folded) : 0;
	if (!w->pane)
		return 0;
	w->at = calloc(WATERMARK_PANES, sizeof *w->at);
	return w->at ? 0 : MQL_ENOMEM;
}

void
watermark_fini(struct watermark *w)
{
	free(w->at);
	w->at = NULL;
}

static uint32_t *
place(const struct watermark *w, int64_t pane)
{
	return &w->at[pane % WATERMARK_PANES];
}

static int64_t
bottom(const struct watermark *w)
{
	return w->top < WATERMARK_PANES ? 1 : w->top - WATERMARK_PANES + 1;
}

/* The panes that fall out at the bottom are those that come in at the top. */
static void
rise(struct watermark *w, int64_t top)
{
	if (top - w->top > WATERMARK_PANES)
		w->top = top - WATERMARK_PANES;
	/* All places once round, when the way was cut short. */
	while (w->top < top) {
		uint32_t *p = place(w, ++w->top);
		w->behind += *p;
		*p = 0;
	}
}

static void
add(struct watermark *w, int64_t pane, uint32_t n)
{
	if (pane == TOLD_ALL) {
		w->ended += n;
		return;
	}
	if (pane > w->top)
		rise(w, pane);
	if (pane < bottom(w))
		w->behind += n;
	else
		*place(w, pane) += n;
}

void
watermark_move(struct watermark *w, const struct told *by, unsigned n)
{
	if (!w->pane)
		return;
	for (unsigned i = 0; i < n; i++)
		add(w, by[i].pane, (uint32_t)by[i].by);
	w->moved = true;
}

int64_t
watermark_low(struct watermark *w)
{
	int64_t pane = bottom(w);

	w->moved = false;
	if (!w->pane || w->behind)
		return 0;
	while (pane <= w->top && !*place(w, pane))
		pane++;
	if (pane > w->top || pane * w->pane <= w->low)
		return 0; /* nobody is there, or nothing has changed */
	return w->low = pane * w->pane;
}

uint32_t
watermark_told(const struct watermark *w, int64_t end)
{
	int64_t pane = end / w->pane;
	uint32_t n = w->ended;

	if (pane < bottom(w))
		pane = bottom(w);
	for (; pane <= w->top; pane++)
		n += *place(w, pane);
	return n;
}
