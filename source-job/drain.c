#include "source-job/drain.h"

#include "common/log.h"
#include "source-job/job.h"

static const char why[] = "source-job is shutting down";

void
drain_begin(struct job *j)
{
	struct query *q;

	log_info("draining: %zu subscriptions, %zu agents",
		 j->subscribers.n, (size_t)job_agents(j));
	j->drain_by = j->now + j->config.drain;
	LIST_FOREACH(q, &j->queries.all, entry)
		sub_leave_all(j, q, true, why);
}

bool
drain_done(const struct job *j)
{
	return (!j->subscribers.n && !j->queries.n) || j->now >= j->drain_by;
}

void
drain_end(struct job *j)
{
	struct link *l;
	struct sub *s;

	LIST_FOREACH(l, &j->subscribers.links, entry) {
		LIST_FOREACH(s, &l->subs, of_link) {
			if (s->query)
				sub_settle(j, s);
			s->deadline = j->now;
			sub_mark(j, s);
		}
	}
	subscribers_flush(j);
}
