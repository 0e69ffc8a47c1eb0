/* endpoint.c - see endpoint.h. ZeroMQ takes any nonsense to connect to and
 * then tries for ever, so what is no endpoint is found here. */
#include "wire/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/un.h>

#include "mql/error.h"
#include "wire/socket.h"

enum { MAX_PATH = sizeof ((struct sockaddr_un *)0)->sun_path };

static bool
starts_with(const char *text, struct str prefix)
{
	return !strncmp(text, prefix.ptr, prefix.len);
}

static bool
all_of(struct str s, const char *chars)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr(chars, s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool
port_ok(struct str port)
{
	unsigned n = 0;

	if (str_eq(port, STR("*")))
		return true;
	if (port.len > 5 || !all_of(port, "0123456789"))
		return false;
	for (size_t i = 0; i < port.len; i++)
		n = 10 * n + (unsigned)(port.ptr[i] - '0');
	return n <= 65535;
}

static bool
host_ok(struct str host)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	if (host.len > 255)
		return false;
	if (host.len > 2 && host.ptr[0] == '[') /* an address, a %zone */
		return host.ptr[host.len - 1] == ']' &&
		       memchr(host.ptr, ':', host.len) &&
		       all_of((struct str){ host.ptr + 1, host.len - 2 },
			      "0123456789abcdefABCDEF:.%ghijklmnopqrstuvwxyz");
	return str_eq(host, STR("*")) || all_of(host, name);
}

static int
bad(char *why, size_t nwhy, const char *text, const char *what)
{
	snprintf(why, nwhy, "'%.80s' is no endpoint: %s", text, what);
	return MQL_EADDRESS;
}

int
endpoint_parse(const char *text, struct endpoint *ep, char *why, size_t nwhy)
{
	const char *colon;

	*ep = (struct endpoint){ 0 };
	if (starts_with(text, STR("ipc://")))
		return text[6] && strlen(text + 6) < MAX_PATH ? 0 :
			bad(why, nwhy, text, "the path is empty or too long");
	if (!starts_with(text, STR("tcp://")))
		return bad(why, nwhy, text, "tcp://HOST:PORT is expected");
	colon = strrchr(text + 6, ':');
	if (!colon || colon[1] == '\0' || strchr(colon, ']'))
		return bad(why, nwhy, text, "the port is missing");
	ep->tcp = true;
	ep->host = (struct str){ text + 6, (size_t)(colon - (text + 6)) };
	ep->port = str_of(colon + 1);
	if (!port_ok(ep->port))
		return bad(why, nwhy, text, "the port must be 0 to 65535");
	if (!host_ok(ep->host))
		return bad(why, nwhy, text,
			   "a host name, an address or [an IPv6 address] is "
			   "expected before the port");
	return 0;
}

int
wire_endpoint_check(const char *endpoint, char *why, size_t nwhy)
{
	struct endpoint ep;

	return endpoint_parse(endpoint, &ep, why, nwhy);
}

/* --- for ZeroMQ ------------------------------------------------------------- */

static void
host_copy(const struct endpoint *ep, char *host)
{
	snprintf(host, 256, "%.*s", (int)ep->host.len, ep->host.ptr);
}

static bool
is_ipv4(const char *host)
{
	struct in_addr a;

	return inet_pton(AF_INET, host, &a) == 1;
}

static void
put(char *out, const char *host, const struct endpoint *ep)
{
	snprintf(out, ENDPOINT_MAX, "tcp://%s:%.*s", host, (int)ep->port.len,
		 ep->port.ptr);
}

void
endpoint_to_connect(const char *text, const struct endpoint *ep, char *out,
		    bool *ipv6)
{
	char host[256];

	*ipv6 = false;
	if (!ep->tcp) {
		snprintf(out, ENDPOINT_MAX, "%s", text);
		return;
	}
	host_copy(ep, host);
	if (!strcmp(host, "localhost"))
		snprintf(host, sizeof host, "127.0.0.1");
	*ipv6 = !is_ipv4(host);
	put(out, host, ep);
}

/* The first address of a name, IPv4 if it has one; false when it has none. */
static bool
look_up(char *host, size_t n)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *found;
	char address[INET6_ADDRSTRLEN];
	int err;

	for (int i = 0; i < 2; i++) {
		want.ai_family = families[i];
		if (getaddrinfo(host, NULL, &want, &found))
			continue;
		err = getnameinfo(found->ai_addr, found->ai_addrlen, address,
				  sizeof address, NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(found);
		if (err)
			continue;
		snprintf(host, n, i == 0 ? "%s" : "[%s]", address);
		return true;
	}
	return false;
}

void
endpoint_to_listen(const char *text, const struct endpoint *ep, char *out,
		   bool *ipv6)
{
	char host[256];

	endpoint_to_connect(text, ep, out, ipv6);
	if (!*ipv6)
		return;
	host_copy(ep, host);
	if (strcmp(host, "*") && host[0] != '[') {
		look_up(host, sizeof host); /* else perhaps an interface */
		*ipv6 = host[0] == '[';
	}
	put(out, host, ep);
}
