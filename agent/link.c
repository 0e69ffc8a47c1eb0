/* link.c - the link's state machine: see link.h for the picture, and the
 * table below for all of it. Everything else here either feeds it an event
 * (the socket, the clock; inbox.c: a message) or is one of its actions. */
#include <poll.h>
#include <stdio.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	HELLO_MS = 1000,    /* between hellos that nobody answers */
	LEAVE_MS = 300,     /* for the answer to our goodbye */
	REOPEN_MS = 1000,   /* between attempts to get a socket */
	/* Until a welcome says otherwise. */
	HEARTBEAT_MS = 1000, SILENCE_MS = 3000, LEASE_MS = 5000,
	LONGEST_MS = 600000, /* of what a welcome may ask for */
	BURST = 256,        /* messages taken before rows have a turn */
};

/* --- the table ------------------------------------------------------------------- */

typedef void action(struct mql_agent *a, const struct wire_welcome *w);

static action greet, hello, enter, refresh, reopen, left, leave, part, cross;

static void watch(struct mql_agent *a);

static const struct {
	enum link_state next;
	action         *act;
} table[LINK_STATES][EV_COUNT] = {
	[LINK_DOWN] = {
		[EV_UP]       = { LINK_GREETING, greet },
		[EV_LOST]     = { LINK_DOWN,     NULL },
		[EV_WELCOME]  = { LINK_DOWN,     NULL },
		[EV_STRANGER] = { LINK_DOWN,     NULL },
		[EV_GOODBYE]  = { LINK_DOWN,     NULL },
		[EV_LATE]     = { LINK_DOWN,     NULL },
		[EV_SILENCE]  = { LINK_DOWN,     reopen },
		[EV_MOVE]     = { LINK_DOWN,     cross },
	},
	[LINK_GREETING] = {
		[EV_UP]       = { LINK_GREETING, greet },
		[EV_LOST]     = { LINK_DOWN,     NULL },
		[EV_WELCOME]  = { LINK_LIVE,     enter },
		[EV_STRANGER] = { LINK_GREETING, NULL }, /* on its way */
		[EV_GOODBYE]  = { LINK_DOWN,     left },
		[EV_LATE]     = { LINK_GREETING, hello },
		[EV_SILENCE]  = { LINK_DOWN,     reopen },
		[EV_MOVE]     = { LINK_DOWN,     cross },
	},
	[LINK_LIVE] = {
		[EV_UP]       = { LINK_GREETING, greet },
		[EV_LOST]     = { LINK_DOWN,     NULL },
		[EV_WELCOME]  = { LINK_LIVE,     refresh },
		[EV_STRANGER] = { LINK_GREETING, greet },
		[EV_GOODBYE]  = { LINK_DOWN,     left },
		[EV_LATE]     = { LINK_LIVE,     NULL },
		[EV_SILENCE]  = { LINK_DOWN,     reopen },
		[EV_MOVE]     = { LINK_LEAVING,  leave },
	},
	[LINK_LEAVING] = {
		[EV_UP]       = { LINK_DOWN,     cross },
		[EV_LOST]     = { LINK_DOWN,     cross },
		[EV_WELCOME]  = { LINK_LEAVING,  NULL },
		[EV_STRANGER] = { LINK_DOWN,     cross },
		[EV_GOODBYE]  = { LINK_DOWN,     part },
		[EV_LATE]     = { LINK_DOWN,     cross },
		[EV_SILENCE]  = { LINK_DOWN,     cross },
		[EV_MOVE]     = { LINK_LEAVING,  NULL },
	},
};

static const char *const loss[EV_COUNT] = {
	[EV_UP]       = "the connection was lost",
	[EV_LOST]     = "the connection was lost",
	[EV_STRANGER] = "the source-job has forgotten us",
	[EV_GOODBYE]  = "the source-job has said goodbye",
	[EV_SILENCE]  = "the source-job was silent for too long",
	[EV_MOVE]     = "moving to another source-job",
};

