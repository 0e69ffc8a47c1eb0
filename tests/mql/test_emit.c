/* The emitter, seen through its listing. */
#include "tests/mql/ask.h"
#include "tests/check_main.h"

static void
check_listing(const char *where, const char *want)
{
	char text[200], *got;
	size_t size;

	snprintf(text, sizeof text, "select * where %s", where);
	struct mql_query *q = ask_compile(text);
	FILE *to = open_memstream(&got, &size);
	mql_query_disassemble(q, to);
	fclose(to);
	ck_assert_msg(!strcmp(got, want), "%s\nwant\n%sgot\n%s", where, want,
		      got);
	free(got);
	mql_query_free(q);
}

START_TEST(emit_makes_a_field_and_a_constant_one_instruction)
{
	check_listing("country == 'BR'", "0000 EQ       country \"BR\"\n"
					 "0001 RET\n");
	check_listing("a.b > 1.5",       "0000 GT       a.b 1.5\n"
					 "0001 RET\n");
	check_listing("a in (3, 'x', 1)", "0000 IN       a (1, 3, \"x\")\n"
					  "0001 RET\n");
	check_listing("a ==~ /x\\/y/",   "0000 MATCH    a /x/y/ whole\n"
					 "0001 RET\n");
}
END_TEST

START_TEST(emit_jumps_over_what_need_not_be_known)
{
	check_listing("a == 1 and (b or c[*] > 2)",
		      "0000 EQ       a 1\n"
		      "0001 JF       0007\n"
		      "0002 EQ       b true\n"
		      "0003 JT       0007\n"
		      "0004 ANY      c[*] r0 0007\n"
		      "0005 GT       r0 2\n"
		      "0006 RET\n"
		      "0007 RET\n");
	check_listing("not (a == 1 or b == 1 or c == 1)",
		      "0000 EQ       a 1\n"
		      "0001 JT       0005\n"
		      "0002 EQ       b 1\n"
		      "0003 JT       0005\n"
		      "0004 EQ       c 1\n"
		      "0005 NOT\n"
		      "0006 RET\n");
}
END_TEST

START_TEST(emit_reuses_registers)
{
	check_listing("a + b * c - d == 1",
		      "0000 MUL      r0 b c\n"
		      "0001 ADD      r0 a r0\n"
		      "0002 SUB      r0 r0 d\n"
		      "0003 EQ       r0 1\n"
		      "0004 RET\n");
	check_listing("(a + b) * (c + d) between e and f",
		      "0000 ADD      r0 a b\n"
		      "0001 ADD      r1 c d\n"
		      "0002 MUL      r0 r0 r1\n"
		      "0003 GE       r0 e\n"
		      "0004 JF       0006\n"
		      "0005 LE       r0 f\n"
		      "0006 RET\n");
	check_listing("l[*] == -a",
		      "0000 ANY      l[*] r0 0004\n"
		      "0001 NEG      r1 a\n"
		      "0002 EQ       r0 r1\n"
		      "0003 RET\n"
		      "0004 RET\n");
}
END_TEST

START_TEST(emit_points_into_a_regular_expression_that_is_wrong)
{
	static const struct {
		const char *text;
		int         col;
	} t[] = {
		{ "select * where a =~ /x(y/", 25 },
		{ "select * where a =~ /x)y/", 23 },
		{ "select * where a =~ /\\/\\/x)y/", 27 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct mql_diag d = { .text = "" };
		struct mql_query *q;

		ck_assert_int_eq(mql_query_compile(t[i].text, &q, &d),
				 MQL_ESYNTAX);
		ck_assert_msg(d.line == 1 && d.col == t[i].col, "%s: %d: %s",
			      t[i].text, d.col, d.text);
	}
}
END_TEST

START_TEST(emit_refuses_what_is_too_large)
{
	static const struct {
		const char *before, *part;
		int         n;
		const char *after;
	} t[] = {
		{ "select * where a == 1", " or a == 1", 20000, "" },
		{ "select * where a == 1", " or a%d == 1", 1100, "" },
		{ "select a", ", a as a%d", 1100, "" },
		{ "select * where 0 == ", "1 + (", 100, "a" },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct mql_diag d = { .text = "" };
		struct mql_query *q;
		char *text;
		size_t size;
		FILE *to = open_memstream(&text, &size);

		fputs(t[i].before, to);
		for (int k = 0; k < t[i].n; k++) {
			const char *hole = strstr(t[i].part, "%d");

			if (!hole)
				fputs(t[i].part, to);
			else
				fprintf(to, "%.*s%d%s", (int)(hole - t[i].part),
					t[i].part, k, hole + 2);
		}
		fputs(t[i].after, to);
		for (int k = 0; *t[i].after && k < t[i].n; k++)
			fputs(")", to);
		fclose(to);
		ck_assert_msg(mql_query_compile(text, &q, &d) == MQL_ELIMIT,
			      "case %zu: %s", i, d.text);
		ck_assert_int_ne(d.text[0], 0);
		free(text);
	}
}
END_TEST

TEST_MAIN(emit, emit_makes_a_field_and_a_constant_one_instruction,
	  emit_jumps_over_what_need_not_be_known, emit_reuses_registers,
	  emit_points_into_a_regular_expression_that_is_wrong,
	  emit_refuses_what_is_too_large)
