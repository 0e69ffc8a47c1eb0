/* grammar.y - MQL's grammar. Actions only build the tree (tree.h); what it
 * means is check.c's to say. There is no conflict, and the build fails if one
 * appears.
 *
 * Loosest first: or, and, not, comparisons (which do not chain), + -, * / %,
 * the sign. A value and a condition are one thing here; check.c tells them
 * apart, with a better sentence than a grammar could. */
%code requires {
#include "mql/compile.h"

#define YYLLOC_DEFAULT(cur, rhs, n)                                     \
	((cur).beg = (n) ? YYRHSLOC(rhs, 1).beg : YYRHSLOC(rhs, 0).end, \
	 (cur).end = (n) ? YYRHSLOC(rhs, n).end : YYRHSLOC(rhs, 0).end)
}
%code provides { /* the names flex writes into lex.h */
#define YYSTYPE MQL_YYSTYPE
#define YYLTYPE MQL_YYLTYPE
}

%define api.pure full
%define api.prefix {mql_yy}
%define api.token.prefix {T_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { void *scanner }
%parse-param { struct compile *c }

%union {
	struct ast   *node;
	struct str    str;
	enum ast_kind kind;
	bool          flag;
}

%code {
#include "mql/grammar.h"
#include "mql/lex.h"
#include "mql/tree.h"
#include "mql/word.h"

/* The stack has one size and lives in yyparse(): what does not fit is nested
 * too deeply, and a parse allocates from the arena only. */
#define YYINITDEPTH 1000
#define YYMAXDEPTH  1000

static void mql_yyerror(const struct span *at, void *scanner,
			struct compile *c, const char *msg);

/* The value of an action, or give up: what failed has been told. */
#define KEEP(out, value)                 \
	do {                             \
		(out) = (value);         \
		if (!(out))              \
			YYABORT;         \
	} while (0)
#define TRY(call)                        \
	do {                             \
		if (call)                \
			YYABORT;         \
	} while (0)
}

%token END 0 "the end of the query"
%token <node> INT FLOAT STRING REGEX DURATION
%token <str>  WORD META DOTKEY ".key"
%token SELECT "select" DISTINCT "distinct" FROM "from" WHERE "where"
%token GROUP_BY "group by" ORDER_BY "order by" AS "as" CASE "case"
%token <str> WHEN "when" THEN "then" ELSE "else" FINISH "end"
%token <str> EVERY "every" ON "on" GRACE "grace" ASC "asc" DESC "desc"
%token <str> LIMIT "limit" SAMPLE "sample" WINDOW "window" HAVING "having"
%token <str> SINCE "since" AT "at" JOIN "join" ANOMALY "anomaly"
%token AND "and" OR "or" NOT "not" IN "in" BETWEEN "between" IS "is"
%token LIKE "like" ILIKE "ilike" NULL "null" TRUE "true" FALSE "false"
%token STAR "*" COMMA "," PERCENT "%" SLASH "/" PLUS "+" MINUS "-"
%token BRACE "{" UNBRACE "}" COLON ":" PIPE "|"
%token OPEN "(" CLOSE ")" BRACKET "[" UNBRACKET "]" CARET "^"
%token EQ "==" NE "!=" LT "<" LE "<=" GT ">" GE ">=" CONTAINS "==+"
%token MATCH "==~" SEARCH "=~" NSEARCH "!~"

%type <node> expr and not test sum product sign primary path word constants
%type <node> constant truth number index callee call argument cases span
%type <str>  alias name soft
%type <kind> compare match like
%type <flag> negated direction

%%

query:
  SELECT distinct columns clauses
| TRUE   { KEEP(c->sel.where, tree_bool(c, true, @1)); }
| FALSE  { KEEP(c->sel.where, tree_bool(c, false, @1)); }

distinct:
  %empty
| DISTINCT         { c->sel.distinct = true; }

columns:
  "*"
| items
| items "," "*"    { TRY(tree_whole(c, @3)); }

items:
  item
| items "," item

item: expr alias   { TRY(tree_item(c, $1, $2)); }

alias:
  %empty           { $$ = (struct str){ 0 }; }
| AS name          { $$ = $2; }

name:
  WORD
| STRING           { $$ = $1->str; }
| soft

clauses:
  %empty
| clauses clause

clause:
  from streams
| where expr       { c->sel.where = $2; }
| group groups
| window extent event_time
| having expr      { c->sel.having = $2; }
| order keys
| sample share
| limit INT        { c->sel.limit = (uint64_t)$2->i; }
| at expr          { c->sel.at = $2; c->within_at = false; }
| SINCE DURATION   { TRY(tree_refuse(c, @$, "since")); }
| JOIN             { TRY(tree_refuse(c, @1, "join")); }
| ANOMALY          { TRY(tree_refuse(c, @1, "anomaly")); }

from:   FROM       { TRY(tree_once(c, CLAUSE_FROM, @1, "from")); }
where:  WHERE      { TRY(tree_once(c, CLAUSE_WHERE, @1, "where")); }
group:  GROUP_BY   { TRY(tree_once(c, CLAUSE_GROUP, @1, "group by")); }
window: WINDOW     { TRY(tree_once(c, CLAUSE_WINDOW, @1, "window")); }
having: HAVING     { TRY(tree_once(c, CLAUSE_HAVING, @1, "having")); }
order:  ORDER_BY   { TRY(tree_once(c, CLAUSE_ORDER, @1, "order by")); }
sample: SAMPLE     { TRY(tree_once(c, CLAUSE_SAMPLE, @1, "sample")); }
limit:  LIMIT      { TRY(tree_once(c, CLAUSE_LIMIT, @1, "limit")); }
at:     AT         { TRY(tree_once(c, CLAUSE_AT, @1, "at"));
		     c->within_at = true; }

streams:
  name             { TRY(tree_stream(c, $1)); }
| streams "," name { TRY(tree_stream(c, $3)); }

groups:
  expr             { TRY(tree_group(c, $1)); }
| groups "," expr  { TRY(tree_group(c, $3)); }

keys:
  key
| keys "," key

key: expr direction { TRY(tree_order(c, $1, $2)); }

direction:
  %empty           { $$ = false; }
| ASC              { $$ = false; }
| DESC             { $$ = true; }

extent:
  span             { TRY(tree_window(c, $1, $1)); }
| span EVERY span  { TRY(tree_window(c, $1, $3)); }
| span span        { TRY(tree_window(c, $1, $2)); } /* Mantis's */
| "|" INT "|"      { TRY(tree_window_count(c, $2)); }

event_time:
  %empty
| event_time ON expr    { TRY(tree_window_on(c, @2, $3)); }
| event_time GRACE span { TRY(tree_window_grace(c, @2, $3)); }

span: /* seconds, without a unit */
  number           { KEEP($$, tree_seconds(c, $1)); }
| DURATION

share:
  number "%"       { TRY(tree_sample(c, $1)); }
| INT "/" WORD     { TRY(tree_sample_rate(c, $1, @3, $3)); }
| "{" members "}"  { TRY(tree_sample_done(c, @$)); }
| "{" "}"

members:
  member
| members "," member

member: /* of Mantis's JSON */
  STRING ":" constant { TRY(tree_sample_member(c, $1, $3)); }
| STRING ":" "[" constants "]"
  { TRY(tree_sample_member(c, $1, $4)); }

/* --- conditions ----------------------------------------------------------- */

expr:
  and
| expr OR and      { KEEP($$, tree_op(c, AST_OR, @$, $1, $3)); }

and:
  not
| and AND not      { KEEP($$, tree_op(c, AST_AND, @$, $1, $3)); }

not:
  test
| NOT not          { KEEP($$, tree_op(c, AST_NOT, @$, $2, NULL)); }

test:
  sum
| sum compare sum  { KEEP($$, tree_op(c, $2, @$, $1, $3)); }
| sum match REGEX  { KEEP($$, tree_op(c, $2, @$, $1, $3)); }
| sum negated like STRING
  { KEEP($$, tree_unless(c, $2, tree_op(c, $3, @$, $1, $4))); }
| sum negated IN "(" constants ")"
  { KEEP($$, tree_unless(c, $2, tree_first(c, @$, $1, $5))); }
| sum negated BETWEEN sum AND sum
  {
	KEEP($$, tree_op(c, AST_BETWEEN, @$, $1, $4));
	KEEP($$, tree_unless(c, $2, tree_push(c, $$, $6)));
  }
| sum IS negated truth
  { KEEP($$, tree_op(c, $3 ? AST_NE : AST_EQ, @$, $1, $4)); }

compare:
  EQ               { $$ = AST_EQ; }
| NE               { $$ = AST_NE; }
| LT               { $$ = AST_LT; }
| LE               { $$ = AST_LE; }
| GT               { $$ = AST_GT; }
| GE               { $$ = AST_GE; }
| CONTAINS         { $$ = AST_CONTAINS; }

match:
  MATCH            { $$ = AST_MATCH; }
| SEARCH           { $$ = AST_SEARCH; }
| NSEARCH          { $$ = AST_NSEARCH; }

like:
  LIKE             { $$ = AST_LIKE; }
| ILIKE            { $$ = AST_ILIKE; }

negated:
  %empty           { $$ = false; }
| NOT              { $$ = true; }

constants: /* item[0] is kept for what is sought among them */
  constant         { KEEP($$, tree_op(c, AST_IN, @$, $1, $1)); }
| constants "," constant
  { KEEP($$, tree_push(c, $1, $3)); }

/* --- values --------------------------------------------------------------- */

sum:
  product
| sum "+" product  { KEEP($$, tree_op(c, AST_ADD, @$, $1, $3)); }
| sum "-" product  { KEEP($$, tree_op(c, AST_SUB, @$, $1, $3)); }

product:
  sign
| product "*" sign { KEEP($$, tree_op(c, AST_MUL, @$, $1, $3)); }
| product "/" sign { KEEP($$, tree_op(c, AST_DIV, @$, $1, $3)); }
| product "%" sign { KEEP($$, tree_op(c, AST_MOD, @$, $1, $3)); }

sign:
  primary
| "-" sign         { KEEP($$, tree_negate(c, @$, $2)); }

primary:
  path
| path "[" "^" STRING "]" { KEEP($$, tree_prefix(c, @$, $1, $4->str)); }
| META             { KEEP($$, tree_meta(c, @1, $1)); }
| META DOTKEY      { KEEP($$, tree_label(c, @$, $1, $2)); }
| STRING
| number
| truth
| DURATION
| "(" expr ")"     { KEEP($$, tree_paren(c, @$, $2)); }
| callee ")"       { $$ = $1; $$->at = @$; }
| callee "*" ")"   { $$ = $1; $$->at = @$; TRY(tree_of_all(c, $1, @2)); }
| callee DISTINCT expr ")"
  {
	KEEP($$, tree_push(c, $1, $3));
	$$->at = @$;
	TRY(tree_of_distinct(c, $$, @2));
  }
| call ")"         { $$ = $1; $$->at = @$; }
| cases FINISH     { $$ = $1; $$->at = @$; }
| cases ELSE expr FINISH
  { KEEP($$, tree_push(c, $1, $3)); $$->at = @$; }

callee: WORD "("   { KEEP($$, tree_callee(c, @1, $1)); }

call:
  callee argument  { KEEP($$, tree_push(c, $1, $2)); }
| call "," argument { KEEP($$, tree_push(c, $1, $3)); }

argument: expr | REGEX

cases:
  CASE WHEN expr THEN expr
  { KEEP($$, tree_op(c, AST_CASE, @$, $3, $5)); }
| cases WHEN expr THEN expr
  {
	KEEP($$, tree_push(c, $1, $3));
	KEEP($$, tree_push(c, $$, $5));
  }

number: INT | FLOAT

constant:
  STRING
| number
| "-" number       { KEEP($$, tree_negate(c, @$, $2)); }
| truth

truth:
  NULL             { KEEP($$, tree_leaf(c, AST_NULL, @1)); }
| TRUE             { KEEP($$, tree_bool(c, true, @1)); }
| FALSE            { KEEP($$, tree_bool(c, false, @1)); }

path:
  word
| path DOTKEY          { KEEP($$, tree_key(c, @$, $1, $2)); }
| path "[" STRING "]"  { KEEP($$, tree_key(c, @$, $1, $3->str)); }
| path "[" index "]"   { KEEP($$, tree_index(c, @$, $1, $3)); }
| path "[" "*" "]"     { KEEP($$, tree_any(c, @$, $1)); }

index:
  INT
| "-" INT          { KEEP($$, tree_negate(c, @$, $2)); }

word:
  WORD             { KEEP($$, tree_word(c, @1, $1)); }
| soft             { KEEP($$, tree_word(c, @1, $1)); }

/* Words that go on with a clause, and are names where none can. */
soft:
  LIMIT | SAMPLE | WINDOW | HAVING | SINCE | AT | JOIN | ANOMALY
| WHEN | THEN | ELSE | FINISH | EVERY | ON | GRACE | ASC | DESC

%%

/* --- syntax errors in words ----------------------------------------------- */

enum { MAX_PHRASES = 5, MAX_QUOTE = 40 };

struct want {
	yysymbol_kind_t symbol[YYNTOKENS];
	int             n;
};

static bool
wants(const struct want *w, yysymbol_kind_t symbol)
{
	for (int i = 0; i < w->n; i++)
		if (w->symbol[i] == symbol)
			return true;
	return false;
}

/* What the parser could have gone on with, as a person says it: words hold
 * when `with` is among it, and neither `but` nor `nor` are. */
#define S(name) YYSYMBOL_##name
#define NONE    YYSYMBOL_YYEMPTY
static const struct phrase {
	yysymbol_kind_t with, but, nor;
	const char     *words;
} phrases[] = {
	{ S(META), NONE, NONE, "a field or a value" },
	{ S(WORD), S(META), NONE, "a name" },
	{ S(STRING), S(INT), S(WORD), "a text in quotes" },
	{ S(FLOAT), S(DURATION), S(BRACE), "a constant" },
	{ S(DURATION), S(META), S(GROUP_BY), "a time such as `10s`" },
	{ S(PIPE), NONE, NONE, "`|`" },
	{ S(BRACE), NONE, NONE, "a share such as `5%` or `100/s`" },
	{ S(CARET), NONE, NONE, "a key in quotes, an index or `*`" },
	{ S(INT), S(FLOAT), S(CARET), "a whole number" },
	{ S(REGEX), S(META), NONE, "a regular expression between slashes" },
	{ S(FALSE), S(STRING), NONE, "`null`, `true` or `false`" },
	{ S(PLUS), NONE, NONE, "an operator" },
	{ S(BETWEEN), S(PLUS), NONE, "`in`, `like` or `between`" },
	{ S(OPEN), S(META), S(PLUS), "`(`" },
	{ S(PERCENT), S(PLUS), NONE, "`%`" },
	{ S(SLASH), S(PLUS), NONE, "`/s`" },
	{ S(COLON), NONE, NONE, "`:`" },
	{ S(UNBRACE), NONE, NONE, "`}`" },
	{ S(WHEN), S(META), NONE, "`when`" },
	{ S(THEN), S(META), NONE, "`then`" },
	{ S(FINISH), S(META), NONE, "`end`" },
	{ S(CLOSE), NONE, NONE, "`)`" },
	{ S(UNBRACKET), NONE, NONE, "`]`" },
	{ S(COMMA), NONE, NONE, "`,`" },
	{ S(AS), NONE, NONE, "`as`" },
	{ S(AND), S(AS), NONE, "`and`" },
	{ S(OR), S(AS), NONE, "`or`" },
	{ S(GROUP_BY), NONE, NONE, "a clause such as `where`" },
};

static void
list_wanted(const struct want *w, struct buf *out)
{
	const char *words[MAX_PHRASES];
	int n = 0;

	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
		const struct phrase *p = &phrases[i];

		if (n < MAX_PHRASES && wants(w, p->with) &&
		    !wants(w, p->but) && !wants(w, p->nor))
			words[n++] = p->words;
	}
	for (int i = 0; i < n; i++) {
		buf_puts(out, !i ? ": expected " : i < n - 1 ? ", " : " or ");
		buf_puts(out, words[i]);
	}
}

