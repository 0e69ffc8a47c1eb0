/* message.h - the control messages, each with its encoder and decoder.
 *
 * wire_X_encode() appends a whole frame to a buffer (look at buf.err:
 * MQL_ELIMIT when the message, a list or a number is over its limit, MQL_EINVAL
 * when the text of a query is not UTF-8, MQL_ENOMEM). Names and sentences are
 * cut and mended until they fit.
 * wire_X_decode() takes the body after wire_get_header(); it fills a struct
 * whose text and lists live in `mem`, which the caller frees with
 * arena_fini(&m.mem) (also after a failure). Unknown fields are ignored,
 * absent ones take their zero. A decoder trusts nothing: MQL_EBADFRAME for a
 * wrong type, a value out of range, a list or text over its limit; MQL_ENOMEM.
 * Any thread. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "common/arena.h"
#include "wire/books.h"
#include "wire/frame.h"

/* --- agent hop ------------------------------------------------------------ */

struct wire_label {
	struct str name, value;
};

/* A query that was running when a process of this app on this host crashed: it
 * is not simply run again. */
struct wire_suspect {
	struct str query;   /* 16 hexadecimal digits: a hash of its text */
	uint64_t   crashes;
	struct str why;
};

struct wire_hello { /* the first message of a session, and after each link */
	struct arena mem;
	struct str agent;   /* unique per agent process: @agent */
	struct str app, host, zone, version; /* empty: none */
	struct str language; /* version of MQL that it speaks */
	uint64_t   pid;
	uint64_t   session; /* counts the links of this agent, from 1 */
	struct str *stream;
	size_t     nstream;
	struct wire_label *label;
	size_t     nlabel;
	struct str *capability; /* what it can do beyond version 1 */
	size_t     ncapability;
	struct wire_suspect *suspect; /* some of them, where there are many */
	size_t     nsuspect;
};

struct wire_welcome {
	struct arena mem;
	struct str source_job;  /* unique per source-job process */
	uint64_t   heartbeat_ms; /* how often the agent reports */
	uint64_t   silence_ms;   /* either side is gone after this long */
	uint64_t   lease_ms;     /* queries live on this long without a link */
	uint64_t   credit;       /* bytes of ROWS bodies that may be sent */
	struct str *capability;  /* what it can do beyond version 1 */
	size_t     ncapability;
};
/* A source-job with this capability reads rows with a weight (rows.h). */
#define WIRE_WEIGHTS STR("weights")
/* And with this one it reads when they were sent. */
#define WIRE_TIMES STR("times")

struct wire_query {
	uint32_t   id;   /* unique in the life of the source-job, from 1 */
	struct str text; /* query_agent_text() */
	struct str fold; /* query_fold_text(); empty: rows are wanted. Who
			    does not know this field sends rows */
	bool       force; /* run it now, though it be a suspect: somebody
			     insists. Never in a snapshot */
	uint64_t   rate;  /* thousandths of a row a second that it may send, to
			     begin with; 0: as many as it likes */
};

struct wire_queries { /* the query set: a snapshot, or what changed */
	struct arena mem;
	uint64_t version;  /* the set's version after this message */
	uint64_t base;     /* delta: the version it applies to; 0: snapshot.
			      An agent at another version asks for a snapshot
			      with an ACK whose resync is true */
	struct wire_query *add;
	size_t    nadd;
	uint32_t *remove;
	size_t    nremove;
};

enum wire_ack_state { WIRE_LIVE, WIRE_REFUSED, WIRE_ENDED };

struct wire_ack_entry {
	uint32_t            id;
	enum wire_ack_state state; /* "live" | "refused" | "ended" */
	struct str          why;   /* refused; ended: by the agent's own
				      doing, for this reason */
	uint64_t            since; /* ms since the epoch: when it went live */
	/* "live": where this run of the query stands now, all zero for a new
	 * one; the next row has sequence number books.sent + 1. A source-job
	 * that never heard of the run learns here where its count begins.
	 * "ended": the last word; every row before it is already on its way. */
	struct books_agent  books;
};

struct wire_ack {
	struct arena mem;
	uint64_t version; /* of the set that the agent now runs */
	bool     resync;
	struct wire_ack_entry *entry;
	size_t   nentry;
};