void
link_step(struct mql_agent *a, enum link_event ev,
	  const struct wire_welcome *w)
{
	struct link *l = &a->link;
	enum link_state from = l->state;
	action *act = table[from][ev].act;

	l->state = table[from][ev].next;
	if (from == LINK_LIVE && l->state != LINK_LIVE) {
		l->lost = clock_mono_ms();
		atomic_store(&a->connected, false);
		atomic_store(&a->reason, loss[ev]);
		if (ev != EV_MOVE && !atomic_load(&a->closing))
			agent_say(a, "lost the source-job at %s: %s",
				  l->route.at, loss[ev]);
	}
	if (act)
		act(a, w);
}

/* --- actions ------------------------------------------------------------------------ */

void
link_hello(struct mql_agent *a)
{
	struct str stream[STREAM_MAX];
	struct wire_hello m = {
		.agent = a->name, .app = a->app, .host = a->host,
		.zone = a->zone, .version = a->version,
		.language = STR(MQL_VERSION), .pid = (uint64_t)a->pid,
		.session = a->link.session, .stream = stream,
		.nstream = stream_count(&a->streams),
		.label = a->owner.label, .nlabel = a->owner.nlabel,
	};

	for (size_t i = 0; i < m.nstream; i++)
		stream[i] = a->streams.at[i].name;
	suspects_tell(a, &m);
	wire_hello_encode(&m, &a->frame);
	arena_fini(&m.mem);
}

static void
hello(struct mql_agent *a, const struct wire_welcome *w)
{
	(void)w;
	a->streams_told = stream_count(&a->streams);
	a->link.greeted = clock_mono_ms();
	link_hello(a);
	link_send(a);
}

static void
greet(struct mql_agent *a, const struct wire_welcome *w)
{
	a->link.session++;
	a->link.synced = false;
	a->link.heard = clock_mono_ms();
	hello(a, w);
}

static int64_t
clamp(uint64_t ms, int64_t least, int64_t otherwise)
{
	if (!ms)
		return otherwise;
	if (ms > LONGEST_MS)
		return LONGEST_MS;
	return (int64_t)ms > least ? (int64_t)ms : least;
}

/* A second welcome, because a hello was sent twice: what we have spent since
 * the first one counts on the other side too. */
static void
refresh(struct mql_agent *a, const struct wire_welcome *w)
{
	struct link *l = &a->link;

	l->heartbeat_ms = clamp(w->heartbeat_ms, 10, HEARTBEAT_MS);
	l->silence_ms = clamp(w->silence_ms, 20, SILENCE_MS);
	l->lease_ms = clamp(w->lease_ms, 20, LEASE_MS);
	if (w->credit > l->credit)
		l->credit = w->credit;
	l->weighs = l->times = false;
	for (size_t i = 0; i < w->ncapability; i++) {
		l->weighs |= str_eq(w->capability[i], WIRE_WEIGHTS);
		l->times |= str_eq(w->capability[i], WIRE_TIMES);
	}
}

/* The numbers that another source-job gave to our queries mean nothing to
 * this one; its snapshot will name those that it wants. */
static void
meet(struct mql_agent *a, struct str source_job)
{
	if (str_eq(source_job, str_of(a->link.parting.source_job)))
		parting_end(a);
	if (str_eq(source_job, str_of(a->link.source_job)))
		return;
	/* Under the same address the last one is no more. */
	if (a->link.met[0] && strcmp(a->link.met, a->link.route.at))
		parting_begin(a, a->link.met);
	else
		parting_end(a);
	run_forget_ids(a);
	snprintf(a->link.source_job, sizeof a->link.source_job, "%.*s",
		 (int)source_job.len, source_job.ptr);
}

