/* test_options.c - the command line of our programs. */
#include "common/options.h"
#include "common/scratch.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/common/capture.h"

static struct {
	bool               quiet;
	const char        *to;
	struct option_list add;
	uint64_t           limit, queue;
	int64_t            wait;
	int                output;
	struct option_file file;
} got;

static const struct option table[] = {
	{ "quiet", 'q', OPTION_FLAG, NULL, NULL, "say nothing", &got.quiet },
	{ "source-job", 's', OPTION_STRING, "ENDPOINT", "tcp://x:1", "whom",
	  &got.to },
	{ "add", 'a', OPTION_STRINGS, "FILE", NULL, "one more", &got.add },
	{ "limit", 'n', OPTION_UINT, "N", NULL, "rows", &got.limit },
	{ "queue", 0, OPTION_BYTES, "BYTES", "32M", "memory", &got.queue },
	{ "wait", 0, OPTION_DURATION, "DURATION", "1.5s", "time", &got.wait },
	{ "output", 'o', OPTION_CHOICE, "json|table|csv", "json", "form",
	  &got.output },
	{ "config", 0, OPTION_CONFIG, "FILE", NULL, "more", &got.file },
	{ 0 },
};

static const struct option_usage usage = {
	"prog sub", "[options] FILE...", "What it does.", "Examples:\n  none\n",
};

enum { MAX_WORDS = 12 };

struct outcome {
	int  err, nrest;
	bool done;
	const char *rest[MAX_WORDS];
	struct capture out, errors;
};

/* Parse words, which end with NULL. */
static struct outcome
parse(const char *const *words)
{
	static struct outcome o;
	static char word[MAX_WORDS][64]; /* values are borrowed from here */
	char *argv[MAX_WORDS + 1] = { word[0] };
	int argc = 1;

	memset(&got, 0, sizeof got);
	memset(&o, 0, sizeof o);
	for (; words[argc - 1]; argc++) {
		argv[argc] = word[argc];
		snprintf(word[argc], sizeof *word, "%s", words[argc - 1]);
	}
	capture_start(&o.out, STDOUT_FILENO);
	capture_start(&o.errors, STDERR_FILENO);
	o.err = options_parse(&usage, table, argc, argv, &o.nrest, &o.done);
	capture_stop(&o.errors);
	capture_stop(&o.out);
	for (int i = 0; i < o.nrest; i++)
		o.rest[i] = argv[1 + i];
	return o;
}

static void
forget(void)
{
	option_list_fini(&got.add);
	option_file_fini(&got.file);
}

static void
expect_error(struct outcome o, const char *sentence)
{
	ck_assert_int_eq(o.err, MQL_EINVAL);
	ck_assert(!o.done);
	ck_assert_str_eq(o.errors.text, sentence);
	ck_assert_str_eq(o.out.text, "");
	forget();
}

START_TEST(options_have_defaults)
{
	struct outcome o = parse((const char *const[]){ NULL });

	ck_assert_int_eq(o.err, 0);
	ck_assert_int_eq(o.nrest, 0);
	ck_assert(!o.done);
	ck_assert(!got.quiet);
	ck_assert_str_eq(got.to, "tcp://x:1");
	ck_assert_uint_eq(got.add.n, 0);
	ck_assert_uint_eq(got.limit, 0);
	ck_assert_uint_eq(got.queue, 32 << 20);
	ck_assert_int_eq(got.wait, 1500);
	ck_assert_int_eq(got.output, 0);
}
END_TEST

START_TEST(options_are_written_in_several_ways)
{
	static const char *const words[] = {
		"--limit", "5", "--wait=250ms", "-o", "csv", "-squ", "-q",
		NULL,
	};
	struct outcome o = parse(words);

	ck_assert_int_eq(o.err, 0);
	ck_assert_uint_eq(got.limit, 5);
	ck_assert_int_eq(got.wait, 250);
	ck_assert_int_eq(got.output, 2);
	ck_assert_str_eq(got.to, "qu");
	ck_assert(got.quiet);
}
END_TEST

