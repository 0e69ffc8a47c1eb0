import test from "node:test";
import assert from "node:assert/strict";
import { parse, plain } from "../src/exact";
import { Sample } from "../src/fields";

test("types, presence, top values, least and greatest of what was seen", () => {
  const s = new Sample();
  for (const r of ['{"a":1,"b":{"c":"x"}}', '{"a":9007199254740993,"b":{"c":"x"}}', '{"a":"t","b":null}', '{"b":{"c":"y"}}'])
    s.add(parse(r));
  const [a, c] = s.fields;
  assert.equal(s.rows, 4);
  assert.deepEqual([a!.path, a!.rows, a!.types, plain(a!.max)], ["a", 3, ["integer", "string"], "t"]);
  assert.deepEqual([c!.path, c!.rows, c!.top.map((t) => [t.text, t.count])],
    ["b.c", 3, [["x", 2], ["y", 1]]]);
  assert.equal(s.fields.length, 2, "an object is known by what is in it");
});

test("memory is bounded whatever comes", () => {
  const s = new Sample();
  for (let i = 0; i < 2000; i++) s.add(parse(`{"k${i}":1,"v":${i}}`));
  const v = s.fields.find((f) => f.path === "v")!;
  assert.ok(s.fields.length <= 400);
  assert.ok(v.more && v.distinct <= 200);
});
