/* test_policy.c - what an owner hides is hidden, however it is spelt. */
#include "event/policy.h"

#include "event/reader.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

enum { MAX_EVENT = 4096 };

static struct policy *policy;

static void
rules(const char *deny, const char *mask, const char *hash)
{
	char why[200] = "";

	ck_assert_int_eq(policy_new(&policy), 0);
	policy_secret(policy, STR("fleet"));
	ck_assert_msg(!policy_add(policy, POLICY_DENY, str_of(deny), why,
				  sizeof why), "%s", why);
	ck_assert_msg(!policy_add(policy, POLICY_MASK, str_of(mask), why,
				  sizeof why), "%s", why);
	ck_assert_msg(!policy_add(policy, POLICY_HASH, str_of(hash), why,
				  sizeof why), "%s", why);
}

/* The text as queries see it. */
static const char *
seen(const char *text)
{
	static char to[2 * MAX_EVENT];
	struct buf b = BUF_FIXED(to, sizeof to - 1);
	struct policy_at top = policy_top(policy);

	policy_write(policy, &top, str_of(text), &b);
	ck_assert_int_eq(b.err, 0);
	to[b.len] = '\0';
	return to;
}

static enum policy_verdict
verdict(const char *path)
{
	struct arena mem = { 0 };
	struct path p = path_of(path, &mem);
	struct policy_at at;
	enum policy_verdict v = policy_path(policy, &p, p.nsteps, &at);

	arena_fini(&mem);
	return v;
}

START_TEST(policy_denies_a_field_however_it_is_spelt)
{
	rules("user.email", NULL, NULL);
	ck_assert_int_eq(verdict("user.email"), POLICY_DENY);
	ck_assert_int_eq(verdict("/user.email"), POLICY_DENY);
	ck_assert_int_eq(verdict("user.EMail"), POLICY_DENY);
	ck_assert_int_eq(verdict("user.email.host"), POLICY_DENY);
	ck_assert_int_eq(verdict("user[*].email"), POLICY_DENY);
	ck_assert_int_eq(verdict("user[0].email"), POLICY_DENY);
	ck_assert_int_eq(verdict("user[-1].email[*]"), POLICY_DENY);
	ck_assert_int_eq(verdict("user"), POLICY_INSIDE);
	ck_assert_int_eq(verdict("user[*]"), POLICY_INSIDE);
	ck_assert_int_eq(verdict("user.emails"), POLICY_OPEN);
	ck_assert_int_eq(verdict("email"), POLICY_OPEN);
	ck_assert_int_eq(verdict("x.user.email"), POLICY_OPEN);
	ck_assert_int_eq(verdict("@app"), POLICY_OPEN);
	policy_free(policy);
}
END_TEST

START_TEST(policy_leaves_denied_members_out_of_a_text)
{
	rules("user.email, headers['X-Key'], q.*", NULL, NULL);
	ck_assert_str_eq(seen("{\"user\":{\"email\":\"e\",\"n\":1},\"a\":2}"),
			 "{\"user\":{\"n\":1},\"a\":2}");
	ck_assert_str_eq(seen("{\"user.email\":1,\"a\":2}"), "{\"a\":2}");
	ck_assert_str_eq(seen("{\"USER\":{\"eMail\":1}}"), "{\"USER\":{}}");
	ck_assert_str_eq(seen("{\"us\\u0065r\":{\"\\u0065mail\":1},\"a\":2}"),
			 "{\"us\\u0065r\":{},\"a\":2}");
	ck_assert_str_eq(seen("{\"user\":{\"email\":1,\"email\":2}}"),
			 "{\"user\":{}}");
	ck_assert_str_eq(seen("{\"user\":1,\"user\":{\"email\":2}}"),
			 "{\"user\":1,\"user\":{}}");
	ck_assert_str_eq(seen("{\"user\":[[{\"email\":1}],{\"email\":2,"
			      "\"x\":[ 3 , 4 ]}]}"),
			 "{\"user\":[[{}],{\"x\":[ 3 , 4 ]}]}");
	ck_assert_str_eq(seen("{\"headers\":{\"x-key\":\"k\",\"x.key\":1}}"),
			 "{\"headers\":{\"x.key\":1}}");
	ck_assert_str_eq(seen("{\"q\":{\"a\":1,\"b\":{\"c\":2}},\"q.z\":3}"),
			 "{\"q\":{}}");
	ck_assert_str_eq(seen(" {\n} "), "{}");
	policy_free(policy);
}
END_TEST

