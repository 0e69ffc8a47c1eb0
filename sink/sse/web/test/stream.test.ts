import test from "node:test";
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Stream, type State, type Wrong } from "../src/stream";

interface Seen { rows: string[]; states: State[]; events: [string, unknown][]; wrong: Wrong[] }
type Answer = (req: IncomingMessage, res: ServerResponse, n: number) => void;

/** Run a stream against the answers, until `done` holds. */
async function ask(answer: Answer, done: (s: Seen) => boolean, params = "q=x"): Promise<Seen> {
  let n = 0;
  const server = createServer((req, res) => answer(req, res, n++));
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  const seen: Seen = { rows: [], states: [], events: [], wrong: [] };
  const stream = await new Promise<Stream>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(JSON.stringify(seen))), 10_000);
    const look = (): void => {
      if (!done(seen)) return;
      clearTimeout(late);
      setImmediate(() => resolve(s));
    };
    const s = new Stream({
      state: (x) => { seen.states.push(x); look(); },
      rows: (x) => { seen.rows.push(...x); look(); },
      event: (name, data) => { seen.events.push([name, data]); look(); },
      wrong: (x) => { seen.wrong.push(x); look(); },
    }, () => "secret");
    s.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}/s`, params);
  });
  stream.stop();
  server.closeAllConnections();
  server.close();
  return seen;
}

const sse = (res: ServerResponse): ServerResponse =>
  res.writeHead(200, { "Content-Type": "text/event-stream" });

test("rows come, and the end says why", async () => {
  const s = await ask((_q, res) => sse(res).end('data: 1\ndata: 2\nid: e-2\n\nevent: end\ndata: {"why":"limit"}\nid: e-end\n\n'),
    (x) => x.states.some((y) => y.status === "ended"));
  assert.deepEqual(s.rows, ["1", "2"]);
  assert.deepEqual(s.states.map((x) => x.status), ["connecting", "live", "ended"]);
  assert.match(s.states.at(-1)!.why, /limit/);
});

test("a broken connection goes on behind the last id", async () => {
  const ids: unknown[] = [];
  const s = await ask((req, res, n) => {
    ids.push(req.headers["last-event-id"]);
    if (n === 0) {
      sse(res).write("data: 1\nid: e-1\n\ndata: 2\nid: e-2\n\ndata: half");
      setTimeout(() => res.destroy(), 20);
    } else sse(res).write("data: 3\nid: e-3\n\n");
  }, (x) => x.rows.length === 3);
  assert.deepEqual(ids, [undefined, "e-2"]);
  assert.deepEqual(s.rows, ["1", "2", "3"]);
  const waiting = s.states.find((x) => x.status === "waiting")!;
  assert.ok(waiting.why && waiting.retryAt! > waiting.since);
});

test("a wrong query is refused with its place, and not tried again", async () => {
  const s = await ask((_q, res) => sse(res).end(
    'event: error\ndata: {"code":"SYNTAX","text":"no","line":1,"col":8,"beg":7,"end":12}\nid: error\n\n'),
    (x) => x.wrong.length > 0);
  assert.deepEqual(s.wrong, [{ text: "no", line: 1, col: 8, beg: 7, end: 12 }]);
  assert.equal(s.states.at(-1)!.status, "refused");
});

test("a daemon that is overloaded is asked again", async () => {
  const s = await ask((_q, res, n) => {
    if (n === 0) res.writeHead(503).end('{"error":{"code":"LIMIT","text":"too many viewers"}}');
    else sse(res).write("data: 1\nid: e-1\n\n");
  }, (x) => x.rows.length === 1);
  assert.ok(s.states.some((x) => x.status === "waiting" && x.why === "too many viewers"));
});

test("the token goes along, and a long query is posted", async () => {
  let got = "";
  await ask((req, res) => {
    got = `${req.method} ${req.url} ${req.headers.authorization}`;
    sse(res).write("data: 1\n\n");
  }, (x) => x.rows.length === 1, "q=" + "x".repeat(9000));
  assert.equal(got, "POST /s Bearer secret");
});

test("a missing token is a reason, not a loop", async () => {
  const s = await ask((_q, res) => res.writeHead(401).end(""), (x) => x.wrong.length > 0);
  assert.match(s.wrong[0]!.text, /token/);
});
