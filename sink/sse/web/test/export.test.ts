import test from "node:test";
import assert from "node:assert/strict";
import { csv, curlCommand, mqlCommand, ndjson, shell } from "../src/export";
import { Store } from "../src/store";

function store(...rows: string[]): Store {
  const s = new Store();
  for (const r of rows) s.push(r);
  return s;
}

test("rows are exported as they came, gaps are not", () => {
  const s = store('{"a":9223372036854775807}');
  s.push({ count: 1, why: "x", at: 0 });
  s.push('{"b" : 1}');
  assert.equal(ndjson(s), '{"a":9223372036854775807}\n{"b" : 1}\n');
});

test("csv quotes what has to be quoted", () => {
  const s = store('{"a":"x,y","b":"say \\"hi\\""}', '{"a":"two\\nlines","c":9007199254740993}', '{"b":null,"c":{"d":[1]}}');
  assert.equal(csv(s, []), 'a,b,c\n"x,y","say ""hi""",\n"two\nlines",,9007199254740993\n,,"{""d"":[1]}"\n');
  assert.equal(csv(s, ["c.d"]), "c.d\n\n\n[1]\n");
});

test("commands are safe for a shell", () => {
  assert.equal(shell("it's $HOME"), "'it'\\''s $HOME'");
  assert.equal(mqlCommand("select * where a == 'x'"), "mql 'select * where a == '\\''x'\\'''");
  assert.match(curlCommand("a&b", "http://h:1", true), /Bearer \$MQL_TOKEN" 'http:\/\/h:1\/api\/v1\/stream\?q=a%26b'/);
});
