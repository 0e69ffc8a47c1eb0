/* test_json_walk.c - along the steps that a forward scan cannot take. */
#include "event/json.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

struct seen {
	struct buf out;
	unsigned   n, most;
};

static bool
see(void *arg, const struct value *v)
{
	struct seen *s = arg;

	buf_puts(&s->out, value_show(v));
	buf_puts(&s->out, ";");
	return ++s->n < s->most;
}

/* What the walk sees, at most so many. */
static const char *
walk(const char *text, const char *path, unsigned most)
{
	static char out[512];
	char room[64];
	struct seen s = { .out = BUF_FIXED(out, sizeof out - 1), .most = most };
	struct buf scratch = BUF_FIXED(room, strlen(text) < sizeof room
					     ? strlen(text) : sizeof room);
	struct arena mem = { 0 };
	struct path p = path_of(path, &mem);

	json_walk(str_of(text), p.steps, p.nsteps, &scratch, see, &s);
	ck_assert_uint_eq(scratch.len, 0);
	out[s.out.len] = '\0';
	arena_fini(&mem);
	return out;
}

static const char *
walk_all(const char *text, const char *path)
{
	return walk(text, path, UINT32_MAX);
}

START_TEST(walk_any_sees_all_elements_and_members)
{
	ck_assert_str_eq(walk_all("[1,\"a\",null]", "[*]"),
			 "integer 1;string a;null;");
	ck_assert_str_eq(walk_all("{\"x\":1,\"y\":[2]}", "[*]"),
			 "integer 1;array [2];");
	ck_assert_str_eq(walk_all("[]", "[*]"), "");
	ck_assert_str_eq(walk_all("{}", "[*]"), "");
	ck_assert_str_eq(walk_all("5", "[*]"), "");
}
END_TEST

START_TEST(walk_goes_on_behind_any)
{
	static const char text[] =
		"[{\"t\":[1,2]},{\"u\":0},7,{\"t\":[3]},{\"t\":4}]";

	ck_assert_str_eq(walk_all(text, "[*].t"),
			 "array [1,2];array [3];integer 4;");
	ck_assert_str_eq(walk_all(text, "[*].t[*]"),
			 "integer 1;integer 2;integer 3;");
	ck_assert_str_eq(walk_all(text, "[*].t[-1]"), "integer 2;integer 3;");
	ck_assert_str_eq(walk_all(text, "[*].t[1]"), "integer 2;");
}
END_TEST

START_TEST(walk_counts_from_the_end)
{
	ck_assert_str_eq(walk_all("[1,2,3]", "[-1]"), "integer 3;");
	ck_assert_str_eq(walk_all("[1,2,3]", "[-3]"), "integer 1;");
	ck_assert_str_eq(walk_all("[1,2,3]", "[-4]"), "");
	ck_assert_str_eq(walk_all("[1,2,3]", "[2]"), "integer 3;");
	ck_assert_str_eq(walk_all("[1,2,3]", "[3]"), "");
	ck_assert_str_eq(walk_all("{\"a\":1}", "[-1]"), "");
	ck_assert_str_eq(walk_all("[]", "[-1]"), "");
	ck_assert_str_eq(walk_all("[[1],[2,{\"a\":9}]]", "[-1][-1].a"),
			 "integer 9;");
}
END_TEST

START_TEST(walk_by_key_takes_the_first)
{
	ck_assert_str_eq(walk_all("{\"a\":1,\"a\":2}", "a"), "integer 1;");
	ck_assert_str_eq(walk_all("{\"\\u0061\":1,\"a\":2}", "a"),
			 "integer 1;");
	ck_assert_str_eq(walk_all("{\"b\":1}", "a"), "");
	ck_assert_str_eq(walk_all("[1]", "a"), "");
}
END_TEST

START_TEST(walk_stops_when_it_is_told)
{
	ck_assert_str_eq(walk("[1,2,3]", "[*]", 2), "integer 1;integer 2;");
	ck_assert_str_eq(walk("[[1,2],[3]]", "[*][*]", 2),
			 "integer 1;integer 2;");
	ck_assert_str_eq(walk("[[1,2],[3]]", "[*][*]", 1), "integer 1;");
}
END_TEST

/* The scratch of walk() has room for 64 bytes of undone strings: much less
 * than are undone here in all. */
START_TEST(walk_does_not_exhaust_its_scratch)
{
	struct buf text = BUF_INIT;
	char room[16];
	struct buf scratch = BUF_FIXED(room, sizeof room);
	struct step any = { .kind = STEP_ANY };
	char out[64];
	struct seen s = { .out = BUF_FIXED(out, sizeof out),
			  .most = UINT32_MAX };

	buf_puts(&text, "[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s\"\\u0041%d\"", i ? "," : "", i);
	buf_puts(&text, "]");
	json_walk((struct str){ (char *)text.data, text.len }, &any, 1,
		  &scratch, see, &s);
	ck_assert_uint_eq(s.n, 1000);
	ck_assert_mem_eq(out, "string A0;string A1;string A2;", 30);
	ck_assert_int_eq(scratch.err, 0);
	buf_fini(&text);
}
END_TEST

START_TEST(at_gives_a_value_that_stays)
{
	char room[64];
	struct buf scratch = BUF_FIXED(room, sizeof room);
	struct arena mem = { 0 };
	struct path p = path_of("[-1].a", &mem);
	struct value from = json_value(STR("[0,{\"a\":\"\\u0041\\n\"}]"),
				       &scratch);
	struct value v = json_at(&from, p.steps, p.nsteps, &scratch);
	struct value w = json_at(&from, p.steps, p.nsteps, &scratch);

	ck_assert_str_eq(value_show(&v), "string A\n");
	ck_assert_str_eq(value_show(&w), "string A\n");
	v = json_at(&w, p.steps, p.nsteps, &scratch);
	ck_assert_int_eq(v.type, VALUE_NULL);
	v = json_at(&w, p.steps, 0, &scratch);
	ck_assert_str_eq(value_show(&v), "string A\n");
	arena_fini(&mem);
}
END_TEST

TEST_MAIN(json_walk, walk_any_sees_all_elements_and_members,
	  walk_goes_on_behind_any, walk_counts_from_the_end,
	  walk_by_key_takes_the_first, walk_stops_when_it_is_told,
	  walk_does_not_exhaust_its_scratch, at_gives_a_value_that_stays)
