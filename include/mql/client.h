/* client.h - ask a fleet a question from your own program.
 *
 *     struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
 *     opt.query = "select * where country=='BR'";
 *     mql_tail_open(&opt, &tail, &diag);
 *     while (mql_tail_next(tail, -1, &item) == 0 && item.kind != MQL_END)
 *             if (item.kind == MQL_ROW)
 *                     fwrite(item.row.ptr, 1, item.row.len, stdout);
 *     mql_tail_close(tail);
 *
 * A tail is one subscription, whether it is at one source-job or at all of a
 * fleet that may grow and shrink meanwhile. It reconnects by itself, tells what
 * it missed meanwhile, and counts. One owner thread per tail; no thread is
 * started but ZeroMQ's own, and one that looks for source-jobs when they are
 * not given as a list. */
#ifndef MQL_CLIENT_H
#define MQL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mql/error.h"
#include "mql/mql.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mql_tail;   /* opaque */

struct mql_tail_options {
	size_t      size;       /* of this struct: set by ..._INIT */
	const char *source_job; /* tcp://A:1,tcp://B:2, or file:PATH (one a
				   line), or dns:NAME:PORT: all of them are
				   asked, and what they say is one answer.
				   NULL: MQL_SOURCE_JOB, else
				   tcp://127.0.0.1:7401 */
	const char *query;
	const char *name;       /* who asks, for `mql queries`; NULL:
				   "libmql-client" */
	uint64_t    limit;      /* rows; 0: none beyond the query's own */
	uint64_t    credit_bytes; /* rows in flight towards us; 0: 4 MiB */
	int64_t     connect_ms; /* give up when nobody answers at first;
				   0: 5 s, < 0: wait for ever */
	bool        force;      /* run it also where it was running when a
				   service crashed. Said once */
	/* Files of `mql keygen`: our secret key, and the public key of the
	 * source-job, which it must prove to have. NULL: MQL_KEY_FILE and
	 * MQL_SERVER_KEY; neither: no keys, nothing is encrypted. */
	const char *key, *server_key;
	/* A shared subscription: those who name the same group of the same
	 * query share its rows, each row comes to one of them. NULL: alone. */
	const char *group;
	const char *group_key;  /* an expression over the row: rows of one
				   value of it come to one member. NULL: the
				   values that the query groups by, if they are
				   columns; else each row comes to a member
				   that has room */
	const char *member;     /* who we are in it; one that comes back under
				   its name has the same share. NULL: random */
	/* History of Kafka's topics, at source-jobs that read some: what is
	 * there goes through the query in the order of time, then what comes.
	 * Windows without `on` are by @ts. A link that breaks is its end. */
	bool        replay;
	int64_t     since;      /* ms since the epoch: from then on; 0: from the
				   beginning */
	bool        until_end;  /* what is there now, and no more: MQL_END comes
				   behind it; totals are given once, then */
	uint64_t    rate;       /* rows a second that all agents together may
				   send; what is more is dropped there, and
				   counted: dropped.rate. Only of queries whose
				   rows are events. Who asks the same for more
				   gets more, and so do we. 0: any */
};
#define MQL_TAIL_OPTIONS_INIT { .size = sizeof(struct mql_tail_options) }

enum mql_item_kind {
	MQL_ROW,   /* one row of JSON */
	MQL_LIVE,  /* the number of live agents changed */
	MQL_META,  /* the books, about once a second */
	MQL_LINK,  /* the link went down (up == false) or is back; with several
		      source-jobs, what became of one: up while any answers */
	MQL_GAP,   /* rows that were missed while it was down */
	MQL_END,   /* the last item; every later call returns it again */
};

/* X(field, sentence for people): every reason why a matched event is not
 * among the rows. */
#define MQL_DROPS(X)                                       \
	X(ring,   "agent ring full")                       \
	X(budget, "agent over budget")                     \
	X(rate,   "rate cap")                              \
	X(link,   "link down")                             \
	X(large,  "row too large")                         \
	X(limit,  "past the limit")                        \
	X(slow,   "subscriber slow")                       \
	X(late,     "too late for its window")             \
	X(untimed,  "no time to put it into a window")     \
	X(overflow, "no memory for another group or row")

struct mql_books {
	uint64_t seen, matched, sampled;
	uint64_t sent;      /* rows that agents handed to the link */
	uint64_t delivered; /* rows that the source-job handed to us */
	uint64_t received;  /* rows that mql_tail_next() gave */
	uint64_t queued;    /* on the way: agent queues and ours */
	uint64_t lost;      /* gaps in sequence numbers */
	uint64_t bad, mismatches, regex_limited;
	struct {
#define X(field, text) uint64_t field;
		MQL_DROPS(X)
#undef X
	} dropped;
	uint32_t targeted, live, refused, lost_agents, left;
	bool     balanced;  /* the equations of the books hold */
	/* Where groups, windows or an order make new rows: */
	uint64_t folded;    /* agents' rows that were put into them */
	uint64_t results;   /* rows that came out */
	/* Of seen: by agents on which the query was over its budget, without
	 * trying it on them. */
	uint64_t skipped;
	uint64_t others;    /* rows that other members of the group got */
};

