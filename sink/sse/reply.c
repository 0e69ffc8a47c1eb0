/* reply.c - answers with their headers; see server.h. */
#include "sink/sse/meta.h"
#include "sink/sse/server.h"

static const char policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; "
	"connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
	"form-action 'self'; frame-ancestors 'none'";

const char *
request_header(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
					   name);
}

void
reply_cors(const struct request *r, struct MHD_Response *response)
{
	const char *allowed = r->server->config->allow_origin;

	if (!allowed || !request_header(r, "Origin"))
		return;
	MHD_add_response_header(response, "Access-Control-Allow-Origin",
				allowed);
	if (strcmp(allowed, "*"))
		MHD_add_response_header(response, "Vary", "Origin");
}

void
reply_headers(const struct request *r, struct MHD_Response *response)
{
	static const struct {
		const char *name, *value;
	} header[] = {
		{ "Content-Security-Policy", policy },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
	};

	for (size_t i = 0; i < sizeof header / sizeof *header; i++)
		if (strcmp(header[i].name, "Cross-Origin-Resource-Policy") ||
		    !r->server->config->allow_origin)
			MHD_add_response_header(response, header[i].name,
						header[i].value);
	reply_cors(r, response);
}

static void
add_status_headers(unsigned status, struct MHD_Response *response)
{
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow",
					"GET, HEAD, POST, OPTIONS");
	if (status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, "WWW-Authenticate",
					"Bearer");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(response, "Retry-After", "2");
}

enum MHD_Result
reply(struct request *r, unsigned status, const char *type, struct str body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);

	if (!response)
		return MHD_NO;
	if (type)
		MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	reply_headers(r, response);
	add_status_headers(status, response);
	enum MHD_Result done = MHD_queue_response(r->connection, status,
						  response);
	MHD_destroy_response(response);
	return done;
}

enum MHD_Result
reply_json(struct request *r, unsigned status, const struct buf *body)
{
	if (body->err)
		return MHD_NO;
	return reply(r, status, "application/json",
		     (struct str){ (char *)body->data, body->len });
}

enum MHD_Result
reply_error(struct request *r, unsigned status, const char *code,
	    const char *text)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "{\"error\":{\"code\":\"%s\",\"text\":", code);
	meta_write_text(str_of(text), &b);
	buf_puts(&b, "}}\n");
	enum MHD_Result done = reply_json(r, status, &b);
	buf_fini(&b);
	return done;
}
