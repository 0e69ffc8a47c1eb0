/* part_own.h - what the files of part.h share among themselves. */
#ifndef SOURCE_JOB_PART_OWN_H
#define SOURCE_JOB_PART_OWN_H

#include "source-job/part.h"

/* part.c: no agent has anything more to say; part is freed. */
void part_finish(struct part *part);

/* part.c: ask again what rests and may go on. */
void parts_wake_rested(struct worker *w);

/* part_say.c: end of a turn: say all that was not said at once. */
void part_settle(struct part *part);

/* part_say.c: the same for the last time; done is what is left to be said. */
void part_end(struct part *part, struct op *done);

#endif
