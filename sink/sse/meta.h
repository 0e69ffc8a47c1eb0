/* meta.h - the JSON of a stream's events. */
#ifndef SINK_SSE_META_H
#define SINK_SSE_META_H

#include "sink/sse/sub.h"

/* The members of meta that all viewers share, without braces. */
void meta_write(const struct sub *s, unsigned viewers, struct buf *out);

/* An object. */
void meta_write_window(const struct sub *s, const struct mql_window *w,
		       struct buf *out);

/* The object of a query's error; q may be NULL. err: MQL_E... */
void meta_write_error(int err, const struct mql_diag *d, struct buf *out);

/* A JSON string, made UTF-8 where it is not. */
void meta_write_text(struct str s, struct buf *out);

#endif
