/* many.c - see many.h. One table declares the fields: what a service might log
 * of a request, with as many distinct values as such fields have. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/many.h"

/* X(name, kind, values): TEXT of so many values, some more frequent than
 * others; WORD the same, beginning alike; INT and REAL below a bound; BOOL. */
#define FIELDS(X)                                                          \
	X(event_id, TEXT, 1000000)  X(type, TEXT, 8)                       \
	X(ts, INT, 1000000000)      X(seq, INT, 1000000)                   \
	X(service, TEXT, 12)        X(host, WORD, 200)                     \
	X(customer_id, INT, 1000000) X(profile, TEXT, 5)                   \
	X(country, TEXT, 60)        X(device, TEXT, 12)                    \
	X(device_model, WORD, 80)   X(app_version, WORD, 40)               \
	X(title_id, INT, 5000)      X(title, WORD, 5000)                   \
	X(episode, INT, 24)         X(latency_ms, REAL, 900)               \
	X(bitrate, INT, 12)         X(status, INT, 8)                      \
	X(is_kids, BOOL, 2)         X(cdn, TEXT, 6)                        \
	X(method, TEXT, 4)          X(path, WORD, 300)                     \
	X(bytes_in, INT, 100000)    X(bytes_out, INT, 10000000)            \
	X(tls, TEXT, 2)             X(cached, BOOL, 2)                     \
	X(region, TEXT, 6)          X(zone, WORD, 18)                      \
	X(cluster, TEXT, 12)        X(instance, WORD, 400)                 \
	X(build, TEXT, 30)          X(gc_ms, REAL, 100)                    \
	X(cpu, REAL, 100)           X(is_live, BOOL, 2)                    \
	X(player, TEXT, 5)          X(state, TEXT, 6)                      \
	X(position_s, INT, 7200)    X(duration_s, INT, 7200)               \
	X(buffer_s, REAL, 60)       X(dropped, INT, 100)                   \
	X(resolution, TEXT, 8)      X(codec, TEXT, 6)                      \
	X(drm, TEXT, 3)             X(audio, TEXT, 20)                     \
	X(subtitles, TEXT, 20)      X(network, TEXT, 4)

enum kind { TEXT, WORD, INT, REAL, BOOL };

union cell {
	const char *z;
	int64_t     i;
	double      f;
	bool        b;
};

static const struct shape {
	const char *name;
	enum kind   kind;
	unsigned    values;
} shape[MANY_FIELDS] = {
#define X(name, kind, values) { #name, kind, values },
	FIELDS(X)
#undef X
};

struct many {
	union cell event[MANY_EVENTS][MANY_FIELDS];
	char       text[MANY_EVENTS][MANY_FIELDS][24];
	uint64_t   random;
};

