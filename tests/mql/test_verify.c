/* The verifier is the only thing between hostile bytecode and the machine. */
#include "mql/prog.h"
#include "tests/check_main.h"

#define FIELD(i) (OPERAND_FIELD | (i))
#define CONST(i) (OPERAND_CONST | (i))
#define REG(i)   (OPERAND_REG | (i))

/* Two paths: the second has a [*]; one each of the rest. */
static int
verdict(struct insn *code, unsigned n)
{
	struct step any = { .kind = STEP_ANY };
	struct path path[2] = { [1] = { .nsteps = 1, .steps = &any } };
	struct value konst[1] = { VALUE_NONE };
	struct regex regex[1] = { 0 };
	struct set set[1] = { 0 };
	struct mql_query q = { .prog = {
		.code = code, .ncode = n, .konst = konst, .nkonst = 1,
		.path = path, .npath = 2, .regex = regex, .nregex = 1,
		.set = set, .nset = 1,
	} };

	return verify(&q);
}

/* The verdict on a program written out: each opcode with as many operands as
 * op.h gives it. */
static int
assembled(const uint16_t *v, size_t n)
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
	return verdict(code, ncode);
}

#define VERDICT(...)                                                       \
	assembled((const uint16_t[]){ __VA_ARGS__ },                       \
		  sizeof((const uint16_t[]){ __VA_ARGS__ }) / 2)
#define ck_good(...) ck_assert_int_eq(VERDICT(__VA_ARGS__), 0)
#define ck_bad(...)  ck_assert_int_eq(VERDICT(__VA_ARGS__), MQL_EBADPROG)

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

START_TEST(verify_refuses_an_operand_of_no_kind)
{
	ck_bad(OP_TRUTH, OPERAND_KIND, OP_RET);
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
	  verify_refuses_an_operand_of_no_kind,
	  verify_refuses_a_register_that_may_be_unwritten,
	  verify_refuses_a_jump_backward, verify_refuses_a_jump_past_the_end,
	  verify_refuses_a_jump_out_of_a_body,
	  verify_refuses_a_body_that_does_not_end,
	  verify_refuses_a_walk_within_a_walk,
	  verify_refuses_to_walk_a_path_of_one_value, verify_bounds_the_length)
