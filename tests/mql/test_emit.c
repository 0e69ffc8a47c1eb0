/* The emitter, seen through its listing. */
#include "tests/mql/ask.h"
#include "tests/check_main.h"

static void
check_program(const char *text, const char *want)
{
	char *got;
	size_t size;
	struct mql_query *q = ask_compile(text);
	FILE *to = open_memstream(&got, &size);

	mql_query_disassemble(q, to);
	fclose(to);
	ck_assert_msg(!strcmp(got, want), "%s\nwant\n%sgot\n%s", text, want,
		      got);
	free(got);
	mql_query_free(q);
}

static void
check_listing(const char *where, const char *want)
{
	char text[200];

	snprintf(text, sizeof text, "select * where %s", where);
	check_program(text, want);
}

/* Of `select <item>`: what stands behind the program of where. */
static void
check_column(const char *item, const char *want)
{
	char text[200], all[1000];

	snprintf(text, sizeof text, "select %s as x", item);
	snprintf(all, sizeof all, "0000 TRUTH    true\n0001 RET\n"
				  "column x:\n%s", want);
	check_program(text, all);
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
}
END_TEST

START_TEST(emit_computes_once_what_stands_beside_a_star)
{
	check_listing("l[*] == -a",
		      "0000 NEG      r1 a\n"
		      "0001 ANY      l[*] r0 0004\n"
		      "0002 EQ       r0 r1\n"
		      "0003 RET\n"
		      "0004 RET\n");
	check_listing("a + 1 between 2 and l[*]",
		      "0000 ADD      r0 a 1\n"
		      "0001 ANY      l[*] r1 0006\n"
		      "0002 GE       r0 2\n"
		      "0003 JF       0005\n"
		      "0004 LE       r0 r1\n"
		      "0005 RET\n"
		      "0006 RET\n");
}
END_TEST

START_TEST(emit_gives_each_column_an_entry)
{
	check_program("select a, b.c as x, a as x where a == 1",
		      "0000 EQ       a 1\n"
		      "0001 RET\n"
		      "column a:\n"
		      "0002 GIVE     a\n"
		      "column x:\n"
		      "0003 GIVE     b.c\n"
		      "column x:\n"
		      "0004 GIVE     a\n");
	check_column("a + 1", "0002 ADD      r0 a 1\n"
			      "0003 GIVE     r0\n");
	check_column("a > 1 or b", "0002 GT       a 1\n"
				   "0003 JT       0005\n"
				   "0004 EQ       b true\n"
				   "0005 BOOL     r0\n"
				   "0006 GIVE     r0\n");
}
END_TEST

START_TEST(emit_puts_the_arguments_of_a_call_in_a_row)
{
	check_column("lower(a)", "0002 MOVE     r0 a\n"
				 "0003 CALL     r0 lower(r0)\n"
				 "0004 GIVE     r0\n");
	check_column("substr(concat(a, b + 1), -c, 2) == upper(d)",
		     "0002 MOVE     r1 a\n"
		     "0003 ADD      r2 b 1\n"
		     "0004 CALL     r0 concat(r1, r2)\n"
		     "0005 NEG      r1 c\n"
		     "0006 MOVE     r2 2\n"
		     "0007 CALL     r0 substr(r0, r1, r2)\n"
		     "0008 MOVE     r1 d\n"
		     "0009 CALL     r1 upper(r1)\n"
		     "0010 EQ       r0 r1\n"
		     "0011 BOOL     r0\n"
		     "0012 GIVE     r0\n");
	check_column("regexp_extract(a, /x(y)/, 1)",
		     "0002 EXTRACT  r0 a /x(y)/\n"
		     "0003 GIVE     r0\n");
	check_column("now()", "0002 CALL     r0 now()\n"
			      "0003 GIVE     r0\n");
}
END_TEST

