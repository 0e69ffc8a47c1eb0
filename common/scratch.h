/* scratch.h - where tests and benches put files of their own. */
#ifndef COMMON_SCRATCH_H
#define COMMON_SCRATCH_H

/* The template of such a name (a literal), for mkstemp() and mkdtemp(), which
 * put something fresh in the place of its last six letters. */
#define SCRATCH(name) "/tmp/mql-" name "-XX" "XXXX"

#endif
