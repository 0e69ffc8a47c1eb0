/* agent.h - let people ask your running service questions.
 *
 *     struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
 *     opt.app = "playback";
 *     mql_agent_open(&opt, &agent);
 *     mql_stream_open(agent, "requests", &stream);
 *     ...
 *     mql_publish_json(stream, text, length);   // on any thread, per request
 *     ...
 *     mql_agent_close(agent, 1000);
 *
 * Publishing never blocks, never takes a lock, never calls back into the
 * service and costs one load and a branch while nobody asks. When a queue is
 * full the event is dropped and counted. One background thread, which blocks
 * all signals, talks to the source-job; it reconnects for ever. It and the
 * threads of ZeroMQ have a descriptor table of their own: the service may
 * close all its descriptors, or have none left, and its children get none.
 *
 * A child of fork() inherits agent and streams. Its first publish to any
 * stream (mql_active() is true there once) starts an agent of its own in the
 * background, with the same options and another @agent; a child that never
 * publishes has none.
 *
 * Environment: MQL_AGENT=off makes everything here do nothing, at no cost.
 * MQL_AGENT_SOURCE_JOB, _KEY, _SERVER_KEY, _APP, _HOST, _ZONE, _VERSION and
 * _HASH_SECRET give what the options do not; MQL_AGENT_LABELS adds labels.
 * MQL_AGENT_DENY, _MASK, _HASH and _STREAMS forbid besides what the options
 * forbid: one that cannot be read switches the agent off, and so does a key.
 * MQL_AGENT_CPU_PERMILLE, _BYTES_PER_SECOND, _ROWS_PER_SECOND and _GROUP_BYTES
 * give what the options do not; MQL_AGENT_BUDGET=off lifts all of these limits
 * but the last. */
#ifndef MQL_AGENT_H
#define MQL_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mql/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mql_agent;  /* opaque */
struct mql_stream; /* opaque; lives as long as its agent */
struct mql_event;  /* opaque; the calling thread's event under construction */

struct mql_agent_options {
	size_t      size;       /* of this struct: set by ..._INIT */
	const char *app;        /* @app; required, or MQL_AGENT_APP */
	const char *host;       /* @host; NULL: gethostname() */
	const char *zone;       /* @zone; NULL: MQL_AGENT_ZONE, or none */
	const char *version;    /* @version of the service; NULL:
				   MQL_AGENT_VERSION, or none */
	const char *source_job; /* tcp://A:1,tcp://B:2, or file:PATH (one a
				   line), or dns:NAME:PORT: one of them is
				   picked, and another when it is gone. NULL:
				   MQL_AGENT_SOURCE_JOB, else
				   tcp://127.0.0.1:7400 */
	size_t ring_bytes;      /* per publishing thread, a power of two is
				   taken; 0: 256 KiB. Allocated at the thread's
				   first match. A row takes at most half. */
	size_t max_event_bytes; /* larger JSON texts are bad events; 0: 1 MiB */
	unsigned max_queries;   /* 0: 256; more are refused */
	bool   wait_when_full;  /* publish waits for room in the ring instead
				   of dropping: for pipes, never for requests */
	/* What goes wrong in the background, one line without a newline, from
	 * a thread of its own, about one a second at most; and what is wrong
	 * with the lists below, within mql_agent_open(). It must not close the
	 * agent. NULL: silence, and no such thread. */
	void (*log)(void *arg, const char *line);
	void  *log_arg;

	/* What no query can override, as comma lists of fields, written as in
	 * queries: `user.email, headers['authorization'], card.*`. A field is
	 * meant with all that is below it, in arrays too, whatever the ASCII
	 * case of its keys, as `a.b` and as one key "a.b".
	 *   deny  a query that names it is refused; it is in no row
	 *   mask  is "***" to all queries, in where as in rows
	 *   hash  is 32 hexadecimal digits: equal where values are equal, under
	 *         one hash_secret. Pseudonymous only: who has the secret, or
	 *         many pairs, can find values out. NULL: a random one, so that
	 *         hashes of two processes are never equal. */
	const char *deny, *mask, *hash;
	const char *hash_secret;
	const char *streams; /* a comma list: only these may be asked; NULL:
				all */
	const char *labels;  /* `rack=7,canary=yes`, for people and for
				`sample ... at labels.rack == '7'`; 64 at
				most */

