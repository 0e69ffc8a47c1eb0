#include "common/prom.h"

#include <inttypes.h>

void
prom_family(struct buf *out, const char *name, const char *type,
	    const char *help)
{
	buf_printf(out, "# HELP mql_%s %s.\n# TYPE mql_%s %s\n", name, help,
		   name, type);
}

void
prom_put(struct buf *out, const char *name, const char *type,
	 const char *help, uint64_t v)
{
	prom_family(out, name, type, help);
	buf_printf(out, "mql_%s %" PRIu64 "\n", name, v);
}