static void
enter(struct mql_agent *a, const struct wire_welcome *w)
{
	struct link *l = &a->link;

	l->credit = l->spent = 0;
	l->asked = 0;
	l->version = 0;
	l->synced = false;
	l->beat = clock_mono_ms();
	l->paired = false;
	refresh(a, w);
	meet(a, w->source_job);
	snprintf(l->met, sizeof l->met, "%s", l->route.at);
	atomic_store(&a->connected, true);
	atomic_store(&a->reason, "connected");
	agent_say(a, "connected to the source-job at %s", l->route.at);
}

static void
left(struct mql_agent *a, const struct wire_welcome *w)
{
	(void)w;
	a->link.met[0] = '\0'; /* it ends */
	route_leaves(&a->link.route, clock_mono_ms());
}

static void
leave(struct mql_agent *a, const struct wire_welcome *w)
{
	struct wire_goodbye m = { .why = STR("moving"), .moves = true };

	(void)w;
	agent_say(a, "moving from the source-job at %s to %s",
		  a->link.route.at, a->link.route.wish);
	report_heartbeat(a);
	a->link.greeted = clock_mono_ms();
	wire_goodbye_encode(&m, &a->frame);
	link_send(a);
}

/* The other link is ours from now on: it may be up already. */
static void
cross(struct mql_agent *a, const struct wire_welcome *w)
{
	struct link *l = &a->link;

	(void)w;
	l->moving = 0;
	if (!l->spare || atomic_load(&a->closing))
		return;
	link_close(a, 0);
	l->dealer = l->spare;
	l->spare = NULL;
	l->changes = 0;
	l->up = false;
	l->heard = clock_mono_ms();
	route_moved(&l->route, l->heard);
	watch(a);
}

/* The one that we leave has read all that we said, and closed its books. */
static void
part(struct mql_agent *a, const struct wire_welcome *w)
{
	struct run *r;

	a->link.met[0] = '\0'; /* all is said */
	TAILQ_FOREACH(r, &a->runs.state[RUN_LIVE], of_state)
		run_renew(a, r);
	cross(a, w);
}

static int
link_open(struct mql_agent *a)
{
	struct link *l = &a->link;
	int err;

	l->changes = 0;
	l->up = false;
	l->heard = l->reopened = clock_mono_ms();
	if (!a->context && (err = wire_context_new(1, &a->context)))
		return err;
	wire_context_use(a->context, a->keys);
	return wire_dealer_open(a->context, l->route.at, &l->dealer);
}

void
link_close(struct mql_agent *a, int linger_ms)
{
	if (a->link.dealer)
		wire_dealer_close(a->link.dealer, linger_ms);
	a->link.dealer = NULL;
}

static void
reopen(struct mql_agent *a, const struct wire_welcome *w)
{
	static const char reason[] = "no socket could be opened";

	(void)w;
	link_close(a, 0);
	/* Said once, however often it is tried. */
	if (link_open(a) && atomic_exchange(&a->reason, reason) != reason)
		agent_say(a, "%s; trying again", reason);
}

void
link_reopen(struct mql_agent *a)
{
	reopen(a, NULL);
}

/* --- out ---------------------------------------------------------------------------- */

bool
link_takes_rows(const struct mql_agent *a)
{
	return a->link.state == LINK_LIVE && a->link.synced;
}

int
link_send(struct mql_agent *a)
{
	int err = a->frame.err;

	if (!err && !a->link.dealer)
		err = MQL_EUNREACH;
	if (!err)
		err = wire_dealer_send(a->link.dealer, a->frame.data,
				       a->frame.len);
	buf_reset(&a->frame);
	return err;
}

void
link_goodbye(struct mql_agent *a, const char *why)
{
	struct wire_goodbye m = { .why = str_of(why) };

	if (a->link.state == LINK_DOWN || a->link.state == LINK_LEAVING)
		return; /* who leaves has said it */
	wire_goodbye_encode(&m, &a->frame);
	link_send(a);
}

/* --- the socket ---------------------------------------------------------------- */