struct wire_counts {
	uint32_t           id;
	struct books_agent books; /* since the query went live there */
	/* Over its budget there: */
	uint32_t   every;     /* tried on one event in so many; 0 and 1: all */
	bool       suspended; /* on none, for a while */
	struct str why;
	struct wire_cost { /* what it has cost there since it went live */
		uint64_t cpu_ns; /* an estimate, of the service's threads */
		uint64_t rows, bytes; /* that were made */
	} cost; /* all 0: nothing, or nothing is said */
};

struct wire_heartbeat { /* MessagePack; queries whose books changed only */
	struct arena mem;
	uint64_t at;       /* ms since the epoch, agent's clock */
	uint64_t version;  /* of the query set in force */
	struct wire_counts *query;
	size_t   nquery;
	struct str *stream; /* streams opened since the last hello */
	size_t   nstream;
	struct wire_health {
		uint64_t cpu_ns;   /* processor time since the agent began */
		uint64_t memory;   /* bytes that it holds */
		bool     disabled; /* by the service's owner */
		/* What the last CREDIT brought, for how many us it has been
		 * here, and the agent's clock now, us since the epoch: by
		 * these clocks are compared. at 0: there was none. */
		uint64_t at, held, wall;
	} health;
};

struct wire_credit { /* cumulative since the welcome or acceptance */
	struct arena mem;
	uint32_t id;       /* subscription; on the agent hop the query that
			      rate is of, or 0 */
	uint64_t bytes;    /* of ROWS or DATA bodies allowed so far in all */
	uint64_t at;       /* agent hop: by a clock of the source-job's, us;
			      comes back in HEARTBEAT. 0: nothing is said */
	uint64_t rows;     /* of the subscription's, so far in all, that the
			      subscriber has done with; it may be behind */
	uint64_t rate;     /* agent hop: as of wire_query, from now on */
};

struct wire_goodbye {
	struct arena mem;
	struct str why;
	bool       moves; /* of an agent: it is about to say hello to another
			     source-job of the fleet */
};

struct wire_error { /* about a message that could not be taken */
	struct arena mem;
	uint32_t   id;    /* what it is about, 0: the link itself */
	int        code;  /* MQL_E... */
	struct str text;
	int        line, col, beg, end; /* a query's error: its place, or 0 */
};

/* --- subscriber hop --------------------------------------------------------- */

struct wire_subscribe {
	struct arena mem;
	uint32_t   id;      /* chosen by the subscriber, unique per link */
	struct str query;   /* as typed */
	uint64_t   limit;   /* rows; 0: none beyond the query's own */
	uint64_t   credit;  /* bytes of DATA bodies it will take */
	struct str client;  /* "mql 0.1.0", for `mql queries` */
	bool       resumed; /* the same subscription as before a broken link */
	bool       merge;   /* the last merge is the subscriber's: send what
			       agents send. Nothing for a query whose rows
			       are finished at the agents */
	bool       force;   /* insist on agents where it is a suspect */
	/* A shared subscription: who names the same group of the same query
	 * gets a share of its rows, each row is for one of them. */
	struct str group;   /* its name; "": alone */
	struct str key;     /* rows of one value of this go to one member;
			       "": the query's groups, if it has any, else
			       whoever has most room */
	struct str member;  /* who asks, the same at all source-jobs */
	bool       parts;   /* DATA may come in two parts: see rows.h */
	/* History of Kafka's topics, up to now and on. */
	bool       replay;
	uint64_t   since;     /* ms since the epoch; 0: from the beginning */
	bool       until_end; /* up to what is there now, and no further */
	uint64_t   rate;    /* rows a second that all agents together may send;
			       0: as many as they like */
};

struct wire_accepted {
	struct arena mem;
	uint32_t   id;
	uint32_t   query_id;   /* for `mql kill` */
	struct str source_job;
	struct str canonical;
	uint64_t   lease_ms;   /* PING more often than this */
	uint32_t   targeted, live, refused;
	bool       merge;      /* as asked */
	struct str group;      /* as asked */
	bool       replay;     /* as asked */
};

