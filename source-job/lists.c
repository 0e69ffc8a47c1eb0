#include "source-job/lists.h"

#include <stdlib.h>

#include "mql/error.h"
#include "source-job/json.h"
#include "source-job/run.h"
#include "source-job/worker.h"

enum { COSTS_MAX = 8 }; /* queries of an agent whose cost is told */

/* Takes o. */
static void
list_add(struct listing *l, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) + 1 : 0;

	json_decref(o);
	if (!text || l->left_out || l->text.len + len > JSON_MAX_TEXT)
		l->left_out++;
	else
		buf_put(&l->text, text, len);
	free(text);
}

/* What it calls itself, if anything: see at.h. */
static void
set_labels(json_t *o, struct str self)
{
	json_t *all = json_loadb(self.ptr, self.len, 0, NULL);
	json_t *labels = json_object_get(all, "labels");

	if (json_object_size(labels))
		json_object_set(o, "labels", labels);
	json_decref(all);
}

/* What its queries cost: in all, and of the dearest. */
static void
set_costs(json_t *o, const struct agent *a)
{
	const struct run *r, *top[COSTS_MAX] = { NULL };
	json_t *list = json_array();
	uint64_t sum = 0;

	FOREACH_RUN(r, a) {
		const struct run *put = r;

		if (!r->part || !run_costs(r))
			continue;
		sum += r->cpu_rate;
		for (size_t i = 0; put && i < COSTS_MAX; i++) {
			const struct run *was = top[i];

			if (was && was->cpu_rate >= put->cpu_rate)
				continue;
			top[i] = put;
			put = was;
		}
	}
	for (size_t i = 0; i < COSTS_MAX && top[i]; i++) {
		json_t *one = json_object();

		set_number(one, "query", top[i]->part->id);
		set_number(one, "cpu_ns_per_s", top[i]->cpu_rate);
		set_number(one, "rows_per_s", top[i]->rows_rate);
		set_number(one, "bytes_per_s", top[i]->bytes_rate);
		json_array_append_new(list, one);
	}
	if (top[0]) {
		set_number(o, "queries_cpu_us_per_s", sum / 1000);
		json_object_set(o, "costs", list);
	}
	json_decref(list);
}

static json_t *
agent_json(const struct worker *w, const struct agent *a)
{
	json_t *o = json_object(), *streams = json_array();
	uint64_t live = 0;

	for (size_t i = 0; i < a->nrun; i++)
		live += a->run[i] && a->run[i]->state == RUN_LIVE;
	for (size_t i = 0; i < a->nstream; i++)
		json_array_append_new(streams, text_json(a->stream[i]));
	set_text(o, "agent", a->id);
	set_text(o, "app", a->app);
	set_text(o, "host", a->host);
	set_text(o, "zone", a->zone);
	set_text(o, "version", a->version);
	set_text(o, "language", a->language);
	set_labels(o, a->self);
	set_text(o, "state", str_of(!a->connected ? "gone" :
				    a->health.disabled ? "disabled" :
				    "connected"));
	json_object_set_new(o, "streams", streams);
	set_number(o, "queries", live);
	set_number(o, "rows", a->rows);
	if (a->health.memory) { /* older agents do not say */
		set_number(o, "cpu_us_per_s", a->cpu_rate);
		set_number(o, "memory", a->health.memory);
	}
	if (a->clocks.known) {
		set_number(o, "round_trip_us", (uint64_t)a->clocks.trip);
		json_object_set_new(o, "clock_ahead_us",
				    json_integer(a->clocks.ahead));
	}
	if (a->nsuspect)
		set_number(o, "suspects", a->nsuspect);
	set_number(o, "heard_ms", (uint64_t)(w->now - a->heard));
	set_number(o, "wire", WIRE_VERSION);
	set_costs(o, a);
	return o;
}

static void
list_agents(struct worker *w, struct listing *l)
{
	const struct agent *a;

	LIST_FOREACH(a, &w->agents.all, entry)
		list_add(l, agent_json(w, a));
}

/* --- streams: name -> how many agents have it ---------------------------- */

struct stream {
	struct str name; /* borrowed from an agent */
	uint64_t   agents;
};

static int
count_stream(struct map *m, struct str name)
{
	struct stream *s = map_get(m, name);
	int err;

	if (s) {
		s->agents++;
		return 0;
	}
	s = calloc(1, sizeof *s);
	if (!s)
		return MQL_ENOMEM;
	*s = (struct stream){ name, 1 };
	if ((err = map_put(m, name, s)))
		free(s);
	return err;
}

static void
list_streams(struct worker *w, struct listing *l)
{
	const struct agent *a;
	struct map m = { 0 };

	LIST_FOREACH(a, &w->agents.all, entry)
		for (size_t i = 0; a->connected && i < a->nstream; i++)
			if (count_stream(&m, a->stream[i]))
				l->left_out++;
	for (size_t i = 0; i < m.cap; i++) {
		struct stream *s = m.slot[i].value;
		if (!s)
			continue;
		json_t *o = json_object();
		set_text(o, "name", s->name);
		set_number(o, "agents", s->agents);
		list_add(l, o);
		free(s);
	}
	map_fini(&m);
}

void
lists_fill(struct worker *w, struct listing *l)
{
	if (l->kind == LISTING_AGENTS)
		list_agents(w, l);
	else
		list_streams(w, l);
}

void
listing_free(struct listing *l)
{
	if (l)
		buf_fini(&l->text);
	free(l);
}
