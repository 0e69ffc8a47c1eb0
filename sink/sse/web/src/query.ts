// Editing the text of a query: filter for, filter out, group by. The text that
// a person wrote stays as it is; only what is asked for is put in.
import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "./mql.grammar";
import { Num, text, type Value } from "./exact";
import { printPath, quote, type Path } from "./path";

export interface Column {
  name: string; // as in the rows
  expr: string; // as it stands in the query
  aggregate: boolean;
}

interface Clause {
  name: string; // lower case: "where", "group by"
  from: number; // of its keyword
  body: number; // behind its keyword
  to: number; // end of the last thing in it
}

const AGGREGATE = /^(count|sum|avg|average|min|max|stddev|variance|p\d+|percentile|top|list|first|last|rate)$/i;

export function parse(q: string): Tree {
  return parser.parse(q);
}

export function clauses(q: string): Clause[] {
  return parse(q).topNode.getChildren("Clause").map((node) => {
    const key = node.firstChild!;
    return {
      name: q.slice(key.from, key.to).toLowerCase().replace(/\s+/g, " "),
      from: node.from,
      body: key.to,
      to: trimEnd(node),
    };
  });
}

function trimEnd(node: SyntaxNode): number {
  return node.lastChild?.to ?? node.to;
}

function clause(q: string, name: string): Clause | undefined {
  return clauses(q).find((c) => c.name === name);
}

/** The text of a clause without its keyword, or "". */
export function body(q: string, name: string): string {
  const c = clause(q, name);
  return c ? q.slice(c.body, c.to).trim() : "";
}

/** Pieces between commas that are not nested. */
function pieces(q: string, c: Clause): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  let from = -1, to = -1;
  for (const node of within(q, c)) {
    if (node.name === "Comma") {
      if (from >= 0) out.push({ from, to });
      from = -1;
    } else {
      if (from < 0) from = node.from;
      to = node.to;
    }
  }
  if (from >= 0) out.push({ from, to });
  return out;
}

function within(q: string, c: Clause): SyntaxNode[] {
  const node = parse(q).topNode.getChildren("Clause")
    .find((n) => n.from === c.from);
  const out: SyntaxNode[] = [];
  for (let n = node?.firstChild?.nextSibling; n; n = n.nextSibling)
    if (!n.name.endsWith("Comment")) out.push(n);
  return out;
}

