/* The verifier is the only thing between hostile bytecode and the machine. */
#include "mql/function.h"
#include "mql/prog.h"
#include "tests/check_main.h"

#define FIELD(i) (OPERAND_FIELD | (i))
#define CONST(i) (OPERAND_CONST | (i))
#define REG(i)   (OPERAND_REG | (i))

/* Two paths: the second has a [*]; one each of the rest. Calls: of two
 * arguments, of none, and two that cannot be. */
static int
verdict_at(struct insn *code, unsigned n, uint16_t entry)
{
	struct step any = { .kind = STEP_ANY };
	struct path path[2] = { [1] = { .nsteps = 1, .steps = &any } };
	struct value konst[1] = { VALUE_NONE };
	struct regex regex[1] = { 0 };
	struct set set[1] = { 0 };
	struct call call[4] = {
		{ function_find(STR("starts_with")), 2 },
		{ function_find(STR("now")), 0 },
		{ function_find(STR("now")), 1 },
		{ function_find(STR("coalesce")), 1 },
	};
	struct cell cell = { .entry = &entry, .nentry = 1 };
	struct mql_query q = {
		.clock = NO_ENTRY, .cell = &cell, .ncell = 1,
		.shape = { .on = NO_ENTRY, .having = NO_ENTRY },
		.prog = {
			.code = code, .ncode = n, .konst = konst, .nkonst = 1,
			.path = path, .npath = 2, .regex = regex, .nregex = 1,
			.set = set, .nset = 1, .call = call, .ncall = 4,
		},
	};

	return verify(&q);
}

static int
verdict(struct insn *code, unsigned n)
{
	return verdict_at(code, n, 0);
}

/* The verdict on a program written out, with an entry: each opcode with as
 * many operands as op.h gives it. */
static int
assembled(uint16_t entry, const uint16_t *v, size_t n)
{
	struct insn code[32];
	unsigned ncode = 0;

	for (size_t i = 0; i < n; ncode++) {
		uint16_t in[4] = { v[i++] };
		size_t more = in[0] < OP_COUNT ? strlen(op_operands(in[0])) : 0;

		for (size_t k = 1; k <= more; k++)
			in[k] = v[i++];
		code[ncode] = (struct insn){ in[0], in[1], in[2], in[3] };
	}
	return verdict_at(code, ncode, entry);
}

#define VERDICT(entry, ...)                                                \
	assembled((entry), (const uint16_t[]){ __VA_ARGS__ },              \
		  sizeof((const uint16_t[]){ __VA_ARGS__ }) / 2)
#define ck_good_from(...) ck_assert_int_eq(VERDICT(__VA_ARGS__), 0)
#define ck_bad_from(...)                                                   \
	ck_assert_int_eq(VERDICT(__VA_ARGS__), MQL_EBADPROG)
#define ck_good(...) ck_good_from(0, __VA_ARGS__)
#define ck_bad(...)  ck_bad_from(0, __VA_ARGS__)