START_TEST(policy_masks_whole_values_and_leaves_null)
{
	rules(NULL, "name, card.*", NULL);
	ck_assert_str_eq(seen("{\"name\":{\"first\":\"x\"},\"z\":\"name\"}"),
			 "{\"name\":\"***\",\"z\":\"name\"}");
	ck_assert_str_eq(seen("{\"name\":null}"), "{\"name\":null}");
	ck_assert_str_eq(seen("{\"card\":{\"no\":17,\"x\":[1]}}"),
			 "{\"card\":{\"no\":\"***\",\"x\":\"***\"}}");
	ck_assert_str_eq(seen("{\"card\":[{\"no\":17},5]}"),
			 "{\"card\":[{\"no\":\"***\"},5]}");
	ck_assert_int_eq(verdict("name"), POLICY_MASK);
	ck_assert_int_eq(verdict("name.first"), POLICY_GONE);
	ck_assert_int_eq(verdict("name[0]"), POLICY_GONE);
	policy_free(policy);
}
END_TEST

START_TEST(policy_hash_joins_equal_values_only)
{
	char one[200], other[200];

	rules(NULL, NULL, "id");
	snprintf(one, sizeof one, "%s", seen("{\"id\":\"ab\"}"));
	ck_assert_uint_eq(strlen(one), strlen("{\"id\":\"\"}") + 32);
	ck_assert_str_eq(one, seen("{\"id\":\"\\u0061b\"}"));
	ck_assert_str_ne(one, seen("{\"id\":\"ac\"}"));
	snprintf(one, sizeof one, "%s", seen("{\"id\":7}"));
	ck_assert_str_eq(one, seen("{\"id\":7.0}"));
	snprintf(one, sizeof one, "%s", seen("{\"id\":18446744073709551617}"));
	ck_assert_str_ne(one, seen("{\"id\":18446744073709551618}"));
	policy_secret(policy, STR("another"));
	snprintf(other, sizeof other, "%s",
		 seen("{\"id\":18446744073709551617}"));
	ck_assert_str_ne(one, other);
	policy_free(policy);
}
END_TEST

START_TEST(policy_takes_the_strictest_rule)
{
	rules("user.email", "user", "user.*");
	ck_assert_int_eq(verdict("user.email"), POLICY_DENY);
	ck_assert_int_eq(verdict("user.id"), POLICY_GONE);
	ck_assert_int_eq(verdict("user"), POLICY_MASK);
	ck_assert_str_eq(seen("{\"user.email\":1,\"user.id\":2,\"user\":{}}"),
			 "{\"user.id\":\"***\",\"user\":\"***\"}");
	policy_free(policy);
}
END_TEST

START_TEST(policy_reads_every_spelling_of_a_rule)
{
	rules("e['a']['b'], c[*].d ,f[ \"g.h\" ], i['it''s'],*.top,e[ 'y' ]",
	      "", NULL);
	ck_assert_int_eq(verdict("a.b"), POLICY_DENY);
	ck_assert_int_eq(verdict("c.d"), POLICY_DENY);
	ck_assert_int_eq(verdict("f.g.h"), POLICY_DENY);
	ck_assert_int_eq(verdict("i.it's"), POLICY_DENY);
	ck_assert_int_eq(verdict("whatever.top"), POLICY_DENY);
	ck_assert_int_eq(verdict("y"), POLICY_DENY);
	ck_assert_int_eq(verdict("e.a.b"), POLICY_OPEN);
	policy_free(policy);
}
END_TEST

