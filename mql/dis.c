/* dis.c - a program as text: for people, and for tests to compare. Each entry
 * but the first has its name; a `$n` is a group's n-th cell.
 *
 *     0000 EQ       country "BR"
 *     0001 JF       0003
 *     0002 MATCH    device /ipad/
 *     0003 RET
 *     group 0:
 *     0004 GIVE     device
 *     for each group:
 *     column n:
 *     0000 GIVE     $1 */
#include "event/json.h"
#include "mql/function.h"
#include "mql/prog.h"

enum { SHOWN_MEMBERS = 8 };

static void
write_value(const struct prog *p, uint16_t v, struct buf *out)
{
	unsigned i = v & OPERAND_INDEX;

	if ((v & OPERAND_KIND) == OPERAND_CELL)
		buf_printf(out, "$%u", i);
	else if (v & OPERAND_REG)
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
write_call(const struct call *call, unsigned first, struct buf *out)
{
	buf_printf(out, "%s(", call->fn->name);
	for (unsigned i = 0; i < call->narg; i++)
		buf_printf(out, i ? ", r%u" : "r%u", first + i);
	buf_puts(out, ")");
}

static void
write_operand(const struct prog *p, const struct insn *in, char kind,
	      uint16_t v, struct buf *out)
{
	if (kind == 'r') /* part of the call */
		return;
	buf_puts(out, " ");
	switch (kind) {
	case 'l':
		write_call(&p->call[v], in->c, out);
		break;
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

static void
write_insn(const struct prog *p, unsigned pc, struct buf *out)
{
	const struct insn *in = &p->code[pc];
	const uint16_t v[] = { in->a, in->b, in->c };
	const char *kinds = op_operands(in->op);

	buf_printf(out, kinds[0] ? "%04u %-8s" : "%04u %s", pc,
		   op_name(in->op));
	for (unsigned i = 0; kinds[i]; i++)
		write_operand(p, in, kinds[i], v[i], out);
	buf_puts(out, "\n");
}

/* What is written before the instruction at pc: the entries that are there. */
struct label {
	const struct prog *p;
	unsigned           pc;
	struct buf        *out;
};

static void
write_label(void *arg, const struct entry *en)
{
	const struct label *l = arg;

	if (en->p != l->p || en->at != l->pc)
		return;
	buf_puts(l->out, en->what);
	if (en->number >= 0)
		buf_printf(l->out, " %d", en->number);
	if (en->name.ptr) {
		buf_puts(l->out, " ");
		buf_put(l->out, en->name.ptr, en->name.len);
	}
	buf_puts(l->out, ":\n");
}

static void
write_program(const struct mql_query *q, const struct prog *p, struct buf *out)
{
	struct label l = { .p = p, .out = out };

	for (l.pc = 0; l.pc < p->ncode; l.pc++) {
		prog_each_entry(q, write_label, &l);
		write_insn(p, l.pc, out);
	}
}

void
mql_query_disassemble(const struct mql_query *q, FILE *to)
{
	struct buf text = BUF_INIT;

	write_program(q, &q->prog, &text);
	if (q->post.ncode)
		buf_puts(&text, "for each group:\n");
	write_program(q, &q->post, &text);
	for (unsigned i = 0; i < q->nspread; i++) {
		if (!q->spread[i].prefix.ptr) {
			buf_puts(&text, "behind all columns: the event\n");
			continue;
		}
		buf_printf(&text, "behind %u columns: fields that begin with ",
			   q->spread[i].after);
		json_write_str(q->spread[i].prefix, &text);
		buf_puts(&text, "\n");
	}
	fwrite(text.data, 1, text.len, to);
	buf_fini(&text);
}
