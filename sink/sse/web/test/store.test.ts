import test from "node:test";
import assert from "node:assert/strict";
import { compare, parse } from "../src/exact";
import { find } from "../src/path";
import { Store, type Gap } from "../src/store";

const gap: Gap = { count: 3, why: "slow", at: 0 };

test("the newest rows stay, and what is gone is counted", () => {
  const s = new Store(3);
  for (let i = 0; i < 10; i++) s.push(String(i));
  assert.deepEqual([s.first, s.next, s.gone], [7, 10, 7]);
  assert.deepEqual([s.get(6), s.get(7), s.get(9), s.get(10)], [undefined, "7", "9", undefined]);
});

test("memory is bounded by characters, too", () => {
  const s = new Store(1000, 100);
  for (let i = 0; i < 50; i++) s.push("x".repeat(30));
  assert.ok(s.chars <= 100);
  assert.equal(s.next - s.first, 3);
  s.push("y".repeat(500));
  assert.equal(s.next - s.first, 1, "one row is held, however long");
});

test("a gap takes a place but is no row", () => {
  const s = new Store(2);
  s.push("a");
  s.push(gap);
  s.push("b");
  s.push("c");
  assert.equal(s.gone, 1 + 0, "the gap fell out uncounted");
});

test("a frozen picture holds still while the buffer goes on", () => {
  const s = new Store(3);
  for (let i = 0; i < 3; i++) s.push(String(i));
  const f = s.freeze();
  for (let i = 3; i < 9; i++) s.push(String(i));
  assert.deepEqual([f.get(0), f.get(2), f.first, f.next], ["0", "2", 0, 3]);
});

test("what came within a time, gaps included", () => {
  const s = new Store(4);
  s.push("0", 10);
  s.push("1", 20);
  s.push(gap, 30);
  s.push("2", 40);
  s.push("3", 50);
  const f = s.freeze();
  s.push("4", 30);
  const some = f.within(20, 40);
  assert.deepEqual([some.get(some.first), some.get(some.first + 1), some.next - some.first], [gap, "2", 2]);
  assert.equal(f.within(0, 99).next - f.first, 4);
  assert.equal(f.within(50, 60).next - f.first, 0);
});

test("sorting is by exact value, stable, and leaves gaps out", () => {
  const s = new Store();
  for (const r of ['{"a":9007199254740993}', '{"a":9007199254740992,"b":1}', '{"a":9007199254740992,"b":2}'])
    s.push(r);
  s.push(gap);
  const f = s.freeze().sorted((x, y) => compare(find(x, ["a"]), find(y, ["a"])));
  const rows = [0, 1, 2].map((n) => f.get(n) as string);
  assert.equal(f.next, 3);
  assert.deepEqual(rows.map((r) => parse(r)).map((v) => (find(v, ["b"]) as { text: string } | undefined)?.text),
    ["1", "2", undefined]);
});

test("a cleared buffer goes on with its numbers", () => {
  const s = new Store(3);
  s.push("a");
  s.clear();
  s.push("b");
  assert.deepEqual([s.first, s.next, s.get(1)], [1, 2, "b"]);
});
