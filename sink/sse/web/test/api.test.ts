import test from "node:test";
import assert from "node:assert/strict";

// What a page has, and node has not.
Object.assign(globalThis, {
  location: { href: "http://127.0.0.1/" }, sessionStorage: { getItem: () => null },
});
const { readFields } = await import("../src/api");
const { text } = await import("../src/exact");

test("what the fleet says of a stream keeps its digits and its places", () => {
  const f = readFields(`{"events":500,"targeted":3,"live":2,"ms":9,"left":true,"fields":[
    {"path":"id.h","types":["integer"],"rows":490,"presence":98.0,"distinct":1,"more":true,
     "top":[{"value":9007199254740993,"n":312}],"min":9007199254740993,"max":9007199254740995},
    {"path":"tags[*].k","types":["string"],"rows":1,"presence":0.2,"distinct":0,"more":false,"top":[]}]}`);
  assert.deepEqual([f.events, f.targeted, f.live, f.left, f.fields.length], [500, 3, 2, true, 2]);
  const [id, k] = f.fields;
  assert.deepEqual([id!.path, id!.rows, id!.types, id!.more], ["id.h", 490, ["integer"], true]);
  assert.deepEqual([id!.top[0]!.text, id!.top[0]!.count], ["9007199254740993", 312]);
  assert.equal(text(id!.max!), "9007199254740995");
  assert.deepEqual(k!.steps, ["tags", 0, "k"], "any element: the query says [*] of a place");
  assert.equal(k!.min, undefined);
});

test("whatever is answered, nothing breaks", () => {
  assert.throws(() => readFields("[]"));
  assert.throws(() => readFields("no"));
  assert.deepEqual(readFields("{}").fields, []);
  assert.deepEqual(readFields('{"fields":[1,{"path":3}]}').fields[0]!.steps, ["3"]);
});
