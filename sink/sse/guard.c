/* guard.c - who may come in; see server.h.
 *
 * A page of a stranger, open in a browser on this machine, can reach loopback:
 * by a request across origins, or by a name of its own that it points here.
 * Origin and Host tell. */
#include <arpa/inet.h>
#include <strings.h>

#include "sink/sse/server.h"

static bool
has_token(const struct request *r)
{
	const struct server *s = r->server;
	const char *said;

	if (door_lets_in(&s->door, request_header(r, "Authorization")))
		return true;
	if (!s->config->token_in_url)
		return false;
	said = MHD_lookup_connection_value(r->connection,
					   MHD_GET_ARGUMENT_KIND, "token");
	return said && door_same(s->door.token, said);
}

/* HOST, HOST:PORT or [IPV6]:PORT without the port. */
static struct str
without_port(const char *host)
{
	struct str s = str_of(host);
	const char *colon = strrchr(host, ':');

	if (colon && (*host != '[' || colon[-1] == ']'))
		s.len = (size_t)(colon - host);
	return s;
}

static bool
is_name(struct str s, const char *name)
{
	return s.len == strlen(name) && !strncasecmp(s.ptr, name, s.len);
}

bool
guard_host(const struct config *c, const char *host)
{
	struct str s = without_port(host);
	struct in_addr in;
	char address[64];

	if (is_name(s, "localhost") || (s.len && *s.ptr == '['))
		return true;
	for (size_t i = 0; i < c->host.n; i++)
		if (is_name(s, c->host.item[i]))
			return true;
	if (s.len >= sizeof address)
		return false;
	memcpy(address, s.ptr, s.len);
	address[s.len] = '\0';
	return inet_pton(AF_INET, address, &in) == 1;
}

/* Does origin ("https://host:port") mean the host that was asked? */
static bool
is_own(const char *origin, const char *host)
{
	const char *at = strstr(origin, "://");

	return at && host && !strcasecmp(at + 3, host);
}

static bool
may_see(const struct request *r)
{
	const char *allowed = r->server->config->allow_origin;
	const char *origin = request_header(r, "Origin");
	const char *site = request_header(r, "Sec-Fetch-Site");

	if (allowed && (!strcmp(allowed, "*") ||
			(origin && !strcmp(allowed, origin))))
		return true;
	if (origin)
		return is_own(origin, request_header(r, "Host"));
	return !site || strcmp(site, "cross-site");
}

unsigned
guard_check(const struct request *r, bool needs_token, const char **why)
{
	const char *host = request_header(r, "Host");

	if (!r->server->door.token && host &&
	    !guard_host(r->server->config, host)) {
		*why = "this name is none of ours; see --host";
		return MHD_HTTP_MISDIRECTED_REQUEST;
	}
	if (!needs_token)
		return 0;
	if (!may_see(r)) {
		*why = "pages of other origins may not ask; see --allow-origin";
		return MHD_HTTP_FORBIDDEN;
	}
	if (!has_token(r)) {
		*why = "a token is needed: Authorization: Bearer TOKEN";
		return MHD_HTTP_UNAUTHORIZED;
	}
	return 0;
}
