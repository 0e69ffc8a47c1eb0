/* fake_source_job.h - the other end of an agent's line, under a test's thumb.
 *
 * It says nothing that the test did not ask for, but the welcome, and keeps
 * all that the agent says. No thread: fake_pump() does the work, on the
 * test's own thread. Failures of the fake itself fail the test. */
#ifndef TESTS_AGENT_FAKE_SOURCE_JOB_H
#define TESTS_AGENT_FAKE_SOURCE_JOB_H

#include "mql/partial.h"
#include "mql/stage.h"
#include "wire/message.h"
#include "wire/partials.h"
#include "wire/rows.h"
#include "wire/socket.h"

enum { FAKE_QUERIES = 20000 };

enum fake_state { FAKE_ASKED, FAKE_LIVE, FAKE_REFUSED, FAKE_ENDED };

struct fake_query {
	uint32_t id;
	char    *text;
	bool     listed;    /* in the set */
	enum fake_state state;
	char     why[300];
	struct books_agent before; /* with the "live" that it began with, */
	uint64_t session;          /* in this one */
	struct books_agent books;  /* the latest that we know */
	uint64_t next;      /* sequence number of the next row */
	uint64_t rows, gap; /* received, and missing before them */
	uint64_t weight;    /* events that these rows stand for */
	uint32_t every;     /* tried on one event in so many; 0: not said */
	bool     suspended;
	char     limit[64];
	unsigned acks;
	/* Of one that is folded: what comes goes into a stage, too. */
	struct mql_query *whole, *fold;
	struct partial   *partial;
	struct stage     *stage;
	uint64_t folded;    /* events that came in partials: rows has them */
	uint64_t upto;      /* complete up to there, ms since the epoch */
	unsigned partials;
	struct buf out;     /* rows of the stage, a line each */
};

struct fake {
	/* What the welcome says; the test may change it before the hello. */
	char     name[32];
	uint64_t credit, heartbeat_ms, silence_ms, lease_ms;
	bool     mute;      /* answers no hello */
	bool     polite;    /* answers a goodbye */
	bool     old;       /* is of a version that knows no weights */

	struct wire_context *context;
	struct wire_router  *router;
	char     endpoint[128];
	struct wire_peer     peer; /* who spoke last */
	unsigned hellos, heartbeats, goodbyes, errors, resyncs;
	bool     moves;     /* said the last goodbye */
	uint64_t session, at_version, received_bytes;
	char     agent[300], app[300], host[300], zone[300], version[300];
	char     streams[1024];    /* names, each followed by a blank */
	char     labels[1024];     /* name=value, likewise */
	size_t   nsuspect;         /* of the last hello, */
	uint64_t crashes;          /* and of the first of them */
	char     suspicion[64];
	struct wire_health health; /* of the last heartbeat */
	uint64_t set;              /* version of the query set */
	struct fake_query *query;  /* FAKE_QUERIES of them */
	size_t   nquery;
	bool     keep;             /* the rows' text too */
	char   **row;
	size_t   nrow;
};

void fake_init(struct fake *f); /* generous defaults, a free port */
void fake_listen(struct fake *f); /* init did; again after fake_die() */
void fake_die(struct fake *f);  /* as kill -9: the socket is gone */
void fake_forget(struct fake *f); /* reborn: knows no query, no row */
void fake_fini(struct fake *f);

/* Take all that comes within ms, returning early when something did. */
void fake_pump(struct fake *f, int ms);

/* Pump until the condition holds; the test fails after ten seconds. */
#define FAKE_WAIT(f, ...)                                             \
	do {                                                          \
		int64_t end_ = clock_mono_ms() + 10000;               \
		while (!(__VA_ARGS__) && clock_mono_ms() < end_)      \
			fake_pump(f, 5);                              \
		ck_assert_msg((__VA_ARGS__), "waited for " #__VA_ARGS__); \
	} while (0)

/* Put a query into the set, or take it out, and tell the agent (a delta). */
struct fake_query *fake_ask(struct fake *f, const char *text);
/* As a source-job asks for groups: fold if you can. */
struct fake_query *fake_ask_fold(struct fake *f, const char *text);
/* The answer, when all is in. */
const char *fake_answer(struct fake_query *q);
void fake_withdraw(struct fake *f, struct fake_query *q);
/* Say once more that it is asked, and insist. */
void fake_insist(struct fake *f, struct fake_query *q);
void fake_snapshot(struct fake *f);
void fake_give_credit(struct fake *f, uint64_t bytes);
void fake_send(struct fake *f, const void *data, size_t len);

/* matched = sampled + sent + queued + dropped, and as many rows as sent. */
bool fake_balanced(const struct fake_query *q);

#endif
