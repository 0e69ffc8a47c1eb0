import test from "node:test";
import assert from "node:assert/strict";
import { DEFAULTS, read, write, type UrlState } from "../src/url";

test("the whole state survives a link", () => {
  const s: UrlState = {
    view: "queries", q: "select * where a == '#&+%ü'", run: true, cols: ["a.b", "e['x y']"],
    widths: { "a.b": 120, "e['x:y']": 300 }, sort: { col: "a.b", desc: true }, wrap: true,
    mark: "/x+/i", fields: false, plan: true, limit: 100, seconds: 30,
  };
  assert.deepEqual(read(write(s)), s);
});

test("the default is nothing", () => {
  assert.equal(write(DEFAULTS), "#");
  assert.deepEqual(read(""), DEFAULTS);
});

test("whatever stands there, the state is valid", () => {
  const s = read("#view=evil&limit=-5&for=1e9&w=abc&w=99999:x&w=5:y&sort=-&cols=%");
  assert.deepEqual(s, { ...DEFAULTS, widths: { y: 40 } });
});
