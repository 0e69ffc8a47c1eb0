import test from "node:test";
import assert from "node:assert/strict";
import { Num } from "../src/exact";
import * as q from "../src/query";

test("filter for puts a condition in", () => {
  assert.equal(q.filter("select *", "country", "BR"), "select * where country == 'BR'");
  assert.equal(q.filter("select * where a == 1", "b", new Num("9223372036854775807")),
    "select * where a == 1 and b == 9223372036854775807");
  assert.equal(q.filter("", "a", true), "select * where a == true");
});

test("it stands before the clauses that come later", () => {
  assert.equal(q.filter("select a from s group by a limit 5", "a", "x"),
    "select a from s where a == 'x' group by a limit 5");
  assert.equal(q.filter("select * sample 5% at app == 'x'", "a", "x"),
    "select * where a == 'x' sample 5% at app == 'x'");
  assert.equal(q.filter("SELECT *\nFROM s\nWINDOW 10s", "a", "x"),
    "SELECT *\nFROM s where a == 'x'\nWINDOW 10s");
});

test("an `or` keeps its meaning", () => {
  assert.equal(q.filter("select * where a == 1 or b == 2 limit 5", "c", "x"),
    "select * where (a == 1 or b == 2) and c == 'x' limit 5");
  assert.equal(q.filter("select * where (a == 1 or b == 2)", "c", "x"),
    "select * where (a == 1 or b == 2) and c == 'x'");
  assert.equal(q.filter("select * where a == ' or '", "c", "x"),
    "select * where a == ' or ' and c == 'x'");
  assert.equal(q.filter("select * where a || b", "c", "x"), "select * where (a || b) and c == 'x'");
});

test("filter out, and null", () => {
  assert.equal(q.filter("select *", "a", "x", true), "select * where a != 'x'");
  assert.equal(q.filter("select *", "a", null), "select * where a is null");
  assert.equal(q.filter("select *", "a", null, true), "select * where a is not null");
});

test("text is quoted as MQL has it", () => {
  assert.equal(q.filter("select *", "a", "it's \\ \"x\""), `select * where a == 'it''s \\ "x"'`);
});

test("the same filter twice is one", () => {
  const once = q.filter("select *", "a", "x");
  assert.equal(q.filter(once, "a", "x"), once);
  assert.equal(q.filter("select * where a == 'x' and b == 1", "a", "x"), "select * where a == 'x' and b == 1");
});

test("a column is what its alias stands for", () => {
  assert.equal(q.filter("select lower(c) as land where x", "land", "br"),
    "select lower(c) as land where x and lower(c) == 'br'");
  assert.equal(q.filter("select ms / 1000", "ms / 1000", new Num("3")),
    "select ms / 1000 where (ms / 1000) == 3");
  assert.equal(q.filter("select e['a']['b']", "a.b", "x"), "select e['a']['b'] where e['a']['b'] == 'x'");
});

test("an aggregate is filtered by having", () => {
  assert.equal(q.filter("select a, count(*) as n group by a order by n", "n", new Num("5")),
    "select a, count(*) as n group by a having count(*) == 5 order by n");
});

test("group by makes a count of the same events", () => {
  assert.equal(q.groupBy("select * from s where a == 1 order by x limit 3 at app == 'w'", "b.c"),
    "select b.c, count(*) as n from s where a == 1 group by b.c window 2s order by n desc at app == 'w'");
});

test("comments and strings are no clauses", () => {
  assert.equal(q.filter("select * -- where a\n where b == 'limit 5'", "c", "x"),
    "select * -- where a\n where b == 'limit 5' and c == 'x'");
  assert.equal(q.filter("select * /* where */ limit 5", "c", "x"), "select * where c == 'x' /* where */ limit 5");
});

test("columns have the names that the rows have", () => {
  const names = (s: string): string[] | undefined => q.columns(s)?.map((c) => c.name);
  assert.deepEqual(names("select a, b.c, e['d']['e f'], count(*), max(ms) as 'the worst', ms / 2 where x"),
    ["a", "b.c", "d.e f", "count(*)", "the worst", "ms / 2"]);
  assert.deepEqual(names("select distinct lower(a) as b"), ["b"]);
  assert.equal(names("select *"), undefined);
  assert.equal(names("select a, e[^'http.']"), undefined);
  assert.deepEqual(names("select if(a, 1, 2), concat('a,b', c)"), ["if(a, 1, 2)", "concat('a,b', c)"]);
});

test("what is grouped is known", () => {
  assert.deepEqual(q.shape("select e['a'], count(*) as n group by e['a'] window 2s"),
    { grouped: true, groups: ["a"], values: ["n"], sums: ["n"], windowed: true });
  assert.deepEqual(q.shape("select count(*), sum(x)"),
    { grouped: true, groups: [], values: ["count(*)", "sum(x)"], sums: ["count(*)", "sum(x)"], windowed: false });
  assert.equal(q.shape("select a, b window 5s").grouped, false);
  assert.deepEqual(q.shape("select bucket(ms, 100) as b, count(*) group by b").groups, ["b"]);
});

test("only some aggregates may be added up over groups", () => {
  const sums = (what: string): string[] => q.shape(`select a, ${what} group by a`).sums;
  assert.deepEqual(sums("count(x), COUNT( DISTINCT x ) as d, sum(x) as s, rate(), avg(x), max(x), p99(x), sum(x) / 2 as h"),
    ["count(x)", "s", "rate()"]);
});

test("streams are those that the query names", () => {
  assert.deepEqual(q.streams("select * from a, 'api-v2' where x"), ["a", "api-v2"]);
});

test("bytes of UTF-8 become characters", () => {
  assert.equal(q.charOffset("é😀x", 0), 0);
  assert.equal(q.charOffset("é😀x", 2), 1);
  assert.equal(q.charOffset("é😀x", 6), 3);
  assert.equal(q.charOffset("é😀x", 99), 4);
});

test("a place within a row: nested, in a list, behind an alias", () => {
  assert.equal(q.filterAt("select *", ["d", "os"], "x", false), "select * where d.os == 'x'");
  assert.equal(q.filterAt("select *", ["tags", 1], "x", false), "select * where tags[*] == 'x'");
  assert.equal(q.filterAt("select *", ["tags", 1], "x", true), "select * where not tags[*] == 'x'");
  assert.equal(q.filterAt("select device as d", ["d", "o s"], "x", false), "select device as d where device['o s'] == 'x'");
  assert.equal(q.filterAt("select a.b", ["a.b"], null, true), "select a.b where a.b is not null");
  assert.equal(q.groupAt("select * from s", ["from"]),
    "select e['from'], count(*) as n from s group by e['from'] window 2s order by n desc");
  assert.equal(q.groupAt("select lower(c) as l", ["l"]),
    "select lower(c), count(*) as n group by lower(c) window 2s order by n desc");
});
