// What a person does with the page, one after the other.
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { axe, browse, fleet, until } from "./harness.mjs";

const f = await fleet({ rate: 60 });
const { browser, page } = await browse(f.url);

test.after(async () => {
  await browser.close();
  await f.end();
});

test("an empty page offers questions to click, and has no barrier", async () => {
  await until("examples", () => page.locator("#examples button").count());
  assert.match(await page.locator("#examples").innerText(), /from access/);
  assert.deepEqual(await axe(page), []);
  await page.shot("empty");
});

test("it is light: at most 200 kB come over the wire", async () => {
  let bytes = 0;
  for (const path of ["/", "/assets/app.js", "/assets/app.css"]) {
    const answer = await fetch(f.url + path, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.headers.get("content-encoding"), "gzip");
    bytes += Number(answer.headers.get("content-length"));
  }
  assert.ok(bytes > 50_000 && bytes <= 200_000, `${bytes} bytes`);
});

test("the questions to click are of what the stream has", async () => {
  await until("better ones", async () => /group by country/.test(await page.locator("#examples").innerText()));
  await page.shot("examples");
});

test("what the fleet has is there to be asked for before a row is", async () => {
  await until("fields", async () => (await page.locator("#field-list .name").allInnerTexts()).includes("device.type"));
  assert.match(await page.locator("#field-n").innerText(), /\d+ fields of \d+ events, asked from 1 of 1 agent$/);
  await page.locator("#field-list .toggle", { hasText: "tags[*]" }).click();
  await until("values", async () => (await page.locator("#field-list .top").count()) === 3);
  assert.deepEqual(await axe(page), []);
  await page.shot("fields-of-the-fleet");
  await page.locator(".cm-content").click();
  await page.keyboard.type("select * where coun");
  await page.locator(".cm-tooltip-autocomplete", { hasText: /country/ }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type(" == 'B");
  await page.locator(".cm-tooltip-autocomplete", { hasText: /'BR'/ }).waitFor();
  await page.shot("completion-before");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
});

test("a query is typed, completed, run, and its rows appear", async () => {
  await page.locator(".cm-content").click();
  await page.keyboard.type("select * from ac");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "access" }).waitFor();
  await until("completed", async () => {
    await page.keyboard.press("Tab"); // a list that is being made is not left
    return (await page.query()) === "select * from access";
  });
  await page.keyboard.press("Enter");
  await until("rows", async () => (await page.rows()).length > 10);
  assert.equal(await page.status(), "live");
  assert.match((await page.rows()).join(), /big\s*90071992547\d{5}n/);
  await until("the books", async () => /^1\/1$/.test(await page.locator("#b-agents").innerText()));
  await until("a rate", async () => Number(await page.locator("#b-matched").innerText()) > 20);
  await until("the plan", async () => /agent:/.test(await page.locator("#say").innerText()));
  assert.deepEqual(await axe(page), []);
  await page.shot("rows");
});

test("fields, their values, and completion of values that were seen", async () => {
  const country = page.locator("#field-list .field", { has: page.locator(".name", { hasText: /^country$/ }) });
  await country.locator(".toggle").click();
  await until("values", async () => (await country.locator(".top").count()) === 6);
  assert.match(await page.locator("#field-n").innerText(), /fields of the last [\d,]+ rows/);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("select * where country == ");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "'BR'" }).waitFor();
  await page.shot("completion");
  await page.keyboard.press("Escape");
  await country.locator(".toggle").click();
});

/** Sweep the pointer over a part of a chart, from and to in shares of it. */
async function sweep(of, from, to) {
  const b = await page.locator(`${of} .u-over`).boundingBox();
  await page.mouse.move(b.x + b.width * from, b.y + b.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width * (from + to) / 2, b.y + b.height / 2);
  await page.mouse.move(b.x + b.width * to, b.y + b.height / 2);
  await page.mouse.up();
}
const listed = () => page.locator("#list .rows").evaluate((e) => Math.round(e.offsetHeight / 24));

