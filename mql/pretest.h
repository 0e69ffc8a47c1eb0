/* pretest.h - can this text match at all? One look at the raw bytes.
 *
 *     where country == 'BR' and latency > 100 and device in ('ipad', 'tv')
 *           `------------'                        `---------------------'
 *     query.term[0]: 1 needle                     query.term[1]: 2 needles
 *
 * A term is a conjunct that every match fulfils and that json_needle.h can
 * look for. An event in which no needle of one term lies matches nowhere, and
 * nothing of its structure need be known for that. One term is asked: which
 * one is the rarest, and whether it is rare enough to be worth its 2 ns per 64
 * bytes, is found out while events go by, by each thread for itself.
 *
 * What is told by the text alone holds where values are read as they stand in
 * it: not of an event whose values are changed while it is read. Private to
 * mql/, but for struct luck, which whoever calls matcher_may_match() keeps. */
#ifndef MQL_PRETEST_H
#define MQL_PRETEST_H

#include "event/json_needle.h"

struct mql_query;

enum {
	PRETEST_QUERIES = 3, /* with more of them one walk is cheaper */
	PRETEST_TERMS   = 3,
	PRETEST_NEEDLES = 4, /* that may be asked of one event */
};

struct pretest { /* cleared: nothing is told */
	struct pretest_query {
		struct pretest_term {
			struct needle needle[PRETEST_NEEDLES];
			unsigned      n;
		} term[PRETEST_TERMS];
		unsigned n;
	} query[PRETEST_QUERIES];
	unsigned n;       /* queries */
	unsigned needles; /* at worst */
	bool     useless; /* there is a query without a term */
};

/* What one thread has seen of one pretest; begins zeroed. */
struct luck {
	const void *of;      /* the pretest; of another one: begin anew */
	uint32_t    left;    /* events until it is judged */
	uint32_t    passed[PRETEST_TERMS]; /* of so many on trial */
	uint8_t     asked;   /* which term; PRETEST_TERMS: none */
	bool        trial;
};

static inline void
pretest_clear(struct pretest *t) /* its two KB need no zeroes */
{
	t->n = t->needles = 0;
	t->useless = false;
}

/* One more query, which is borrowed, is to be told from all that cannot match
 * it. */
void pretest_add(struct pretest *t, const struct mql_query *q);

/* False: the text, if it is an event at all, matches none of the queries. */
bool pretest_passes(const struct pretest *t, struct luck *luck,
		    struct str text);

#endif
