#include <stdio.h>

#include "event/built.h"
#include "tests/check_main.h"

static struct layout layout;
static struct built b;

/* Keys are separated by a space; the i-th value is i. */
static void
build(const char *keys)
{
	char copy[256], *at = copy, *key;
	static char kept[256];
	int i = 0;

	strcpy(copy, keys);
	strcpy(kept, keys);
	b.layout = &layout;
	built_begin(&b);
	while ((key = strsep(&at, " "))) {
		char *z = kept + (key - copy);

		z[strlen(key)] = '\0';
		built_add(&b, built_key(&b, z), (struct value){
			.type = VALUE_INT, .i = i++,
		});
	}
}

static void
teach(const char *keys)
{
	layout = (struct layout){ 0 };
	for (int i = 0; i < 20; i++) {
		build(keys);
		built_note(&b);
	}
	build(keys);
	ck_assert_uint_eq(b.same, b.nfield);
}

/* Where the key is found, with slot 3 for it; -1: nowhere. */
static int
found(const char *key, uint64_t era)
{
	const struct value *v = built_find(&b, era, 3, str_of(key));

	return v ? (int)v->i : -1;
}

START_TEST(layout_is_known_after_a_few_events_and_finds_the_same)
{
	teach("a bb ccc");
	ck_assert_int_eq(found("bb", 1), 1);
	ck_assert_int_eq(found("bb", 1), 1); /* this time by the slot */
	ck_assert_uint_eq(layout.field[3], 1);
	ck_assert_int_eq(found("ccc", 2), 2); /* the slot is another key's */
	ck_assert_int_eq(found("x", 3), -1);
	ck_assert_int_eq(found("x", 3), -1);
}
END_TEST

START_TEST(layout_of_another_event_does_not_mislead)
{
	teach("a bb ccc d");
	ck_assert_int_eq(found("ccc", 1), 2);
	build("a bb d ccc");
	ck_assert_uint_eq(b.same, 2);
	ck_assert_int_eq(found("ccc", 1), 3);
	build("ccc bb ccc d"); /* of two the first counts */
	ck_assert_uint_eq(b.same, 0);
	ck_assert_int_eq(found("ccc", 1), 0);
	build("a bb");
	ck_assert_uint_eq(b.same, 2);
	ck_assert_int_eq(found("ccc", 1), -1);
	build("a bb ccc d e");
	ck_assert_int_eq(found("ccc", 1), 2);
	ck_assert_int_eq(found("e", 2), 4);
	build("a bb ccx ccc");
	ck_assert_int_eq(found("ccc", 3), 3);
}
END_TEST

START_TEST(layout_compares_what_a_key_says_not_where_it_stands)
{
	char key[4] = "bb";

	teach("a bb");
	ck_assert_int_eq(found("bb", 1), 1);
	built_begin(&b);
	built_add(&b, built_key(&b, "a"), (struct value){ .type = VALUE_INT });
	strcpy(key, "cc");
	built_add(&b, built_key(&b, key), (struct value){ .type = VALUE_INT });
	ck_assert_int_eq(found("bb", 1), -1);
}
END_TEST

START_TEST(layout_knows_members_of_objects_from_fields)
{
	layout = (struct layout){ 0 };
	b.layout = &layout;
	for (int i = 0; i < 20; i++) {
		built_begin(&b);
		built_object(&b, built_key(&b, "o"));
		built_add(&b, built_key(&b, "k"), (struct value){
			.type = VALUE_INT, .i = 1 });
		built_end(&b);
		built_add(&b, built_key(&b, "k"), (struct value){
			.type = VALUE_INT, .i = 2 });
		built_note(&b);
	}
	ck_assert_uint_eq(b.same, 3);
	ck_assert_int_eq(found("k", 1), 2);
	built_begin(&b); /* the same keys, but no object around them */
	built_add(&b, built_key(&b, "o"), VALUE_NONE);
	built_add(&b, built_key(&b, "k"), (struct value){
		.type = VALUE_INT, .i = 7 });
	ck_assert_uint_eq(b.same, 1);
	ck_assert_int_eq(found("k", 1), 7);
}
END_TEST

START_TEST(layout_gives_way_to_what_events_have_become)
{
	teach("a bb");
	ck_assert_int_eq(found("bb", 1), 1);
	for (int i = 0; i < 20; i++) {
		build("x bb a");
		ck_assert_int_eq(found("bb", 1), 1);
		ck_assert_int_eq(built_find(&b, 1, 4, STR("a"))->i, 2);
		built_note(&b);
	}
	build("x bb a");
	ck_assert_uint_eq(b.same, 3);
	ck_assert_int_eq(built_find(&b, 1, 4, STR("a"))->i, 2);
}
END_TEST

START_TEST(layout_holds_as_many_keys_as_it_has_room_for)
{
	static char key[BUILT_MAX_FIELDS][64];

	layout = (struct layout){ 0 };
	b.layout = &layout;
	for (int i = 0; i < BUILT_MAX_FIELDS; i++)
		snprintf(key[i], sizeof key[i], "a_rather_long_key_of_an_event"
			 "_number_%d", i);
	for (int n = 0; n < 20; n++) {
		built_begin(&b);
		for (int i = 0; i < BUILT_MAX_FIELDS; i++)
			built_add(&b, built_key(&b, key[i]), (struct value){
				.type = VALUE_INT, .i = i });
		built_note(&b);
	}
	ck_assert(b.same > 50 && b.same < BUILT_MAX_FIELDS);
	for (int i = 0; i < BUILT_MAX_FIELDS; i++)
		ck_assert_int_eq(built_find(&b, 1, (unsigned)i,
					    str_of(key[i]))->i, i);
}
END_TEST

TEST_MAIN(layout, layout_is_known_after_a_few_events_and_finds_the_same,
	  layout_of_another_event_does_not_mislead,
	  layout_compares_what_a_key_says_not_where_it_stands,
	  layout_knows_members_of_objects_from_fields,
	  layout_gives_way_to_what_events_have_become,
	  layout_holds_as_many_keys_as_it_has_room_for)
