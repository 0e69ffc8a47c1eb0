/* conjunct.h - the conjunction that a where clause begins with, as its program
 * has it: tests of one field against constants, of which each must hold.
 *
 *     where country == 'BR' and ms between 5 and 9 and cdn in ('a', 'b')
 *           EQ country 'BR'     GE ms 5  LE ms 9       IN cdn (..)
 *
 * Read from the program and not from the tree, so that the order is the one in
 * which the program tests, and counts. For guard.h and residual.h; access.h
 * looks at trees, for it is about `or`, too. Private to mql/. */
#ifndef MQL_CONJUNCT_H
#define MQL_CONJUNCT_H

#include "mql/prog.h"

struct conjunct { /* field op constant */
	enum op             op;   /* EQ to GE, LIKE, IN */
	uint16_t            path; /* of the program */
	const struct value *v;    /* but for IN: */
	const struct set   *set;
	uint16_t            pc;   /* where the test begins */
	bool                last; /* nothing else is asked */
};

/* The conjunct behind those before pc, where one can be told: then *pc is set
 * behind it. False: what is left is for the program. */
bool conjunct_next(const struct prog *p, unsigned *pc, struct conjunct *out);

#endif
