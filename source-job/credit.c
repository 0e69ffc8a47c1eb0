#include "source-job/credit.h"

enum { SHARE = 8 };

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
credit_init(struct credit *c, uint64_t memory, uint64_t agents,
	    unsigned workers, uint64_t most)
{
	uint64_t floor = least(memory / 2 / agents, most);

	if (floor < CREDIT_FLOOR_MIN)
		floor = CREDIT_FLOOR_MIN;
	*c = (struct credit){ .floor = floor, .most = most };
	if (memory > floor * agents)
		c->pool = (memory - floor * agents) / workers;
}

void
credit_begin(struct credit *c, struct credit_line *l)
{
	credit_end(c, l);
	*l = (struct credit_line){ .granted = c->floor, .window = c->floor };
}

static void
grow(struct credit *c, struct credit_line *l)
{
	uint64_t more = least(c->most - l->window,
			      (c->pool - c->lent) / SHARE);

	l->window += more;
	c->lent += more;
}

/* Half of the window is used: give it back. */
bool
credit_use(struct credit *c, struct credit_line *l, uint64_t n)
{
	l->used += n;
	if (!l->window || l->granted > l->used + l->window / 2)
		return false;
	grow(c, l);
	l->granted = l->used + l->window;
	return true;
}

void
credit_end(struct credit *c, struct credit_line *l)
{
	if (l->window)
		c->lent -= l->window - c->floor;
	l->window = 0;
}
