import test from "node:test";
import assert from "node:assert/strict";
import { Books, type Meta } from "../src/books";

const meta = (at: number, agent: Record<string, number>, more: Partial<Meta> = {}): Meta => ({
  targeted: 3, live: 3, refused: 0, lost_agents: 0, left: 0, agent, source: {}, received: 0,
  balanced: true, viewers: 1, since: 1, at, viewer: { sent: 0, waiting: 0, dropped: 0 }, ...more,
});

test("rates are differences, and a joined subscription does not jump", () => {
  const b = new Books();
  b.take(meta(10_000, { matched: 1_000_000, drop_slow: 9 }));
  assert.equal(b.rates, null);
  b.shown = 50;
  b.take(meta(11_000, { matched: 1_000_100, drop_ring: 7 }));
  assert.deepEqual(b.rates, { matched: 100, dropped: 7, shown: 50, seen: 0 });
  assert.equal(b.total("matched"), 100);
  b.take(meta(12_000, { matched: 10 }, { since: 11_900 }));
  b.take(meta(13_000, { matched: 30 }, { since: 11_900 }));
  assert.equal(b.rates!.matched, 20);
  assert.equal(b.total("matched"), 130, "a new subscription adds to the old one");
});

test("every cause has its name, and this page's own is among them", () => {
  const b = new Books();
  b.take(meta(1000, { drop_ring: 2, drop_budget: 1 }, { source: { lost: 4 }, viewer: { sent: 0, waiting: 0, dropped: 5 } }));
  assert.equal(b.dropped, 12);
  assert.deepEqual(b.causes.map((c) => c.text),
    ["agent ring full", "agent over budget", "lost on the link", "this page slow"]);
});

test("sampling is said as one in n", () => {
  const b = new Books();
  b.take(meta(1000, { matched: 1000, sampled: 950 }));
  assert.equal(b.oneIn, 20);
});

test("a counter that the page does not know, or that is missing, breaks nothing", () => {
  const b = new Books();
  b.take(meta(1000, { matched: 5, drop_new_cause: 3 } as Record<string, number>, { limited: "suspended on 1 agent" }));
  assert.equal(b.total("skipped"), 0);
  assert.equal(b.dropped, 0);
});
