// The daemon dies and comes back: the page says so, goes on, and counts.
import test from "node:test";
import assert from "node:assert/strict";
import { browse, fleet, stop, until, wire } from "./harness.mjs";

const f = await fleet({ rate: 60 });
const line = await wire(f.port);
const { browser, page } = await browse(line.url);

test.after(async () => {
  await browser.close();
  line.close();
  await f.end();
});

/** The numbers of the rows that the page holds, in order. */
const numbers = async () => {
  await page.locator("#export-open").click();
  const [d] = await Promise.all([page.waitForEvent("download"), page.getByText("Download as NDJSON").click()]);
  const { readFileSync } = await import("node:fs");
  return readFileSync(await d.path(), "utf8").trim().split("\n").map((r) => JSON.parse(r)["@seq"]);
};

test("a killed daemon is a reason and a countdown; what was shown stays", async () => {
  await page.ask("select @seq, n, country from access");
  await until("rows", async () => (await page.shown()) > 60);
  await stop(f.daemon, "SIGKILL");
  await until("reconnecting", async () => (await page.status()) === "reconnecting");
  assert.match(await page.locator("#link span").innerText(), /again in \d+ s|broke|closed|nobody/);
  assert.ok((await page.rows()).length > 10);
  await page.shot("reconnecting");
});

test("it goes on by itself, without duplicates, and says what is gone", async () => {
  const before = await page.shown();
  f.daemon = await f.sink();
  await until("live", async () => (await page.status()) === "live");
  await until("new rows", async () => (await page.shown()) > before + 60);
  await page.locator("#list").focus();
  const list = await numbers();
  assert.equal(new Set(list).size, list.length, "no row twice");
  await until("the gap", async () => {
    await page.keyboard.press("k");
    return (await page.locator("#list .tr.gap:visible").count()) > 0;
  }, 60_000);
  assert.match(await page.locator("#list .tr.gap:visible").innerText(), /missing here.*: the subscription is gone/);
  for (let i = 0; i < 6; i++) await page.keyboard.press("k");
  await page.shot("gap");
});

test("a link that breaks is gone on with from the replay: nothing is lost", async () => {
  await page.ask("select @seq, n from access where n >= 0");
  await until("rows", async () => (await page.shown()) > 30);
  line.cut();
  await until("reconnecting", async () => (await page.status()) === "reconnecting");
  line.mend();
  await until("live", async () => (await page.status()) === "live");
  const shown = await page.shown();
  await until("more", async () => (await page.shown()) > shown + 30);
  const list = await numbers();
  assert.equal(list.at(-1) - list[0], list.length - 1, "each row once");
});

test("a source-job that is gone is said, too", async () => {
  await stop(f.job, "SIGKILL");
  await until("no source-job", async () => (await page.status()) === "no source-job", 40_000);
  assert.deepEqual(page.wrong, []);
});
