/* sink.c - see sink.h. */
#include "sink/kafka/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "wire/keys.h"
#include "wire/socket.h"

enum {
	LOOK_MS = 1000,  /* at the directory */
	BUSY_MS = 10,    /* for reports, while records are on the way */
	SOON_MS = 50,    /* for a topic to be found */
	IDLE_MS = 500,
};

/* --- outputs -------------------------------------------------------------------- */

static int
add(struct sink *s, struct output *o)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		void *room = reallocarray(s->tail, cap, sizeof *s->tail);
		if (!room)
			return MQL_ENOMEM;
		s->tail = room;
		s->cap = cap;
	}
	TAILQ_INSERT_TAIL(&s->outputs, o, entry);
	s->n++;
	return 0;
}

static int
begin(struct sink *s, const struct output_ask *ask, struct output **out,
      struct buf *why)
{
	int err = output_new(&s->world, ask, out, why);

	if (err)
		return err;
	if ((err = add(s, *out))) {
		output_free(*out);
		*out = NULL;
		buf_puts(why, mql_strerror(err));
	}
	return err;
}

/* Its last word. */
static void
retire(struct sink *s, struct output *o)
{
	struct buf b = BUF_INIT;

	output_say(o, &b);
	log_info("%.*s", (int)b.len, b.len ? (char *)b.data : "");
	buf_fini(&b);
	s->failed |= o->failed || o->delivery.failed;
	TAILQ_REMOVE(&s->outputs, o, entry);
	s->n--;
	output_free(o);
}

static bool
is_done(const struct output *o)
{
	return o->state == OUTPUT_OVER && output_is_settled(o);
}

/* --- wishes ------------------------------------------------------------------------- */

/* What a file does not say is as the command line says for all. */
static const char *
or_one(const char *said, const struct option_list *given)
{
	return said ? said : given->n == 1 ? given->item[0] : NULL;
}

static void
begin_wish(struct sink *s, struct wish *w)
{
	const struct config *c = s->world.config;
	struct buf why = BUF_INIT;
	struct output_ask ask = {
		.name = w->name, .query = w->query,
		.topic = or_one(w->topic, &c->topic),
		.key = or_one(w->key, &c->key),
		.group = w->group ? w->group : c->group,
		.rate = w->saved ? NULL : or_one(w->rate, &c->rate),
	};

	if (w->saved && w->rate)
		log_warn("%s: what is saved runs for others, too: it has no "
			 "rate", w->name);
	if (!ask.topic)
		ask.topic = w->name;
	w->tried = true;
	w->changed = false;
	if (begin(s, &ask, &w->output, &why)) {
		s->bad_files++;
		log_error("%s: %.*s", w->name, (int)why.len,
			  why.len ? (char *)why.data : "");
	} else {
		log_info("%s: its rows go to topic '%s'", w->name,
			 topic_name(w->output->topic));
	}
	buf_fini(&why);
}

/* What is saved under that name now is what is to be asked. */
static void
look_up(struct sink *s, struct wish *w)
{
	char *text = NULL;
	enum saved_is is = saved_look(s->saved, w->saved, &text);

	if (is == SAVED_UNKNOWN || (is == SAVED_NONE && w->missed) ||
	    (is == SAVED_IS && w->query && !strcmp(text, w->query))) {
		free(text);
		return;
	}
	if (is == SAVED_NONE)
		log_warn("%s: no query is saved as %s%s", w->name, w->saved,
			 w->query ? " any more" : ": waiting for one");
	else if (w->query)
		log_info("%s: the query saved as %s is another now", w->name,
			 w->saved);
	w->missed = is == SAVED_NONE;
	free(w->query);
	w->query = text;
	w->changed = true;
	w->tried = false;
}

