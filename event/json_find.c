/* json_find.c - see json_find.h.
 *
 * The scan goes down the trie of the path set wherever the text has what it
 * names, and seeks over everything else. It keeps the containers that it is
 * in as a stack, no deeper than the longest path, so that it can stop at any
 * key and go on there for the next slot. A node stands for one place in the
 * event: one bit a node tells that it was met. */
#include "event/json_find.h"

#include "mql/error.h"

static bool
test(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void
set(uint64_t *bits, unsigned i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* --- levels ----------------------------------------------------------------- */

static void
push(struct find *f, unsigned node, bool array)
{
	f->level[f->nlevel++] = (struct find_level){
		.node = (uint16_t)node, .array = array, .index = -1,
	};
}

/* Go on at p, in the innermost container. */
static void
restart(struct find *f, const char *p)
{
	f->s.p = p;
	f->k = seek_from(p, f->s.end, f->nlevel == 1);
}

/* The innermost container closes before p. */
static bool
leave(struct find *f, const char *p)
{
	f->nlevel--;
	restart(f, p);
	return f->nlevel || p == f->s.end;
}

/* The value at s.p is what node stands for. Go inside when there is more to
 * find; else the seek goes on over it. */
static void
enter(struct find *f, unsigned node)
{
	const struct node *n = &f->ps->node[node];
	const unsigned char c = scan_peek(&f->s);

	set(f->met, node);
	f->at[node] = f->s.p;
	if ((c == '{' && n->filter) || (c == '[' && n->max_index >= 0)) {
		push(f, node, c == '[');
		restart(f, f->s.p + 1);
	}
}

/* Behind the colon, if there is one. */
static bool
pass_colon(struct scan *s)
{
	scan_space(s);
	if (!scan_take(s, ':'))
		return false;
	scan_space(s);
	return true;
}

/* Of the children that can be told by their bytes alone, the one whose name
 * opens at p. */
static unsigned
plain_child(const struct find *f, unsigned node, const char *p)
{
	const size_t room = (size_t)(f->s.end - p) - 1;
	unsigned child = f->ps->node[node].child;

	for (; child; child = f->ps->node[child].sibling) {
		const struct str key = f->ps->node[child].key;

		if (key.len < room && p[key.len + 1] == '"' &&
		    !memcmp(p + 1, key.ptr, key.len))
			break;
	}
	return child;
}

/* Is what opens at p, and is no plain child's name as it stands, none however
 * it is spelled? Told by as many bytes as the longest name has. */
static bool
is_strange(const struct find *f, unsigned node, const char *p)
{
	const struct node *n = &f->ps->node[node];
	const size_t room = (size_t)(f->s.end - p) - 1;
	const size_t longest = n->seek.longest;
	const size_t most = longest < room ? longest : room;

	if (n->unlisted)
		return false;
	for (size_t i = 1; i <= most; i++) {
		if (p[i] == '\\')
			return false;
		if (p[i] == '"')
			return true;
	}
	return most == longest;
}

/* The child whose name is at s.p, if it is one; moves to its value. */
static unsigned
key_child(struct find *f, unsigned node)
{
	const size_t mark = f->scratch->len;
	const unsigned plain = plain_child(f, node, f->s.p);
	struct str raw, key;

	if (plain) {
		f->s.p += f->ps->node[plain].key.len + 2;
		return pass_colon(&f->s) ? plain : PATHSET_NO_NODE;
	}
	if (is_strange(f, node, f->s.p))
		return PATHSET_NO_NODE;
	if (!scan_name(&f->s, &raw))
		return PATHSET_NO_NODE;
	key = json_unquote(raw, f->scratch);
	f->scratch->len = mark;
	if (!key.ptr)
		return PATHSET_NO_NODE;
	return pathset_key_child(f->ps, node, key);
}

/* To the next key of an object that somebody asked for, or out of it. */
static bool
step_object(struct find *f, unsigned node)
{
	const struct seek_filter *filter = &f->ps->node[node].seek;

	while ((f->s.p = f->seek(&f->k, filter))) {
		unsigned child = key_child(f, node);

		if (child != PATHSET_NO_NODE && !test(f->met, child)) {
			enter(f, child);
			return true;
		}
	}
	return f->k.closed && leave(f, f->k.closed + 1);
}

/* Past the next element of an array, or out of it. */
static bool
step_array(struct find *f, struct find_level *l)
{
	struct scan *s = &f->s;
	unsigned child;

	scan_space(s);
	if (l->index < 0 ? scan_peek(s) == ']' : !scan_take(s, ','))
		return scan_take(s, ']') && leave(f, s->p);
	scan_space(s);
	if (++l->index > f->ps->node[l->node].max_index) {
		restart(f, s->p);
		f->seek(&f->k, NULL);
		return f->k.closed && leave(f, f->k.closed + 1);
	}
	const unsigned level = f->nlevel;
	child = pathset_index_child(f->ps, l->node, l->index);
	if (child != PATHSET_NO_NODE)
		enter(f, child);
	s->depth = level;
	return f->nlevel > level || scan_skip(s);
}

static bool
step(struct find *f)
{
	struct find_level *l = f->level + f->nlevel;

	return l[-1].array ? step_array(f, l - 1)
			   : step_object(f, l[-1].node);
}

static void
advance(struct find *f)
{
	f->bad = !step(f);
	f->ended = f->bad || !f->nlevel;
}

/* --- slots -------------------------------------------------------------------- */

static bool
is_inside(const struct find *f, unsigned node)
{
	for (unsigned i = f->nlevel; i > 0; i--)
		if (f->level[i - 1].node == node)
			return true;
	return false;
}

/* Was the place met, or the end of something that it would be in? */
static bool
is_past(const struct find *f, unsigned node)
{
	for (unsigned n = node;; n = f->ps->node[n].parent) {
		if (test(f->met, n))
			return n == node || !is_inside(f, n);
		if (!n)
			return false;
	}
}

static bool
is_null(const struct find *f, unsigned node)
{
	return !test(f->met, node) || f->at[node] == f->s.end ||
	       *f->at[node] == 'n';
}

/* Where the value is, once it is certain; null only if nothing is left. A flat
 * reading that is not null stands against the nested one. */
static bool
is_settled(const struct find *f, const struct slot *s, unsigned *node)
{
	const unsigned flat = s->end[READ_FLAT];

	*node = s->end[READ_NESTED];
	if (s->path.nflat > 1) {
		if (!is_null(f, flat))
			*node = flat;
		else if (!is_past(f, flat))
			return false;
	}
	return is_past(f, *node);
}

/* A valid value, and behind it what may stand behind one. */
static bool
read_value(const struct find *f, const char *p, struct str *raw)
{
	struct scan s = { .p = p, .end = f->s.end };
	unsigned char c;

	if (*p == '"' ? !scan_string(&s) : !scan_skip(&s))
		return false;
	*raw = (struct str){ p, (size_t)(s.p - p) };
	scan_space(&s);
	c = scan_peek(&s);
	return c == ',' || c == '}' || c == ']' || s.p == s.end;
}

bool
find_slot(struct find *f, unsigned slot, struct str *raw)
{
	const struct slot *s = &f->ps->slot[slot];
	unsigned node;

	while (!is_settled(f, s, &node) && !f->ended)
		advance(f);
	if (f->bad || is_null(f, node))
		return false;
	f->bad = !read_value(f, f->at[node], raw);
	f->ended |= f->bad;
	return !f->bad;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int
find_begin(struct find *f, struct str text, const struct pathset *ps,
	   struct buf *scratch)
{
	struct scan *s = &f->s;

	f->s = scan_of(text);
	scan_space(s);
	while (s->end > s->p && is_space(s->end[-1]))
		s->end--;
	f->ps = ps;
	f->scratch = scratch;
	f->seek = seek_best();
	f->nlevel = 0;
	memset(f->met, 0, (ps->nnode + 63) / 64 * sizeof *f->met);
	f->bad = text.len > UINT32_MAX || s->end - s->p < 2 ||
		 *s->p != '{' || s->end[-1] != '}';
	f->ended = f->bad;
	if (f->bad)
		return MQL_EBADEVENT;
	enter(f, 0);
	f->ended = !f->nlevel; /* nobody asks for anything inside */
	return 0;
}
