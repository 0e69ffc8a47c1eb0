/* summary.c - a tree of paths that grows with the rows; see summary.h.
 *
 * A node is a path; its children are found in the order of the row before,
 * which is nearly always that of this one, too. */
#include "client/summary.h"

#include <stdlib.h>

#include "common/arena.h"
#include "event/json.h"
#include "mql/error.h"
#include "mql/spell.h"
#include "mql/word.h"

/* A copy of a value, with room for its text. */
struct kept {
	struct value v;
	char         text[SUMMARY_TEXT];
};

struct counted {
	struct kept kept;
	uint64_t    n;
};

struct range {
	struct kept min, max;
	uint64_t    n;
	bool        lost; /* one was too long: nobody knows */
};

struct node {
	struct str      key;  /* raw, with its quotes; ptr NULL: [*] */
	struct str      path;
	unsigned        depth;
	uint64_t        rows, last; /* the row that was counted last */
	uint64_t        type[VALUE_OBJECT + 1];
	struct counted *value;
	size_t          nvalue, cap;
	bool            more;
	struct range    number, string;
	struct node   **child;
	size_t          nchild, next; /* where the next one is expected */
};

struct summary {
	struct arena  mem;
	struct buf    scratch;
	struct node   root;
	struct node  *node[SUMMARY_FIELDS];
	size_t        nnode;
	uint64_t      rows;
	bool          left, sorted;
};

struct summary *
summary_new(void)
{
	return calloc(1, sizeof(struct summary));
}

void
summary_free(struct summary *s)
{
	if (!s)
		return;
	arena_fini(&s->mem);
	buf_fini(&s->scratch);
	free(s);
}

/* --- paths ---------------------------------------------------------------- */

static void
put(struct str s, struct buf *out)
{
	buf_put(out, s.ptr, s.len);
}

/* May name follow path with a dot? Then the path is a plain word with it, or
 * stands in brackets and name is one without dots. */
static bool
is_dotted(struct str path, struct str name)
{
	return word_is_plain(name) && !memchr(name.ptr, '.', name.len) &&
	       !str_eq(path, STR("e"));
}

static void
put_key(const struct node *of, struct str name, struct buf *out)
{
	bool head = !of->depth;
	bool bare = head ? word_is_plain(name) && !str_eq(name, STR("e"))
			 : is_dotted(of->path, name);

	put(head && !bare ? STR("e") : of->path, out);
	if (bare) {
		buf_puts(out, head ? "" : ".");
		put(name, out);
		return;
	}
	buf_puts(out, "[");
	spell_text(name, out);
	buf_puts(out, "]");
}

/* The path of a child, in the arena. */
static struct str
child_path(struct summary *s, const struct node *of, struct str key)
{
	struct buf text = BUF_INIT, name = BUF_INIT;
	struct str path = { 0 };

	if (key.ptr && buf_room(&name, key.len)) {
		struct value v = json_value(key, &name);
		put_key(of, value_str(&v), &text);
	} else if (!key.ptr) {
		put(of->path, &text);
		buf_puts(&text, "[*]");
	}
	if (!text.err && !name.err)
		path = arena_str(&s->mem, (struct str){ (char *)text.data,
							text.len });
	buf_fini(&name);
	buf_fini(&text);
	return path;
}

static struct node *
node_new(struct summary *s, struct node *of, struct str key)
{
	struct node *n = arena_alloc(&s->mem, sizeof *n);
	struct node **child = arena_grow(&s->mem, of->child,
					 of->nchild * sizeof *child,
					 (of->nchild + 1) * sizeof *child);

	if (!n || !child)
		return NULL;
	of->child = child;
	n->depth = of->depth + 1;
	n->path = child_path(s, of, key);
	if (key.ptr)
		n->key = arena_str(&s->mem, key);
	if (!n->path.ptr || (key.ptr && !n->key.ptr))
		return NULL;
	child[of->nchild++] = n;
	s->node[s->nnode++] = n;
	s->sorted = false;
	return n;
}

static bool
is_key(const struct node *n, struct str key)
{
	return key.ptr ? n->key.ptr && str_eq(n->key, key) : !n->key.ptr;
}

/* The child of that key; a new one while there is room. NULL: there is none,
 * and *err says whether memory is out. */
static struct node *
find(struct summary *s, struct node *of, struct str key, int *err)
{
	for (size_t i = 0; i < of->nchild; i++) {
		size_t at = (of->next + i) % of->nchild;
		if (is_key(of->child[at], key)) {
			of->next = at + 1;
			return of->child[at];
		}
	}
	if (s->nnode == SUMMARY_FIELDS || of->depth == SUMMARY_DEPTH) {
		s->left = true;
		return NULL;
	}
	struct node *n = node_new(s, of, key);
	if (!n)
		*err = MQL_ENOMEM;
	return n;
}

/* --- values --------------------------------------------------------------- */

/* Does its text fit? A number keeps its digits where they do. */
static bool
keep(struct kept *k, const struct value *v)
{
	k->v = *v;
	k->v.raw = NULL;
	k->v.nraw = 0;
	if (v->type == VALUE_STR) {
		if (v->len > sizeof k->text)
			return false;
		memcpy(k->text, v->ptr, v->len);
	} else if (v->type == VALUE_FLOAT && v->raw &&
		   v->nraw <= sizeof k->text) {
		memcpy(k->text, v->raw, v->nraw);
		k->v.nraw = v->nraw;
	}
	return true;
}