	/* What all queries together may cost the service; 0: what the
	 * environment says, else as said here; UINT64_MAX: no limit. A query
	 * over one is tried on every second event, every fourth ... every
	 * 1,024th, then not at all for a while; counts stay right on average,
	 * and whoever asks is told. A pipe (wait_when_full) has no limits but
	 * the last. */
	uint64_t cpu_permille;     /* of one core; 10, which is 1% */
	uint64_t bytes_per_second; /* of rows; 4 MiB */
	uint64_t rows_per_second;  /* 50,000 */
	uint64_t group_bytes;      /* memory of groups; 32 MiB */
	/* Where it is written down which queries run, so that the next
	 * process of this app on this host knows what ran when this one
	 * crashed, and begins with that later and slowly. NULL:
	 * MQL_AGENT_STATE_DIR, else a directory of the user's own in
	 * $XDG_RUNTIME_DIR, $TMPDIR or /tmp; "off": nowhere. */
	const char *state_dir;

	/* Files of `mql keygen`: our secret key, and the public key of the
	 * source-job, which it must prove to have. NULL: MQL_AGENT_KEY and
	 * MQL_AGENT_SERVER_KEY; neither: no keys, nothing is encrypted. */
	const char *key, *server_key;
};

#define MQL_AGENT_OPTIONS_INIT { .size = sizeof(struct mql_agent_options) }

/* Start an agent: one thread. All strings are copied. Returns 0, MQL_EINVAL
 * (no app, a list or a limit in the environment that cannot be read, or a key
 * of the options; a bad endpoint: MQL_EADDRESS), MQL_ENOMEM or MQL_EOS; on
 * failure *out is NULL. An absent source-job is no error. With MQL_AGENT=off an
 * agent is returned that never has a query. Any thread. */
MQL_API int mql_agent_open(const struct mql_agent_options *opt,
			   struct mql_agent **out);

/* Hand over what is queued, say goodbye, stop the thread, free everything.
 * Returns after deadline_ms (100 at least) at the latest; what is left then is
 * dropped, and a thread that has not ended by then (it is looking up a name,
 * say) frees what is left by itself. Other threads may still publish, then
 * and later: the streams stay, silent for ever, and need no memory. But no
 * thread that has published may be ending at the same time. NULL, and an
 * agent that is closed already, are let pass. Any thread. */
MQL_API void mql_agent_close(struct mql_agent *a, int deadline_ms);

/* Switch all evaluation off, and on again. When the first returns, no thread
 * begins to evaluate an event any more; whoever asked is told within a second
 * that the service's owner has done it. Rows that were made before may still
 * leave. After the second the queries that are still wanted come back. Any
 * thread, never blocks; NULL is allowed. */
MQL_API void mql_agent_disable(struct mql_agent *a);
MQL_API void mql_agent_enable(struct mql_agent *a);

/* Declare a stream whose events are JSON text or built. The name is copied.
 * Opening a name again gives the same stream. Returns 0, MQL_EINVAL,
 * MQL_ELIMIT (64 streams) or MQL_ENOMEM. Any thread. */
MQL_API int mql_stream_open(struct mql_agent *a, const char *name,
			    struct mql_stream **out);

/* --- mapped struct ------------------------------------------------------- */

enum mql_type {
	MQL_T_BOOL,   /* bool */
	MQL_T_I8, MQL_T_I16, MQL_T_I32, MQL_T_I64,
	MQL_T_U8, MQL_T_U16, MQL_T_U32, MQL_T_U64,
	MQL_T_F32, MQL_T_F64,
	MQL_T_CHARS,  /* char[size], ends at a NUL or at its size */
	MQL_T_CSTR,   /* const char *, NULL is null */
	MQL_T_TEXT,   /* struct mql_text, ptr NULL is null */
	MQL_T_JSON,   /* const char * to JSON text of any kind, NULL is null */
	MQL_T_STRUCT, /* an embedded struct with its own table: an object */
};

struct mql_text {
	const char *ptr;
	size_t      len;
};

struct mql_field {
	const char   *name;
	enum mql_type type;
	size_t        offset; /* offsetof() */
	size_t        size;   /* MQL_T_CHARS: the array's */
	const struct mql_field *fields; /* MQL_T_STRUCT: its table */
	size_t        nfields;
};

/* As mql_stream_open(), for events that are a C struct of the service. The
 * tables are copied. MQL_EINVAL too for a bad table or a name that is open
 * in another form. */
MQL_API int mql_stream_open_struct(struct mql_agent *a, const char *name,
				   const struct mql_field *fields,
				   size_t nfields, struct mql_stream **out);

/* --- publish: any thread, never blocks ----------------------------------- */

/* Does anybody ask? One load. Lets a service skip building an event. */
static inline bool
mql_active(const struct mql_stream *s)
{
	/* ABI: a stream begins with the number of its live queries. */
	return __atomic_load_n((const uint32_t *)(const void *)s,
			       __ATOMIC_RELAXED) != 0;
}

/* What the inline functions below call while a query is live. */
MQL_API void mql_publish_live(struct mql_stream *s, const void *record);
MQL_API void mql_publish_json_live(struct mql_stream *s, const char *text,
				   size_t len);