START_TEST(verify_accepts_each_instruction)
{
	ck_good(OP_TRUTH, CONST(0), OP_RET);
	ck_good(OP_EQ, FIELD(0), CONST(0), OP_RET);
	ck_good(OP_MATCH, FIELD(0), 0, OP_IN, FIELD(1), 0, OP_RET);
	ck_good(OP_ADD, 63, FIELD(0), CONST(0), OP_NEG, 0, REG(63),
		OP_LT, REG(0), REG(63), OP_NOT, OP_RET);
	ck_good(OP_JT, 2, OP_JF, 2, OP_RET);
	ck_good(OP_ANY, 1, 5, 3, OP_GT, REG(5), CONST(0), OP_RET,
		OP_RET);
	ck_good(OP_MOVE, 1, FIELD(0), OP_BOOL, 2, OP_CALL, 0, 0, 1,
		OP_GIVE, REG(0));
	ck_good(OP_CALL, 0, 1, 0, OP_EXTRACT, 1, REG(0), 0, OP_GIVE, REG(1));
	ck_good(OP_JUMP, 2, OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_call_that_cannot_be_made)
{
	ck_bad(OP_CALL, 0, 4, 0, OP_RET);
	ck_bad(OP_MOVE, 0, FIELD(0), OP_CALL, 0, 2, 0, OP_RET);
	ck_bad(OP_MOVE, 0, FIELD(0), OP_CALL, 0, 3, 0, OP_RET);
	/* arguments that may be unwritten, or are no registers */
	ck_bad(OP_MOVE, 0, FIELD(0), OP_CALL, 0, 0, 0, OP_RET);
	ck_bad(OP_MOVE, 63, FIELD(0), OP_CALL, 0, 0, 63, OP_RET);
	ck_bad(OP_CALL, 0, 1, 0xffff, OP_RET);
	ck_bad(OP_MOVE, 0, FIELD(0), OP_JT, 3, OP_BOOL, 1,
	       OP_CALL, 0, 0, 0, OP_RET);
	ck_bad(OP_MOVE, 0, FIELD(0), OP_BOOL, 1, OP_CALL, 64, 0, 0, OP_RET);
}
END_TEST

START_TEST(verify_proves_each_entry_by_itself)
{
	ck_good_from(1, OP_RET, OP_BOOL, 0, OP_GIVE, REG(0));
	/* what was written before it is not there when it begins */
	ck_bad_from(1, OP_BOOL, 0, OP_GIVE, REG(0));
	ck_good_from(2, OP_BOOL, 0, OP_JT, 3, OP_RET, OP_GIVE, REG(0));
	ck_bad_from(2, OP_BOOL, 0, OP_JT, 3, OP_JUMP, 3, OP_GIVE, REG(0));
	ck_good_from(2, OP_BOOL, 0, OP_JT, 3, OP_BOOL, 0, OP_GIVE, REG(0));
	ck_bad_from(2, OP_RET, OP_RET);
	ck_bad_from(NO_ENTRY - 1, OP_RET, OP_RET);
	/* into a body, whose element is not there either */
	ck_bad_from(1, OP_ANY, 1, 0, 3, OP_TRUTH, REG(0), OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_cell_of_a_group_on_an_event)
{
	ck_bad(OP_TRUTH, OPERAND_CELL, OP_RET);
	ck_bad(OP_TRUTH, OPERAND_CELL | 0x3fff, OP_RET);
}
END_TEST

/* A folded query of one group and one aggregate, and its program for groups. */
static int
folded(struct insn *code, unsigned n, unsigned ncell, uint16_t entry)
{
	struct insn always[] = { { .op = OP_RET } };
	uint16_t group = 0, arg = NO_ENTRY;
	struct aggregate_call agg = { 0 };
	struct cell cell = { .entry = &entry, .nentry = 1 };
	struct mql_query q = {
		.clock = NO_ENTRY, .cell = &cell, .ncell = 1,
		.prog = { .code = always, .ncode = 1 },
		.post = { .code = code, .ncode = n, .ncell = ncell },
		.shape = { .folded = true, .on = NO_ENTRY, .having = NO_ENTRY,
			   .group = &group, .ngroup = 1, .agg = &agg,
			   .arg = &arg, .nagg = 1 },
	};

	return verify(&q);
}

START_TEST(verify_proves_the_program_for_groups_too)
{
	struct insn good[] = { { .op = OP_GIVE, .a = OPERAND_CELL | 1 } };
	struct insn beyond[] = { { .op = OP_GIVE, .a = OPERAND_CELL | 2 } };
	struct insn field[] = { { .op = OP_GIVE, .a = FIELD(0) } };

	ck_assert_int_eq(folded(good, 1, 2, 0), 0);
	ck_assert_int_eq(folded(beyond, 1, 2, 0), MQL_EBADPROG);
	ck_assert_int_eq(folded(field, 1, 2, 0), MQL_EBADPROG);
	ck_assert_int_eq(folded(good, 1, 3, 0), MQL_EBADPROG);
	ck_assert_int_eq(folded(good, 1, 2, 1), MQL_EBADPROG);
	ck_assert_int_eq(folded(NULL, 0, 2, 0), MQL_EBADPROG);
}
END_TEST

START_TEST(verify_refuses_an_empty_program)
{
	ck_assert_int_eq(verdict(NULL, 0), MQL_EBADPROG);
}
END_TEST

START_TEST(verify_refuses_a_program_without_end)
{
	ck_bad(OP_NOT);
	ck_bad(OP_RET, OP_NOT);
}
END_TEST

START_TEST(verify_refuses_an_unknown_opcode)
{
	ck_bad(OP_COUNT, OP_RET);
	ck_bad(0xffff, OP_RET);
}
END_TEST

START_TEST(verify_refuses_an_index_out_of_range)
{
	ck_bad(OP_TRUTH, FIELD(2), OP_RET);
	ck_bad(OP_TRUTH, FIELD(0x3fff), OP_RET);
	ck_bad(OP_TRUTH, CONST(1), OP_RET);
	ck_bad(OP_EQ, FIELD(0), CONST(1), OP_RET);
	ck_bad(OP_MATCH, FIELD(0), 1, OP_RET);
	ck_bad(OP_IN, FIELD(0), 1, OP_RET);
	ck_bad(OP_NEG, PROG_MAX_REGS, CONST(0), OP_RET);
	ck_bad(OP_NEG, REG(0), CONST(0), OP_RET);
	ck_bad(OP_TRUTH, REG(PROG_MAX_REGS), OP_RET);
	ck_bad(OP_ANY, 2, 0, 3, OP_NOT, OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_register_that_may_be_unwritten)
{
	ck_bad(OP_TRUTH, REG(0), OP_RET);
	ck_bad(OP_NEG, 0, REG(0), OP_RET);
	ck_bad(OP_JT, 2, OP_NEG, 0, CONST(0), OP_TRUTH, REG(0),
	       OP_RET);
	/* written on both ways */
	ck_good(OP_NEG, 0, CONST(0), OP_JT, 3,
		OP_NEG, 0, CONST(0), OP_TRUTH, REG(0), OP_RET);
	/* an element lives in its body only, for there may be none */
	ck_bad(OP_ANY, 1, 0, 3, OP_TRUTH, REG(0), OP_RET,
	       OP_TRUTH, REG(0), OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_jump_backward)
{
	ck_bad(OP_NOT, OP_JT, 0, OP_RET);
	ck_bad(OP_JT, 0, OP_RET);
	ck_bad(OP_NOT, OP_JF, 1, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_jump_past_the_end)
{
	ck_bad(OP_JT, 2, OP_RET);
	ck_bad(OP_JT, 0xffff, OP_RET);
	ck_bad(OP_ANY, 1, 0, 2, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_jump_out_of_a_body)
{
	ck_bad(OP_ANY, 1, 0, 3, OP_JT, 3, OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_body_that_does_not_end)
{
	ck_bad(OP_ANY, 1, 0, 2, OP_NOT, OP_RET);
	ck_bad(OP_ANY, 1, 0, 1, OP_RET);
}
END_TEST

START_TEST(verify_refuses_a_walk_within_a_walk)
{
	ck_bad(OP_ANY, 1, 0, 5, OP_ANY, 1, 1, 4, OP_NOT,
	       OP_RET, OP_RET, OP_RET);
	ck_good(OP_ANY, 1, 0, 2, OP_RET, OP_ANY, 1, 0, 4,
		OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_refuses_to_walk_a_path_of_one_value)
{
	ck_bad(OP_ANY, 0, 0, 2, OP_RET, OP_RET);
}
END_TEST

START_TEST(verify_bounds_the_length)
{
	unsigned n = PROG_MAX_CODE + 1;
	struct insn *code = calloc(n, sizeof *code);

	for (unsigned i = 0; i < n; i++)
		code[i].op = OP_NOT;
	code[n - 1].op = OP_RET;
	ck_assert_int_eq(verdict(code, n), MQL_EBADPROG);
	ck_assert_int_eq(verdict(code + 1, n - 1), 0);
	free(code);
}
END_TEST

TEST_MAIN(verify, verify_accepts_each_instruction,
	  verify_refuses_an_empty_program, verify_refuses_a_program_without_end,
	  verify_refuses_an_unknown_opcode,
	  verify_refuses_an_index_out_of_range,
	  verify_refuses_a_call_that_cannot_be_made,
	  verify_proves_each_entry_by_itself,
	  verify_refuses_a_cell_of_a_group_on_an_event,
	  verify_proves_the_program_for_groups_too,
	  verify_refuses_a_register_that_may_be_unwritten,
	  verify_refuses_a_jump_backward, verify_refuses_a_jump_past_the_end,
	  verify_refuses_a_jump_out_of_a_body,
	  verify_refuses_a_body_that_does_not_end,
	  verify_refuses_a_walk_within_a_walk,
	  verify_refuses_to_walk_a_path_of_one_value, verify_bounds_the_length)