START_TEST(policy_refuses_a_rule_that_names_no_field)
{
	static const char *const bad[] = {
		"a..b", ".a", "a.", "a[", "a[0]", "a['x'", "a]", "a b", "us*",
		",", "a,,b", "a['x", "[*]", "e[*]x", "a[*", "'a'",
	};
	char why[200];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_int_eq(policy_new(&policy), 0);
		ck_assert_msg(policy_add(policy, POLICY_DENY, str_of(bad[i]),
			      why, sizeof why) == MQL_EINVAL, "%s", bad[i]);
		ck_assert_msg(strstr(why, "names no field"), "%s", why);
		policy_free(policy);
	}
}
END_TEST

START_TEST(policy_bounds_its_rules)
{
	char why[200];
	int err = 0;

	ck_assert_int_eq(policy_new(&policy), 0);
	for (int i = 0; i < POLICY_MAX_RULES && !err; i++)
		err = policy_add(policy, POLICY_DENY, STR("a.b"), why,
				 sizeof why);
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(policy_add(policy, POLICY_DENY, STR("z"), why,
				    sizeof why), MQL_ELIMIT);
	policy_free(policy);
}
END_TEST

START_TEST(policy_stops_at_a_text_that_is_broken)
{
	static const char *const bad[] = {
		"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":[1,", "[", "",
		"{\"a\":{\"b\":}}",
	};
	char to[64];

	rules("a.b", "c", NULL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf b = BUF_FIXED(to, sizeof to);
		struct policy_at top = policy_top(policy);

		policy_write(policy, &top, str_of(bad[i]), &b);
		ck_assert_int_eq(b.err, MQL_EBADEVENT);
	}
	policy_free(policy);
}
END_TEST

/* --- events of all forms: read under the policy, they are the text that
 * policy_write() gives, read without ------------------------------------ */

static const char *const paths[] = {
	"a", "b", "a.b", "/a.b", "a.a.b", "b.a", "/b.a", "a[0]", "a[-1].b",
	"b[*]", "a[*].b", "b.b[0].a", "a.b.a", "c", "c.a",
};
enum { NPATH = sizeof paths / sizeof *paths };

static const struct event_meta meta;

static bool
collect(void *arg, const struct value *v)
{
	struct buf *b = arg;

	buf_puts(b, value_show(v));
	buf_puts(b, ";");
	return true;
}

struct sight { /* what one reader sees: each path, the whole, and its fields
		  that begin with `a` */
	char at[NPATH + 2][MAX_EVENT];
};

static bool
begins_with_a(void *arg, struct str name)
{
	(void)arg;
	return name.len && *name.ptr == 'a';
}

static void
look(const struct policy *p, const struct schema *schema, struct event *ev,
     struct sight *to)
{
	struct reader *r;
	struct pathset *ps;
	unsigned slot[NPATH];

	ck_assert_int_eq(reader_new(MAX_EVENT, &r), 0);
	ck_assert_int_eq(pathset_new(schema, &ps), 0);
	for (int i = 0; i < NPATH; i++)
		slot[i] = pathset_put(ps, paths[i]);
	pathset_guard(ps, p);
	ev->meta = &meta;
	ck_assert_int_eq(reader_begin(r, ps, ev), 0);
	for (int i = 0; i < NPATH + 2; i++) {
		struct buf b = BUF_FIXED(to->at[i], MAX_EVENT - 1);
		bool comma = false;

		if (i < NPATH)
			reader_each(r, slot[i], collect, &b);
		else if (i == NPATH)
			reader_write_event(r, &b);
		else
			reader_write_fields(r, begins_with_a, NULL, &comma, &b);
		ck_assert_int_eq(b.err, 0);
		to->at[i][b.len] = '\0';
	}
	reader_free(r);
	pathset_free(ps);
}

static void
same_sight(const struct schema *schema, struct event *ev, const char *plain)
{
	static struct sight mine, theirs;
	struct event rewritten = { .form = EVENT_JSON };
	char text[2 * MAX_EVENT];

	snprintf(text, sizeof text, "%s", seen(plain));
	rewritten.text = str_of(text);
	look(policy, schema, ev, &mine);
	look(NULL, NULL, &rewritten, &theirs);
	for (int i = 0; i < NPATH; i++) {
		/* `a.b` below a mask on `a` is null, though the one key "a.b"
		 * shows a mask in the whole. */
		if (verdict(paths[i]) >= POLICY_GONE)
			ck_assert_str_eq(mine.at[i], strstr(paths[i], "[*]") ?
					 mine.at[i] : "null;");
		else
			ck_assert_msg(!strcmp(mine.at[i], theirs.at[i]),
				      "%s of %s: %s, but in %s: %s", paths[i],
				      plain, mine.at[i], text, theirs.at[i]);
	}
	ck_assert_str_eq(mine.at[NPATH], theirs.at[NPATH]);
	ck_assert_str_eq(mine.at[NPATH + 1], theirs.at[NPATH + 1]);
}

static uint64_t random_state = 7;

static unsigned
draw(unsigned n)
{
	random_state = random_state * 6364136223846793005u +
		       1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static void
put_value(struct buf *b, int depth)
{
	static const char *const leaf[] = {
		"1", "2.50", "\"x\"", "\"\\u0078y\"", "null", "true",
		"123456789012345678901", "\"***\"", "{}", "[]",
	};
	static const char *const key[] = {
		"a", "b", "c", "a.b", "A", "\\u0061", "b.a", "", "a.b.a",
	};
	unsigned kind = depth ? draw(4) : 0, n = draw(4);

	if (kind < 2) {
		buf_puts(b, leaf[draw(sizeof leaf / sizeof *leaf)]);
		return;
	}
	buf_puts(b, kind == 2 ? "{" : "[");
	for (unsigned i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		if (kind == 2)
			buf_printf(b, "\"%s\":",
				   key[draw(sizeof key / sizeof *key)]);
		put_value(b, depth - 1);
	}
	buf_puts(b, kind == 2 ? "}" : "]");
}

static void
put_object(struct buf *b)
{
	size_t begun;

	do { /* an event is an object */
		begun = b->len = 0;
		put_value(b, 4);
	} while (b->data[begun] != '{' || b->len > MAX_EVENT / 8);
	b->data[b->len] = '\0';
}

static const struct {
	const char *deny, *mask, *hash;
} policies[] = {
	{ "a.b", NULL, NULL },
	{ NULL, "a.b", "b.a" },
	{ "*.b.a", "a", "b" },
	{ "c", "b.*", "a.a, a.b.a" },
	{ NULL, "*", NULL },
	{ "a['']", "b['']", "c" },
};

START_TEST(policy_shows_a_text_as_it_was_rewritten)
{
	char text[MAX_EVENT];
	struct buf b = BUF_FIXED(text, sizeof text);

	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		rules(policies[i].deny, policies[i].mask, policies[i].hash);
		for (int n = 0; n < 1000; n++) {
			struct event ev = { .form = EVENT_JSON };

			buf_reset(&b);
			put_object(&b);
			ev.text = (struct str){ text, b.len };
			same_sight(NULL, &ev, text);
		}
		policy_free(policy);
	}
}
END_TEST

struct inner {
	const char *b;
	int32_t     a;
};
struct outer {
	struct inner a;
	const char  *b; /* JSON */
	const char  *c;
	const char  *ab; /* a.b as one key */
};

static const struct mql_field inner_table[] = {
	{ .name = "b", .type = MQL_T_CSTR, .offset = offsetof(struct inner, b) },
	{ .name = "a", .type = MQL_T_I32, .offset = offsetof(struct inner, a) },
};
static const struct mql_field outer_table[] = {
	{ .name = "a", .type = MQL_T_STRUCT, .fields = inner_table,
	  .nfields = 2 },
	{ .name = "b", .type = MQL_T_JSON, .offset = offsetof(struct outer, b) },
	{ .name = "c", .type = MQL_T_CSTR, .offset = offsetof(struct outer, c) },
	{ .name = "a.b", .type = MQL_T_CSTR,
	  .offset = offsetof(struct outer, ab) },
};

static const struct outer record = {
	.a = { "secret", 5 }, .ab = "one key", .c = "see",
	.b = "{\"a\":{\"b\":[1,{\"a\":2}]},\"b\":[{\"a\":\"x\"}]}",
};

START_TEST(policy_shows_a_struct_as_it_was_rewritten)
{
	struct event ev = { .form = EVENT_STRUCT, .record = &record };
	struct schema *schema;
	char plain[MAX_EVENT];
	struct buf b = BUF_FIXED(plain, sizeof plain - 1);

	ck_assert_int_eq(schema_new(outer_table, 4, &schema), 0);
	schema_write_json(schema, &record, &b);
	plain[b.len] = '\0';
	ev.schema = schema;
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		rules(policies[i].deny, policies[i].mask, policies[i].hash);
		same_sight(schema, &ev, plain);
		policy_free(policy);
	}
	schema_free(schema);
}
END_TEST

START_TEST(policy_shows_a_built_event_as_it_was_rewritten)
{
	static struct built built;
	struct event ev = { .form = EVENT_BUILT, .built = &built };
	char plain[MAX_EVENT];
	struct buf b = BUF_FIXED(plain, sizeof plain - 1), room = BUF_INIT;

	built_begin(&built);
	built_object(&built, STR("a"));
	built_add(&built, STR("b"), json_value(STR("\"secret\""), &room));
	built_add(&built, STR("a.b"), json_value(STR("\"flat\""), &room));
	built_end(&built);
	built_add(&built, STR("b"), json_value(str_of(record.b), &room));
	built_add(&built, STR("C"), json_value(STR("5.5"), &room));
	built_write_json(&built, &b);
	plain[b.len] = '\0';
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		rules(policies[i].deny, policies[i].mask, policies[i].hash);
		same_sight(NULL, &ev, plain);
		policy_free(policy);
	}
}
END_TEST

