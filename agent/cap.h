/* cap.h - how many rows a second of a query may leave this process.
 *
 *     due: when the next row may go
 *     ---+----------+----------------+----------------> time
 *        now - 1 s  due              now
 *                   |-- gap --|      a row makes it due one gap later
 *
 * A row may go when it is due. What was not used is kept for a second, so that
 * an even flow below the cap loses nothing to its own unevenness; behind that
 * `due` is drawn by lot, within one gap: of ten thousand agents with one row in
 * a hundred seconds each, one in a hundred has a row to send in any second,
 * however long they were silent.
 *
 * The agent's thread sets it; publishing threads take from it, each in one
 * step. */
#ifndef AGENT_CAP_H
#define AGENT_CAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cap {
	_Atomic int64_t  gap;    /* ns between rows; 0: there is no cap */
	_Atomic int64_t  due;    /* ns, as now of cap_take() */
	_Atomic uint64_t random;
};

/* Thousandths of a row a second; 0: no cap. Where there was none, nothing is
 * kept for it yet. */
void cap_set(struct cap *c, uint64_t rate, int64_t now);

static inline bool
cap_is_set(const struct cap *c)
{
	return atomic_load_explicit(&c->gap, memory_order_relaxed) != 0;
}

/* May a row go now, in ns of a clock that is never set back? Then it is
 * counted. Only where a cap is set. Any thread, never blocks. */
bool cap_take(struct cap *c, int64_t now);

#endif