struct wire_refusal { /* why agents do not run a query, grouped by reason */
	struct str why;
	uint32_t   agents;
};

/* The books, once a second, at once when `live` changes, and last in END.
 * They count from the moment of the subscription. `before` is what the agents'
 * counters stood at then, summed: all zero for a query that began with this
 * subscription; more when it joined one that ran already, or when the agents
 * carried the run over from a source-job that is gone. A client that comes
 * back after such a break subtracts what it knew, and the rest is the gap. */
struct wire_limit { /* agents on which the query is over its budget, by why */
	struct str why;
	uint32_t   agents;
	uint32_t   every; /* they try one event in so many, at the worst;
			     0: none, it is suspended */
};

struct wire_window { /* one that was closed; all zero: none */
	int64_t  start, end; /* ms since the epoch */
	uint32_t agents;     /* that contributed: of a window of @ts, those
				that have told all of it, though it be
				nothing; else those live when it closed */
	uint32_t live;       /* agents live when it was closed */
	uint64_t events;     /* agents' events in it */
	uint64_t late;       /* rows that came too late for one, so far */
};

struct wire_replay { /* how far; all zero: none, or it has not begun */
	uint64_t read, of;   /* offsets, of those that were there at first */
	uint64_t messages;   /* that came of them; among these: */
	uint64_t tombstones, large;
	uint32_t partitions; /* that are read here, */
	uint32_t all;        /* of so many of the topics, */
	uint64_t mine, whole; /* and sums of the hashes of both, 63 bits */
	bool     live;       /* it has come to what was the end at first */
};

struct wire_meta {
	struct arena mem;
	uint32_t id;
	struct books books;
	struct books_agent before;
	struct wire_refusal *refusal;
	size_t   nrefusal;
	struct wire_window window; /* the last one whose rows are out */
	struct wire_limit *limit;
	size_t   nlimit;
	struct wire_replay replay;
};

struct wire_end {
	struct wire_meta meta; /* the closing books */
	struct str why;        /* "limit", "unsubscribed", "killed by ...",
				  "source-job is shutting down", ... */
	bool failed;           /* exit status 1 rather than 0 */
	bool leaves;           /* for the source-job shuts down */
	bool lapsed;           /* for nothing was heard of the subscriber */
};

struct wire_unsubscribe { struct arena mem; uint32_t id; };
struct wire_ping { struct arena mem; uint64_t n; }; /* PONG echoes n */

struct wire_request {
	struct arena mem;
	uint32_t   id;
	struct str what; /* "agents" | "queries" | "streams" | "kill" |
			    "off" | "on" | "saved" | "save" | "rm" */
	struct str arg;  /* kill: the query id; off: why; save, rm: a name */
	struct str query; /* save: its text */
	struct str who;  /* asks: a name for people, proof of nothing */
};

struct wire_reply {
	struct arena mem;
	uint32_t   id;
	bool       ok;
	struct str text; /* JSON: an array of objects, or {"error":"..."} */
};

/* X(name, NAME): the JSON and MessagePack messages, all of one shape. */
#define WIRE_MESSAGES(X)                   \
	X(hello,       HELLO)              \
	X(welcome,     WELCOME)            \
	X(queries,     QUERIES)            \
	X(ack,         ACK)                \
	X(heartbeat,   HEARTBEAT)          \
	X(credit,      CREDIT)             \
	X(goodbye,     GOODBYE)            \
	X(error,       ERROR)              \
	X(subscribe,   SUBSCRIBE)          \
	X(accepted,    ACCEPTED)           \
	X(meta,        META)               \
	X(end,         END)                \
	X(unsubscribe, UNSUBSCRIBE)        \
	X(ping,        PING)               \
	X(request,     REQUEST)            \
	X(reply,       REPLY)

#define X(name, NAME)                                                   \
	void wire_##name##_encode(const struct wire_##name *m,          \
				  struct buf *b);                       \
	int wire_##name##_decode(struct str body, struct wire_##name *m);
WIRE_MESSAGES(X)
#undef X
/* A pong is a ping of another kind: decode it with wire_ping_decode(). */
void wire_pong_encode(const struct wire_ping *m, struct buf *b);
/* END: free with arena_fini(&m.meta.mem). */

#endif