test("a time is chosen in the rate, by pointer or key, and only its rows are shown", async () => {
  await page.ask("select n, country from access");
  await until("some seconds", async () => (await page.shown()) > 400);
  await sweep("#rate", 0.97, 1);
  await until("the time", () => page.locator("#range").isVisible());
  assert.match(await page.locator("#range").innerText(), /^of \d\d:\d\d:\d\d – \d\d:\d\d:\d\d ×$/);
  assert.equal(await page.locator("#pause").innerText(), "Follow");
  const some = await listed();
  assert.ok(some > 20 && some < 350, `${some} rows`);
  await until("the time is marked", async () => (await page.locator("#rate canvas").count()) === 1);
  assert.deepEqual(await axe(page), []);
  await page.shot("brush");
  await page.locator("#range").click();
  assert.ok(await page.locator("#range").isHidden());
  assert.ok((await listed()) >= 400, "all that is held");
  await page.locator("#list").focus();
  await page.keyboard.press("[");
  assert.ok(await page.locator("#range").isVisible());
  await page.keyboard.press("G");
  assert.ok(await page.locator("#range").isHidden());
  assert.equal(await page.locator("#pause").innerText(), "Pause");
});

test("pause holds still, and tells how many are new", async () => {
  await page.ask("select n, big, country, ms, device.type, path from access");
  await until("rows", async () => (await page.rows()).length > 15);
  await page.locator("#list").focus();
  await page.keyboard.press("Space");
  const before = await page.rows();
  const shown = await page.shown();
  await until("more came", async () => (await page.shown()) > shown + 60);
  assert.deepEqual(await page.rows(), before);
  assert.match(await page.locator("#pill").innerText(), /[\d,]+ new/);
  await page.shot("paused");
  await page.locator("#pill").click();
  await until("followed", async () => (await page.rows()).join() !== before.join());
  assert.ok(await page.locator("#pill").isHidden());
});

test("scrolling up pauses", async () => {
  await until("enough to scroll", async () => (await page.shown()) > 60);
  await page.locator("#list").hover();
  await page.mouse.wheel(0, -300);
  await until("paused", async () => (await page.locator("#pause").innerText()) === "Follow");
  const before = await page.rows(), shown = await page.shown();
  await until("more came", async () => (await page.shown()) > shown + 30);
  assert.deepEqual(await page.rows(), before);
});

test("a column sorts while paused, by exact integers", async () => {
  const head = page.locator("#thead button", { hasText: /^big/ });
  await head.click();
  await head.click();
  assert.equal(await page.locator("#thead [aria-sort=descending]").count(), 1);
  const big = (await page.locator("#list .tr:visible").evaluateAll((rows) =>
    rows.map((r) => [Number(/\((.*)px\)/.exec(r.style.transform)[1]), r.children[1].textContent])))
    .sort((a, b) => a[0] - b[0]).map((x) => BigInt(x[1]));
  assert.ok(big.length > 10);
  assert.ok(big.every((b, i) => i === 0 || b <= big[i - 1]));
  assert.ok(big.every((b) => b >= 9007199254740993n));
});

test("a row opens as a tree, from the keyboard", async () => {
  await page.locator("#list").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.locator("#detail").waitFor();
  assert.match(await page.locator("#d-tree").innerText(), /device\.type/);
  await page.locator("#d-copy").click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\{"n":\d+,"big":9007/);
  assert.deepEqual(await axe(page), []);
  await page.shot("detail");
});

test("filter for and filter out edit the query, and run it", async () => {
  const leaf = page.locator("#d-tree .leaf", { has: page.locator(".key", { hasText: /^country$/ }) });
  const value = await leaf.locator(".value").innerText();
  await leaf.hover();
  await leaf.getByRole("button", { name: /filter for/ }).click();
  assert.equal(await page.query(), `select n, big, country, ms, device.type, path from access where country == '${value}'`);
  await until("rows", async () => (await page.rows()).length > 3);
  for (const r of await page.rows()) assert.ok(r.includes(value), r);
});

test("a value is filtered by, grouped by and marked from its cell", async () => {
  await page.ask("select n, country, status from access");
  await until("rows", async () => (await page.rows()).length > 15);
  await page.locator("#list").focus();
  await page.keyboard.press("Space");
  const cell = page.locator("#list .tr:visible", { hasText: "JP" }).first().locator("[role=gridcell]").nth(1);
  await cell.click({ button: "right" });
  await page.shot("cell");
  await page.getByText("Highlight this value").click();
  assert.ok((await page.locator("#list mark").count()) > 0);
  await cell.click({ button: "right" });
  await page.getByText("Filter out this value").click();
  assert.equal(await page.query(), "select n, country, status from access where country != 'JP'");
  await until("rows", async () => (await page.rows()).length > 15);
  for (const r of await page.rows()) assert.ok(!r.includes("JP"), r);
  await page.locator("#mark").fill("");
});

