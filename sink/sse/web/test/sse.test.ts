import test from "node:test";
import assert from "node:assert/strict";
import { SseParser, type Message } from "../src/sse";

const TEXT = 'data: {"a":"é😀"}\ndata: {"b":2}\nid: 5f-2\n\n: heartbeat\n\n' +
  "event: gap\ndata: {\"rows\":3}\nid: 5f-3\n\nevent:end\ndata:{}\n\n";
const WANT: Message[] = [
  { event: "", id: "5f-2", data: ['{"a":"é😀"}', '{"b":2}'] },
  { event: "gap", id: "5f-3", data: ['{"rows":3}'] },
  { event: "end", id: null, data: ["{}"] },
];

function read(pieces: string[]): Message[] {
  const out: Message[] = [];
  const p = new SseParser((m) => out.push(m));
  for (const x of pieces) p.feed(x);
  return out;
}

test("messages are the same wherever the pieces end", () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const pieces = [];
    for (let i = 0; i < TEXT.length; i += size) pieces.push(TEXT.slice(i, i + size));
    assert.deepEqual(read(pieces), WANT, `pieces of ${size}`);
  }
});

test("bytes may be cut within a character", () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (let cut = 1; cut < bytes.length; cut++) {
    const utf8 = new TextDecoder();
    assert.deepEqual(read([utf8.decode(bytes.slice(0, cut), { stream: true }),
      utf8.decode(bytes.slice(cut), { stream: true })]), WANT);
  }
});

test("lines may end with CR LF, and a byte order mark is skipped", () => {
  assert.deepEqual(read(["\ufeff" + TEXT.replaceAll("\n", "\r\n")]), WANT);
});

test("what has not ended is no message", () => {
  assert.deepEqual(read(["data: 1\nid: 7\n"]), []);
});

test("only one space after the colon is not data", () => {
  assert.deepEqual(read(["data:  x\n\n"])[0]!.data, [" x"]);
});
