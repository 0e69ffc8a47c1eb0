import test from "node:test";
import assert from "node:assert/strict";
import { parse, plain } from "../src/exact";
import { find, parsePath, printPath, type Path } from "../src/path";

test("paths are written as MQL reads them", () => {
  const cases: [Path, string][] = [
    [["a"], "a"], [["a", "b", "c"], "a.b.c"], [["a", 0, "b"], "a[0].b"], [["a", 0, "5xx"], "a[0]['5xx']"],
    [["from"], "e['from']"], [["e"], "e['e']"], [["a b", "c"], "e['a b'].c"],
    [["a", "x-y"], "a['x-y']"], [["a", "it's"], "a['it''s']"], [["5xx"], "e['5xx']"],
    [["a", "5xx"], "a.5xx"], [["id.orig_h"], "id.orig_h"], [["a", "b.c"], "a['b.c']"],
    [["@ts"], "@ts"], [["größe"], "größe"],
  ];
  for (const [path, text] of cases) assert.equal(printPath(path), text);
});

test("what is written is read again", () => {
  const row = parse(`{"a b":{"c":1},"x":{"y-z":2,"it's":3,"l":[4,5]},"id.h":6,"from":7,"p":{"q":{"r":8}}}`);
  for (const [p, v] of [["e['a b']['c']", "1"], ["x['y-z']", "2"], ["x['it''s']", "3"],
    ["x.l[0]", "4"], ["x.l[-1]", "5"], ["id.h", "6"], ["e['from']", "7"], ["p.q.r", "8"],
    ['e["p"]["q"].r', "8"]] as const)
    assert.equal(plain(find(row, parsePath(p)!)), v, p);
});

test("a path through what is no container leads nowhere", () => {
  const row = parse('{"a":1,"l":[]}');
  for (const p of ["a.b", "a[0]", "l[0]", "x.y"]) assert.equal(find(row, parsePath(p)!), undefined);
});

test("what is no path is refused", () => {
  for (const bad of ["", "a[", "a['x]", "['", "a b"]) assert.equal(parsePath(bad), undefined, bad);
});
