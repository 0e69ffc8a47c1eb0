/* ast.h - the tree between the grammar and the code generator.
 *
 *     select a, b.c as x from s where a > 1 and b.c in (2, 3) limit 5
 *
 *     struct select
 *       item[0..2)     a "a"    b.c "x"
 *       stream[0..1)   "s"
 *       where          AND
 *                      +- GT   item: PATH a, INT 1
 *                      +- IN   item: PATH b.c, INT 2, INT 3
 *
 * Every node and every string lives in the arena of the compilation (or in
 * the query's text): nothing is freed one by one, and who keeps a string
 * beyond the compilation copies it. */
#ifndef MQL_AST_H
#define MQL_AST_H

#include <stdint.h>

#include "common/arena.h"
#include "event/path.h"
#include "mql/aggregate.h"
#include "mql/function.h"

struct span { /* byte offsets into the query text, end exclusive */
	int beg, end;
};

/* X(kind, operands, canonical spelling). Operands: 0 is a leaf, -1 two or
 * more. The first block are leaves, the second values, the third conditions.
 *
 * The parser has already taken these apart, and no later stage sees them:
 *     a is null       EQ(a, null)        a is not null   NE(a, null)
 *     a is true       EQ(a, true)        a is not true   NE(a, true)
 *     a not in (..)   NOT(IN(..))        likewise not like, not ilike,
 *     -5              INT -5             not between
 *     (a)             a                  where a         EQ(a, true), check.c
 */
#define AST_KINDS(X)                                                       \
	X(NULL,     0, "null")                                             \
	X(BOOL,     0, "")                                                 \
	X(INT,      0, "")                                                 \
	X(FLOAT,    0, "")                                                 \
	X(STR,      0, "")                                                 \
	X(REGEX,    0, "")     /* item[1] of the matches, of               \
				  regexp_extract(x, /re/) */               \
	X(PATH,     0, "")                                                 \
	X(PREFIX,   0, "")     /* fields chosen by prefix; a selected item   \
				  only, and without a name of its own */   \
	X(COLUMN,   0, "")     /* the value of an output column, in having \
				  and order by: made by resolve.c */       \
								     \
	X(NEG,      1, "-")                                                \
	X(ADD,      2, "+")                                                \
	X(SUB,      2, "-")                                                \
	X(MUL,      2, "*")                                                \
	X(DIV,      2, "/")                                                \
	X(MOD,      2, "%")                                                \
	X(CALL,    -1, "")     /* fn(item[0..n)); n may be 0 */            \
	X(AGG,     -1, "")     /* agg(item[0]); n 0: count(*), rate() */   \
	X(CASE,    -1, "case") /* when, then, when, then ... [, else] */   \
								     \
	X(EQ,       2, "==")                                               \
	X(NE,       2, "!=")                                               \
	X(LT,       2, "<")                                                \
	X(LE,       2, "<=")                                               \
	X(GT,       2, ">")                                                \
	X(GE,       2, ">=")                                               \
	X(CONTAINS, 2, "==+")                                              \
	X(MATCH,    2, "==~")  /* the whole value */                       \
	X(SEARCH,   2, "=~")   /* anywhere */                              \
	X(NSEARCH,  2, "!~")   /* nowhere; false for null, unlike NOT */   \
	X(LIKE,     2, "like") /* item[1] is a STR, as with ilike */       \
	X(ILIKE,    2, "ilike")                                            \
	X(IN,      -1, "in")   /* item[1..] are constants */               \
	X(BETWEEN,  3, "between") /* item[0] in [item[1], item[2]] */      \
	X(NOT,      1, "not")                                              \
	X(AND,     -1, "and")  /* item[0..n), none of them an AND */       \
	X(OR,      -1, "or")   /* item[0..n), none of them an OR */

enum ast_kind {
#define X(kind, operands, spelling) AST_##kind,
	AST_KINDS(X)
#undef X
	AST_COUNT
};

struct ast {
	enum ast_kind kind;
	unsigned      depth; /* of nesting, parentheses too; bounded */
	struct span   at;    /* the whole expression */
	union {
		bool        b;    /* BOOL */
		struct {          /* INT */
			int64_t i;
			bool    duration; /* in ms, written `1m` */
		};
		double      f;    /* FLOAT; finite. Integers beyond int64 too */
		struct str  str;  /* STR; REGEX: without slashes, \/ undone;
				     PREFIX, of which NULL is `*` behind
				     other columns: the whole event */
		struct path path; /* PATH */
		struct {          /* COLUMN: the first item of its name */
			unsigned                  column;
			const struct select_item *of;
		};
		struct {          /* all others */
			struct ast **item;
			unsigned     n, cap;
			const struct function *fn; /* CALL */
			struct aggregate_call  agg; /* AGG */
			bool                   all; /* AGG: of `*` */
		};
	};
};

