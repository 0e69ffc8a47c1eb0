/* page.h - the files of the page, in the program. Made by tools/embed.sh. */
#ifndef SINK_SSE_PAGE_H
#define SINK_SSE_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* "/", "/assets/app.js"; NULL ends the table */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *gzip;
	size_t      len, plain; /* compressed, and not */
};

extern const struct page_file page_files[];

#endif
