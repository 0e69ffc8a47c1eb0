/* discovery.c - see discovery.h.
 *
 *     thread: look ---> fresh, trouble (under the lock) ---> owner: take
 *
 * The file is read as a whole each time rather than watched: what is behind a
 * name may be a link to a link that is replaced (as Kubernetes does it), or on
 * a file system that tells nobody. It is bounded, and a look costs some
 * microseconds. */
#include "wire/discovery_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/loaded.h"
#include "common/thread.h"
#include "mql/error.h"
#include "wire/endpoint.h"
#include "wire/socket.h"

enum {
	FILE_MS = 500, DNS_MS = 5000,
	FILE_BYTES = 64 << 10,
	WHY = 240,
};

enum form { FORM_LIST, FORM_FILE, FORM_DNS };

struct wire_discovery {
	char      *where;
	const struct discovery_means *means;
	bool       threaded;
	pthread_t  thread;
	pthread_mutex_t lock;
	pthread_cond_t  news;      /* the end, or the thread's end */
	struct wire_endpoints *fresh; /* not taken yet */
	char       trouble[WHY];   /* now; empty: none */
	bool       untold;         /* it is news */
	bool       stopping, done, abandoned;
	/* The thread's: */
	struct wire_endpoints *last; /* the last good one */
	uint64_t   generation;
};

/* --- the forms -------------------------------------------------------------- */

static enum form
form_of(const char *where, const char **rest)
{
	*rest = where + 5;
	if (!strncmp(where, "file:", 5))
		return FORM_FILE;
	*rest = where + 4;
	if (!strncmp(where, "dns:", 4))
		return FORM_DNS;
	*rest = where;
	return FORM_LIST;
}

/* NAME:PORT into an endpoint: what may stand there is the same. */
static int
dns_parse(const char *rest, char *text, struct endpoint *ep, char *why,
	  size_t nwhy)
{
	int n = snprintf(text, ENDPOINT_MAX, "tcp://%s", rest);

	if (n >= ENDPOINT_MAX || wire_dealer_check(text, why, nwhy) ||
	    endpoint_parse(text, ep, why, nwhy)) {
		snprintf(why, nwhy, "'dns:%.80s' is no place to look: "
			 "dns:NAME:PORT is expected", rest);
		return MQL_EADDRESS;
	}
	return 0;
}

int
wire_discovery_check(const char *where, char *why, size_t nwhy)
{
	char text[ENDPOINT_MAX];
	struct wire_endpoints *list;
	struct endpoint ep;
	const char *rest;
	int err;

	switch (form_of(where, &rest)) {
	case FORM_FILE:
		if (*rest)
			return 0;
		snprintf(why, nwhy, "file:PATH is expected");
		return MQL_EADDRESS;
	case FORM_DNS:
		return dns_parse(rest, text, &ep, why, nwhy);
	case FORM_LIST:
		break;
	}
	err = wire_endpoints_of(str_of(where), false, &list, why, nwhy);
	free(list);
	return err;
}

bool
wire_discovery_changes(const char *where)
{
	const char *rest;

	return form_of(where, &rest) != FORM_LIST;
}

/* --- a look ------------------------------------------------------------------- */

static int
read_all(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : 1;
	uint8_t *to;

	while (n > 0 && text->len <= FILE_BYTES &&
	       (to = buf_room(text, FILE_BYTES))) {
		do
			n = read(fd, to, FILE_BYTES);
		while (n < 0 && errno == EINTR);
		text->len += n > 0 ? (size_t)n : 0;
	}
	int os = errno;
	if (fd >= 0)
		close(fd);
	return n < 0 ? os : text->err ? ENOMEM :
	       text->len > FILE_BYTES ? EFBIG : 0;
}

static int
look_at_file(const char *path, struct wire_endpoints **out, char *why,
	     size_t nwhy)
{
	struct buf text = BUF_INIT;
	char what[160];
	int os = read_all(path, &text);
	int err = os == ENOMEM ? MQL_ENOMEM : MQL_EADDRESS;

	if (os)
		snprintf(what, sizeof what, "%s", strerrordesc_np(os));
	else
		err = wire_endpoints_of((struct str){ (char *)text.data,
						      text.len },
					true, out, what, sizeof what);
	if (err)
		snprintf(why, nwhy, "%.80s: %s", path, what);
	buf_fini(&text);
	return err;
}