test("it stops after so many rows when told", async () => {
  await page.locator("#stop-open").click();
  await page.getByLabel("rows", { exact: true }).last().fill("40");
  await page.keyboard.press("Enter");
  await until("the end", async () => (await page.status()) === "ended");
  assert.equal(await page.shown(), 40);
  await page.locator("#stop-open").click();
  await page.getByLabel("rows", { exact: true }).last().fill("0");
  await page.keyboard.press("Enter");
});

test("quotes, keywords and nested paths are written as MQL has them", async () => {
  await page.ask("select * from access");
  await until("rows", async () => (await page.rows()).length > 3);
  await page.locator("#list .tr:visible").first().click();
  const leaf = (name) => page.locator("#d-tree .leaf", { has: page.locator(".key", { hasText: new RegExp(`^${name}$`) }) });
  await leaf("os").hover();
  await leaf("os").getByRole("button", { name: /filter for/ }).click();
  assert.match(await page.query(), /where device\.os == 'it''s 7'$/);
  await until("rows", async () => (await page.rows()).length > 3);
  await page.locator("#list .tr:visible").first().click();
  await leaf("from").hover();
  await leaf("from").getByRole("button", { name: /filter out/ }).click();
  assert.match(await page.query(), /and e\['from'\] != 'here'$/);
  await until("an answer of nothing", async () => /\d+ events seen, 0 matched/.test(await page.locator("#waiting").innerText()));
  await page.shot("nothing");
});

test("group by this: a table with bars, and a line for each group", async () => {
  await page.ask("select * from access");
  await until("rows", async () => (await page.rows()).length > 3);
  await page.locator("#list .tr:visible").first().click();
  const leaf = page.locator("#d-tree .leaf", { has: page.locator(".key", { hasText: /^country$/ }) });
  await leaf.hover();
  await leaf.getByRole("button", { name: /group by/ }).click();
  assert.equal(await page.query(), "select country, count(*) as n from access group by country window 2s order by n desc");
  await until("groups", async () => (await page.locator("#groups tbody tr").count()) === 6, 30_000);
  await until("some windows", async () => (await page.locator("#g-plot canvas").count()) === 1 && (await page.shown()) >= 30, 30_000);
  assert.equal(await page.locator("#g-legend .line").count(), 6);
  assert.match(await page.locator("#g-say").innerText(), /6 groups.*events.*1 of 1 agent$/);
  assert.deepEqual(await axe(page), []);
  await page.shot("groups");
});

test("of many groups the greatest have a line, and the others one together", async () => {
  await page.ask("select path, count(*) as n from access group by path window 1s");
  await until("the others", async () => /^3\d others/.test((await page.locator("#g-legend .line span").allInnerTexts()).at(-1) ?? ""), 30_000);
  assert.equal(await page.locator("#g-legend .line").count(), 9);
  await until("some windows", async () => (await page.shown()) > 150, 30_000);
  // They would dwarf the others: a number, until a line is asked for.
  const others = page.locator("#g-legend .line").last();
  assert.equal(await others.getAttribute("aria-pressed"), "false");
  assert.match(await others.innerText(), /\d+$/);
  await page.locator("#g-plot .u-over").hover();
  assert.match(await page.locator("#g-legend time").innerText(), /^\d\d:\d\d:\d\d$/);
  await page.shot("others");
  await sweep("#g-plot", 0.4, 0.8);
  await page.getByText("show all times").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.shot("zoom");
  await others.click();
  assert.equal(await others.getAttribute("aria-pressed"), "true");
  await page.getByText("show all times").click();
  assert.ok(await page.getByText("show all times").isHidden());
});

test("a running total is a table that updates in place", async () => {
  await page.ask("select status, count(*) as n, p99(ms) as p99 from access group by status");
  await until("groups", async () => (await page.locator("#groups tbody tr").count()) === 3, 30_000);
  const total = async () => Number((await page.locator("#groups tbody tr td.num span").first().innerText()));
  const was = await total();
  await until("it grows", async () => (await total()) > was);
  assert.match(await page.locator("#g-say").innerText(), /running total/);
  await page.locator("#pause").click();
  const held = await page.locator("#groups tbody").innerText(), shown = await page.shown();
  await until("more came", async () => (await page.shown()) > shown);
  assert.equal(await page.locator("#groups tbody").innerText(), held, "paused groups hold still, too");
  await page.locator("#pause").click();
  await page.shot("totals");
});

