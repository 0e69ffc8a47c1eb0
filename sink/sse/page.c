/* page.c - the page and its assets, from a table that was built in: there is
 * no file system behind these names. They are kept compressed; a client that
 * does not take gzip gets them undone. */
#include "sink/sse/page.h"

#include <stdlib.h>
#include <zlib.h>

#include "sink/sse/server.h"

enum { GZIP_BITS = 15 + 16 };

static const struct page_file *
find(const char *url)
{
	for (const struct page_file *f = page_files; f->path; f++)
		if (!strcmp(f->path, url))
			return f;
	return NULL;
}

/* Gives the file as it was; NULL: out of memory. */
static unsigned char *
undo(const struct page_file *f)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)f->gzip,
		       .avail_in = (uInt)f->len };
	unsigned char *to = malloc(f->plain + 1);

	if (!to || inflateInit2(&z, GZIP_BITS))
		goto out;
	z.next_out = to;
	z.avail_out = (uInt)f->plain;
	inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return to;
out:
	free(to);
	return NULL;
}

static struct MHD_Response *
respond(const struct request *r, const struct page_file *f, bool same)
{
	const char *takes = request_header(r, "Accept-Encoding");
	struct MHD_Response *response;
	unsigned char *plain;

	if (same)
		return MHD_create_response_from_buffer(0, NULL,
						       MHD_RESPMEM_PERSISTENT);
	if (takes && strstr(takes, "gzip")) {
		response = MHD_create_response_from_buffer(
			f->len, (void *)(uintptr_t)f->gzip,
			MHD_RESPMEM_PERSISTENT);
		if (response)
			MHD_add_response_header(response, "Content-Encoding",
						"gzip");
		return response;
	}
	if (!(plain = undo(f)))
		return NULL;
	return MHD_create_response_from_buffer(f->plain, plain,
					       MHD_RESPMEM_MUST_FREE);
}

enum MHD_Result
page_door(struct request *r)
{
	const struct page_file *f = find(r->url);
	const char *had = request_header(r, "If-None-Match");

	if (!f)
		return reply_error(r, MHD_HTTP_NOT_FOUND, "HTTP",
				   "there is nothing here");
	bool same = had && strstr(had, f->etag);
	struct MHD_Response *response = respond(r, f, same);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", f->type);
	MHD_add_response_header(response, "ETag", f->etag);
	MHD_add_response_header(response, "Cache-Control", "no-cache");
	MHD_add_response_header(response, "Vary", "Accept-Encoding");
	reply_headers(r, response);
	enum MHD_Result done = MHD_queue_response(
		r->connection, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
		response);
	MHD_destroy_response(response);
	return done;
}
