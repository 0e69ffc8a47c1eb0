/* harness.h - the real daemon on free ports, and peers to play its agents and
 * its subscribers. Everything waits for a condition, with one deadline. */
#ifndef TESTS_SOURCE_JOB_HARNESS_H
#define TESTS_SOURCE_JOB_HARNESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/message.h"
#include "wire/rows.h"
#include "wire/socket.h"

/* --- the daemon ---------------------------------------------------------- */

struct daemon {
	pid_t pid;
	char  agents[80], subscribers[80], http[80]; /* real endpoints */
};

/* Start mql-source-job, which stands beside the test's own program, with
 * ports of its own and these options (up to a NULL). */
void daemon_start(struct daemon *d, ...);
void daemon_signal(const struct daemon *d, int sig);
int daemon_wait(struct daemon *d); /* its exit status; 128: by a signal */
void daemon_stop(struct daemon *d); /* SIGTERM, and it must exit with 0 */
/* Run it to its end with exactly these options (up to a NULL). */
int daemon_try(const char *option, ...);

/* One HTTP request over one connection; the whole answer. Static memory. */
const char *daemon_http(const struct daemon *d, const char *method,
			const char *path);

/* --- a peer -------------------------------------------------------------- */

struct peer {
	struct wire_context *context;
	struct wire_dealer  *dealer;
	struct buf           frame;
	struct str           rest; /* of the last message: its second part */
};

void peer_open(struct peer *p, const char *endpoint);
/* What peers that are opened from now on have; NULL: none. Borrowed. */
extern const struct wire_keys *peer_keys;
void peer_close(struct peer *p);
void peer_send(struct peer *p); /* what is in p->frame */
void peer_send_bytes(struct peer *p, const void *data, size_t len);
/* The next message; fails the test when none comes. */
void peer_recv(struct peer *p, unsigned *kind, struct str *body);
/* The next message of this kind; what comes before it is ignored. */
struct str peer_expect(struct peer *p, unsigned kind);

/* A hello of this agent is refused: the daemon has enough. */
void peer_expect_full(const struct daemon *d, const char *agent);

/* --- a fake agent -------------------------------------------------------- */

struct agent {
	struct peer peer;
	uint64_t    version; /* of the query set */
	uint32_t    added, removed; /* the last ids of QUERIES */
	uint32_t    wanted;         /* takes the place of the last added */
	char        fold[512];      /* of the one added; "": rows are wanted */
	uint64_t    credit;
};

/* Connect, say hello (stream NULL: none), be welcomed, get the snapshot. */
void agent_open(struct agent *a, const struct daemon *d, const char *id,
		const char *stream);
void agent_close(struct agent *a);
void agent_hello(struct agent *a, const char *id, const char *stream);
/* Wait for QUERIES and take note of what they say. */
void agent_queries(struct agent *a);
void agent_until_added(struct agent *a);
void agent_until_query(struct agent *a, uint32_t id); /* this one is added */
void agent_until_removed(struct agent *a);
void agent_ack(struct agent *a, uint32_t id, enum wire_ack_state state,
	       const struct books_agent *books);
/* QUERIES, then "live". */
void agent_go_live(struct agent *a);
/* QUERIES that remove, then "ended". */
void agent_end(struct agent *a, const struct books_agent *books);
void agent_report(struct agent *a, uint32_t id,
		  const struct books_agent *books);
/* n rows from sequence number first, each of about `size` bytes. */
void agent_rows(struct agent *a, uint32_t id, uint64_t first, unsigned n,
		size_t size);
/* The lines of text as rows from sequence number first: how many. */
unsigned agent_lines(struct agent *a, uint32_t id, uint64_t first,
		     const char *text);
/* seen, matched and sent are n. */
struct books_agent agent_sent(uint64_t n);

/* --- a fake subscriber --------------------------------------------------- */

struct tail {
	struct peer peer;
	uint32_t    id, query_id;
	bool        parts; /* takes DATA in two */
	uint64_t    rate;  /* of all agents; 0: any */
	bool        merge; /* asks for what agents send; got, when accepted */
	const char *group, *key, *member; /* asks for a share; "": none */
	uint64_t    rows, metas, cut; /* cut: messages that came in two */
	char        text[4096];      /* the rows, a line each, while it fits */
	struct wire_window window;   /* of the last META or END */
	struct books books;          /* of the last META or END */
	struct books_agent before;
	char        refusal[64];     /* the first of the last META */
	bool        accepted, ended, failed, lapsed;
	char        why[128];        /* of END or ERROR */
	int         error, col;      /* ERROR */
};

void tail_open(struct tail *t, const struct daemon *d);
void tail_close(struct tail *t);
void tail_ask(struct tail *t, const char *query, uint64_t limit,
	      uint64_t credit);
/* tail_ask() with much credit, and be accepted. */
void tail_subscribe(struct tail *t, const char *query);
void tail_credit(struct tail *t, uint64_t bytes);
void tail_ping(struct tail *t);
void tail_unsubscribe(struct tail *t);
/* Take one message into t. */
void tail_step(struct tail *t);
/* Ask as an operator: the answer's text, static memory. */
const char *tail_request(struct tail *t, const char *what, const char *arg,
			 bool *ok);

/* Take messages until the condition holds. */
#define TAIL_UNTIL(t, condition)        \
	do {                            \
		while (!(condition))    \
			tail_step(t);   \
	} while (0)

#endif