test("dark", async () => {
  await page.locator("#theme").click();
  await page.locator("#theme").click();
  assert.equal(await page.locator("#theme").innerText(), "Dark");
  assert.deepEqual(await axe(page), []);
  await page.shot("groups-dark");
  await page.ask("select * from access");
  await until("rows", async () => (await page.rows()).length > 10);
  assert.deepEqual(await axe(page), []);
  await page.shot("rows-dark");
  await page.locator("#theme").click();
});

test("what is wrong is underlined where it is wrong, before and after it runs", async () => {
  await page.ask("select * whre country == 'BR'");
  await until("refused", async () => (await page.status()) === "not running");
  assert.match(await page.locator("#say").innerText(), /^1:10 .*did you mean `where`/);
  assert.equal(await page.locator(".cm-lintRange-error").innerText(), "whre");
  await page.shot("error");
  await page.ask("select nonsense(x)", "End");
  await until("underlined", async () => (await page.locator(".cm-lintRange-error").allInnerTexts()).join("").includes("nonsense"));
});

test("highlight marks without filtering", async () => {
  await page.ask("select n, country, path from access");
  await until("rows", async () => (await page.rows()).length > 10);
  await page.locator("#mark").fill("/titles\\/1\\d/");
  await until("marks", async () => (await page.locator("#list mark").count()) > 0);
  assert.ok((await page.locator("#list .tr:visible").count()) > (await page.locator("#list .tr.marked:visible").count()));
  await page.shot("highlight");
  await page.locator("#mark").fill("");
});

test("columns are added by path, moved and kept in the address", async () => {
  await page.ask("select * from access");
  await until("rows", async () => (await page.rows()).length > 10);
  await page.locator("#cols-open").click();
  await page.getByLabel("path of a column").fill("device.type");
  await page.keyboard.press("Enter");
  await page.getByLabel("path of a column").fill("tags[-1]");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.locator("#thead button", { hasText: "tags" }).focus();
  await page.keyboard.press("Alt+ArrowLeft");
  assert.match(await page.locator("#thead").innerText(), /^tags\[-1\]\s+device\.type/);
  const { page: other, browser: b } = await browse(page.url());
  await until("the same view", async () => (await other.rows()).length > 5);
  assert.match(await other.locator("#thead").innerText(), /^tags\[-1\]\s+device\.type/);
  assert.equal(await other.query(), "select * from access");
  await b.close();
});

test("columns are resized and moved with the pointer", async () => {
  await page.ask("select n, country, path from access");
  await until("rows", async () => (await page.rows()).length > 10);
  const names = () => page.locator("#thead .name").allInnerTexts();
  const cell = page.locator("#thead [role=columnheader]").nth(1);
  const was = (await cell.boundingBox()).width;
  const grip = await cell.locator(".grip").boundingBox();
  await page.mouse.move(grip.x + grip.width / 2, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 100, grip.y + 8, { steps: 4 });
  await page.mouse.up();
  const now = (await cell.boundingBox()).width;
  assert.ok(now > was + 60 && now < was + 140, `${was} px, then ${now}`);
  await page.locator("#thead [role=columnheader]").nth(2).dragTo(page.locator("#thead [role=columnheader]").nth(0));
  assert.deepEqual((await names()).map((t) => t.trim()), ["path", "n", "country"]);
  assert.match(page.url(), /col=path&col=n&col=country/);
  assert.match(page.url(), /w=\d+%3Acountry/);
});

test("wrapped rows hold still, too", async () => {
  await page.ask("select * from access");
  await page.locator("#wrap").click();
  await until("rows", async () => (await page.rows()).length > 5 && (await page.shown()) > 100);
  await until("a long row takes several lines", () =>
    page.locator("#list .tr:visible").first().evaluate((e) => e.offsetHeight > 24));
  await page.locator("#list").hover();
  await page.mouse.wheel(0, -900);
  await until("paused", async () => (await page.locator("#pause").innerText()) === "Follow");
  const places = () => page.locator("#list .tr:visible").evaluateAll((rows) =>
    rows.map((r) => `${r.dataset.n} ${Math.round(r.getBoundingClientRect().top)}`).sort());
  await until("drawn", async () => (await places()).length > 3);
  const before = await places(), shown = await page.shown();
  await until("more came", async () => (await page.shown()) > shown + 60);
  assert.deepEqual(await places(), before);
  const tops = (await page.locator("#list .tr:visible").evaluateAll((rows) => rows.map((r) => {
    const b = r.getBoundingClientRect();
    return [b.top, b.bottom];
  }))).sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < tops.length; i++)
    assert.ok(Math.abs(tops[i][0] - tops[i - 1][1]) < 1.5, "each begins where the one before ends");
  await page.shot("wrap");
  await page.locator("#wrap").click();
});

