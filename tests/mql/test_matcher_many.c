/* test_matcher_many.c - many queries at once against each alone: random
 * queries on random events of all three forms, in matchers made whole and in
 * long lines of matchers that follow one another. Whatever the index does,
 * the answers are those of the plain loop, in the same order. */
#include <pthread.h>
#include <stdatomic.h>

#include "mql/matcher.h"
#include "tests/check_main.h"
#include "tests/mql/many.h"

/* --- all together and each alone ------------------------------------------------ */

enum { MOST = 700 };

struct asked {
	struct mql_query *q;
	struct pathset   *alone; /* its paths, for its program by itself */
	uint16_t         *slots;
	uint16_t          id;
};

struct bench {
	struct schema     *schema; /* or NULL */
	struct asked       asked[MOST]; /* oldest first */
	size_t             n;
	bool               taken[MOST * 3]; /* ids */
	struct matcher    *m;
	struct reader     *r;
	struct eval       *e;
	struct eval_counts all[MOST * 3], each[MOST * 3];
	struct sample      sample;
};

static struct bench *
set_up(bool with_schema)
{
	static const struct mql_field fields[] = {
		{ "a", MQL_T_JSON, offsetof(struct record, json), 0, NULL, 0 },
		{ "b", MQL_T_JSON, offsetof(struct record, json[1]), 0, NULL,
		  0 },
		{ "c", MQL_T_JSON, offsetof(struct record, json[2]), 0, NULL,
		  0 },
		{ "d", MQL_T_JSON, offsetof(struct record, json[3]), 0, NULL,
		  0 },
		{ "e", MQL_T_JSON, offsetof(struct record, json[4]), 0, NULL,
		  0 },
		{ "s", MQL_T_CSTR, offsetof(struct record, s), 0, NULL, 0 },
	};
	struct bench *b = calloc(1, sizeof *b);

	if (with_schema)
		ck_assert_int_eq(schema_new(fields, FIELDS, &b->schema), 0);
	ck_assert_int_eq(reader_new(65536, &b->r), 0);
	ck_assert_int_eq(eval_new(&b->e), 0);
	ck_assert_int_eq(matcher_new(b->schema, NULL, 0, NULL, &b->m), 0);
	return b;
}

static struct matcher_query
query_of(const struct asked *a)
{
	return (struct matcher_query){ .q = a->q, .id = a->id };
}

static void
drop(struct asked *a)
{
	pathset_free(a->alone);
	free(a->slots);
	mql_query_free(a->q);
}

static void
tear_down(struct bench *b)
{
	matcher_free(b->m);
	for (size_t i = 0; i < b->n; i++)
		drop(&b->asked[i]);
	eval_free(b->e);
	reader_free(b->r);
	schema_free(b->schema);
	free(b);
}

static void
ask_one(struct bench *b, struct mql_query *q)
{
	struct asked *a = &b->asked[b->n++];
	uint16_t id;

	do
		id = (uint16_t)draw(MOST * 3);
	while (b->taken[id]);
	b->taken[id] = true;
	*a = (struct asked){ .q = q, .id = id };
	a->slots = calloc(query_paths(q) + 1, sizeof *a->slots);
	ck_assert_int_eq(pathset_new(b->schema, &a->alone), 0);
	ck_assert_int_eq(query_link(q, a->alone, a->slots), 0);
}

/* What the programs say, in ids. */
static size_t
match_each(struct bench *b, const struct event *ev, uint16_t *hit)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct asked *a = &b->asked[i];

		ck_assert_int_eq(reader_begin(b->r, a->alone, ev), 0);
		if (query_match(a->q, a->slots, b->e, b->r, &b->each[a->id]))
			hit[n++] = a->id;
	}
	return n;
}

static void
compare(struct bench *b, enum event_form form)
{
	struct event ev = event_of(&b->sample, form, b->schema);
	uint16_t want[MOST], hit[MOST];
	size_t nwant = match_each(b, &ev, want), n;

	ck_assert_int_eq(reader_begin(b->r, matcher_paths(b->m), &ev), 0);
	n = matcher_match(b->m, b->e, b->r, b->all, NULL, hit);
	for (size_t i = 0; i < n || i < nwant; i++) {
		int got = i < n ? matcher_id(b->m, hit[i]) : -1;

		ck_assert_msg(i < nwant && got == want[i],
			      "form %d, %s: hit %zu of %zu is %d, not %d",
			      (int)form, b->sample.text, i, n, got,
			      i < nwant ? want[i] : -1);
	}
}

