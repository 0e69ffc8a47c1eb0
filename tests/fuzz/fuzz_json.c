/* fuzz_json.c - any bytes as JSON text: what is found must lie inside the text,
 * on a valid one nothing may be refused, and what is written is valid again. */
#include <stdlib.h>

#include "event/json_scan.h"
#include "event/reader.h"

enum { MAX_EVENT = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pathset *paths;
static struct reader  *reader;

#define KEY(name)  { .kind = STEP_KEY, .key = { name, sizeof name - 1 } }
#define INDEX(i)   { .kind = STEP_INDEX, .index = (i) }
#define ANY        { .kind = STEP_ANY }

/* Short keys, which a fuzzer soon hits upon. */
static struct path path[] = {
	{ .nsteps = 1, .steps = (struct step[]){ KEY("a") } },
	{ .nsteps = 2, .steps = (struct step[]){ KEY("a"), KEY("b") },
	  .nflat = 2, .flat = { "a.b", 3 } },
	{ .nsteps = 2, .steps = (struct step[]){ KEY("a"), INDEX(0) } },
	{ .nsteps = 2, .steps = (struct step[]){ KEY("a"), INDEX(-1) } },
	{ .nsteps = 2, .steps = (struct step[]){ KEY("a"), ANY } },
	{ .nsteps = 3, .steps = (struct step[]){ KEY("a"), ANY, KEY("b") } },
	{ .nsteps = 3, .steps = (struct step[]){ KEY("b"), INDEX(1), ANY } },
	{ .nsteps = 1, .steps = (struct step[]){ KEY("") } },
	{ .meta = META_ts },
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
start(void)
{
	unsigned slot;

	if (reader)
		return;
	require(!pathset_new(NULL, &paths) && !reader_new(MAX_EVENT, &reader));
	for (size_t i = 0; i < sizeof path / sizeof path[0]; i++)
		require(!pathset_add(paths, &path[i], &slot) && slot == i);
}

/* What json_check() tells from masks, told by the grammar. */
static bool
is_valid(struct str t)
{
	struct scan s = scan_of(t);

	scan_space(&s);
	if (!scan_skip(&s))
		return false;
	scan_space(&s);
	return s.p == s.end;
}

static bool
is_object(struct str t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!strchr(" \t\r\n", t.ptr[i]))
			return t.ptr[i] == '{';
	return false;
}

static bool
look(void *arg, const struct value *v)
{
	const struct str *text = arg;
	struct buf out = BUF_INIT;
	int cmp;

	if (v->raw)
		require(v->raw >= text->ptr &&
			v->raw + v->nraw <= text->ptr + text->len);
	value_write_text(v, &out); /* reads all that there is */
	buf_fini(&out);
	require(value_equal(v, v));
	require(!value_order(v, v, &cmp) || !cmp);
	return true;
}

static void
read_all(struct str text)
{
	for (unsigned i = 0; i < pathset_size(paths); i++) {
		look(&text, reader_get(reader, i));
		reader_each(reader, i, look, &text);
	}
}

static void
write_again(struct str text)
{
	struct buf line = BUF_INIT;
	struct str again;

	reader_write_event(reader, &line);
	again = (struct str){ (char *)line.data, line.len };
	require(!line.err && !json_check(again, NULL));
	require(!memchr(line.data, '\n', line.len));
	require(text.len > 4096 || json_same(text, again));
	buf_fini(&line);
}

static bool
any(void *arg, struct str name)
{
	(void)arg;
	require(name.ptr);
	return true;
}

static void
write_fields(void)
{
	struct buf line = BUF_INIT;
	bool comma = false;

	buf_puts(&line, "{");
	reader_write_fields(reader, any, NULL, &comma, &line);
	buf_puts(&line, "}");
	require(!line.err);
	require(!json_check((struct str){ (char *)line.data, line.len },
			    NULL));
	buf_fini(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct event_meta meta = { .ts = 1 };
	const struct event ev = {
		.form = EVENT_JSON, .text = { (const char *)data, size },
		.meta = &meta,
	};
	size_t at = 0;
	int bad, refused;

	if (size > MAX_EVENT)
		return 0;
	start();
	bad = json_check(ev.text, &at);
	require(!bad || at <= size);
	require(!bad == is_valid(ev.text));
	refused = reader_begin(reader, paths, &ev);
	if (!refused) {
		read_all(ev.text);
		refused = reader_check(reader, false);
		require(bad == reader_check(reader, true) || refused);
	}
	require(bad || !refused == is_object(ev.text));
	if (!bad && !refused) {
		write_again(ev.text);
		write_fields();
	}
	return 0;
}