test("Back asks the question before", async () => {
  await page.ask("select n from access");
  await until("rows", async () => (await page.rows()).length > 3);
  await page.ask("select path from access", "End");
  await until("it is looked at", async () => /^edited/.test(await page.locator("#say").innerText()));
  await page.keyboard.press("Enter");
  await until("rows", async () => /titles/.test((await page.rows()).join()));
  await page.goBack();
  assert.equal(await page.query(), "select n from access");
  await until("its rows", async () => (await page.rows()).length > 3 && !/titles/.test((await page.rows()).join()));
});

test("the plan and the books open", async () => {
  await page.ask("select country, count(*) from access where status >= 500 group by country window 5s");
  await page.locator("#plan-open").click();
  await until("the plan", async () => /source-job\s+merge/.test(await page.locator("#plan").innerText()));
  await page.locator("#books-open").click();
  await until("the books", async () => /At the agents/.test(await page.locator("#menu").innerText()));
  assert.deepEqual(await axe(page), []);
  await page.shot("plan-and-books");
  await page.keyboard.press("Escape");
  await page.locator("#plan-open").click();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("select p9");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "p99" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.locator(".cm-completionInfo", { hasText: /values (is|are) at most this/ }).waitFor();
  await page.shot("functions");
  await page.keyboard.press("Escape");
});

test("export: the rows of the buffer, and commands", async () => {
  await page.ask("select n, big, path from access limit 25");
  await until("the end", async () => (await page.status()) === "ended");
  assert.match(await page.locator("#link span").innerText(), /limit/);
  assert.equal(await page.shown(), 25);
  const save = async (name) => {
    await page.locator("#export-open").click();
    const [d] = await Promise.all([page.waitForEvent("download"), page.getByText(name).click()]);
    return readFileSync(await d.path(), "utf8");
  };
  const rows = (await save("Download as NDJSON")).trim().split("\n");
  assert.equal(rows.length, 25);
  for (const r of rows) assert.match(r, /^\{"n":\d+,"big":90071992547\d+,"path":"\/api/);
  const csv = (await save("Download as CSV")).trim().split("\n");
  assert.equal(csv[0], "n,big,path");
  assert.equal(csv.length, 26);
  await page.locator("#export-open").click();
  assert.deepEqual(await axe(page), []);
  await page.shot("export");
  await page.getByText("Copy as mql command").click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "mql 'select n, big, path from access limit 25'");
});

test("a query is saved, and found again", async () => {
  await page.locator("#saved-open").click();
  await page.getByLabel("name of this query").fill("first rows");
  await page.keyboard.press("Enter");
  await page.ask("select count(*) from access");
  await page.locator("#saved-open").click();
  await page.locator("#menu .item", { hasText: "first rows" }).click();
  assert.equal(await page.query(), "select n, big, path from access limit 25");
});

test("agents and queries have their pages", async () => {
  await page.ask("select * from access");
  await until("rows", async () => (await page.rows()).length > 3);
  await page.locator("[data-view=agents]").click();
  await until("the agent", async () => /web/.test(await page.locator("#agents tbody").innerText()));
  assert.deepEqual(await axe(page), []);
  await page.shot("agents");
  await page.locator("[data-view=queries]").click();
  await until("the query", async () => /select \*/.test(await page.locator("#queries tbody").innerText()));
  const head = await page.locator("#queries th").allInnerTexts();
  for (const c of ["seen", "matched", "dropped", "cost an event"]) assert.ok(head.includes(c), c);
  await until("costs", async () => /\d+ instructions/.test(await page.locator("#queries tbody").innerText()));
  assert.deepEqual(await axe(page), []);
  await page.shot("queries");
  await page.locator("[data-view=live]").click();
});

test("help tells the keys", async () => {
  await page.locator("#list").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.shot("help");
  await page.keyboard.press("Escape");
});

test("on a phone", async () => {
  const { page: phone, browser: b } = await browse(page.url(), { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await until("rows", async () => (await phone.rows()).length > 3);
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  assert.deepEqual(await axe(phone), []);
  await phone.shot("phone");
  await phone.locator("#list .tr:visible").first().tap();
  await phone.locator("#detail").waitFor();
  await phone.shot("phone-detail");
  await b.close();
});

test("nothing went wrong in the page meanwhile", () => {
  assert.deepEqual(page.wrong, []);
});