MQL_API void mql_publish_json_at_live(struct mql_stream *s, const char *text,
				      size_t len, int64_t ts_ms);

/* Publish one event of a struct stream. record is borrowed for the call. */
static inline void
mql_publish(struct mql_stream *s, const void *record)
{
	if (__builtin_expect(mql_active(s), 0))
		mql_publish_live(s, record);
}

/* Publish one event that is a JSON object as text, borrowed for the call. */
static inline void
mql_publish_json(struct mql_stream *s, const char *text, size_t len)
{
	if (__builtin_expect(mql_active(s), 0))
		mql_publish_json_live(s, text, len);
}

/* Likewise, of an event that was before now, as a queue or a log hands it on:
 * @ts is ts_ms, in ms since the epoch. Windows without `on` are by the clock
 * all the same; `window 10s on @ts` goes by what is said here. */
static inline void
mql_publish_json_at(struct mql_stream *s, const char *text, size_t len,
		    int64_t ts_ms)
{
	if (__builtin_expect(mql_active(s), 0))
		mql_publish_json_at_live(s, text, len, ts_ms);
}

/* --- built event ---------------------------------------------------------- */

/* Begin an event in the calling thread's builder; one at a time per thread.
 * Returns NULL while nobody asks: every function here takes NULL and then
 * does nothing, so a caller need not look. Keys and strings are borrowed
 * until mql_event_publish(). */
MQL_API struct mql_event *mql_event_begin(struct mql_stream *s);
MQL_API void mql_event_null(struct mql_event *e, const char *key);
MQL_API void mql_event_bool(struct mql_event *e, const char *key, bool v);
MQL_API void mql_event_int(struct mql_event *e, const char *key, int64_t v);
MQL_API void mql_event_double(struct mql_event *e, const char *key, double v);
MQL_API void mql_event_str(struct mql_event *e, const char *key,
			   const char *z); /* NULL is null */
MQL_API void mql_event_text(struct mql_event *e, const char *key,
			    const char *ptr, size_t len);
/* A value that is JSON text already: arrays, deep objects. */
MQL_API void mql_event_json(struct mql_event *e, const char *key,
			    const char *ptr, size_t len);
/* What follows, up to the matching end, are members of the object `key`. */
MQL_API void mql_event_object(struct mql_event *e, const char *key);
MQL_API void mql_event_end(struct mql_event *e);
/* Publish and end the event. One with more than 256 fields, or with objects
 * left open, is a bad event: counted and dropped. */
MQL_API void mql_event_publish(struct mql_event *e);

/* --- what the agent has done ---------------------------------------------- */

struct mql_agent_stats {
	size_t   size;       /* of this struct, set by the caller */
	uint64_t seen;       /* events published while a query was live */
	uint64_t matched;    /* (event, query) pairs */
	uint64_t sampled;    /* of those: left out by `sample` */
	uint64_t sent;       /* rows handed to the link */
	uint64_t dropped;    /* rows dropped, all causes */
	uint64_t bad;        /* events that were no valid JSON */
	uint32_t queries;    /* live now */
	bool     connected;  /* a source-job has welcomed us */
	/* Of dropped: */
	uint64_t drop_ring;  /* a thread's ring was full */
	uint64_t drop_large; /* rows larger than a ring takes */
	uint64_t drop_link;  /* nobody was there to take them */
	uint64_t drop_starved; /* events, for want of memory */
	uint64_t refused;    /* queries that were refused */
	uint64_t memory;     /* bytes reserved for publishing threads */
	uint64_t uptime_ms;  /* since the open, or since a child came alive */
	/* The link's state in words; or why no query can be live: MQL_AGENT,
	 * a list in the environment that cannot be read, the service's owner
	 * by mql_agent_disable(). Lives as long as the agent. */
	const char *reason;
	const char *version; /* of this library; static text */
	uint64_t cpu_ns;     /* processor time of the agent's own thread, as of
				its last heartbeat */
	/* Queries that are over their budget: now, as of a tenth of a second
	 * ago, they are tried on some events only, or on none; so many
	 * (event, query) pairs were not looked at, and are not in matched. */
	uint32_t throttled, suspended;
	uint64_t skipped;
	/* Bytes of rows that ever went into the threads' rings, and that came
	 * out again: sent, or dropped. What a thread had put in by now is out
	 * when so much is. */
	uint64_t ring_in, ring_out;
};

/* Since the open; in a forked child, since it came alive there. Any thread,
 * before the close. Figures of different threads may be a moment apart. */
MQL_API void mql_agent_stats(struct mql_agent *a, struct mql_agent_stats *out);

#ifdef __cplusplus
}
#endif
#endif
