// The fleet that a test of the page needs: a source-job, an agent that
// publishes, the sink with its page, and a browser. Everything is on free
// ports, is waited for, and is ended by its id.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { MQL_BUILD: BUILD, MQL_MODULES: MODULES, MQL_CHROMIUM: CHROMIUM } = process.env;
const { chromium } = await import(pathToFileURL(join(MODULES, "playwright-core/index.mjs")));

const work = mkdtempSync(join(tmpdir(), "mql-browser-"));
const running = new Set();
process.on("exit", () => {
  for (const p of running) p.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
});

/** Until the function gives something; what it said last is in the error. */
export async function until(what, fn, ms = 20_000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await fn();
      if (last) return last;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end) throw new Error(`not in time: ${what} (last: ${last})`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

function start(name, args, env = {}) {
  const p = spawn(join(BUILD, name), args, {
    env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(p);
  p.said = "";
  p.stdout.on("data", (d) => (p.said += d));
  p.stderr.on("data", (d) => (p.heard = (p.heard ?? "") + d));
  p.on("exit", () => running.delete(p));
  return p;
}

async function ready(p) {
  const line = await until(`${p.spawnargs[0]} is ready`, () => {
    if (p.exitCode !== null) throw new Error(p.heard);
    return p.said.split("\n").find((l) => l.includes('"ready"'));
  });
  return JSON.parse(line);
}

export async function stop(p, signal = "SIGTERM") {
  if (p.exitCode !== null || p.signalCode !== null) return;
  const gone = new Promise((r) => p.once("exit", r));
  p.kill(signal);
  await gone;
}

async function freePort() {
  const s = createServer();
  await new Promise((r) => s.listen(0, "127.0.0.1", r));
  const { port } = s.address();
  await new Promise((r) => s.close(r));
  return port;
}

/** A way to the daemon that can be cut: whoever is connected is thrown out,
 * and nobody gets through until it is mended. */
export async function wire(port) {
  const ends = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(port, "127.0.0.1");
    for (const [a, b] of [[near, far], [far, near]]) {
      ends.add(a);
      a.pipe(b);
      a.on("error", () => b.destroy()).on("close", () => { ends.delete(a); b.destroy(); });
    }
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() { whole = false; for (const e of ends) e.destroy(); },
    mend() { whole = true; },
    close() { this.cut(); server.close(); },
  };
}

const COUNTRIES = ["BR", "DE", "US", "JP", "FR", "IN"];

/** Made-up requests, with what is hard to show: integers of 64 bits, quotes,
 * keys with dots, nesting, null. */
export function events(n, pad = 0) {
  const list = [];
  for (let i = 0; i < n; i++) {
    const text = JSON.stringify({
      n: i, country: COUNTRIES[(i * 7 + (i >> 3)) % 6], status: i % 41 === 0 ? 503 : i % 17 === 0 ? 404 : 200,
      ms: 5 + ((i * 7919) % 400), path: `/api/titles/${i % 40}`, device: { type: i % 3 ? "tv" : "ipad", os: "it's 7" },
      "id.orig_h": `10.0.0.${i % 200}`, from: "here", tags: ["a", i % 2 ? "b" : "c"], none: null,
      ...(pad && { agent: "x".repeat(pad) }),
    });
    list.push(text.replace("{", `{"big":${9007199254740993n + BigInt(i)},`));
  }
  return list.join("\n") + "\n";
}

export async function fleet({ rate = 50, n = 2000, pad = 0 } = {}) {
  const job = start("mql-source-job", ["--agents", "tcp://127.0.0.1:0",
    "--subscribers", "tcp://127.0.0.1:0", "--http", "127.0.0.1:0"]);
  const at = await ready(job);
  const file = join(work, `events-${n}-${pad}.ndjson`);
  writeFileSync(file, events(n, pad));
  const tap = (app, r, more = ["--loop"]) => start("mql", ["tap", "--app", app, "--stream", "access",
    "--rate", String(r), ...more, file], { MQL_AGENT_SOURCE_JOB: at.agents });
  const taps = rate ? [tap("web", rate)] : [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sink = async () => {
    const p = start("mql-sink-sse", ["--listen", `127.0.0.1:${port}`, "--source-job", at.subscribers]);
    await ready(p);
    return p;
  };
  const f = { job, tap, taps, url, port, sink, daemon: await sink(), at };
  f.end = async () => {
    for (const p of [...f.taps, f.daemon, f.job]) await stop(p, "SIGKILL");
  };
  if (rate) await until("the agent is there", async () =>
    (await (await fetch(`${url}/api/v1/agents`)).json()).length > 0);
  return f;
}

/** A page that fails its test on any error of its own, and on any breach of
 * the content policy. */
export async function browse(url, options = {}) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM, args: ["--no-sandbox", "--enable-precise-memory-info"],
  });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 }, acceptDownloads: true,
    permissions: ["clipboard-read", "clipboard-write"], ...options,
  });
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", (e) => page.wrong.push(e.stack));
  page.on("console", (m) => {
    // The network's own words, when a test kills the daemon, are no fault.
    if (m.type() === "error" && !/net::ERR|Failed to load resource/.test(m.text())) page.wrong.push(m.text());
  });
  await page.goto(url);
  // Nothing is to be written into the page for a picture: its policy forbids it.
  page.shot = (name) => page.screenshot({ path: join(BUILD, "browser", `${name}.png`), caret: "initial" });
  page.ask = async (q, key = "Control+Enter") => {
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(q);
    await page.keyboard.press(key);
  };
  page.query = () => page.locator(".cm-content").innerText();
  page.rows = () => page.locator("#list .tr:visible").allInnerTexts();
  page.shown = async () => Number((await page.locator("#b-rows").getAttribute("title") ?? "0").replaceAll(",", ""));
  page.status = () => page.locator("#link b").innerText();
  return { browser, page };
}

/** axe-core's findings, as sentences. */
export async function axe(page) {
  // The policy of the page forbids scripts that are written into it.
  const client = await page.context().newCDPSession(page);
  const { readFileSync } = await import("node:fs");
  await client.send("Runtime.evaluate", { expression: readFileSync(join(MODULES, "axe-core/axe.min.js"), "utf8") });
  const found = await page.evaluate(() => globalThis.axe.run(document));
  await client.detach();
  return found.violations.map((v) =>
    `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join("; ")})`);
}