START_TEST(emit_chooses_by_jumps)
{
	check_column("case when a > 1 then b when c then -a end",
		     "0002 GT       a 1\n"
		     "0003 JF       0006\n"
		     "0004 MOVE     r0 b\n"
		     "0005 JUMP     0011\n"
		     "0006 EQ       c true\n"
		     "0007 JF       0010\n"
		     "0008 NEG      r0 a\n"
		     "0009 JUMP     0011\n"
		     "0010 MOVE     r0 null\n"
		     "0011 GIVE     r0\n");
	check_column("1 + if(a > 1, b, 0) * 2",
		     "0002 GT       a 1\n"
		     "0003 JF       0006\n"
		     "0004 MOVE     r0 b\n"
		     "0005 JUMP     0007\n"
		     "0006 MOVE     r0 0\n"
		     "0007 MUL      r0 r0 2\n"
		     "0008 ADD      r0 1 r0\n"
		     "0009 GIVE     r0\n");
	check_column("coalesce(a, b, 0)",
		     "0002 MOVE     r0 a\n"
		     "0003 NE       r0 null\n"
		     "0004 JT       0009\n"
		     "0005 MOVE     r0 b\n"
		     "0006 NE       r0 null\n"
		     "0007 JT       0009\n"
		     "0008 MOVE     r0 0\n"
		     "0009 GIVE     r0\n");
	check_column("exists(a)", "0002 NE       a null\n"
				  "0003 BOOL     r0\n"
				  "0004 GIVE     r0\n");
}
END_TEST

START_TEST(emit_splits_a_folded_query_into_events_and_groups)
{
	check_program("select k, sum(v + 1) / count(*) as mean, max(v) "
		      "group by k, lower(j) having mean > 2 and max(v) > 1 "
		      "order by mean desc, lower(j)",
		      "0000 TRUTH    true\n"
		      "0001 RET\n"
		      "group 0:\n"
		      "0002 GIVE     k\n"
		      "group 1:\n"
		      "0003 MOVE     r0 j\n"
		      "0004 CALL     r0 lower(r0)\n"
		      "0005 GIVE     r0\n"
		      "argument 0:\n"
		      "0006 ADD      r0 v 1\n"
		      "0007 GIVE     r0\n"
		      "argument 2:\n"
		      "0008 GIVE     v\n"
		      "for each group:\n"
		      "column k:\n"
		      "0000 GIVE     $0\n"
		      "column mean:\n"
		      "0001 DIV      r0 $2 $3\n"
		      "0002 GIVE     r0\n"
		      "column max(v):\n"
		      "0003 GIVE     $4\n"
		      "having:\n"
		      "0004 DIV      r0 $2 $3\n"
		      "0005 GT       r0 2\n"
		      "0006 JF       0008\n"
		      "0007 GT       $4 1\n"
		      "0008 RET\n"
		      "order 0:\n"
		      "0009 DIV      r0 $2 $3\n"
		      "0010 GIVE     r0\n"
		      "order 1:\n"
		      "0011 GIVE     $1\n");
}
END_TEST

START_TEST(emit_orders_by_the_column_of_several_items)
{
	check_program("select a as x, b as x order by x",
		      "0000 TRUTH    true\n"
		      "0001 RET\n"
		      "column x:\n"
		      "0002 GIVE     a\n"
		      "column x:\n"
		      "0003 GIVE     b\n"
		      "order 0:\n"
		      "0004 MOVE     r0 b\n"
		      "0005 NE       r0 null\n"
		      "0006 JT       0008\n"
		      "0007 MOVE     r0 a\n"
		      "0008 GIVE     r0\n");
}
END_TEST

START_TEST(emit_refuses_a_group_that_the_expression_has_not)
{
	static const char text[] = "select regexp_extract(a, /x(y)/, 2)";
	struct mql_diag d = { .text = "" };
	struct mql_query *q;

	ck_assert_int_eq(mql_query_compile(text, &q, &d), MQL_ETYPE);
	ck_assert_msg(d.col == 34 && strstr(d.text, "1 group"), "%d: %s",
		      d.col, d.text);
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
		{ "select ", "concat(a, ", 70, "a" },
		{ "select 0", " + sum(a%d)", 1100, "" },
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
	  emit_computes_once_what_stands_beside_a_star,
	  emit_gives_each_column_an_entry,
	  emit_puts_the_arguments_of_a_call_in_a_row, emit_chooses_by_jumps,
	  emit_splits_a_folded_query_into_events_and_groups,
	  emit_orders_by_the_column_of_several_items,
	  emit_refuses_a_group_that_the_expression_has_not,
	  emit_points_into_a_regular_expression_that_is_wrong,
	  emit_refuses_what_is_too_large)