/* The keyword that a misplaced word was meant to be, or NULL. */
static const char *
meant(const struct want *w, struct str word)
{
	for (int i = 0; i < w->n; i++) {
		const char *name = yysymbol_name(w->symbol[i]);

		if (name[0] >= 'a' && name[0] <= 'z' &&
		    word_is_near(word, str_of(name)))
			return name;
	}
	return NULL;
}

static bool
is_comparison(yysymbol_kind_t symbol)
{
	return symbol >= S(EQ) && symbol <= S(NSEARCH);
}

static void
describe(const struct want *w, yysymbol_kind_t found, struct str text,
	 struct buf *out)
{
	const char *word = found == S(WORD) ? meant(w, text) : NULL;

	if (wants(w, S(SELECT))) {
		buf_puts(out, "a query begins with `select`");
		return;
	}
	if (is_comparison(found) && wants(w, S(PLUS)) && !wants(w, S(EQ))) {
		buf_puts(out, "comparisons do not chain: "
			      "put `and` between two of them");
		return;
	}
	if (found == S(MINUS) && wants(w, S(COMMA)) && !wants(w, S(PLUS))) {
		buf_puts(out, "a name with a dash in it stands in quotes");
		return;
	}
	if (found == YYSYMBOL_YYEOF)
		buf_puts(out, "unexpected end of the query");
	else
		buf_printf(out, "unexpected `%.*s`", (int)text.len, text.ptr);
	if (word)
		buf_printf(out, ": did you mean `%s`?", word);
	else
		list_wanted(w, out);
}

static int
yyreport_syntax_error(const yypcontext_t *ctx, void *scanner,
		      struct compile *c)
{
	const struct span *at = yypcontext_location(ctx);
	struct str text = span_text(c, *at, MAX_QUOTE);
	struct want w;
	char sentence[sizeof c->diag->text];
	struct buf out = BUF_FIXED(sentence, sizeof sentence);

	(void)scanner;
	w.n = yypcontext_expected_tokens(ctx, w.symbol, YYNTOKENS);
	if (w.n < 0) { /* the exploring parser's stack is full, or memory is */
		mql_yyerror(at, scanner, c, "");
		return 0;
	}
	describe(&w, yypcontext_token(ctx), text, &out);
	fail(c, MQL_ESYNTAX, *at, "%.*s", (int)out.len, sentence);
	return 0;
}
#undef S
#undef NONE

/* Only reached when the stack is full. */
static void
mql_yyerror(const struct span *at, void *scanner, struct compile *c,
	    const char *msg)
{
	(void)scanner;
	(void)msg;
	fail(c, MQL_ELIMIT, *at, "the query is nested too deeply");
}