/* A copy moves: its text is where it is now. */
static struct value
kept_value(const struct kept *k)
{
	struct value v = k->v;

	if (v.type == VALUE_STR)
		v.ptr = k->text;
	if (v.nraw)
		v.raw = k->text;
	return v;
}

static int
count(struct summary *s, struct node *n, const struct value *v)
{
	for (size_t i = 0; i < n->nvalue; i++) {
		struct value had = kept_value(&n->value[i].kept);
		if (value_equal(&had, v)) {
			n->value[i].n++;
			return 0;
		}
	}
	if (n->nvalue == SUMMARY_VALUES) {
		n->more = true;
		return 0;
	}
	if (n->nvalue == n->cap) {
		size_t cap = n->cap ? 2 * n->cap : 8;
		void *more = arena_grow(&s->mem, n->value,
					n->cap * sizeof *n->value,
					cap * sizeof *n->value);
		if (!more)
			return MQL_ENOMEM;
		n->value = more;
		n->cap = cap;
	}
	if (keep(&n->value[n->nvalue].kept, v))
		n->value[n->nvalue++].n = 1;
	else
		n->more = true;
	return 0;
}

static void
widen(struct range *r, const struct value *v)
{
	struct value min = kept_value(&r->min), max = kept_value(&r->max);
	int less = 0, greater = 0;

	if (r->n++ && (!value_order(v, &min, &less) ||
		       !value_order(v, &max, &greater)))
		return;
	if (r->n == 1 || less < 0)
		r->lost |= !keep(&r->min, v);
	if (r->n == 1 || greater > 0)
		r->lost |= !keep(&r->max, v);
}

static int take(struct summary *s, struct node *n, struct str raw);

/* What is in a container; in an array each element is the same child. */
static int
take_members(struct summary *s, struct node *of, struct str text)
{
	struct str key, raw;
	size_t at = 0;
	int err = 0;

	of->next = 0;
	while (!err && json_member_next(text, &at, &key, &raw)) {
		struct node *n = find(s, of, key, &err);
		if (n)
			err = take(s, n, raw);
	}
	return err;
}

static int
take(struct summary *s, struct node *n, struct str raw)
{
	buf_reset(&s->scratch);
	if (!buf_room(&s->scratch, raw.len))
		return MQL_ENOMEM;
	struct value v = json_value(raw, &s->scratch);
	if (v.type == VALUE_NULL)
		return 0;
	n->type[v.type]++;
	n->rows += n->last != s->rows;
	n->last = s->rows;
	if (v.type == VALUE_OBJECT || v.type == VALUE_ARRAY)
		return take_members(s, n, raw);
	if (v.type == VALUE_STR && !n->string.lost)
		widen(&n->string, &v);
	else if (value_is_number(&v))
		widen(&n->number, &v);
	return count(s, n, &v);
}

int
summary_add(struct summary *s, struct str row)
{
	size_t begin = 0;

	if (json_check(row, NULL))
		return MQL_EBADEVENT;
	while (begin < row.len && strchr(" \t\r\n", row.ptr[begin]))
		begin++;
	if (row.ptr[begin] != '{')
		return MQL_EBADEVENT;
	s->rows++;
	return take_members(s, &s->root, row);
}

/* --- what came out -------------------------------------------------------- */

uint64_t
summary_rows(const struct summary *s)
{
	return s->rows;
}

bool
summary_left(const struct summary *s)
{
	return s->left;
}

static int
by_path(const void *a, const void *b)
{
	return str_cmp((*(struct node *const *)a)->path,
		       (*(struct node *const *)b)->path);
}

static int
by_count(const void *a, const void *b)
{
	uint64_t x = ((const struct counted *)a)->n;
	uint64_t y = ((const struct counted *)b)->n;

	return (x < y) - (x > y);
}

/* An object is told by what is in it, and null is nothing. */
static bool
is_told(const struct node *n)
{
	return n->rows && (!n->nchild || n->type[VALUE_OBJECT] == 0 ||
			   n->type[VALUE_ARRAY] || n->nvalue || n->more);
}

static void
tell(struct node *n, struct summary_field *f)
{
	const struct range *r = n->number.n >= n->string.n ? &n->number
							   : &n->string;

	*f = (struct summary_field){ .path = n->path, .rows = n->rows,
				     .distinct = n->nvalue, .more = n->more };
	memcpy(f->type, n->type, sizeof f->type);
	if (n->nvalue)
		qsort(n->value, n->nvalue, sizeof *n->value, by_count);
	for (; f->ntop < n->nvalue && f->ntop < SUMMARY_TOP; f->ntop++)
		f->top[f->ntop] = (struct summary_value){
			kept_value(&n->value[f->ntop].kept),
			n->value[f->ntop].n };
	if (r->n && !r->lost) {
		f->min = kept_value(&r->min);
		f->max = kept_value(&r->max);
	}
}

bool
summary_next(struct summary *s, size_t *at, struct summary_field *f)
{
	if (!s->sorted && s->nnode)
		qsort(s->node, s->nnode, sizeof(struct node *), by_path);
	s->sorted = true;
	while (*at < s->nnode) {
		struct node *n = s->node[(*at)++];
		if (!is_told(n))
			continue;
		tell(n, f);
		return true;
	}
	return false;
}
