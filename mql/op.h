/* op.h - the instruction set: the contract between emit.c, verify.c, eval.c
 * and dis.c. All four expand this list, so none can forget an opcode.
 *
 * The machine has one truth register and PROG_MAX_REGS value registers. An
 * instruction is four 16-bit numbers: an opcode and the operands a, b, c. A
 * test sets the truth, a jump reads it. A run begins at an entry and ends with
 * an answer: the truth at a RET, a value at a GIVE. Jumps go forward only, so
 * it ends after as many steps as the program has instructions. ANY is the one
 * walk: over the elements that a path with [*] reaches. Its body, the
 * instructions up to c, ends with a RET of its own, is not left by a jump and
 * holds no other ANY.
 *
 * X(name, operands, effect). One letter an operand, from a on:
 *   v  a value, read: see enum operand     w  a register, written
 *   x  a regular expression                s  a set of constants
 *   f  a path with [*]                     j  a jump target
 *   l  a function to call: struct call     r  the register of its first
 *                                             argument; the others follow */
#ifndef MQL_OP_H
#define MQL_OP_H

#define MQL_OPS(X)                                                         \
	X(TRUTH,    "v",   "truth = a is the boolean true")                \
	X(EQ,       "vv",  "truth = a equals b; null equals null")         \
	X(NE,       "vv",  "truth = not (a equals b)")                     \
	X(LT,       "vv",  "truth = a < b; false when they have no order") \
	X(LE,       "vv",  "truth = a <= b; likewise")                     \
	X(GT,       "vv",  "truth = a > b; likewise")                      \
	X(GE,       "vv",  "truth = a >= b; likewise")                     \
	X(CONTAINS, "vv",  "truth = the text of b is in the text of a")    \
	X(LIKE,     "vv",  "truth = the text of a has the shape b")        \
	X(ILIKE,    "vv",  "truth = likewise, whatever the ASCII case")    \
	X(MATCH,    "vx",  "truth = regex b matches the text of a")        \
	X(NOMATCH,  "vx",  "truth = a is not null and b does not match")   \
	X(IN,       "vs",  "truth = a equals a member of b")               \
	X(ADD,      "wvv", "a = b + c")                                    \
	X(SUB,      "wvv", "a = b - c")                                    \
	X(MUL,      "wvv", "a = b * c")                                    \
	X(DIV,      "wvv", "a = b / c; null when c is 0")                  \
	X(MOD,      "wvv", "a = b % c; null when c is 0")                  \
	X(NEG,      "wv",  "a = -b")                                       \
	X(MOVE,     "wv",  "a = b")                                        \
	X(BOOL,     "w",   "a = truth, as a boolean")                      \
	X(CALL,     "wlr", "a = function b of its arguments")              \
	X(EXTRACT,  "wvx", "a = what the group of c finds in the text "    \
			   "of b; null when there is none")                \
	X(NOT,      "",    "truth = not truth")                            \
	X(JUMP,     "j",   "go to a")                                      \
	X(JT,       "j",   "if truth, go to a")                            \
	X(JF,       "j",   "if not truth, go to a")                        \
	X(ANY,      "fwj", "truth = for some element b of a the body "     \
			   "answers true; go to c")                        \
	X(RET,      "",    "answer truth")                                 \
	X(GIVE,     "v",   "answer a")

enum op {
#define X(name, operands, effect) OP_##name,
	MQL_OPS(X)
#undef X
	OP_COUNT
};

/* A value operand: what it is in the upper two bits, which one below. */
enum operand {
	OPERAND_FIELD = 0x0000, /* the value at a path */
	OPERAND_CONST = 0x4000,
	OPERAND_REG   = 0x8000,
	OPERAND_CELL  = 0xc000, /* of a finished group */
	OPERAND_KIND  = 0xc000, /* mask */
	OPERAND_INDEX = 0x3fff, /* mask */
};

enum { PROG_MAX_CODE = 0xffff, PROG_MAX_REGS = 64 };

#endif
