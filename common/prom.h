/* prom.h - figures in Prometheus' text format, 0.0.4. Any thread; what goes
 * wrong is in the buffer. */
#ifndef COMMON_PROM_H
#define COMMON_PROM_H

#include <stdint.h>

#include "common/buf.h"

/* What stands before the samples of mql_NAME; help is a sentence without its
 * full stop, type `counter` (then the name ends in _total), `gauge` or
 * `histogram`. */
void prom_family(struct buf *out, const char *name, const char *type,
		 const char *help);

/* The same, and its only sample. */
void prom_put(struct buf *out, const char *name, const char *type,
	      const char *help, uint64_t v);

#endif