/* The addresses as endpoints, one a line. */
static int
put_addresses(const struct addrinfo *found, struct str port, struct buf *text)
{
	char host[64];

	for (; found && !text->err; found = found->ai_next) {
		if (getnameinfo(found->ai_addr, found->ai_addrlen, host,
				sizeof host, NULL, 0, NI_NUMERICHOST))
			continue;
		buf_printf(text, found->ai_family == AF_INET6 ?
			   "tcp://[%s]:%.*s\n" : "tcp://%s:%.*s\n", host,
			   (int)port.len, port.ptr);
	}
	return text->err;
}

static int
look_up(const char *rest, const struct discovery_means *means,
	struct wire_endpoints **out, char *why, size_t nwhy)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_ADDRCONFIG };
	char text[ENDPOINT_MAX], name[256], what[160] = "";
	struct addrinfo *found = NULL;
	struct buf lines = BUF_INIT;
	struct endpoint ep;
	int err = dns_parse(rest, text, &ep, why, nwhy), fault;

	if (err)
		return err;
	snprintf(name, sizeof name, "%.*s", (int)ep.host.len, ep.host.ptr);
	fault = means->lookup(name, NULL, &want, &found);
	if (fault) {
		snprintf(what, sizeof what, "%s", gai_strerror(fault));
		err = fault == EAI_MEMORY ? MQL_ENOMEM : MQL_EADDRESS;
	} else if (!(err = put_addresses(found, ep.port, &lines))) {
		err = wire_endpoints_of((struct str){ (char *)lines.data,
						      lines.len },
					true, out, what, sizeof what);
	}
	if (found)
		means->forget(found);
	buf_fini(&lines);
	if (err)
		snprintf(why, nwhy, "the addresses of %.80s: %s", name,
			 *what ? what : mql_strerror(err));
	return err;
}

static int
look(const char *where, const struct discovery_means *means,
     struct wire_endpoints **out, char *why, size_t nwhy)
{
	const char *rest;

	*out = NULL;
	switch (form_of(where, &rest)) {
	case FORM_FILE:
		return look_at_file(rest, out, why, nwhy);
	case FORM_DNS:
		return look_up(rest, means, out, why, nwhy);
	case FORM_LIST:
		break;
	}
	return wire_endpoints_of(str_of(where), false, out, why, nwhy);
}

/* --- the thread ---------------------------------------------------------------- */

static struct wire_endpoints *
copy(const struct wire_endpoints *list)
{
	struct wire_endpoints *made = NULL;
	struct buf text = BUF_INIT;
	char why[WHY];

	for (size_t i = 0; i < list->n; i++)
		buf_printf(&text, "%s\n", list->at[i]);
	if (!text.err)
		wire_endpoints_of((struct str){ (char *)text.data, text.len },
				  true, &made, why, sizeof why);
	buf_fini(&text);
	return made;
}

/* A good list: what waits is replaced, if it says anything new. */
static void
found(struct wire_discovery *d, struct wire_endpoints *list)
{
	struct wire_endpoints *give;

	if (d->last && wire_endpoints_equal(d->last, list)) {
		free(list);
	} else if ((give = copy(list))) { /* else it is found again */
		free(d->last);
		d->last = list;
		give->generation = ++d->generation;
		free(d->fresh);
		d->fresh = give;
	} else {
		free(list);
	}
	d->trouble[0] = '\0';
	d->untold = false;
}

static void
look_around(struct wire_discovery *d)
{
	struct wire_endpoints *list;
	char why[WHY] = "";
	int err;

	pthread_mutex_unlock(&d->lock);
	err = look(d->where, d->means, &list, why, sizeof why);
	pthread_mutex_lock(&d->lock);
	if (!err) {
		found(d, list);
	} else if (strcmp(d->trouble, why)) {
		memcpy(d->trouble, why, sizeof why);
		d->untold = true;
	}
}