/** What the query selects; undefined for `*`, which is any columns. */
export function columns(q: string): Column[] | undefined {
  const c = clause(q, "select");
  if (!c) return undefined;
  const out: Column[] = [];
  for (const p of pieces(q, c)) {
    let expr = q.slice(p.from, p.to).replace(/^distinct\b\s*/i, "");
    const as = /\s+as\s+('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"()]+)\s*$/i.exec(expr);
    if (as) expr = expr.slice(0, as.index);
    if (expr === "*" || /^e\s*\[\s*\^/.test(expr)) return undefined;
    out.push({ name: as ? unquote(as[1]!) : named(expr), expr, aggregate: aggregates(expr) });
  }
  return out;
}

/** e['a']['b'] is called a.b; what is no path is called as it is written. */
function named(expr: string): string {
  if (!/^[^\s()+*/%<>=!|&,-]+$|^e\s*\[/.test(expr)) return expr;
  return expr
    .replace(/^e\s*(?=\[)/, "")
    .replace(/\[\s*'((?:[^']|'')*)'\s*\]/g, (_, k: string) => "." + k.replaceAll("''", "'"))
    .replace(/\[\s*"((?:[^"\\])*)"\s*\]/g, (_, k: string) => "." + k)
    .replace(/^\./, "");
}

function unquote(s: string): string {
  if (s.startsWith("'")) return s.slice(1, -1).replaceAll("''", "'");
  return s.startsWith('"') ? (JSON.parse(s) as string) : s;
}

function aggregates(expr: string): boolean {
  let found = false;
  parser.parse(expr).iterate({
    enter(n) {
      if (n.name === "Call" && AGGREGATE.test(expr.slice(n.from).match(/^\w+/)?.[0] ?? ""))
        found = true;
    },
  });
  return found;
}

export interface Shape {
  grouped: boolean;
  groups: string[]; // the columns that name one
  values: string[]; // the others
  sums: string[]; // of those, what may be added up over groups
  windowed: boolean;
}

/** Does the query give groups, and what of its columns? */
export function shape(q: string): Shape {
  const cols = columns(q) ?? [];
  const by = clause(q, "group by");
  const byText = new Set(by ? pieces(q, by).map((p) => q.slice(p.from, p.to)) : []);
  const values = cols.filter((c) => c.aggregate).map((c) => c.name);
  const grouped = by !== undefined || values.length > 0;
  const groups = grouped
    ? cols.filter((c) => byText.has(c.expr) || byText.has(c.name) ||
        byText.has(named(c.expr)) || [...byText].some((b) => named(b) === c.name))
        .map((c) => c.name)
    : [];
  const sums = cols.filter((c) => /^(sum|rate|count)\s*\((?!\s*distinct\b)[^()]*\)$/i.test(c.expr)).map((c) => c.name);
  return { grouped, groups, values, sums, windowed: clause(q, "window") !== undefined };
}

/** A constant as MQL writes it. Containers have none: undefined. */
export function literal(v: Value): string | undefined {
  if (v === null || typeof v === "boolean") return String(v);
  if (typeof v === "string") return quote(v);
  return v instanceof Num ? v.text : undefined;
}

/** Does it take parentheses as a side of a comparison? */
function compound(expr: string): boolean {
  for (let n = parse(expr).topNode.firstChild; n; n = n.nextSibling)
    if (["Operator", "LogicOperator", "MatchOperator", "Keyword"].includes(n.name) || n.name === "Match")
      return true;
  return false;
}

/** The condition that a value is, or is not, this one. */
export function condition(expr: string, v: Value, out = false): string {
  const left = compound(expr) ? `(${expr})` : expr;
  if (v === null) return `${left} is ${out ? "not " : ""}null`;
  const lit = literal(v);
  if (lit !== undefined) return `${left} ${out ? "!=" : "=="} ${lit}`;
  return out ? `not string(${left}) == ${quote(text(v))}`
    : `string(${left}) == ${quote(text(v))}`;
}

/** The expression behind a column of the rows: itself, or what its alias
 * stands for. */
export function resolve(q: string, column: string): { expr: string; aggregate: boolean } {
  const c = columns(q)?.find((x) => x.name === column);
  return c ? { expr: c.expr, aggregate: c.aggregate } : { expr: column, aggregate: false };
}

/** The query with one more condition, and only where it is not there yet. */
export function filter(q: string, column: string, v: Value, out = false): string {
  const { expr, aggregate } = resolve(q, column);
  return also(q, aggregate ? "having" : "where", condition(expr, v, out));
}

export function also(q: string, name: "where" | "having", cond: string): string {
  const c = clause(q, name);
  if (!c) return insert(q, name, cond);
  const old = q.slice(c.body, c.to).trim();
  if (!old) return q.slice(0, c.body) + ` ${cond}` + q.slice(c.body);
  if (conjuncts(q, c).includes(cond)) return q;
  const kept = loose(q, c) ? `(${old})` : old;
  return q.slice(0, c.body) + ` ${kept} and ${cond}` + q.slice(c.to);
}

function operator(q: string, n: SyntaxNode): string {
  return q.slice(n.from, n.to).toLowerCase();
}

/** Is there an `or` outside of parentheses? */
function loose(q: string, c: Clause): boolean {
  return within(q, c).some((n) => ["or", "||"].includes(operator(q, n)));
}

function conjuncts(q: string, c: Clause): string[] {
  if (loose(q, c)) return [];
  const out: string[] = [];
  let from = -1, to = -1;
  for (const n of within(q, c)) {
    if (["and", "&&"].includes(operator(q, n))) {
      out.push(q.slice(from, to));
      from = -1;
    } else {
      if (from < 0) from = n.from;
      to = n.to;
    }
  }
  if (from >= 0) out.push(q.slice(from, to));
  return out;
}

// A new clause goes behind those that usually stand before it.
const ORDER = ["select", "from", "where", "group by", "window", "having", "order by", "sample", "limit", "at", "since"];

function insert(q: string, name: string, text: string): string {
  const all = clauses(q);
  if (all.length === 0)
    return name === "where" ? `select * where ${text}` : `${q.trim()} ${name} ${text}`.trim();
  const before = all.filter((c) => ORDER.indexOf(c.name) < ORDER.indexOf(name));
  const at = Math.max(...before.map((c) => c.to), 0);
  return at === 0
    ? `${name} ${text} ${q.slice(at).trimStart()}`
    : q.slice(0, at) + ` ${name} ${text}` + q.slice(at);
}

/** A new query: the counts of each value, of the same streams and events. */
export function groupBy(q: string, column: string): string {
  const { expr, aggregate } = resolve(q, column);
  if (aggregate) return q;
  const keep = ["from", "where"].map((n) => [n, body(q, n)] as const);
  const rest = ["sample", "at"].map((n) => [n, body(q, n)] as const);
  const part = (list: readonly (readonly [string, string])[]): string =>
    list.filter(([, b]) => b).map(([n, b]) => ` ${n} ${b}`).join("");
  return `select ${expr}, count(*) as n${part(keep)} group by ${expr} window ${body(q, "window") || "2s"}` +
    ` order by n desc${part(rest)}`;
}

/** filter() for a place within a row. Of a list it means any element: which
 * place it has differs from row to row. */
export function filterAt(q: string, path: Path, v: Value, out: boolean): string {
  const { expr, rest } = place(q, path);
  if (columns(q) && rest.length === 0) return filter(q, String(path[0]), v, out);
  const full = (expr + rest).replace(/\[-?\d+\]/g, "[*]");
  const any = full.includes("[*]");
  return also(q, "where", any && out ? `not ${condition(full, v)}` : condition(full, v, out));
}

export function groupAt(q: string, path: Path): string {
  const { expr, rest } = place(q, path);
  return groupBy(q, columns(q) && rest.length === 0 ? String(path[0]) : expr + rest);
}

/** What the query calls a place in its rows, and the steps within that. */
function place(q: string, path: Path): { expr: string; rest: string } {
  if (!columns(q)) return { expr: printPath(path), rest: "" };
  const { expr } = resolve(q, String(path[0]));
  return { expr, rest: printPath(["x", ...path.slice(1)]).slice(1) };
}

/** The streams a query names, unquoted. */
export function streams(q: string): string[] {
  return body(q, "from").split(",").map((s) => s.trim()).filter(Boolean)
    .map((s) => (/^['"]/.test(s) ? unquote(s) : s));
}

/** Offset in characters of an offset in bytes of the UTF-8 of q. */
export function charOffset(q: string, bytes: number): number {
  let seen = 0;
  for (let i = 0; i < q.length; i++) {
    if (seen >= bytes) return i;
    const c = q.codePointAt(i)!;
    seen += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c >= 0x10000) i++;
  }
  return q.length;
}
