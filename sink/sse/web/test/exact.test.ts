import test from "node:test";
import assert from "node:assert/strict";
import { Num, compare, parse, plain, text, tryParse, typeName } from "../src/exact";

test("integers of 64 bits and more keep their digits", () => {
  for (const n of ["9223372036854775807", "-9223372036854775808", "9007199254740993",
    "12345678901234567890.10", "1e400", "-0", "1.0", "0.1"])
    assert.equal(text(parse(`{"a":${n}}`)), `{"a":${n}}`);
});

test("keys keep their order, and the first of two counts", () => {
  assert.equal(text(parse('{"2":1,"1":2,"b":3,"2":4,"__proto__":5}')),
    '{"2":1,"1":2,"b":3,"__proto__":5}');
});

test("strings with escapes are what they say", () => {
  const v = parse('["a\\"b","\\\\","\\u00e9\\ud83d\\ude00","x\\\\\\"y"]') as unknown[];
  assert.deepEqual(v, ['a"b', "\\", "é😀", 'x\\"y']);
});

test("what is no JSON is refused", () => {
  for (const bad of ["", "{", "[1,]", '{"a"}', "01", "+1", ".5", "1.", "nul", '"', '"\\"',
    '"\\x"', "[1 2]", "{}{}", '{"a":1,}', "NaN", "'a'", '"a\nb\\n"'])
    assert.equal(tryParse(bad), undefined, bad);
});

test("depth is bounded", () => {
  assert.equal(tryParse("[".repeat(100_000)), undefined);
  assert.ok(tryParse("[".repeat(100) + "]".repeat(100)));
});

test("the same as JSON.parse where numbers are small", () => {
  const s = '{"a":[1,2.5,null,true,{"b":"c d"}],"e":"","f":[],"g":{}, "h" : [ 1 , 2 ] }';
  assert.deepEqual(JSON.parse(text(parse(s))), JSON.parse(s));
  assert.deepEqual(JSON.parse(text(parse(s), 2)), JSON.parse(s));
});

test("order is MQL's: null, booleans, numbers, strings", () => {
  const list = ["x", new Num("9007199254740993"), new Num("9007199254740992"), null,
    true, new Num("-1.5"), "a", false].sort(compare);
  assert.deepEqual(list.map((v) => plain(v)),
    ["", "false", "true", "-1.5", "9007199254740992", "9007199254740993", "a", "x"]);
});

test("types have MQL's names", () => {
  const v = parse('[null,true,1,1.5,"",[],{}]') as never[];
  assert.deepEqual(v.map(typeName),
    ["null", "boolean", "integer", "float", "string", "array", "object"]);
});