/* A window that is closed, after the last of its rows. Of a running total,
 * from its beginning to what was given last. All zero: none yet. */
struct mql_window {
	int64_t  start, end; /* ms since the epoch */
	uint32_t agents;     /* that contributed: that had told all of it,
				though it be nothing */
	uint64_t events;     /* in it: matched, and not dropped */
	uint64_t late;       /* that came too late for one, so far */
	uint32_t live;       /* agents that were live when it was closed */
};

/* How far a replay is, at all source-jobs together. */
struct mql_replay {
	uint64_t read, of;     /* offsets, of those that were there at first;
				  of is 0 until that is known */
	uint64_t messages;     /* that came of them: seen, bad and skipped */
	uint64_t tombstones, large; /* of the bad ones */
	uint32_t partitions;   /* that are read */
	bool     live;         /* it has come to what was the end at first */
};

struct mql_slice {
	const char *ptr;
	size_t      len;
};

struct mql_item {
	enum mql_item_kind kind;
	struct mql_slice   row;   /* MQL_ROW; borrowed until the next call */
	struct mql_books   books; /* all kinds but MQL_ROW */
	bool               up;    /* MQL_LINK */
	uint64_t           gap;   /* MQL_GAP: matching rows that were missed */
	uint64_t           gap_ms; /* MQL_GAP: how long the link was down */
	bool               gap_more; /* MQL_GAP: the query did not run
					everywhere meanwhile: nobody knows
					what else it would have found */
	const char        *why;   /* MQL_END, MQL_LINK, MQL_LIVE (a refusal);
				     borrowed; may be NULL */
	bool               failed; /* MQL_END: not as asked for */
	struct mql_window  window; /* all kinds but MQL_ROW: the last one */
	/* MQL_META, MQL_LIVE: where the query is over its budget now, for
	 * people: `3 of 10 agents run it on 1 in 8 events: over 1% of a
	 * core`, and of a count window `its aggregates are of these events
	 * only`; borrowed; NULL: nowhere. */
	const char        *limited;
	struct mql_replay  replay; /* all kinds but MQL_ROW */
};

/* Compile, connect, subscribe. Returns when the source-job has accepted, or
 * with MQL_ESYNTAX, MQL_ETYPE, MQL_EUNSUP, MQL_ELIMIT (see diag, which may be
 * NULL), MQL_EADDRESS, MQL_EUNREACH (nobody answered in time),
 * MQL_EREFUSED (diag->text says why), MQL_EINVAL (a key cannot be read),
 * MQL_EINTR, MQL_ENOMEM; on failure *out is NULL. */
MQL_API int mql_tail_open(const struct mql_tail_options *opt,
			  struct mql_tail **out, struct mql_diag *diag);

/* The next item. timeout_ms: -1 waits for ever. 0; MQL_ETIMEOUT when nothing
 * came in time; MQL_EINTR when a signal interrupted the wait. */
MQL_API int mql_tail_next(struct mql_tail *t, int timeout_ms,
			  struct mql_item *item);

/* Ask the source-job to end the query. Rows that are on their way still come,
 * then MQL_END with the closing books (at the latest after a second or two,
 * even when the source-job is gone). */
MQL_API void mql_tail_stop(struct mql_tail *t);

/* The query in canonical spelling and its id at the source-job, or at one of
 * them. */
MQL_API const char *mql_tail_query(const struct mql_tail *t);
MQL_API uint32_t mql_tail_query_id(const struct mql_tail *t);

MQL_API void mql_tail_close(struct mql_tail *t); /* NULL is allowed */

/* --- operator requests ------------------------------------------------------ */

struct mql_request_options {
	size_t      size;       /* of this struct: set by ..._INIT */
	const char *source_job; /* this and the keys as in mql_tail_options */
	const char *what, *arg;
	int         timeout_ms;
	const char *key, *server_key;
	const char *query;      /* of "save" */
};
#define MQL_REQUEST_OPTIONS_INIT \
	{ .size = sizeof(struct mql_request_options) }

/* One request and its answer, a JSON text that the caller frees with free(3):
 * an array of objects for "agents", "queries" and "streams"; an object for
 * "kill" (arg: the query's id) and for "off" (arg: why) and "on", which switch
 * all evaluation. Of saved queries "saved" gives an array (arg: a name, or "");
 * "save" (arg: the name; query) and "rm" (arg: the name) an object, when it is
 * on the disk. With several source-jobs it is one list and one answer of those
 * that answer; an id is then "7@2": 7 at the second. *json also holds
 * {"error":...} with MQL_EREFUSED. Errors besides: MQL_EADDRESS, MQL_EUNREACH
 * (nobody answers), MQL_EINVAL (a key cannot be read), MQL_EINTR, MQL_ENOMEM:
 * diag->text says why; it may be NULL. Any thread; blocks until timeout_ms. */
MQL_API int mql_request_with(const struct mql_request_options *opt,
			     char **json, struct mql_diag *diag);

/* The same in short. */
MQL_API int mql_request(const char *source_job, const char *what,
			const char *arg, int timeout_ms, char **json);

#ifdef __cplusplus
}
#endif
#endif