START_TEST(policy_shows_nothing_where_there_is_no_room)
{
	char room[8];
	struct buf b = BUF_FIXED(room, sizeof room);
	struct policy_at at;
	struct value v = json_value(STR("{\"b\":1,\"name\":\"long\"}"), &b);

	rules("a.b", NULL, "h");
	at = policy_top(policy);
	policy_key(policy, &at, STR("a"));
	v = policy_value(policy, POLICY_INSIDE, &at, v, &b);
	ck_assert_int_eq(v.type, VALUE_NULL);
	v = (struct value){ .type = VALUE_INT, .i = 5 };
	v = policy_value(policy, POLICY_HASH, &at, v, &b);
	ck_assert_int_eq(v.type, VALUE_NULL);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 0);
	policy_free(policy);
}
END_TEST

TEST_MAIN(policy, policy_denies_a_field_however_it_is_spelt,
	  policy_leaves_denied_members_out_of_a_text,
	  policy_masks_whole_values_and_leaves_null,
	  policy_hash_joins_equal_values_only, policy_takes_the_strictest_rule,
	  policy_reads_every_spelling_of_a_rule,
	  policy_refuses_a_rule_that_names_no_field, policy_bounds_its_rules,
	  policy_stops_at_a_text_that_is_broken,
	  policy_shows_a_text_as_it_was_rewritten,
	  policy_shows_a_struct_as_it_was_rewritten,
	  policy_shows_a_built_event_as_it_was_rewritten,
	  policy_shows_nothing_where_there_is_no_room)
