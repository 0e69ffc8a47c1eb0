#include "wire/share.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/endpoint.h"

static int
find(const char *host, const char *port, int family, struct addrinfo **out)
{
	const struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
				       .ai_family = family,
				       .ai_flags = AI_PASSIVE |
						   AI_NUMERICSERV };

	return getaddrinfo(host, port, &hint, out);
}

/* tcp://ADDRESS:PORT, where both may be a *: all addresses of both families,
 * if there are two. */
static int
look_up(struct share *s, const char *on)
{
	struct addrinfo *ai;
	struct endpoint ep;
	char host[256], port[8], why[256];

	if (endpoint_parse(on, &ep, why, sizeof why) || !ep.tcp)
		return EINVAL;
	if (ep.host.len > 2 && *ep.host.ptr == '[')
		ep.host = (struct str){ ep.host.ptr + 1, ep.host.len - 2 };
	snprintf(host, sizeof host, "%.*s", (int)ep.host.len, ep.host.ptr);
	snprintf(port, sizeof port, "%.*s", (int)ep.port.len, ep.port.ptr);
	if (!strcmp(port, "*"))
		strcpy(port, "0");
	if (strcmp(host, "*") ? find(host, port, AF_UNSPEC, &ai) :
	    find(NULL, port, AF_INET6, &ai) && find(NULL, port, AF_INET, &ai))
		return EADDRNOTAVAIL;
	memcpy(&s->at, ai->ai_addr, ai->ai_addrlen);
	s->len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

/* The first one binds alone, and lets others in from then on. */
static int
bind_and_listen(struct share *s, int fd, bool first, int backlog)
{
	const int one = 1, zero = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
	    (s->at.ss_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero)) ||
	    (!first &&
	     setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)) ||
	    bind(fd, (struct sockaddr *)&s->at, s->len) ||
	    (first &&
	     setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)) ||
	    listen(fd, backlog) ||
	    getsockname(fd, (struct sockaddr *)&s->at, &s->len))
		return errno;
	return 0;
}

int
share_listen(struct share *s, const char *on, int backlog, int *out)
{
	const bool first = !s->len;
	int fd, err;

	if (first && (err = look_up(s, on)))
		return err;
	fd = socket(s->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if ((err = bind_and_listen(s, fd, first, backlog)))
		close(fd);
	else
		*out = fd;
	return err;
}
