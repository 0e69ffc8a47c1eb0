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
begin(struct sink *s, const char *name, const char *query, const char *topic,
      const char *key, struct output **out, struct buf *why)
{
	int err = output_new(&s->world, name, query, topic, key, out, why);

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

/* --- the directory ---------------------------------------------------------------- */

static const char *
topic_of(const struct sink *s, const struct query_file *f)
{
	const struct option_list *given = &s->world.config->topic;

	return f->topic ? f->topic :
	       given->n == 1 ? given->item[0] : f->name;
}

static void
begin_file(struct sink *s, struct query_file *f)
{
	const struct option_list *keys = &s->world.config->key;
	struct buf why = BUF_INIT;
	const char *key = f->key ? f->key :
			  keys->n == 1 ? keys->item[0] : NULL;

	f->tried = true;
	f->changed = false;
	if (begin(s, f->name, f->query, topic_of(s, f), key, &f->output,
		  &why)) {
		s->bad_files++;
		log_error("%s: %.*s", f->name, (int)why.len,
			  why.len ? (char *)why.data : "");
	} else {
		log_info("%s: its rows go to topic '%s'", f->name,
			 topic_name(f->output->topic));
	}
	buf_fini(&why);
}

/* A query that is another now ends before the new one begins. */
static void
follow(struct sink *s, struct query_file *f)
{
	if (f->output && (f->gone || f->changed))
		output_stop(f->output);
	if (f->output && is_done(f->output)) {
		retire(s, f->output);
		f->output = NULL;
	}
	if (f->output)
		return;
	if (f->gone)
		dir_remove(&s->dir, f);
	else if (!f->tried && f->query && !s->stopping)
		begin_file(s, f);
}

static void
follow_all(struct sink *s)
{
	struct query_file *f, *next;

	if (!s->stopping && clock_mono_ms() - s->looked >= LOOK_MS) {
		dir_look(&s->dir);
		s->looked = clock_mono_ms();
	}
	for (f = TAILQ_FIRST(&s->dir.files); f; f = next) {
		next = TAILQ_NEXT(f, entry);
		follow(s, f);
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
		err = begin(s, given ? given : name, c->query.item[i],
			    config_nth(&c->topic, i), config_nth(&c->key, i),
			    &o, why);
	}
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
	return s->stopping || !s->world.config->query_dir;
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
				   "no source-job answers");
	}
	return !why->len;
}
