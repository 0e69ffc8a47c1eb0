/* dis.c - a program as text: for people, and for tests to compare.
 *
 *     0000 EQ       country "BR"
 *     0001 JF       0003
 *     0002 MATCH    device /ipad/
 *     0003 RET */
#include "event/json.h"
#include "mql/prog.h"

enum { SHOWN_MEMBERS = 8 };

static void
write_value(const struct prog *p, uint16_t v, struct buf *out)
{
	unsigned i = v & OPERAND_INDEX;

	if (v & OPERAND_REG)
		buf_printf(out, "r%u", i);
	else if (v & OPERAND_CONST)
		value_write_json(&p->konst[i], out);
	else
		path_write(&p->path[i], out);
}

static void
write_set(const struct set *s, struct buf *out)
{
	buf_puts(out, "(");
	for (size_t i = 0; i < s->n && i < SHOWN_MEMBERS; i++) {
		buf_puts(out, i ? ", " : "");
		value_write_json(&s->member[i], out);
	}
	if (s->n > SHOWN_MEMBERS)
		buf_printf(out, ", ... %zu in all", s->n);
	buf_puts(out, ")");
}

static void
write_regex(const struct regex *re, struct buf *out)
{
	buf_puts(out, "/");
	buf_put(out, re->text.ptr, re->text.len);
	buf_puts(out, re->whole ? "/ whole" : "/");
}

static void
write_operand(const struct prog *p, char kind, uint16_t v, struct buf *out)
{
	buf_puts(out, " ");
	switch (kind) {
	case 'x':
		write_regex(&p->regex[v], out);
		break;
	case 's':
		write_set(&p->set[v], out);
		break;
	case 'f':
		path_write(&p->path[v], out);
		break;
	case 'w':
		buf_printf(out, "r%u", v);
		break;
	case 'j':
		buf_printf(out, "%04u", v);
		break;
	default:
		write_value(p, v, out);
	}
}

void
mql_query_disassemble(const struct mql_query *q, FILE *to)
{
	const struct prog *p = &q->prog;
	struct buf line = BUF_INIT;

	for (unsigned pc = 0; pc < p->ncode; pc++) {
		const struct insn *in = &p->code[pc];
		const uint16_t v[] = { in->a, in->b, in->c };
		const char *kinds = op_operands(in->op);

		buf_reset(&line);
		buf_printf(&line, kinds[0] ? "%04u %-8s" : "%04u %s", pc,
			   op_name(in->op));
		for (unsigned i = 0; kinds[i]; i++)
			write_operand(p, kinds[i], v[i], &line);
		buf_puts(&line, "\n");
		fwrite(line.data, 1, line.len, to);
	}
	buf_fini(&line);
}