/* A query that is another now ends before the new one begins. */
static void
follow(struct sink *s, struct wish *w)
{
	if (w->output && (w->gone || w->changed))
		output_stop(w->output);
	if (w->output && is_done(w->output)) {
		retire(s, w->output);
		w->output = NULL;
	}
	if (w->output)
		return;
	if (w->gone)
		dir_remove(&s->dir, w);
	else if (!w->tried && w->query && !s->stopping)
		begin_wish(s, w);
}

/* The first that names a saved query begins to look for them. */
static void
look_for(struct sink *s, struct wish *w)
{
	int err = 0;

	if (!w->saved || s->stopping)
		return;
	if (!s->saved)
		err = saved_start(s->world.context,
				  s->world.config->peer.source_job, &s->saved);
	if (s->saved)
		look_up(s, w);
	else
		log_error("%s: %s", w->name, mql_strerror(err));
}

static void
follow_all(struct sink *s)
{
	bool due = !s->stopping && clock_mono_ms() - s->looked >= LOOK_MS;
	struct wish *w, *next;

	if (due) {
		dir_look(&s->dir);
		s->looked = clock_mono_ms();
	}
	for (w = TAILQ_FIRST(&s->dir.wishes); w; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (due)
			look_for(s, w);
		follow(s, w);
	}
}

/* --- life ------------------------------------------------------------------- */

static int
begin_given(struct sink *s, struct buf *why)
{
	const struct config *c = s->world.config;
	struct output *o;
	char name[32];
	int err = 0;

	for (size_t i = 0; i < c->query.n && !err; i++) {
		const char *given = i < c->name.n ? c->name.item[i] : NULL;
		snprintf(name, sizeof name, i ? "query-%zu" : "query", i + 1);
		const struct output_ask ask = {
			.name = given ? given : name,
			.query = c->query.item[i],
			.topic = config_nth(&c->topic, i),
			.key = config_nth(&c->key, i), .group = c->group,
			.rate = config_nth(&c->rate, i),
		};
		err = begin(s, &ask, &o, why);
	}
	for (size_t i = 0; i < c->saved.n && !err; i++)
		err = dir_wish(&s->dir, c->saved.item[i],
			       config_nth(&c->topic, c->query.n + i),
			       config_nth(&c->key, c->query.n + i));
	return err;
}

int
sink_open(struct sink *s, const struct config *config, struct buf *why)
{
	char text[600] = "";
	int err;

	*s = (struct sink){
		.world.config = config,
		.options = {
			.bootstrap = config->bootstrap,
			.property = &config->property,
			.topic_config = &config->topic_config,
			.buffer = config->buffer,
			.create = config->create,
			.partitions = config->partitions ?
				(int)config->partitions : -1,
			.replication = config->replication ?
				(int)config->replication : -1,
		},
		.started = clock_mono_ms(),
		.looked = clock_mono_ms() - LOOK_MS,
	};
	TAILQ_INIT(&s->outputs);
	dir_init(&s->dir, config->query_dir);
	if ((err = state_open(config->state, &s->world.state, text,
			      sizeof text)) ||
	    (err = producer_open(&s->options, &s->world.producer, text,
				 sizeof text)))
		buf_puts(why, text);
	else if ((err = wire_keys_load_both(config->peer.key,
					    config->peer.server_key,
					    &s->keys, text, sizeof text)))
		buf_puts(why, text);
	else if ((err = wire_context_new(1, &s->world.context)))
		buf_puts(why, mql_strerror(err));
	else
		wire_context_use(s->world.context, s->keys);
	if (!err)
		err = begin_given(s, why);
	return err;
}

bool
sink_close(struct sink *s)
{
	struct output *o;

	TAILQ_FOREACH(o, &s->outputs, entry)
		output_abandon(o, "it was not ended in time");
	producer_close(s->world.producer); /* the last reports */
	while ((o = TAILQ_FIRST(&s->outputs)))
		retire(s, o);
	bool well = !s->failed;
	dir_fini(&s->dir);
	saved_stop(s->saved);
	wire_context_free(s->world.context);
	wire_keys_free(s->keys);
	state_close(s->world.state);
	free(s->tail);
	*s = (struct sink){ 0 };
	return well;
}