enum { AST_MAX_DEPTH = 200 };

struct select_item {
	struct ast *expr;  /* any value, condition or aggregate */
	struct str  name;  /* alias, or the path's dotted form. Items of one
			      name are one column: the last that is not null
			      counts (Mantis coalesces so) */
	bool        named; /* by `as`, otherwise than by default */
};

enum window_kind {
	WINDOW_NONE,
	WINDOW_TIME,  /* tumbling, or hopping when every_ms < size_ms */
	WINDOW_COUNT, /* |n| events */
};

struct window {
	enum window_kind kind;
	int64_t    size_ms, every_ms; /* TIME; every_ms == size_ms: tumbling */
	uint64_t   count;             /* COUNT */
	struct ast *on;               /* event time; NULL: @ts */
	int64_t    grace_ms;          /* -1: the default */
};

struct order_key {
	struct ast *expr;
	bool        desc;
};

enum sample_kind {
	SAMPLE_ALL,     /* no clause, or one that keeps everything */
	SAMPLE_PERCENT, /* also Mantis's RANDOM: threshold / factor */
	SAMPLE_RATE,    /* n/s, also Mantis's RPS: after the filter, spread */
	SAMPLE_STICKY,  /* Mantis's: by hash of the keys' values */
};

struct sample {
	enum sample_kind kind;
	double      percent;          /* PERCENT */
	uint64_t    threshold;        /* PERCENT: on 32 random bits */
	uint64_t    per_second;       /* RATE */
	struct str *key;              /* STICKY: top-level keys */
	unsigned    nkey, keycap;
	uint64_t    sticky_threshold, factor; /* STICKY */
	int64_t     salt;
	bool        salted, extrapolate;
};

struct select {
	bool                distinct;
	bool                folded; /* groups of events become rows; check.c */
	struct ast        **group;  /* ngroup expressions */
	unsigned            ngroup, groupcap;
	struct window       window;
	struct ast         *having;  /* over COLUMNs, aggregates and groups */
	struct order_key   *order;
	unsigned            norder, ordercap;
	struct ast         *at;      /* a condition over @app @host @zone
					@version and labels; NULL: everywhere */
	struct sample       sampling;

	struct select_item *item;  /* nitem 0: `select *` */
	unsigned            nitem, itemcap;
	struct str         *stream; /* nstream 0: every stream */
	unsigned            nstream, streamcap;
	struct ast         *where;   /* a condition; NULL: every event */
	uint64_t            limit;   /* UINT64_MAX: none */
};

/* A node without operands, or NULL when memory is out. */
struct ast *ast_new(struct arena *a, enum ast_kind kind, struct span at);

/* An operator over l and r (NULL when unary), or NULL when memory is out.
 * AND and OR take in the operands of their like: they never nest. */
struct ast *ast_op(struct arena *a, enum ast_kind kind, struct span at,
		   struct ast *l, struct ast *r);

/* Append an operand. Returns 0 or MQL_ENOMEM. */
int ast_push(struct arena *a, struct ast *n, struct ast *item);

/* An arena's array of n items with room for one more; *cap is its size.
 * Returns NULL when memory is out. */
void *ast_room(struct arena *a, void *items, unsigned n, unsigned *cap,
	       size_t size);

/* "==" for AST_EQ, "" for most leaves. */
const char *ast_spelling(enum ast_kind kind);

bool ast_is_leaf(enum ast_kind kind);
bool ast_is_constant(enum ast_kind kind);  /* NULL to STR */
bool ast_is_condition(enum ast_kind kind); /* BOOL is none */

/* The same expression, whatever the place? */
bool ast_equal(const struct ast *a, const struct ast *b);

/* Is there a node of this kind in n? */
bool ast_has(const struct ast *n, enum ast_kind kind);

/* The operand of a condition whose path has a [*], or NULL. check.c has seen
 * to it that there is one at most, and that it is an operand itself. */
struct ast *ast_star(const struct ast *n);

#endif
