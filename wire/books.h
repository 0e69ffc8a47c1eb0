/* books.h - the counters by which every answer tells its own truth (P2).
 *
 *   seen    = unmatched + matched + skipped
 *   matched = sampled + sent + queued + dropped at the agent (by cause)
 *   sent    = delivered + waiting + dropped at the source-job (by cause)
 *             + lost on the link + others' in a shared subscription
 *
 * Where groups, windows or an order make new rows of the agents' rows, the
 * last one is, with both numbers zero for a query where they do not,
 *
 *   sent + results = folded + delivered + waiting + dropped ... + lost
 *                    + others
 *
 * One list each names them for the agent's memory, the wire, the page and
 * the terminal, so none can be forgotten. All count since the query went
 * live, except the gauges queued and waiting. */
#ifndef WIRE_BOOKS_H
#define WIRE_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Kept at the agent, per query. X(name, what it is)
 * Order is the order on the wire: append only. */
#define BOOKS_AGENT(X)                                                      \
	X(seen,          "events published on the query's streams")         \
	X(matched,       "of those, the where clause held")                 \
	X(sampled,       "matched, left out by `sample`")                   \
	X(sent,          "rows handed to the link")                         \
	X(queued,        "rows still in the agent's queues (a gauge)")      \
	X(drop_ring,     "dropped: agent ring full")                        \
	X(drop_budget,   "dropped: agent over budget")                      \
	X(drop_rate,     "dropped: rate cap")                               \
	X(drop_link,     "dropped: link down")                              \
	X(drop_large,    "dropped: row larger than the ring takes")         \
	X(bad,           "events that were no valid JSON (not in seen)")    \
	X(mismatches,    "comparisons of a string with a number: false")    \
	X(regex_limited, "regex match limit reached: false")               \
	X(skipped,       "not evaluated: query over its budget")

/* Kept at the source-job, per subscription. Append only, too. */
#define BOOKS_SOURCE(X)                                                     \
	X(delivered,     "rows handed to the subscriber")                   \
	X(waiting,       "rows in the subscriber's queue (a gauge)")        \
	X(drop_limit,    "dropped: past the query's limit")                 \
	X(drop_slow,     "dropped: subscriber slow, its queue full")        \
	X(lost,          "lost on the link (gaps in sequence numbers)")     \
	X(folded,        "agents' rows put into groups, or held in order")  \
	X(results,       "rows made of these")                              \
	X(late,          "dropped: came after their window was closed")     \
	X(untimed,       "dropped: no time to put them into a window")      \
	X(overflow,      "dropped: no memory for another group or row")     \
	X(others,        "rows for other members of the group")

struct books_agent {
#define X(name, text) uint64_t name;
	BOOKS_AGENT(X)
#undef X
};

struct books_source {
#define X(name, text) uint64_t name;
	BOOKS_SOURCE(X)
#undef X
};

/* One subscription's books over all its agents. */
struct books {
	struct books_agent  agent;
	struct books_source source;
	uint32_t targeted; /* agents that the query is meant for */
	uint32_t live;     /* acknowledged and reachable now */
	uint32_t refused;
	uint32_t lost_agents; /* were live, gone without a goodbye */
	uint32_t left;        /* were live, said goodbye */
};

/* to += from, and to -= from (modulo 2^64; gauges too). */
void books_agent_add(struct books_agent *to, const struct books_agent *from);
void books_agent_sub(struct books_agent *to, const struct books_agent *from);

/* Up to the last row that was sent: what is still queued at the agent was
 * neither seen nor matched yet, and belongs to those who get it. */
struct books_agent books_agent_settled(const struct books_agent *b);

/* All drops at the agent, and at the source-job. */
uint64_t books_agent_dropped(const struct books_agent *b);
uint64_t books_source_dropped(const struct books_source *b);

/* Do the equations above hold? */
bool books_balance(const struct books *b);

#endif
