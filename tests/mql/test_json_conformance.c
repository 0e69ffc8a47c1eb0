/* `select *` over what is JSON and what is not: a valid text comes out as it
 * went in, any other one is a bad event. An event is an object, so each text
 * is a member of one here, at every place of a block; docs/mql.md says so. */
#include "tests/check_main.h"
#include "tests/event/json_texts.h"
#include "tests/mql/ask.h"

#include "common/buf.h"

enum { PADS = 65, DEEPEST = 127 }; /* in the event */

struct run {
	struct mql_query  *q;
	struct mql_runner *r;
	struct buf         event;
	const char        *row;
	size_t             len;
};

static void
set_up(struct run *run)
{
	*run = (struct run){ .q = ask_compile("select *") };
	ck_assert_int_eq(mql_runner_new(run->q, 0, &run->r), 0);
}

static void
tear_down(struct run *run)
{
	mql_runner_free(run->r);
	mql_query_free(run->q);
	buf_fini(&run->event);
}

static int
put(struct run *run, struct str text, int pad)
{
	buf_reset(&run->event);
	buf_printf(&run->event, "{\"%*s\":", pad, "");
	buf_put(&run->event, text.ptr, text.len);
	buf_puts(&run->event, ",\"z\":null}");
	return mql_runner_event(run->r, (char *)run->event.data,
				run->event.len, &run->row, &run->len);
}

START_TEST(what_is_valid_comes_out_as_it_went_in)
{
	struct run run;

	set_up(&run);
	for (int i = 0; i < VALID_TEXTS; i++) {
		for (int pad = 0; pad < PADS; pad++) {
			int err = put(&run, valid_texts[i], pad);

			/* A row is one line. */
			for (size_t k = 0; k < run.event.len; k++)
				if (strchr("\r\n", run.event.data[k]) &&
				    run.event.data[k])
					run.event.data[k] = ' ';
			ck_assert_msg(!err && run.len == run.event.len &&
				      !memcmp(run.row, run.event.data,
					      run.len),
				      "%.*s", (int)run.event.len,
				      (char *)run.event.data);
		}
	}
	tear_down(&run);
}
END_TEST

START_TEST(what_is_not_valid_is_a_bad_event)
{
	struct run run;

	set_up(&run);
	for (int i = 0; i < INVALID_TEXTS; i++)
		for (int pad = 0; pad < PADS; pad++)
			ck_assert_msg(put(&run, invalid_texts[i], pad) ==
				      MQL_EBADEVENT && !run.row, "%d: %.*s", i,
				      (int)run.event.len,
				      (char *)run.event.data);
	tear_down(&run);
}
END_TEST

/* As they are, without an object around them. */
START_TEST(what_is_no_object_is_a_bad_event)
{
	struct run run;

	set_up(&run);
	for (int i = 0; i < INVALID_TEXTS; i++)
		ck_assert_int_eq(mql_runner_event(run.r, invalid_texts[i].ptr,
						  invalid_texts[i].len,
						  &run.row, &run.len),
				 MQL_EBADEVENT);
	for (int i = 0; i < VALID_TEXTS; i++) {
		const struct str t = valid_texts[i];
		const bool object = t.ptr[strspn(t.ptr, " \t\r\n")] == '{';
		int err = mql_runner_event(run.r, t.ptr, t.len, &run.row,
					   &run.len);

		ck_assert_msg(err == (object ? 0 : MQL_EBADEVENT), "%s", t.ptr);
	}
	tear_down(&run);
}
END_TEST

START_TEST(nesting_is_bounded)
{
	static char text[2 * 100000];
	struct run run;

	set_up(&run);
	for (int n = 1; n <= 100000; n = n < 200 ? n + 1 : n * 10) {
		memset(text, '[', (size_t)n);
		memset(text + n, ']', (size_t)n);
		int err = put(&run, (struct str){ text, 2 * (size_t)n }, 0);
		ck_assert_int_eq(err, n <= DEEPEST ? 0 : MQL_EBADEVENT);
	}
	tear_down(&run);
}
END_TEST

TEST_MAIN(json_conformance, what_is_valid_comes_out_as_it_went_in,
	  what_is_not_valid_is_a_bad_event, what_is_no_object_is_a_bad_event,
	  nesting_is_bounded)