static void
compare_events(struct bench *b, int n)
{
	for (int i = 0; i < n; i++) {
		draw_sample(&b->sample);
		if (b->schema) {
			compare(b, EVENT_STRUCT);
		} else {
			compare(b, EVENT_JSON);
			compare(b, EVENT_BUILT);
		}
	}
}

/* Who evaluates less counts less, never more; who tries each, the same. */
static void
compare_counts(const struct bench *b)
{
	for (int i = 0; i < MOST * 3; i++) {
		uint64_t all = b->all[i].mismatches;

		ck_assert_uint_le(all, b->each[i].mismatches);
		if (b->n <= 8)
			ck_assert_uint_eq(all, b->each[i].mismatches);
	}
}

static void
ask_whole(struct bench *b, size_t n)
{
	struct matcher_query *of = calloc(n, sizeof *of);

	for (size_t i = 0; i < n; i++) {
		ask_one(b, draw_query());
		of[i] = query_of(&b->asked[i]);
	}
	matcher_free(b->m);
	ck_assert_int_eq(matcher_new(b->schema, of, n, NULL, &b->m), 0);
	ck_assert_uint_eq(matcher_live(b->m), n);
	free(of);
}

START_TEST(many_queries_answer_as_each_alone)
{
	static const size_t sizes[] = { 1, 3, 4, 8, 9, 10, 22, 100, MOST };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (int form = 0; form < 2; form++) {
			seed = 100 + i;
			struct bench *b = set_up(form);

			ask_whole(b, sizes[i]);
			compare_events(b, 400);
			compare_counts(b);
			tear_down(b);
		}
	}
}
END_TEST

/* --- lines ----------------------------------------------------------------------- */

/* Take one out of the list of those asked. */
static void
forget(struct bench *b, size_t i, struct asked *gone)
{
	*gone = b->asked[i];
	b->taken[gone->id] = false;
	memmove(&b->asked[i], &b->asked[i + 1],
		(--b->n - i) * sizeof *b->asked);
}

enum { STEP = 40 };

/* Some go, some come, at times again with the id of one that went. */
static void
step(struct bench *b, size_t nadd, size_t nremove)
{
	struct asked gone[STEP];
	uint16_t removed[STEP];
	struct matcher_query added[STEP];
	struct matcher *next;

	if (nremove > b->n)
		nremove = b->n;
	for (size_t i = 0; i < nremove; i++) {
		forget(b, draw((unsigned)b->n), &gone[i]);
		removed[i] = gone[i].id;
	}
	for (size_t i = 0; i < nadd; i++) {
		ask_one(b, draw_query());
		added[i] = query_of(&b->asked[b->n - 1]);
	}
	ck_assert_int_eq(matcher_next(b->m, added, nadd, removed, nremove,
				      NULL, &next), 0);
	matcher_free(b->m);
	b->m = next;
	for (size_t i = 0; i < nremove; i++)
		drop(&gone[i]);
	ck_assert_uint_eq(matcher_live(b->m), b->n);
}

START_TEST(many_queries_that_come_and_go_answer_as_each_alone)
{
	for (int run = 0; run < 6; run++) {
		seed = (uint64_t)run;
		struct bench *b = set_up(run % 2);

		for (int i = 0; i < 250; i++) {
			/* Up, then down to none, then up again. */
			bool up = i < 120 || i > 220;
			unsigned more = draw(up ? 12 : 5);

			if (b->n + more > MOST)
				more = 0;
			step(b, more, draw(up ? 6 : 16));
			compare_events(b, 2);
		}
		compare_counts(b);
		tear_down(b);
	}
}
END_TEST

/* A matcher that was made and never used leaves no trace. */
START_TEST(matchers_that_never_came_into_force_leave_no_trace)
{
	struct bench *b = set_up(false);

	seed = 5;
	ask_whole(b, 100);
	for (int i = 0; i < 40; i++) {
		struct mql_query *q = draw_query();
		struct matcher_query of = { .q = q, .id = b->asked[i].id };
		struct matcher *next;

		ck_assert_int_eq(matcher_next(b->m, &of, 1, &of.id, 1, NULL,
					      &next), 0);
		matcher_free(next);
		mql_query_free(q);
		step(b, 1, 1);
		compare_events(b, 3);
	}
	tear_down(b);
}
END_TEST

/* --- what only many have ------------------------------------------------------------ */

/* n times the text; each # in it is a number from 0 on. */
static void
ask_texts(struct bench *b, size_t n, const char *form)
{
	struct matcher_query *of = calloc(n, sizeof *of);
	char z[128];

	for (size_t i = 0; i < n; i++) {
		FILE *to = fmemopen(z, sizeof z, "w");
		for (const char *c = form; *c; c++)
			if (*c == '#')
				fprintf(to, "%zu", i);
			else
				fputc(*c, to);
		fclose(to);
		ask_one(b, ask_compile(z));
		of[i] = query_of(&b->asked[b->n - 1]);
	}
	struct matcher *next;
	ck_assert_int_eq(matcher_next(b->m, of, n, NULL, 0, NULL, &next), 0);
	matcher_free(b->m);
	b->m = next;
	free(of);
}