START_TEST(options_may_stand_among_other_words)
{
	static const char *const words[] = {
		"one", "--limit", "5", "two", "-", "--", "--limit", NULL,
	};
	struct outcome o = parse(words);

	ck_assert_int_eq(o.err, 0);
	ck_assert_int_eq(o.nrest, 4);
	ck_assert_str_eq(o.rest[0], "one");
	ck_assert_str_eq(o.rest[1], "two");
	ck_assert_str_eq(o.rest[2], "-");
	ck_assert_str_eq(o.rest[3], "--limit");
	ck_assert_uint_eq(got.limit, 5);
}
END_TEST

START_TEST(options_of_a_list_add_up)
{
	static const char *const words[] = {
		"-a", "x", "--add=y", "--add", "z", NULL,
	};
	setenv("MQL_ADD", "from the environment", 1);
	struct outcome o = parse(words);

	ck_assert_int_eq(o.err, 0);
	ck_assert_uint_eq(got.add.n, 3);
	ck_assert_str_eq(got.add.item[0], "x");
	ck_assert_str_eq(got.add.item[2], "z");
	forget();
	ck_assert_uint_eq(got.add.n, 0);
	unsetenv("MQL_ADD");
}
END_TEST

START_TEST(options_flag_can_be_switched_off)
{
	static const char *const off[] = { "-q", "--no-quiet", NULL };
	static const char *const said[] = { "--quiet=no", NULL };
	static const char *const on[] = { "--no-quiet", "--quiet", NULL };

	ck_assert_int_eq(parse(off).err, 0);
	ck_assert(!got.quiet);
	ck_assert_int_eq(parse(said).err, 0);
	ck_assert(!got.quiet);
	ck_assert_int_eq(parse(on).err, 0);
	ck_assert(got.quiet);
}
END_TEST

START_TEST(options_take_the_environment_where_the_line_is_silent)
{
	static const char *const words[] = { "--limit", "5", NULL };

	setenv("MQL_SOURCE_JOB", "tcp://env:2", 1);
	setenv("MQL_LIMIT", "no number, but not looked at", 1);
	setenv("MQL_QUIET", "yes", 1);
	setenv("MQL_QUEUE", "", 1);
	struct outcome o = parse(words);

	ck_assert_int_eq(o.err, 0);
	ck_assert_str_eq(got.to, "tcp://env:2");
	ck_assert_uint_eq(got.limit, 5);
	ck_assert(got.quiet);
	ck_assert_uint_eq(got.queue, 32 << 20);
	expect_error(parse((const char *const[]){ NULL }),
		     "prog sub: MQL_LIMIT takes a whole number, not "
		     "'no number, but not looked at'\n");
	unsetenv("MQL_SOURCE_JOB");
	unsetenv("MQL_LIMIT");
	unsetenv("MQL_QUIET");
	unsetenv("MQL_QUEUE");
}
END_TEST

