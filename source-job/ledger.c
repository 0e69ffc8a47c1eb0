#include "source-job/ledger.h"

#include "mql/error.h"

void
ledger_rows(struct books_agent *view, uint64_t n)
{
	uint64_t queued = n < view->queued ? n : view->queued;

	view->queued -= queued;
	view->seen += n - queued;
	view->matched += n - queued;
	view->sent += n;
}

int
ledger_batch(struct books_agent *view, uint64_t first, uint64_t count,
	     uint64_t *lost)
{
	if (first <= view->sent || count > UINT64_MAX - first)
		return MQL_EINVAL;
	*lost = first - view->sent - 1;
	ledger_rows(view, *lost + count);
	return 0;
}

uint64_t
ledger_report(struct books_agent *view, const struct books_agent *said)
{
	uint64_t got = view->sent;

	*view = *said;
	if (said->sent >= got)
		return said->sent - got;
	ledger_rows(view, got - said->sent);
	return 0;
}

void
ledger_post(struct books_agent *sum, struct books_agent *view,
	    const struct books_agent *next)
{
	books_agent_add(sum, next);
	books_agent_sub(sum, view);
	*view = *next;
}

struct books_agent
ledger_since(const struct books_agent *now, const struct books_agent *before)
{
	struct books_agent b = *now;

	books_agent_sub(&b, before);
	return b;
}
