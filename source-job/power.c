#include "source-job/power.h"

#include <stdio.h>
#include <time.h>

#include "common/log.h"
#include "source-job/job.h"

static void
explain(struct job *j, struct str who, struct str why)
{
	char since[32] = "";
	time_t now = (time_t)(j->wall / 1000);
	struct tm tm;

	if (!who.len)
		who = STR("an operator");
	if (gmtime_r(&now, &tm))
		strftime(since, sizeof since, " since %FT%TZ", &tm);
	snprintf(j->power.why, sizeof j->power.why,
		 "evaluation is switched off by %.*s%s%s%.*s", (int)who.len,
		 who.ptr, since, why.len ? ": " : "", (int)why.len,
		 why.len ? why.ptr : "");
}

void
power_off(struct job *j, struct str who, struct str why)
{
	if (j->power.off)
		return;
	j->power.off = true;
	explain(j, who, why);
	log_warn("%s", j->power.why);
	queries_rest(j, j->power.why);
}

void
power_on(struct job *j)
{
	if (!j->power.off)
		return;
	j->power.off = false;
	queries_wake(j);
	log_warn("evaluation is switched on");
}
