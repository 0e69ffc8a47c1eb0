/* index.h - which of many queries may answer an event.
 *
 * Immutable. Each query stands under one of its accesses (access.h), the one
 * that finds it least often for nothing, and with it the next best two as
 * guards that are looked at on the way:
 *
 *     field            what is looked up        postings
 *     country          eq of its value  --hash-->  #7 if ms RANGE 100..
 *     url              eq of its first          #9
 *                      1, 5, 8 .. bytes --hash-->  #2 if country EQ 'BR'
 *     ms               ord -- interval tree --> #4, #6 ...
 *     (none)                                    #1, #3: every event
 *
 * What comes out are candidates: residual.h has the last word. The cost
 * is that of the fields looked at and of the postings found, whatever the
 * number of queries.
 *
 * What the evaluator counts: an ordering that meets a value of another type
 * counts a mismatch of its query. A query that is no candidate evaluates
 * nothing. So that nobody waits in vain for rows without being told, a range
 * lets values of other types pass, as a key and as a guard: the program then
 * runs, and counts. What is lost are mismatches of events that another
 * conjunct, by which the query is indexed, rules out anyway. */
#ifndef MQL_INDEX_H
#define MQL_INDEX_H

#include "mql/habit.h"
#include "mql/probe.h"

struct index; /* opaque */

struct index_entry {
	uint16_t id; /* the candidate's number */
	const struct access_list *access;
	const uint16_t *slots;
	uint16_t tests; /* all of its residual */
};

/* Borrowed during the call only. field_used (bits by slot, may be NULL): is
 * looked at by other indexes anyway. Returns 0 or MQL_ENOMEM. */
int index_new(const struct index_entry *e, size_t n, const struct habit *h,
	      const uint64_t *field_used, struct index **out);
struct index *index_ref(struct index *ix); /* one owner more, same thread */
void index_free(struct index *ix); /* one less; NULL is allowed */

/* Candidates an event, by what habit.h knew. */
double index_expected(const struct index *ix);
/* Set the bits of the fields that it looks at. */
void index_fields(const struct index *ix, uint64_t *field_used);

/* Put the candidates of r's event into p. Any thread. */
void index_probe(const struct index *ix, struct probe *p, struct reader *r);

#endif
