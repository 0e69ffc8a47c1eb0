/* test_json_random.c - random documents, read by us and by jansson: each
 * value at each path must be the same, and so must be what is refused. The
 * seed is fixed: a failure comes again. */
#include <jansson.h>

#include "event/json_find.h"
#include "mql/error.h"
#include "tests/check_main.h"

enum { ROUNDS = 3000, PATHS = 24, LEVELS = 6, MUTATIONS = 20 };

static uint64_t state = 20261121;

static unsigned
draw(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* --- a random document ------------------------------------------------------- */

static void
put_space(struct buf *b)
{
	static const char *const space[] = { "", "", "", " ", "\n", "\t \r\n" };

	buf_puts(b, space[draw(6)]);
}

static void
put_string(struct buf *b)
{
	static const char *const piece[] = {
		"a", "B", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
		"\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "\xe2\x82\xac",
		"longer than a word", "{", "}", "[", "]", ",", ":",
	};

	buf_puts(b, "\"");
	for (unsigned n = draw(8); n > 0; n--)
		buf_puts(b, piece[draw(sizeof piece / sizeof *piece)]);
	buf_puts(b, "\"");
}

static void
put_number(struct buf *b)
{
	buf_puts(b, draw(2) ? "-" : "");
	buf_printf(b, "%u", draw(2) ? draw(10) : draw(1u << 31));
	if (draw(2))
		buf_printf(b, "%u", draw(1000 * 1000 * 1000));
	if (!draw(3))
		buf_printf(b, ".%u", draw(100000));
	if (!draw(4))
		buf_printf(b, "%s%u", draw(2) ? "e" : "E-", draw(40));
}

static void put_value(struct buf *b, unsigned level);

static void
put_container(struct buf *b, unsigned level)
{
	/* Some keys need undoing, some have dots, none comes twice. */
	static const char *const key[] = {
		"a", "b", "a.b", "", "\\u0063", "d\\n", "longer key",
		"\xc3\xa9",
	};
	const bool object = !level || draw(3);

	buf_puts(b, object ? "{" : "[");
	put_space(b);
	for (unsigned i = draw(3), n = 0; i < 8; i += 1 + draw(3), n++) {
		buf_puts(b, n ? "," : "");
		put_space(b);
		if (object) {
			buf_printf(b, "\"%s\"", key[i]);
			put_space(b);
			buf_puts(b, ":");
			put_space(b);
		}
		put_value(b, level + 1);
		put_space(b);
	}
	buf_puts(b, object ? "}" : "]");
}

static void
put_value(struct buf *b, unsigned level)
{
	static const char *const word[] = { "null", "true", "false" };

	if (level < LEVELS && draw(3))
		put_container(b, level);
	else if (draw(3))
		put_string(b);
	else if (draw(3))
		put_number(b);
	else
		buf_puts(b, word[draw(3)]);
}

static void
make_document(struct buf *b)
{
	buf_reset(b);
	put_space(b);
	put_container(b, 0);
	put_space(b);
}

/* --- the same place in both ----------------------------------------------------- */

/* Go down from the root at random, and now and then where nothing is. */
static json_t *
make_path(json_t *at, struct path *p)
{
	static const char *const miss[] = { "a", "nothing", "a.b" };

	p->nsteps = 0;
	do {
		struct step *s = &p->steps[p->nsteps++];
		size_t n = json_is_object(at) ? json_object_size(at)
					      : json_array_size(at);
		if (!draw(10) || !n) {
			*s = (struct step){ .key = str_of(miss[draw(3)]) };
			at = json_object_getn(at, s->key.ptr, s->key.len);
		} else if (json_is_object(at)) {
			void *it = json_object_iter(at);
			for (unsigned i = draw((unsigned)n); i > 0; i--)
				it = json_object_iter_next(at, it);
			*s = (struct step){
				.key = { json_object_iter_key(it),
					 json_object_iter_key_len(it) },
			};
			at = json_object_iter_value(it);
		} else {
			int32_t i = (int32_t)draw((unsigned)n);
			*s = (struct step){ .kind = STEP_INDEX, .index = i };
			at = json_array_get(at, (size_t)i);
		}
	} while (at && draw(4) && p->nsteps < LEVELS);
	return at;
}

static bool
agree(const struct value *v, json_t *j)
{
	struct str text = { v->raw, v->nraw };
	double f;

	switch (v->type) {
	case VALUE_NULL:
		return !j || json_is_null(j);
	case VALUE_BOOL:
		return json_is_boolean(j) && json_boolean_value(j) == v->b;
	case VALUE_INT:
		return json_is_integer(j) && json_integer_value(j) == v->i;
	case VALUE_FLOAT:
		f = json_real_value(j);
		return json_is_real(j) && !(f < v->f) && !(f > v->f);
	case VALUE_STR:
		return json_is_string(j) &&
		       str_eq(value_str(v), (struct str){
			       json_string_value(j), json_string_length(j) });
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	}
	char *dump = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
	bool same = dump && json_same(text, str_of(dump));
	free(dump);
	return same;
}

static void
compare(struct buf *text, json_t *root)
{
	const struct str t = { (const char *)text->data, text->len };
	struct step steps[PATHS][LEVELS];
	static struct find f;
	json_t *node[PATHS];
	unsigned slot[PATHS];
	struct buf scratch = BUF_FIXED(malloc(t.len), t.len);
	struct pathset *ps;

	ck_assert_int_eq(pathset_new(NULL, &ps), 0);
	for (int i = 0; i < PATHS; i++) {
		struct path p = { .steps = steps[i] };
		node[i] = make_path(root, &p);
		ck_assert_int_eq(pathset_add(ps, &p, &slot[i]), 0);
	}
	ck_assert_int_eq(find_begin(&f, t, ps, &scratch), 0);
	for (int i = 0; i < PATHS; i++) {
		struct value v = VALUE_NONE;
		struct str raw;

		buf_reset(&scratch);
		if (find_slot(&f, slot[i], &raw))
			v = json_value(raw, &scratch);
		ck_assert_msg(!f.bad && agree(&v, node[i]), "%.*s", (int)t.len,
			      t.ptr);
	}
	pathset_free(ps);
	free(scratch.data);
}

START_TEST(random_documents_are_read_as_jansson_reads_them)
{
	struct buf text = BUF_INIT;

	for (int i = 0; i < ROUNDS; i++) {
		make_document(&text);
		json_t *root = json_loadb((char *)text.data, text.len, 0, NULL);
		if (root) /* else an integer that jansson has no type for */
			compare(&text, root);
		json_decref(root);
	}
	buf_fini(&text);
}
END_TEST

/* jansson refuses more than the grammar does: numbers that overflow, invalid
 * UTF-8, halves of surrogate pairs and NUL in keys. */
static bool
is_comparable(const struct buf *text, const json_error_t *e)
{
	return json_error_code(e) != json_error_numeric_overflow &&
	       json_error_code(e) != json_error_invalid_utf8 &&
	       !memmem(text->data, text->len, "\\u", 2);
}

/* Do we and jansson agree on it? */
static bool
judge(const struct buf *text)
{
	const struct str t = { (const char *)text->data, text->len };
	json_error_t e;
	json_t *root = json_loadb(t.ptr, t.len, 0, &e);
	const bool valid = !json_check(t, NULL);

	if (root || is_comparable(text, &e))
		ck_assert_msg(valid == !!root, "%s: %.*s", e.text, (int)t.len,
			      t.ptr);
	json_decref(root);
	return valid;
}

START_TEST(random_damage_is_refused_as_jansson_refuses_it)
{
	static const char damage[] = "{}[],:\"0.-e tn\\x";
	struct buf text = BUF_INIT;
	unsigned valid = 0, refused = 0;

	for (int i = 0; i < ROUNDS; i++) {
		make_document(&text);
		for (int j = 0; j < MUTATIONS; j++) {
			uint8_t *at = &text.data[draw((unsigned)text.len)];
			uint8_t before = *at;
			*at = (uint8_t)damage[draw(sizeof damage - 1)];
			if (judge(&text)) {
				valid++;
			} else {
				refused++;
				*at = before;
			}
		}
	}
	ck_assert_uint_gt(valid, ROUNDS);
	ck_assert_uint_gt(refused, ROUNDS);
	buf_fini(&text);
}
END_TEST

TEST_MAIN(json_random, random_documents_are_read_as_jansson_reads_them,
	  random_damage_is_refused_as_jansson_refuses_it)
