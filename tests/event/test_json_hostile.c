/* test_json_hostile.c - 20,000 events made to mislead a scanner that skips:
 * keys and values spelled with escapes, space anywhere, what is searched for
 * inside of strings and in nested objects, duplicate keys, runs of backslashes
 * over the edges of blocks, texts cut off or damaged. Each is read by every
 * kernel there is, in memory of exactly its size, and by jansson. */
#include <jansson.h>

#include "event/json_find.h"
#include "event/json_needle.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/hostile.h"
#include "tests/event/paths.h"

enum { EVENTS = 20000, DAMAGES = 4 };

/* --- read by both ----------------------------------------------------------- */

static struct pathset *ps;
static unsigned country, device, dotted, nested;
static struct needle needle; /* country == 'BR' */
static unsigned misses;

static void
set_paths(void)
{
	ck_assert_int_eq(pathset_new(NULL, &ps), 0);
	country = pathset_put(ps, "country");
	device = pathset_put(ps, "device");
	dotted = pathset_put(ps, "geo.country");
	nested = pathset_put(ps, "/geo.country");
	ck_assert(needle_init(&needle, STR("country"), STR("BR")));
}

static bool
agree(const struct value *v, json_t *j)
{
	if (!j || json_is_null(j))
		return v->type == VALUE_NULL;
	if (json_is_string(j))
		return v->type == VALUE_STR &&
		       str_eq(value_str(v), (struct str){
			       json_string_value(j), json_string_length(j) });
	if (json_is_object(j))
		return v->type == VALUE_OBJECT;
	if (json_is_array(j))
		return v->type == VALUE_ARRAY;
	return v->type != VALUE_NULL && v->type != VALUE_STR;
}

static json_t *
get_nested(json_t *root)
{
	return json_object_get(json_object_get(root, "geo"), "country");
}

static json_t *
get_dotted(json_t *root)
{
	json_t *flat = json_object_get(root, "geo.country");

	return flat && !json_is_null(flat) ? flat : get_nested(root);
}

static const struct kernel {
	const char *name;
	seek_fn    *fn;
	needle_fn  *needle;
} kernels[] = {
	{ "the best", NULL, needle_in },
	{ "vector", seek_vector, needle_vector },
	{ "word", seek_word, needle_word },
#ifdef __x86_64__
	{ "avx2", seek_avx2, needle_avx2 },
#endif
};

/* The last one is not for every processor. */
static size_t
nkernel(void)
{
	size_t n = sizeof kernels / sizeof *kernels;

#ifdef __x86_64__
	n -= !seek_has_avx2();
#endif
	return n;
}

static bool
is_br(json_t *j)
{
	return json_is_string(j) && !strcmp(json_string_value(j), "BR");
}

/* Find all in t with a kernel; true when it is as root has it. */
static bool
find_all(struct str t, seek_fn *kernel, json_t *root, bool *bad)
{
	static struct find f;
	char *scratch = malloc(t.len + 1);
	struct buf b = BUF_FIXED(scratch, t.len + 1);
	const struct {
		unsigned slot;
		json_t  *node;
	} all[] = {
		{ draw(2) ? country : nested, NULL }, /* in any order */
		{ device, json_object_get(root, "device") },
		{ country, json_object_get(root, "country") },
		{ dotted, get_dotted(root) }, { nested, get_nested(root) },
	};
	bool same = true;

	*bad = find_begin(&f, t, ps, &b) != 0;
	if (kernel)
		f.seek = kernel;
	for (size_t i = 0; i < sizeof all / sizeof *all && !*bad; i++) {
		struct value v = VALUE_NONE;
		struct str raw;

		buf_reset(&b);
		if (find_slot(&f, all[i].slot, &raw))
			v = json_value(raw, &b);
		same &= !i || agree(&v, all[i].node);
	}
	*bad |= f.bad;
	free(scratch);
	return same;
}

/* In memory of its own, so that asan sees a step over its end. */
static void
check_text(struct str text, json_t *root, const char *what)
{
	char *copy = malloc(text.len ? text.len : 1);
	struct str t = { memcpy(copy, text.ptr, text.len), text.len };

	for (size_t i = 0; i < nkernel(); i++) {
		bool bad, same = find_all(t, kernels[i].fn, root, &bad);
		bool may = kernels[i].needle(&needle, t);

		same &= may || (!is_br(get_dotted(root)) &&
				!is_br(json_object_get(root, "country")));
		misses += !may;
		ck_assert_msg(!root || (same && !bad), "%s, %s: %.*s", what,
			      kernels[i].name, (int)t.len, t.ptr);
	}
	ck_assert_msg(!root || !json_check(t, NULL), "%s: %.*s", what,
		      (int)t.len, t.ptr);
	free(copy);
}

/* Damaged texts that jansson still takes must be read as it reads them. */
static void
check_damaged(struct str text)
{
	static const char damage[] = "{}[],:\"\\ n1x\n";
	char *copy = malloc(text.len);
	struct str t = { memcpy(copy, text.ptr, text.len), text.len };

	for (int i = 0; i < DAMAGES; i++) {
		copy[draw((unsigned)t.len)] = damage[draw(sizeof damage - 1)];
		json_t *root = json_loadb(t.ptr, t.len, JSON_REJECT_DUPLICATES,
					  NULL);
		check_text(t, json_is_object(root) ? root : NULL, "damaged");
		json_decref(root);
	}
	free(copy);
}

START_TEST(no_event_is_read_otherwise_than_jansson_reads_it)
{
	struct buf text = BUF_INIT, clean = BUF_INIT;
	unsigned hits = 0;

	set_paths();
	for (int i = 0; i < EVENTS; i++) {
		buf_reset(&text);
		buf_reset(&clean);
		put_space(&text);
		put_object(&text, &clean, 0);
		put_space(&text);
		struct str t = { (char *)text.data, text.len };
		json_t *root = json_loadb((char *)clean.data, clean.len, 0,
					  NULL);
		ck_assert_msg(root != NULL, "%.*s", (int)t.len, t.ptr);
		const char *c = json_string_value(
			json_object_get(root, "country"));
		const char *d = json_string_value(
			json_object_get(root, "device"));
		hits += c && d && !strcmp(c, "BR") && !strcmp(d, "ipad");
		check_text(t, root, "whole");
		check_text((struct str){ t.ptr, draw((unsigned)t.len) }, NULL,
			   "cut");
		check_damaged(t);
		json_decref(root);
	}
	ck_assert_uint_gt(hits, EVENTS / 100);
	ck_assert_uint_gt(misses, EVENTS / 2);
	pathset_free(ps);
	buf_fini(&text);
	buf_fini(&clean);
}
END_TEST

/* A text without its end is never valid, and never takes for long. */
START_TEST(a_text_cut_anywhere_is_bad)
{
	static const char text[] =
		"{\"a\\\\\":{\"b\":[1,\"]\"]},\"country\":\"B\\u0052\","
		"\"z\":{}}";
	bool bad;

	set_paths();
	for (size_t n = 0; n < sizeof text - 1; n++) {
		char *copy = malloc(n + !n);
		struct str t = { memcpy(copy, text, n), n };

		for (size_t i = 0; i < nkernel(); i++) {
			find_all(t, kernels[i].fn, NULL, &bad);
			ck_assert_msg(bad, "%.*s", (int)n, text);
		}
		free(copy);
	}
	pathset_free(ps);
}
END_TEST

TEST_MAIN(json_hostile, no_event_is_read_otherwise_than_jansson_reads_it,
	  a_text_cut_anywhere_is_bad)
