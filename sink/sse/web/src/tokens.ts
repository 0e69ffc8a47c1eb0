// Keywords of MQL in any case (mql/word.h). `group by` and `order by` are
// tokens of the grammar: `group` and `order` alone are names.
import { ExternalTokenizer } from "@lezer/lr";
import * as term from "./mql.grammar.terms";

const clauses: Record<string, number> = {
  select: term.Select, from: term.From, where: term.Where,
  window: term.Window, having: term.Having, limit: term.Limit,
  sample: term.Sample, at: term.At, since: term.Since,
};

const logic = "and or not like ilike in between is".split(" ");
const others =
  "distinct as case when then else end every on grace asc desc join anomaly".split(" ");

const words = new Map<string, number>([
  ...Object.entries(clauses),
  ...logic.map((w): [string, number] => [w, term.LogicOperator]),
  ...others.map((w): [string, number] => [w, term.Keyword]),
  ["true", term.Boolean], ["false", term.Boolean], ["null", term.Null],
]);

export const clauseWords = [...Object.keys(clauses), "group by", "order by"];
export const keywordWords = [...logic, ...others, "true", "false", "null"];

/** For the grammar: the term of a word that is a keyword, or -1. */
export function keyword(word: string): number {
  return words.get(word.toLowerCase()) ?? -1;
}

/** Must the word stand in brackets where a name is meant? */
export function isKeyword(word: string): boolean {
  return words.has(word.toLowerCase());
}

const SLASH = 47, BACKSLASH = 92, NEWLINE = 10;

/** /.../ with `\\/` for a slash, on one line. */
export const regex = new ExternalTokenizer((input) => {
  if (input.next !== SLASH) return;
  for (;;) {
    let c = input.advance();
    if (c === SLASH) break;
    if (c === BACKSLASH) c = input.advance();
    if (c < 0 || c === NEWLINE) return;
  }
  input.advance();
  input.acceptToken(term.Regex);
});
