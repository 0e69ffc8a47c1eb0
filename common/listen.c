/* listen.c - see listen.h. */
#include "common/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mql/error.h"

/* getaddrinfo() would take the lower half of a larger number. */
static bool
is_port(const char *z)
{
	char *end;

	return *z >= '0' && *z <= '9' && strtoul(z, &end, 10) <= UINT16_MAX &&
	       !*end;
}

/* "[::1]:80" or "host:80" into its two parts. */
static int
split(const char *address, char *host, size_t nhost, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!len || !colon[1])
		return MQL_EADDRESS;
	if (address[0] == '[' && len > 2 && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len >= nhost)
		return MQL_EADDRESS;
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return is_port(*port) ? 0 : MQL_EADDRESS;
}

static int
bind_to(const struct addrinfo *ai, int backlog, int *out)
{
	int one = 1;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
			SOCK_CLOEXEC, 0);

	if (fd < 0)
		return MQL_EOS;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, backlog)) {
		int err = errno == EADDRINUSE ? MQL_EINUSE : MQL_EADDRESS;
		close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

static void
name_address(const char *asked, int fd, char *name, size_t nname)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof sa;
	char port[16] = "0";
	int host = (int)(strrchr(asked, ':') - asked);

	if (!getsockname(fd, (struct sockaddr *)&sa, &n))
		getnameinfo((struct sockaddr *)&sa, n, NULL, 0, port,
			    sizeof port, NI_NUMERICSERV);
	snprintf(name, nname, "%.*s:%s", host, asked, port);
}

int
listen_open(const char *address, int backlog, int *out, char *name,
	    size_t nname)
{
	const struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE |
						   AI_NUMERICSERV };
	struct addrinfo *ai;
	char host[256];
	const char *port;
	int err;

	if ((err = split(address, host, sizeof host, &port)))
		return err;
	if (getaddrinfo(host, port, &hint, &ai))
		return MQL_EADDRESS;
	err = bind_to(ai, backlog, out);
	freeaddrinfo(ai);
	if (!err)
		name_address(address, *out, name, nname);
	return err;
}

bool
listen_is_loopback(const char *address)
{
	static const char *const local[] = { "localhost", "[::1]" };
	struct in_addr in;
	char host[64];

	if (!strncmp(address, "ipc://", 6) || !strncmp(address, "inproc://", 9))
		return true;
	if (!strncmp(address, "tcp://", 6))
		address += 6;
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : strlen(address);
	if (len >= sizeof host)
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		if (!strcmp(host, local[i]))
			return true;
	return inet_pton(AF_INET, host, &in) == 1 &&
	       ntohl(in.s_addr) >> 24 == IN_LOOPBACKNET;
}