static size_t
match(struct bench *b, const char *event, uint16_t *hit)
{
	static const struct event_meta meta;
	struct event ev = { .form = EVENT_JSON, .text = str_of(event),
			    .meta = &meta };

	ck_assert_int_eq(reader_begin(b->r, matcher_paths(b->m), &ev), 0);
	return matcher_match(b->m, b->e, b->r, b->all, NULL, hit);
}

START_TEST(shared_predicates_answer_and_count_for_each_asker)
{
	struct bench *b = set_up(false);
	uint16_t hit[MOST];

	ask_texts(b, 50, "select a where d > 5");
	ask_texts(b, 50, "select b where d > 5 sample 100%");
	ask_texts(b, 50, "select b where d > #");
	ck_assert_uint_eq(match(b, "{\"d\":6}", hit), 106);
	ck_assert_uint_eq(match(b, "{\"d\":\"6\"}", hit), 0);
	ck_assert_uint_eq(match(b, "{\"d\":null}", hit), 0);
	for (size_t i = 0; i < b->n; i++)
		ck_assert_uint_eq(b->all[b->asked[i].id].mismatches, 1);
	/* The first of them goes, and others, and all. */
	struct asked gone;
	for (int i = 0; i < 100; i++) {
		struct matcher *next;

		forget(b, 0, &gone);
		ck_assert_int_eq(matcher_next(b->m, NULL, 0, &gone.id, 1, NULL,
					      &next), 0);
		matcher_free(b->m);
		b->m = next;
		drop(&gone);
		ck_assert_uint_eq(match(b, "{\"d\":6}", hit),
				  (size_t)(105 - i));
	}
	tear_down(b);
}
END_TEST

START_TEST(same_rows_have_the_same_number)
{
	struct bench *b = set_up(false);

	ask_texts(b, 30, "select a, b where a == #");
	ask_texts(b, 30, "select b, a where a == #");
	ask_texts(b, 30, "select * where a == #");
	ask_texts(b, 2, "select a + 1 as x where a == #");
	for (size_t i = 0; i < 90; i++)
		ck_assert_uint_eq(matcher_row(b->m, i),
				  matcher_row(b->m, i / 30 * 30));
	ck_assert_uint_ne(matcher_row(b->m, 0), matcher_row(b->m, 30));
	ck_assert_uint_ne(matcher_row(b->m, 0), matcher_row(b->m, 60));
	ck_assert_uint_ne(matcher_row(b->m, 90), matcher_row(b->m, 91));
	tear_down(b);
}
END_TEST

START_TEST(paths_of_those_that_went_make_room)
{
	struct bench *b = set_up(false);
	struct matcher *next;
	char *z;
	size_t size;
	bool refused;

	ask_texts(b, 30, "select * where a == #");
	for (int q = 0; q < 6; q++) {
		FILE *to = open_memstream(&z, &size);

		fputs("select * where a == 1", to);
		for (int i = 0; i < 500; i++)
			fprintf(to, " or q%d_%d == 1", q, i);
		fclose(to);
		ask_one(b, ask_compile(z));
		free(z);
		struct asked *last = &b->asked[b->n - 1], gone;
		struct matcher_query of = query_of(last);
		ck_assert_int_eq(matcher_next(b->m, &of, 1, NULL, 0, &refused,
					      &next), 0);
		ck_assert(!refused);
		matcher_free(b->m);
		b->m = next;
		compare_events(b, 2);
		forget(b, b->n - 1, &gone);
		ck_assert_int_eq(matcher_next(b->m, NULL, 0, &gone.id, 1, NULL,
					      &next), 0);
		matcher_free(b->m);
		b->m = next;
		drop(&gone);
	}
	tear_down(b);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_and_the_rest_runs)
{
	struct bench *b = set_up(false);
	struct mql_query *big = NULL, *folded = ask_compile("select count(*)");
	struct mql_query *good = ask_compile("select a where b == 1");
	bool refused[3];
	uint16_t hit[MOST];
	struct matcher *next;
	char *z;
	size_t size;
	FILE *to = open_memstream(&z, &size);

	fputs("select * where a == 1", to);
	for (int i = 0; i < 1020; i++)
		fprintf(to, " or q%d == 1", i);
	fclose(to);
	big = ask_compile(z);
	ask_texts(b, 30, "select c, d, e, f where a == #");
	ck_assert_int_eq(matcher_next(b->m, (struct matcher_query[]){
			{ .q = big, .id = 1 }, { .q = folded, .id = 2 },
			{ .q = good, .id = 3 } }, 3, NULL, 0, refused,
			&next), 0);
	ck_assert(refused[0] && refused[1] && !refused[2]);
	matcher_free(b->m);
	b->m = next;
	ck_assert_uint_eq(matcher_live(b->m), 31);
	ck_assert_uint_eq(match(b, "{\"a\":7,\"b\":1}", hit), 2);
	ck_assert_uint_eq(matcher_id(b->m, hit[1]), 3);
	tear_down(b);
	mql_query_free(big);
	mql_query_free(folded);
	mql_query_free(good);
	free(z);
}
END_TEST

