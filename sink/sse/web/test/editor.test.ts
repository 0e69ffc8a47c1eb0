import test from "node:test";
import assert from "node:assert/strict";
import { parse } from "../src/query";

function errors(q: string): number {
  let n = 0;
  parse(q).iterate({ enter(x) { if (x.type.isError) n++; } });
  return n;
}

test("the grammar knows the language", () => {
  for (const q of [
    "select * where country == 'BR' and device=='ipad'",
    "select distinct lower(a) as 'b c', e['x'][0], e[^'http.'] from s, 'api-v2'",
    "select count(*) as n, p99(ms) group by e['a']['b'] window 60s every 10s on ts grace 5s having n > 1 order by n desc limit 5",
    "select * where path =~ /^\\/api\\/x/ and a ==~ /(?i)b/ and not c !~ /d/ sample 5% at app == 'x'",
    "select regexp_extract(path, /v([0-9]+)/, 1), a / b / c, -7 % .5, 1.5E3 where items[*].price > 100",
    "select * sample {'strategy': 'STICKY', 'keys': ['user'], 'threshold': 5000}",
    "select case when ms > 100 then 'slow' else null end as speed -- note\n/* more **/ window |100|",
    "select größe, @ts, a.5xx where a in (1, 'x') and b between 1 and 2 or not (c is not null) && !d || e ==+ 'x'",
    "select \"a\\\"b\" where x like 'it''s' since 5m",
  ]) assert.equal(errors(q), 0, q);
});

test("a text without an end, or a bracket, is an error", () => {
  assert.ok(errors("select * where a == 'x") > 0);
  assert.ok(errors("select f(a") > 0);
});
