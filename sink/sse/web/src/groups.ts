// The answer of an aggregate: its groups as a table with bars, and over time.
// The rows before a `window` are that window as a whole; of a running total
// they are groups that changed. Bounded: groups, and points of each.
import { h, count, some } from "./dom";
import { Num, approx, plain, text, tryParse, type Obj, type Value } from "./exact";
import { COLOURS, SeriesChart, type Line } from "./chart";
import type { Shape } from "./query";

export interface WindowEvent {
  start: number; end: number; agents: number; live: number;
  events: number; late: number; total: boolean;
}

const GROUPS = 2000, POINTS = 300, SHOWN = 200;

interface Group { key: string; values: Value[]; row: Obj; points: Map<number, number>; seen: number }

export interface GroupsHooks {
  open(row: Obj): void;
}

export class Groups {
  private groups = new Map<string, Group>();
  private pending: Obj[] = [];
  private times: number[] = [];
  private keys: string[] = [];
  private values: string[] = [];
  private by = ""; // the value that is drawn and sorted by
  private round = 0;
  private windowed = false;
  private sums = new Set<string>(); // values that may be added up
  private slots = new Map<Group, number>(); // whose colour is which
  private left = 0; // groups for which there is no room
  private last: WindowEvent | null = null;
  private readonly chart: SeriesChart;
  private dirty = true;

  constructor(
    private readonly head: HTMLElement,
    private readonly body: HTMLElement,
    private readonly caption: HTMLElement,
    chartHost: HTMLElement, legend: HTMLElement,
    private readonly hooks: GroupsHooks,
  ) {
    this.chart = new SeriesChart(chartHost, legend);
  }

  reset({ groups: keys, values, sums, windowed }: Shape): void {
    this.groups.clear();
    this.slots.clear();
    this.chart.reset();
    this.sums = new Set(sums);
    this.pending = [];
    this.times = [];
    this.keys = keys;
    this.values = values;
    this.by = values[0] ?? "";
    this.windowed = windowed;
    this.left = 0;
    this.last = null;
    this.dirty = true;
    this.head.replaceChildren();
    this.draw(true);
  }

  restyle(): void {
    this.chart.restyle();
    this.dirty = true;
    this.draw(true);
  }

  row(raw: string): void {
    const v = tryParse(raw);
    if (v instanceof Map && this.pending.length < GROUPS) this.pending.push(v);
    else this.left++;
  }

  window(w: WindowEvent): void {
    this.last = w;
    this.round++;
    const at = w.total ? w.end : w.start;
    for (const row of this.pending) this.put(row, at);
    this.pending = [];
    if (!w.total) this.forget();
    if (this.times.at(-1) !== at) this.times.push(at);
    while (this.times.length > POINTS) {
      const old = this.times.shift()!;
      for (const g of this.groups.values()) g.points.delete(old);
    }
    this.dirty = true;
  }

  private put(row: Obj, at: number): void {
    const values = this.keys.map((k) => row.get(k) ?? null);
    const key = text(values);
    let g = this.groups.get(key);
    if (!g) {
      if (this.groups.size >= GROUPS) {
        this.left++;
        return;
      }
      this.groups.set(key, (g = { key, values, row, points: new Map(), seen: 0 }));
    }
    g.row = row;
    g.seen = this.round;
    const n = row.get(this.by);
    if (n instanceof Num) g.points.set(at, approx(n));
  }

  /** Groups that are in no window in sight. */
  private forget(): void {
    if (this.groups.size < GROUPS / 2) return;
    for (const [key, g] of this.groups)
      if (this.round - g.seen > POINTS / 4) this.groups.delete(key);
  }

  private value(g: Group): number {
    const n = g.row.get(this.by);
    return n instanceof Num ? approx(n) : 0;
  }

  /** Those of the last window; of a running total all. */
  private get current(): Group[] {
    return [...this.groups.values()]
      .filter((g) => !this.windowed || g.seen === this.round)
      .sort((a, b) => this.value(b) - this.value(a));
  }

  draw(force = false): void {
    if (!this.dirty && !force) return;
    this.dirty = false;
    const list = this.current;
    this.drawHead();
    const most = list.reduce((m, g) => Math.max(m, Math.abs(this.value(g))), 0);
    const lines = this.lines();
    this.body.replaceChildren(...list.slice(0, SHOWN).map((g) =>
      this.drawRow(g, most, this.slots.get(g))));
    this.say(list.length);
    this.chart.draw(this.times, lines);
  }

