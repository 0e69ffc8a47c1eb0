// A peer for the unit tests and for work on the page alone: it speaks the
// contract of docs/sse.md, with made-up rows. It is no test of the daemon:
// tests/browser starts the real one.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const HEADERS = {
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; " +
    "style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "font-src 'self'; base-uri 'none'; form-action 'self'",
};
const TYPES = { js: "text/javascript", css: "text/css", html: "text/html; charset=utf-8" };

const pick = (list, n) => list[(n * 7919) % list.length];

function row(n) {
  return JSON.stringify({
    n, ts: 1763735520000 + n, country: pick(["BR", "DE", "US", "JP"], n),
    device: { type: pick(["ipad", "tv", "phone"], n), os: "x'y" },
    status: n % 97 === 0 ? 500 : 200, ms: (n * 31) % 400, path: `/api/titles/${n % 50}`,
    tags: ["a", "b"], ok: n % 3 === 0,
  }).replace('"ts"', `"big":9223372036854775${String(n % 1000).padStart(3, "0")},"ts"`);
}

/** Rows a second, and the folder of the built page (may be undefined). */
export function serve({ rate = 100, dir, port = 0, epoch = "5f0c2a91d3e4" } = {}) {
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, "http://x");
    const body = await new Promise((done) => {
      let text = "";
      req.on("data", (d) => (text += d)).on("end", () => done(text));
    });
    const param = (k) => url.searchParams.get(k) ?? new URLSearchParams(body).get(k);
    const json = (v, status = 200) => {
      res.writeHead(status, { ...HEADERS, "Content-Type": "application/json" });
      res.end(JSON.stringify(v));
    };
    if (url.pathname === "/api/v1/stream") return stream(req, res, param);
    if (url.pathname === "/api/v1/streams") return json([{ name: "access", agents: 1 }]);
    if (url.pathname === "/api/v1/agents") return json([{ agent: "vm:1", app: "web", host: "vm", state: "connected", streams: ["access"], queries: 1, rows: 12, heard_ms: 6 }]);
    if (url.pathname === "/api/v1/queries") return json([{ id: 1, query: "select *", subscribers: ["mql 0.1.0"], live: 1, targeted: 1, refused: 0, rows_per_s: 8, matched: 10, age_ms: 1014 }]);
    if (url.pathname === "/api/v1/functions") return json([{ name: "lower", args: "text", result: "text", group: "Text", about: "in small letters", aggregate: false }]);
    if (url.pathname === "/api/v1/explain") return json(explain(param("q")));
    const name = url.pathname === "/" ? "index.html" : url.pathname.replace("/assets/", "");
    try {
      const data = await readFile(join(dir, name));
      res.writeHead(200, { ...HEADERS, "Content-Type": TYPES[name.split(".").pop()] });
      res.end(data);
    } catch {
      json({ error: { code: "HTTP", text: "no such door" } }, 404);
    }
  });

  function explain(q) {
    const at = /whre/.exec(q);
    return at ? { ok: false, error: wrong(at.index) }
      : { ok: true, canonical: q, text: "query       " + q + "\nagent       filter, whole events\nindex       country == 'BR'\ncost        at most 2 instructions an event" };
  }
  const wrong = (at) => ({ code: "SYNTAX", text: "unexpected `whre`: did you mean `where`?", line: 1, col: at + 1, beg: at, end: at + 4 });

  function stream(req, res, param) {
    const q = param("q");
    res.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
    if (/whre/.test(q)) return res.end(`event: error\ndata: ${JSON.stringify(wrong(q.indexOf("whre")))}\nid: error\n\n`);
    const last = /-(\d+)$/.exec(req.headers["last-event-id"] ?? "");
    const limit = Number(param("limit")) || Infinity;
    const grouped = /group by/.test(q);
    let n = last ? Number(last[1]) : 0, given = 0, windows = 0;
    const send = (event, data, id) => res.write((event ? `event: ${event}\n` : "") +
      data.map((d) => `data: ${d}\n`).join("") + (id ? `id: ${epoch}-${n}\n` : "") + "\n");
    const meta = () => ({
      query: q, kind: grouped ? "windows" : "rows", link: "up", link_why: null,
      targeted: 3, live: 3, refused: 0, lost_agents: 0, left: 0, refusals: [],
      agent: { seen: n * 4, matched: n, sampled: 0, sent: n, drop_ring: Math.floor(n / 50) },
      source: { delivered: n, drop_slow: 0, lost: 0 }, received: n, balanced: true,
      viewers: 1, since: 1763735520000, at: Date.now(),
      viewer: { sent: n, waiting: 0, dropped: 0 },
    });
    send("meta", [JSON.stringify(meta())]);
    let debt = 0;
    const rows = setInterval(() => {
      if (grouped) return;
      debt += rate / 20;
      const list = [];
      for (; debt >= 1 && given < limit; debt--, given++) list.push(row(++n));
      if (list.length) send("", list, true);
      if (given >= limit) end("limit");
    }, 50);
    const books = setInterval(() => {
      if (grouped) {
        const list = ["BR", "DE", "US", "JP", "FR"].map((c, i) => JSON.stringify({ country: c, n: Math.round(400 / (i + 1) + 40 * Math.sin(windows / 3 + i)) }));
        n += list.length + 1;
        const at = Date.now();
        send("", list, true);
        send("window", [JSON.stringify({ start: at - 1000, end: at, agents: 3, live: 3, events: 1000, late: 0, total: false })], true);
        windows++;
      }
      send("meta", [JSON.stringify(meta())]);
    }, 1000);
    const stop = () => { clearInterval(rows); clearInterval(books); };
    const end = (why) => {
      stop();
      send("end", [JSON.stringify({ why, failed: false, ...meta() })], true);
      res.end();
    };
    res.on("close", stop);
  }

  return new Promise((done) => server.listen(port, "127.0.0.1", () => done({
    server, url: `http://127.0.0.1:${server.address().port}`,
    close: () => { server.closeAllConnections?.(); return new Promise((r) => server.close(r)); },
  })));
}

if (process.argv[1]?.endsWith("fake.mjs")) {
  const s = await serve({ dir: process.argv[2], rate: Number(process.argv[3] ?? 100), port: Number(process.argv[4] ?? 0) });
  console.log(s.url);
}