void
sink_stop(struct sink *s)
{
	struct output *o;

	s->stopping = true;
	TAILQ_FOREACH(o, &s->outputs, entry)
		output_stop(o);
}

void
sink_give_up(struct sink *s)
{
	struct output *o;

	TAILQ_FOREACH(o, &s->outputs, entry)
		output_abandon(o, "it was not ended in time");
	if (s->world.producer && producer_waiting(s->world.producer)) {
		log_warn("%" PRIu64 " records were not acknowledged in time "
			 "and are given up",
			 producer_waiting(s->world.producer));
		producer_give_up(s->world.producer);
	}
}

/* --- turns -------------------------------------------------------------------- */

/* Withhold credit, or grant it again. */
static void
balance(struct sink *s)
{
	bool full = producer_is_full(s->world.producer);
	struct output *o;

	if (full && !s->full) {
		s->holds++;
		log_warn("%" PRIu64 " records wait for the broker: no more "
			 "rows are asked for",
			 producer_waiting(s->world.producer));
	} else if (!full && s->full) {
		log_info("the broker keeps up: rows are asked for again");
	}
	s->full = full;
	TAILQ_FOREACH(o, &s->outputs, entry)
		if (o->tail && o->tail->ask.held != full)
			client_tail_hold(o->tail, full);
}

int
sink_turn(struct sink *s)
{
	struct output *o;
	bool more = false, looking = false;

	follow_all(s);
	TAILQ_FOREACH(o, &s->outputs, entry) {
		more |= output_turn(o);
		looking |= o->state == OUTPUT_LOOKING;
	}
	producer_turn(s->world.producer);
	balance(s);
	if (more)
		return 0;
	return producer_waiting(s->world.producer) ? BUSY_MS :
	       looking ? SOON_MS : IDLE_MS;
}

void
sink_wait(struct sink *s, int ms, int wakefd)
{
	struct output *o;
	size_t n = 0;

	TAILQ_FOREACH(o, &s->outputs, entry)
		if (o->tail)
			s->tail[n++] = o->tail;
	client_tails_wait(s->tail, n, ms, wakefd);
}

/* --- questions ------------------------------------------------------------------ */

bool
sink_is_over(const struct sink *s)
{
	const struct output *o;

	TAILQ_FOREACH(o, &s->outputs, entry)
		if (!is_done(o))
			return false;
	return s->stopping || (!s->world.config->query_dir &&
			       TAILQ_EMPTY(&s->dir.wishes));
}

/* A topic that is not there ends us where it was named to us; a file may yet
 * change. */
const char *
sink_failed(struct sink *s)
{
	const char *why = producer_failed(s->world.producer);
	struct output *o;

	if (s->world.config->query_dir)
		return why;
	TAILQ_FOREACH(o, &s->outputs, entry)
		if (!why)
			topic_state(o->topic, &why);
	return why;
}

bool
sink_is_ready(struct sink *s, struct buf *why)
{
	struct output *o;
	struct wish *w;

	if (s->stopping)
		buf_puts(why, "draining");
	else if (!producer_is_up(s->world.producer))
		buf_puts(why, "no broker answers");
	TAILQ_FOREACH(o, &s->outputs, entry) {
		if (why->len)
			break;
		if (!o->up)
			buf_printf(why, "%s: %s", o->name,
				   o->state == OUTPUT_LOOKING ?
				   "the topic is looked up" :
				   o->state == OUTPUT_OVER ? o->why :
				   o->trouble[0] ? o->trouble :
				   "no source-job answers");
	}
	TAILQ_FOREACH(w, &s->dir.wishes, entry)
		if (!why->len && w->saved && !w->query)
			buf_printf(why, "%s: no query is saved as %s", w->name,
				   w->saved);
	return !why->len;
}