/* Shows events of which all begin alike; true as soon as the matcher wants to
 * be made anew. */
static bool
tires_of(struct bench *b, int events)
{
	uint16_t hit[MOST];
	char event[64];

	for (int i = 0; i < events && !matcher_wants_rebuild(b->m); i++) {
		snprintf(event, sizeof event,
			 "{\"c\":\"commonplace\",\"d\":%d}", i % 3000);
		match(b, event, hit);
	}
	return matcher_wants_rebuild(b->m);
}

/* The first guess is that few events begin so. */
START_TEST(an_index_that_proves_wrong_is_made_anew)
{
	struct bench *b = set_up(false);
	struct matcher *next;

	ask_texts(b, 300, "select * where starts_with(c, 'common') and "
			  "d between #0 and #9");
	ck_assert(tires_of(b, 40000));
	ck_assert_int_eq(matcher_next(b->m, NULL, 0, NULL, 0, NULL, &next), 0);
	matcher_free(b->m);
	b->m = next;
	ck_assert(!tires_of(b, 400000));
	compare_events(b, 10);
	tear_down(b);
}
END_TEST

/* --- threads ------------------------------------------------------------------------- */

struct publisher {
	pthread_t             thread;
	const struct matcher *m;
	_Atomic bool         *stop;
	size_t                wrong;
};

static void *
publish(void *arg)
{
	static const struct event_meta meta;
	struct publisher *p = arg;
	struct event ev = { .form = EVENT_JSON, .meta = &meta,
			    .text = STR("{\"a\":7,\"b\":\"x\",\"d\":3}") };
	struct eval_counts counts[MOST * 3] = { 0 };
	uint16_t hit[MOST];
	struct reader *r;
	struct eval *e;

	if (reader_new(65536, &r) || eval_new(&e))
		return arg;
	do {
		reader_begin(r, matcher_paths(p->m), &ev);
		p->wrong += matcher_match(p->m, e, r, counts, NULL, hit) != 2;
	} while (!atomic_load(p->stop));
	eval_free(e);
	reader_free(r);
	return NULL;
}

/* Publishers go on with a matcher while others are made from it, and freed. */
START_TEST(a_matcher_is_read_while_others_follow_it)
{
	struct bench *b = set_up(false);
	_Atomic bool stop = false;
	struct publisher p[3];
	struct matcher *at = NULL, *next;

	seed = 1;
	ask_texts(b, 200, "select a where a == # and d < 100 - #");
	ask_texts(b, 200, "select b where b like 'x#%'");
	ask_texts(b, 1, "select b where d > #");
	for (int i = 0; i < 3; i++) {
		p[i] = (struct publisher){ .m = b->m, .stop = &stop };
		ck_assert_int_eq(pthread_create(&p[i].thread, NULL, publish,
						&p[i]), 0);
	}
	for (int i = 0; i < 300; i++) {
		struct matcher_query of = query_of(&b->asked[i]);

		if (i % 10 == 0)
			of.q = b->asked[400 - i].q;
		ck_assert_int_eq(matcher_next(at ? at : b->m, &of, 1, &of.id,
					      1, NULL, &next), 0);
		matcher_free(at);
		at = next;
	}
	matcher_free(at);
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++) {
		void *failed;

		pthread_join(p[i].thread, &failed);
		ck_assert(!failed && !p[i].wrong);
	}
	tear_down(b);
}
END_TEST

TEST_MAIN(matcher_many, a_matcher_is_read_while_others_follow_it,
	  many_queries_answer_as_each_alone,
	  many_queries_that_come_and_go_answer_as_each_alone,
	  matchers_that_never_came_into_force_leave_no_trace,
	  shared_predicates_answer_and_count_for_each_asker,
	  same_rows_have_the_same_number, paths_of_those_that_went_make_room,
	  what_does_not_fit_is_refused_and_the_rest_runs,
	  an_index_that_proves_wrong_is_made_anew)