void
link_trouble(struct mql_agent *a, const char *trouble)
{
	if (trouble && atomic_exchange(&a->reason, trouble) != trouble)
		agent_say(a, "cannot speak to the source-job at %s: %s",
			  a->source_job, trouble);
}

static void
watch(struct mql_agent *a)
{
	struct wire_dealer *dealer = a->link.dealer;
	unsigned changes;
	bool up = wire_dealer_link(dealer, &changes) == WIRE_LINK_UP;

	link_trouble(a, wire_dealer_trouble(a->link.dealer));
	if (changes == a->link.changes)
		return;
	a->link.changes = changes;
	a->link.up = up;
	link_step(a, EV_LOST, NULL);
	if (up && a->link.dealer == dealer) /* not crossed over */
		link_step(a, EV_UP, NULL);
}

void
link_wait(struct mql_agent *a, int timeout_ms)
{
	struct pollfd wake = { .fd = a->waker.in, .events = POLLIN };

	if (a->link.dealer)
		wire_dealer_wait(a->link.dealer, timeout_ms, wake.fd);
	else
		poll(&wake, 1, timeout_ms);
}

void
link_read(struct mql_agent *a)
{
	struct str msg;

	if (a->link.dealer && wire_dealer_quiet(a->link.dealer))
		return; /* most of the time */
	waker_hear(&a->waker);
	if (!a->link.dealer)
		return;
	watch(a);
	for (int i = 0; i < BURST && a->link.dealer &&
	     wire_dealer_recv(a->link.dealer, &msg) == 1; i++)
		inbox_take(a, msg);
}

/* --- time --------------------------------------------------------------------------- */

/* Between heartbeats. Where signs of life come, the next one is waited for a
 * little longer. */
static int64_t
beat_ms(const struct link *l)
{
	return l->heartbeat_ms + (l->paired ? l->heartbeat_ms / 4 : 0);
}

void
link_tick(struct mql_agent *a, int64_t now)
{
	struct link *l = &a->link;

	link_choose(a, now);
	parting_tick(a, now);
	if (!l->dealer && l->route.at[0] && now - l->reopened >= REOPEN_MS)
		reopen(a, NULL);
	if (l->state == LINK_GREETING && now - l->greeted >= HELLO_MS)
		link_step(a, EV_LATE, NULL);
	if (l->state == LINK_LEAVING && now - l->greeted >= LEAVE_MS)
		link_step(a, EV_LATE, NULL);
	if (l->up && now - l->heard > l->silence_ms)
		link_step(a, EV_SILENCE, NULL);
	if (l->state != LINK_LIVE && now - l->lost > l->lease_ms)
		matchers_rest_all(a, now + RUN_FORGET_MS);
	if (l->state == LINK_LIVE && now - l->beat >= beat_ms(l)) {
		l->paired &= !l->beat;
		report_heartbeat(a);
		l->beat = now;
	}
}

void
link_beat(struct mql_agent *a)
{
	a->link.beat = 0;
}

void
link_pair_beat(struct mql_agent *a)
{
	struct link *l = &a->link;

	if (clock_mono_ms() - l->beat < l->heartbeat_ms / 2)
		return;
	l->paired = true;
	link_beat(a);
}

int64_t
link_idle_ms(const struct mql_agent *a, int64_t now)
{
	const struct link *l = &a->link;
	int64_t next = l->heard + l->silence_ms + 1;

	if (l->state == LINK_LIVE && l->beat + beat_ms(l) < next)
		next = l->beat + beat_ms(l);
	if (l->state == LINK_GREETING && l->greeted + HELLO_MS < next)
		next = l->greeted + HELLO_MS;
	if (l->state == LINK_LEAVING)
		next = l->greeted + LEAVE_MS;
	if (!l->dealer)
		next = l->reopened + REOPEN_MS;
	/* In LINK_DOWN silence says nothing: sleep, but not for ever. */
	return link_choose_idle_ms(a, now, next > now ? next - now : 1000);
}