  private name(g: Group): string {
    return this.keys.length ? g.values.map((v) => plain(v) || "(null)").join(" · ") : "all";
  }

  /** The groups that are greatest over what is in sight: a line each, whose
   * colour it keeps for as long as it is one of them. The others are one line
   * where their values may be added up. */
  private lines(): Line[] {
    const sum = (g: Group): number => {
      let n = 0;
      for (const v of g.points.values()) n += Math.abs(v);
      return n;
    };
    const all = [...this.groups.values()].map((g) => ({ g, n: sum(g) })).sort((a, b) => b.n - a.n);
    const best = new Set(all.slice(0, COLOURS).map((x) => x.g));
    for (const g of this.slots.keys()) if (!best.has(g)) this.slots.delete(g);
    const taken = new Set(this.slots.values());
    for (const g of best) {
      if (this.slots.has(g)) continue;
      let slot = 0;
      while (taken.has(slot)) slot++;
      taken.add(slot);
      this.slots.set(g, slot);
    }
    const lines = [...this.slots].sort((a, b) => a[1] - b[1])
      .map(([g, colour]) => ({ name: this.name(g), points: g.points, colour }));
    const rest = all.slice(COLOURS).map((x) => x.g);
    return rest.length && this.sums.has(this.by) ? [...lines, this.others(rest)] : lines;
  }

  private others(rest: Group[]): Line {
    const points = new Map<number, number>();
    for (const g of rest)
      for (const [at, v] of g.points) points.set(at, (points.get(at) ?? 0) + v);
    return { name: `${count(rest.length)} others`, points, colour: -1 };
  }

  private say(shown: number): void {
    const w = this.last;
    const when = !w ? "waiting for the first window"
      : w.total ? `running total since ${clock(w.start)}`
      : `${clock(w.start)} – ${clock(w.end)}`;
    const parts = [when];
    if (w) parts.push(some(shown, "group"), some(w.events, "event"), `${w.agents} of ${some(w.live, "agent")}`);
    if (shown > COLOURS && !this.sums.has(this.by)) parts.push(`the ${COLOURS} greatest are drawn`);
    if (shown > SHOWN) parts.push(`${SHOWN} in the table`);
    if (w?.late) parts.push(`${count(w.late)} too late`);
    if (this.left) parts.push(`${some(this.left, "group")} left out here`);
    this.caption.textContent = parts.join("  ·  ");
  }

  private drawHead(): void {
    if (this.head.children.length) return;
    this.head.replaceChildren(h("tr", {},
      ...this.keys.map((k) => h("th", { scope: "col" }, k)),
      ...this.values.map((v) => h("th", { scope: "col", class: "num", "aria-sort": v === this.by ? "descending" : "none" },
        h("button", { title: `draw and sort by ${v}`, onclick: () => this.choose(v) }, v)))));
  }

  private choose(v: string): void {
    this.by = v;
    this.slots.clear();
    for (const g of this.groups.values()) g.points.clear();
    this.times = [];
    this.head.replaceChildren();
    this.draw(true);
  }

  private drawRow(g: Group, most: number, colour: number | undefined): HTMLElement {
    const tr = h("tr", { tabindex: "0", onclick: () => this.hooks.open(g.row),
      onkeydown: (e: KeyboardEvent) => { if (e.key === "Enter") this.hooks.open(g.row); } });
    this.keys.forEach((_, i) => {
      const dot = i === 0 ? h("i", { class: "dot", "aria-hidden": "true" }) : null;
      if (dot && colour !== undefined) dot.style.background = this.chart.colour(colour);
      tr.append(h("td", {}, dot, plain(g.values[i]) || "(null)"));
    });
    for (const v of this.values) {
      const td = h("td", { class: "num" });
      if (v === this.by) {
        const bar = h("i", { class: "bar", "aria-hidden": "true" });
        bar.style.width = `${most ? (Math.abs(this.value(g)) / most) * 100 : 0}%`;
        td.append(bar);
      }
      const exact = plain(g.row.get(v)), shown = rounded(g.row.get(v), exact);
      td.append(h("span", { title: shown !== exact && exact }, shown));
      tr.append(td);
    }
    return tr;
  }
}

/** A mean of many digits is read by its first ones. */
function rounded(v: Value | undefined, exact: string): string {
  return v instanceof Num && !v.integer && exact.length > 8 ? String(Number(approx(v).toPrecision(6))) : exact;
}

function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}
