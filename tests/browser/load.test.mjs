// What it bears. Figures are printed and written to BUILD/browser/load.json;
// of the rate of frames and the heap only what no slow machine explains away
// is asserted.
import test from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { browse, fleet, until } from "./harness.mjs";

const SECONDS = Number(process.env.MQL_LOAD_SECONDS ?? 5);
const RATE = 10_000;
const f = await fleet({ rate: 0, n: 10_000, pad: 520 });
const { browser, page } = await browse(f.url);
const figures = {};

test.after(async () => {
  writeFileSync(join(process.env.MQL_BUILD, "browser", "load.json"), JSON.stringify(figures, null, 2) + "\n");
  console.log(`browser: ${JSON.stringify(figures)}`);
  await browser.close();
  await f.end();
});

const measure = (seconds) => page.evaluate((ms) => new Promise((done) => {
  const t = [];
  const frame = (now) => {
    t.push(now);
    if (now - t[0] < ms) return requestAnimationFrame(frame);
    const d = t.slice(1).map((x, i) => x - t[i]).sort((a, b) => a - b);
    done({
      fps: Math.round(10_000 * d.length / (t.at(-1) - t[0])) / 10,
      p99_ms: Math.round(d[Math.floor(d.length * 0.99)]), worst_ms: Math.round(d.at(-1)),
      heap_mb: Math.round(performance.memory.usedJSHeapSize / 1e5) / 10,
    });
  };
  requestAnimationFrame(frame);
}), seconds * 1000);

test("from Enter to the first row", async () => {
  f.taps.push(f.tap("web", RATE));
  await until("the agent", async () => (await (await fetch(`${f.url}/api/v1/agents`)).json()).length > 0);
  const times = [];
  for (let i = 0; i < 5; i++) {
    await page.ask(`select n from access where n >= ${i}`, "Enter");
    const ms = await until("a row", () => page.evaluate((was) => {
      const v = document.documentElement.dataset.firstRow;
      return v !== was && v;
    }, figures.last));
    figures.last = ms;
    times.push(Number(ms));
  }
  delete figures.last;
  figures.first_row_ms = times;
});

test(`frames and heap at ${RATE} rows a second`, async () => {
  await page.ask("select * from access");
  await until("rows", async () => (await page.shown()) > RATE);
  figures.following = await measure(SECONDS);
  figures.machine_load = loadavg()[0];
  figures.shown_per_s = await page.locator("#b-shown").innerText();
  await page.shot("load");
  assert.ok(figures.following.heap_mb < 100, `heap ${figures.following.heap_mb} MB`);
  await page.locator("#pause").click();
  figures.paused = await measure(3);
  assert.ok(figures.paused.heap_mb < 100);
  await page.locator("#pause").click();
});

test("100,000 rows: every one is shown or told, the buffer is bounded", async () => {
  await page.ask("select n, big from access limit 100000");
  await until("the end", async () => (await page.status()) === "ended", 120_000);
  const told = await page.locator("#b-cause").innerText();
  const shown = await page.shown();
  figures.of_100000_shown = shown;
  if (!told) assert.equal(shown, 100_000);
  assert.match(await page.locator("#buffer").innerText(), /newest 10,000 of/);
  assert.deepEqual(page.wrong, []);
});