START_TEST(options_bytes_have_suffixes)
{
	static const struct {
		const char *text;
		uint64_t    n;
	} cases[] = {
		{ "--queue=0", 0 },          { "--queue=4096", 4096 },
		{ "--queue=64k", 65536 },    { "--queue=64K", 65536 },
		{ "--queue=4M", 4 << 20 },   { "--queue=2g", UINT64_C(2) << 30 },
		{ "--queue=18446744073709551615", UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *const words[] = { cases[i].text, NULL };
		ck_assert_int_eq(parse(words).err, 0);
		ck_assert_uint_eq(got.queue, cases[i].n);
	}
}
END_TEST

START_TEST(options_refuse_a_bad_value_by_name)
{
	static const struct {
		const char *word, *sentence;
	} cases[] = {
		{ "--limit=x", "--limit takes a whole number, not 'x'" },
		{ "--limit=", "--limit takes a whole number, not ''" },
		{ "--limit=-1", "--limit takes a whole number, not '-1'" },
		{ "-n5k", "--limit takes a whole number, not '5k'" },
		{ "--limit=18446744073709551616", "--limit takes a whole "
		  "number, not '18446744073709551616'" },
		{ "--queue=4T", "--queue takes a number of bytes like 4096, "
		  "64k, 4M or 1G, not '4T'" },
		{ "--queue=99999999999G", "--queue takes a number of bytes "
		  "like 4096, 64k, 4M or 1G, not '99999999999G'" },
		{ "--wait=soon", "--wait takes a duration like 250ms, 10s, 5m "
		  "or 1h, not 'soon'" },
		{ "--output=cs", "--output takes json|table|csv, not 'cs'" },
		{ "--output=json|table",
		  "--output takes json|table|csv, not 'json|table'" },
		{ "--quiet=perhaps", "--quiet takes yes or no, not 'perhaps'" },
		{ "--limit", "--limit needs a value: a whole number" },
		{ "-s", "--source-job needs a value: a text" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *const words[] = { cases[i].word, NULL };
		char sentence[200];
		snprintf(sentence, sizeof sentence, "prog sub: %s\n",
			 cases[i].sentence);
		expect_error(parse(words), sentence);
	}
}
END_TEST

START_TEST(options_refuse_what_is_none_and_guess)
{
	static const struct {
		const char *word, *sentence;
	} cases[] = {
		{ "--limt", "there is no option --limt; did you mean "
		  "--limit?" },
		{ "--source_job=x", "there is no option --source_job; did you "
		  "mean --source-job?" },
		{ "--ad", "there is no option --ad; did you mean --add?" },
		{ "--zzz", "there is no option --zzz; try --help" },
		{ "--no-limit", "there is no option --no-limit; try --help" },
		{ "-x", "there is no option -x; try --help" },
		{ "-qx", "there is no option -qx; try --help" },
		{ "---", "there is no option ---; try --help" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *const words[] = { cases[i].word, NULL };
		char sentence[200];
		snprintf(sentence, sizeof sentence, "prog sub: %s\n",
			 cases[i].sentence);
		expect_error(parse(words), sentence);
	}
}
END_TEST

START_TEST(options_help_shows_the_table)
{
	static const char *const words[] = { "--help", NULL };

	setenv("MQL_LIMIT", "nonsense does not stop help", 1);
	struct outcome o = parse(words);
	ck_assert_int_eq(o.err, 0);
	ck_assert(o.done);
	ck_assert_str_eq(o.errors.text, "");
	ck_assert_ptr_eq(strstr(o.out.text, "Usage: prog sub [options] "
				"FILE...\n\nWhat it does.\n\nOptions:\n"),
			 o.out.text);
	ck_assert_ptr_nonnull(strstr(o.out.text,
		"\n  -o, --output json|table|csv   form (default: json)\n"));
	ck_assert_ptr_nonnull(strstr(o.out.text,
		"\n      --queue BYTES             memory (default: 32M)\n"));
	ck_assert_ptr_nonnull(strstr(o.out.text, "\nExamples:\n  none\n"));
	unsetenv("MQL_LIMIT");
}
END_TEST

START_TEST(options_version_is_one_line)
{
	static const char *const words[] = { "--version", "--nonsense", NULL };
	struct outcome o = parse(words);

	ck_assert_int_eq(o.err, 0);
	ck_assert(o.done);
	ck_assert_str_eq(o.out.text, "prog sub " MQL_VERSION "\n");
}
END_TEST

/* A file with this text; parse with it, and perhaps another word. */
static struct outcome
parse_bytes(struct str text, const char *other)
{
	char path[SCRATCH_PATH], word[SCRATCH_PATH + 16];
	int fd = scratch_file(path, "options");

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text.ptr, text.len), (ssize_t)text.len);
	close(fd);
	snprintf(word, sizeof word, "--config=%s", path);
	const char *const words[] = { word, other, NULL };
	struct outcome o = parse(words);
	unlink(path);
	return o;
}

static struct outcome
parse_file(const char *text, const char *other)
{
	return parse_bytes(str_of(text), other);
}

START_TEST(options_are_taken_from_a_file)
{
	struct outcome o = parse_file("# all of it\n\n  queue =  2k \r\n"
				      "source-job= tcp://file:1\nadd = a\n"
				      "add = b = c\nquiet = yes\n"
				      "output=csv", NULL);

	ck_assert_int_eq(o.err, 0);
	ck_assert_uint_eq(got.queue, 2048);
	ck_assert_str_eq(got.to, "tcp://file:1");
	ck_assert_uint_eq(got.add.n, 2);
	ck_assert_str_eq(got.add.item[1], "b = c");
	ck_assert(got.quiet);
	ck_assert_int_eq(got.output, 2);
	ck_assert_int_eq(got.wait, 1500); /* what it does not say */
	forget();
	ck_assert_ptr_null(got.file.text);
}
END_TEST

START_TEST(options_of_line_and_environment_win_over_the_file)
{
	setenv("MQL_QUEUE", "7", 1);
	parse_file("queue = 1\nlimit = 2\nadd = no\nwait = 1s", "--add=yes");
	unsetenv("MQL_QUEUE");
	ck_assert_uint_eq(got.queue, 7);
	ck_assert_uint_eq(got.limit, 2);
	ck_assert_uint_eq(got.add.n, 1);
	ck_assert_str_eq(got.add.item[0], "yes");
	forget();
}
END_TEST

START_TEST(options_of_a_file_are_refused_by_its_line)
{
	static const char *const bad[][2] = {
		{ "queue = 1\nqueue = many", ":2: queue takes a number" },
		{ "\n\nnonsense", ":3: this is no `name = value`" },
		{ "--queue = 1", ":1: '--queue' is not an option here" },
		{ "config = x", ":1: 'config' is not an option here" },
		{ "= x", ":1: '' is not an option here" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct outcome o = parse_file(bad[i][0], NULL);

		ck_assert_int_eq(o.err, MQL_EINVAL);
		ck_assert_msg(strstr(o.errors.text, bad[i][1]) != NULL,
			      "%s", o.errors.text);
		forget();
	}
}
END_TEST

/* What stands behind it would not be read. */
START_TEST(options_of_a_file_with_a_nul_byte_are_refused_by_its_line)
{
	const struct str bad[] = {
		STR("queue = 1\nlimit = 2\0\nqueue = many"),
		STR("queue = 1\n\0"),
		STR("queue = 1\n# \0\n"),
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct outcome o = parse_bytes(bad[i], NULL);

		ck_assert_int_eq(o.err, MQL_EINVAL);
		ck_assert_msg(strstr(o.errors.text, ":2: there is a NUL byte"),
			      "%s", o.errors.text);
		forget();
	}
}
END_TEST

START_TEST(options_want_a_file_that_is_there_and_no_book)
{
	static char large[70000];
	const char *const none[] = { "--config", "/nowhere/at/all", NULL };
	struct outcome o = parse(none);

	ck_assert_int_eq(o.err, MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(o.errors.text, "/nowhere/at/all: No"));
	memset(large, '#', sizeof large - 1);
	o = parse_file(large, NULL);
	ck_assert_int_eq(o.err, MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(o.errors.text, "too large"));
}
END_TEST

TEST_MAIN(options, options_are_taken_from_a_file,
	  options_of_line_and_environment_win_over_the_file,
	  options_of_a_file_are_refused_by_its_line,
	  options_of_a_file_with_a_nul_byte_are_refused_by_its_line,
	  options_want_a_file_that_is_there_and_no_book, options_have_defaults,
	  options_are_written_in_several_ways,
	  options_may_stand_among_other_words, options_of_a_list_add_up,
	  options_flag_can_be_switched_off,
	  options_take_the_environment_where_the_line_is_silent,
	  options_bytes_have_suffixes, options_refuse_a_bad_value_by_name,
	  options_refuse_what_is_none_and_guess, options_help_shows_the_table,
	  options_version_is_one_line)