/* A quarter more or less, so that a fleet does not ask at once. */
static int64_t
pause_ms(const struct wire_discovery *d)
{
	const char *rest;
	int ms = form_of(d->where, &rest) == FORM_FILE ? d->means->file_ms
						       : d->means->dns_ms;

	return ms - ms / 4 + clock_mono_ns() / 1000 % (ms / 2 + 1);
}

static void
discovery_free(struct wire_discovery *d)
{
	pthread_cond_destroy(&d->news);
	pthread_mutex_destroy(&d->lock);
	free(d->fresh);
	free(d->last);
	free(d->where);
	free(d);
}

static void *
run(void *arg)
{
	struct wire_discovery *d = arg;
	bool abandoned;

	pthread_setname_np(pthread_self(), "mql-discovery");
	pthread_mutex_lock(&d->lock);
	while (!d->stopping) {
		look_around(d);
		int64_t until = clock_mono_ms() + pause_ms(d);
		while (!d->stopping && thread_wait(&d->news, &d->lock, until))
			;
	}
	d->done = true;
	abandoned = d->abandoned;
	pthread_cond_broadcast(&d->news);
	pthread_mutex_unlock(&d->lock);
	if (abandoned) {
		pthread_detach(pthread_self());
		discovery_free(d);
	}
	return NULL;
}

/* --- life -------------------------------------------------------------------------- */

static int
start(struct wire_discovery *d)
{
	int err = thread_start(&d->thread, NULL, run, d);

	d->threaded = !err;
	return err;
}

int
discovery_open(const char *where, const struct discovery_means *means,
	       struct wire_discovery **out)
{
	struct wire_discovery *d;
	char why[WHY];
	int err = wire_discovery_check(where, why, sizeof why);

	*out = NULL;
	if (err)
		return err;
	if (!(d = calloc(1, sizeof *d)))
		return MQL_ENOMEM;
	pthread_mutex_init(&d->lock, NULL);
	thread_cond_init(&d->news);
	d->means = means;
	if (!(d->where = strdup(where)))
		err = MQL_ENOMEM;
	else if (wire_discovery_changes(where))
		err = start(d);
	else if (!(err = look(where, means, &d->fresh, why, sizeof why)))
		d->fresh->generation = d->generation = 1;
	if (err) {
		discovery_free(d);
		return err;
	}
	*out = d;
	return 0;
}

static const struct discovery_means usual = {
	getaddrinfo, freeaddrinfo, FILE_MS, DNS_MS,
};

int
wire_discovery_open(const char *where, struct wire_discovery **out)
{
	return discovery_open(where, &usual, out);
}

void
wire_discovery_close(struct wire_discovery *d, int64_t until)
{
	bool done;

	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_broadcast(&d->news);
	while (d->threaded && !d->done &&
	       thread_wait(&d->news, &d->lock, until))
		;
	done = d->done || !d->threaded;
	d->abandoned = !done;
	if (!done)
		loaded_stay();
	pthread_mutex_unlock(&d->lock);
	if (!done)
		return;
	if (d->threaded)
		pthread_join(d->thread, NULL);
	discovery_free(d);
}

struct wire_endpoints *
wire_discovery_take(struct wire_discovery *d)
{
	struct wire_endpoints *list;

	pthread_mutex_lock(&d->lock);
	list = d->fresh;
	d->fresh = NULL;
	pthread_mutex_unlock(&d->lock);
	return list;
}

bool
wire_discovery_trouble(struct wire_discovery *d, char *why, size_t nwhy)
{
	bool is;

	pthread_mutex_lock(&d->lock);
	is = d->untold;
	d->untold = false;
	if (is)
		snprintf(why, nwhy, "%s", d->trouble);
	pthread_mutex_unlock(&d->lock);
	return is;
}

int
wire_discovery_once(const char *where, struct wire_endpoints **out, char *why,
		    size_t nwhy)
{
	int err = wire_discovery_check(where, why, nwhy);

	*out = NULL;
	return err ? err : look(where, &usual, out, why, nwhy);
}