/* splitmix64 */
static uint64_t
draw(struct many *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Of a few values the first ones are the frequent ones. */
static uint64_t
pick(struct many *s, unsigned n)
{
	uint64_t a = draw(s) % n, b = draw(s) % n;

	return n < 1000 && b < a ? b : a;
}

static void
fill(struct many *s, size_t i, unsigned k)
{
	const struct shape *f = &shape[k];
	union cell *c = &s->event[i][k];
	char *z = s->text[i][k];
	uint64_t v = pick(s, f->values);

	switch (f->kind) {
	case TEXT:
		/* The multiplication makes names begin with any letter. */
		snprintf(z, sizeof s->text[i][k], "%c%c%" PRIu64,
			 (char)('a' + v * 7 % 26), (char)('a' + v * 11 % 26),
			 v);
		c->z = z;
		break;
	case WORD:
		snprintf(z, sizeof s->text[i][k], "%.4s-%c%c-%" PRIu64,
			 f->name, (char)('a' + v * 7 % 26),
			 (char)('a' + v * 11 % 26), v);
		c->z = z;
		break;
	case INT:
		c->i = (int64_t)v;
		break;
	case REAL:
		c->f = (double)(draw(s) % (f->values * 1000)) / 1e3;
		break;
	case BOOL:
		c->b = v;
		break;
	}
}

struct many *
many_new(void)
{
	struct many *s = calloc(1, sizeof *s);

	if (!s)
		bench_die("out of memory");
	s->random = 20240607;
	for (size_t i = 0; i < MANY_EVENTS; i++)
		for (unsigned k = 0; k < MANY_FIELDS; k++)
			fill(s, i, k);
	return s;
}

void
many_free(struct many *s)
{
	free(s);
}

const struct mql_field *
many_fields(void)
{
	static const enum mql_type type[] = {
		[TEXT] = MQL_T_CSTR, [WORD] = MQL_T_CSTR, [INT] = MQL_T_I64,
		[REAL] = MQL_T_F64, [BOOL] = MQL_T_BOOL,
	};
	static struct mql_field field[MANY_FIELDS];

	for (unsigned k = 0; k < MANY_FIELDS; k++)
		field[k] = (struct mql_field){
			.name = shape[k].name, .type = type[shape[k].kind],
			.offset = k * sizeof(union cell),
		};
	return field;
}

const void *
many_event(const struct many *s, size_t i)
{
	return s->event[i % MANY_EVENTS];
}

/* --- queries ------------------------------------------------------------------ */

/* The value that some event has there, as a constant. */
static void
put_value(struct many *s, FILE *to, unsigned k)
{
	const union cell *c = &s->event[draw(s) % MANY_EVENTS][k];

	switch (shape[k].kind) {
	case TEXT:
	case WORD:
		fprintf(to, "'%s'", c->z);
		break;
	case INT:
		fprintf(to, "%" PRId64, c->i);
		break;
	case REAL:
		fprintf(to, "%.3f", c->f);
		break;
	case BOOL:
		fputs(c->b ? "true" : "false", to);
		break;
	}
}

static bool
is_text(unsigned k)
{
	return shape[k].kind <= WORD;
}

static bool
is_number(unsigned k)
{
	return shape[k].kind == INT || shape[k].kind == REAL;
}

static void
put_equal(struct many *s, FILE *to, unsigned k)
{
	fprintf(to, "%s == ", shape[k].name);
	put_value(s, to, k);
}

static void
put_range(struct many *s, FILE *to, unsigned k)
{
	static const char *const op[] = { "<", "<=", ">", ">=" };

	fprintf(to, "%s %s ", shape[k].name, op[draw(s) % 4]);
	put_value(s, to, k);
}

static void
put_in(struct many *s, FILE *to, unsigned k)
{
	unsigned n = 3 + (unsigned)(draw(s) % 4);

	fprintf(to, "%s in (", shape[k].name);
	while (n--) {
		put_value(s, to, k);
		fputs(n ? ", " : ")", to);
	}
}

static void
put_prefix(struct many *s, FILE *to, unsigned k)
{
	const char *z = s->event[draw(s) % MANY_EVENTS][k].z;
	int n = 2 + (int)(draw(s) % 5);

	fprintf(to, "%s like '%.*s%%'", shape[k].name, n, z);
}

static unsigned
field_that(struct many *s, bool (*is)(unsigned k))
{
	unsigned k;

	do
		k = (unsigned)(draw(s) % MANY_FIELDS);
	while (!is(k));
	return k;
}

static void
put_term(struct many *s, FILE *to)
{
	unsigned what = (unsigned)(draw(s) % 100);
	unsigned k = (unsigned)(draw(s) % MANY_FIELDS);

	if (what < 50)
		put_equal(s, to, k);
	else if (what < 70)
		put_range(s, to, field_that(s, is_number));
	else if (what < 85)
		put_in(s, to, field_that(s, is_text));
	else
		put_prefix(s, to, field_that(s, is_text));
}

static unsigned
field_named(const char *name)
{
	unsigned k = 0;

	while (strcmp(shape[k].name, name))
		k++;
	return k;
}

static void
put_first(struct many *s, FILE *to, enum many_first first)
{
	static const char *const selective[] = {
		"country", "device", "device_model", "title_id", "cdn",
		"customer_id", "app_version",
	};
	static const char *const rare[] = {
		"customer_id", "event_id", "title_id", "title", "instance",
	};

	if (first == MANY_ANY)
		put_term(s, to);
	else if (first == MANY_SELECTIVE)
		put_equal(s, to, field_named(selective[draw(s) % 7]));
	else if (first == MANY_RARE)
		put_equal(s, to, field_named(rare[draw(s) % 5]));
	else
		fprintf(to, "customer_id == %u", (unsigned)draw(s) % 1000000);
}

char *
many_query(struct many *s, enum many_first first)
{
	unsigned more = 1 + (unsigned)(draw(s) % 3);
	char *z;
	size_t size;
	FILE *to = open_memstream(&z, &size);

	fputs("select customer_id, country where ", to);
	put_first(s, to, first);
	while (first != MANY_CUSTOMER && more--) {
		fputs(" and ", to);
		put_term(s, to);
	}
	fclose(to);
	return z;
}
