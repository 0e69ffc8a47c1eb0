/* window.h - which windows a point in time falls into, and when they close.
 *
 *     size 60 s, every 20 s, hence panes of 20 s:
 *
 *     panes    |  a  |  b  |  c  |  d  |  e  |
 *     windows  [ a    b     c   ]
 *                    [ b    c     d   ]
 *                          [ c    d     e   ]
 *
 * Aligned to the epoch. A pane is the greatest common divisor of size and
 * step, so that each event is kept once and a window is made of whole panes.
 * Plain arithmetic on milliseconds; no events, no memory. One owner. */
#ifndef MQL_WINDOW_H
#define MQL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Times beyond this cannot be put into a window. */
#define WINDOW_MAX_TIME (INT64_MAX / 4)

struct windows {
	int64_t size, every, pane;
	int64_t watermark; /* nothing before it is awaited; INT64_MIN: none */
	int64_t closed;    /* start of the last one closed; INT64_MIN: none */
};

/* 0 < every <= size <= WINDOW_MAX_TIME. */
void windows_init(struct windows *w, int64_t size, int64_t every);

/* The start of the pane that t is in; |t| <= WINDOW_MAX_TIME. */
int64_t window_pane(const struct windows *w, int64_t t);

/* Have all windows that the pane is in passed? Then its events are late. */
bool window_late(const struct windows *w, int64_t pane);

/* The watermark never goes back. */
void window_advance(struct windows *w, int64_t watermark);

/* The first window with that pane (the oldest there is) which was not closed
 * yet; true when the watermark has passed its end. */
bool window_due(const struct windows *w, int64_t pane, int64_t *start);

/* Remember that this window is closed. */
void window_close(struct windows *w, int64_t start);

/* Will the pane be in no window any more? */
bool window_spent(const struct windows *w, int64_t pane);

#endif
