// The columns: which, how wide, in what order; and what stands in a cell.
import { h } from "./dom";
import { Num, plain, text, tryParse, type Value } from "./exact";
import { find, parsePath, type Path } from "./path";
import { isGap, type Entry } from "./store";
import { count } from "./dom";
import type { Drawer } from "./list";

export interface Column {
  name: string;
  path: Path | null; // null: the whole row in one line
  width: number;
}

export interface Sort { col: string; desc: boolean }

export interface TableHooks {
  newest(n: number): string[]; // rows, for the first guess of a width
  changed(): void; // columns, widths or order
  sort(col: string): void;
}

const WHOLE = ""; // the name of the column that is the whole row
const PULL = 6; // px that make a drag
const PAIRS = 40, PAIR = 160; // of the whole row, what a line can show

export class Table implements Drawer {
  cols: Column[] = [];
  sort: Sort | null = null;
  marker: RegExp | null = null;
  private widths: Record<string, number> = {};
  private chosen: string[] = [];
  private seen: string[] | null = []; // null: `select *`, too many to be columns

  constructor(
    readonly head: HTMLElement,
    private readonly host: HTMLElement,
    private readonly hooks: TableHooks,
  ) {}

  /** A new query: whole rows, or the columns it selects. */
  reset(selected: string[] | null, chosen: string[], widths: Record<string, number>): void {
    this.seen = selected === null ? null : [...selected];
    this.chosen = chosen;
    this.widths = widths;
    this.layout();
  }

  choose(names: string[]): void {
    this.chosen = names;
    this.layout();
    this.hooks.changed();
  }

  get names(): string[] {
    return this.cols.filter((c) => c.path).map((c) => c.name);
  }

  get isChosen(): boolean {
    return this.chosen.length > 0;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  toggle(name: string): void {
    const now = this.names;
    this.choose(now.includes(name) ? now.filter((n) => n !== name) : [...now, name]);
  }

  /** Columns of which the query's text does not know: e[^'prefix']. */
  meet(row: string): boolean {
    if (this.chosen.length || this.seen === null || this.seen.length >= 32) return false;
    const v = tryParse(row);
    if (!(v instanceof Map)) return false;
    const fresh = [...v.keys()].filter((k) => !this.seen!.includes(k));
    if (!fresh.length) return false;
    this.seen.push(...fresh.slice(0, 32 - this.seen.length));
    this.layout();
    return true;
  }

  /** The first rows are there. */
  fit(): void {
    if (!this.isChosen && this.seen === null) return;
    this.guess();
    this.measure();
  }

  private layout(): void {
    const names = this.chosen.length ? this.chosen : this.seen ?? [];
    this.cols = names.map((name) => ({
      name,
      // A column of a query is a key, whatever it looks like: `ms / 1000`.
      path: this.chosen.length ? parsePath(name) ?? [name] : [name],
      width: 0,
    }));
    this.guess();
    if (this.seen === null || !names.length)
      this.cols.push({ name: WHOLE, path: null, width: 0 });
    this.measure();
    this.drawHead();
  }

  /** A column is as wide as what it holds now, and stays so. */
  private guess(): void {
    const rows = this.hooks.newest(60).map(tryParse);
    for (const c of this.cols.filter((x) => x.path)) {
      const longest = rows.reduce((n, v) => Math.max(n, plain(find(v, c.path!)).length), 0);
      // Numbers grow.
      const grows = rows.some((v) => find(v, c.path!) instanceof Num) ? 2 : 0;
      const chars = Math.min(longest + grows || 12, 44);
      c.width = this.widths[c.name] ?? Math.ceil(Math.max(c.name.length * 7.6 + 36, chars * 7.3 + 24));
    }
  }

  private measure(): void {
    const last = this.cols.length - 1;
    const tracks = this.cols.map((c, i) => c.path === null ? "minmax(320px,1fr)"
      : i === last ? `minmax(${c.width}px,1fr)` : `${c.width}px`);
    this.host.style.setProperty("--cols", tracks.join(" "));
    const least = this.cols.reduce((n, c) => n + (c.width || 320), 0);
    this.host.style.setProperty("--least", `${least}px`);
  }

  private drawHead(): void {
    this.head.replaceChildren(...this.cols.map((c, i) => this.headCell(c, i)));
  }

  headAgain(): void {
    this.drawHead();
  }

  private headCell(c: Column, i: number): HTMLElement {
    const name = c.path ? c.name : "row";
    const dir = this.sort?.col === c.name ? (this.sort.desc ? "descending" : "ascending") : "none";
    const cell = h("div", {
      role: "columnheader", class: "th", "aria-sort": dir,
    });
    if (!c.path) {
      cell.append(h("span", { class: "name" }, name));
      return cell;
    }
    const label = h("button", {
      class: "name", title: `${name}: sort (pauses), or drag; Alt+arrows move, Shift+arrows resize, Delete removes`,
      onpointerdown: (e: PointerEvent) => this.drag(e, c),
      onclick: () => this.hooks.sort(c.name),
      onkeydown: (e: KeyboardEvent) => this.headKey(e, c, i),
    }, name, h("i", { class: "dir", "aria-hidden": "true" },
      dir === "none" ? "" : this.sort!.desc ? "↓" : "↑"));
    const grip = h("div", {
      class: "grip", "aria-hidden": "true",
      onpointerdown: (e: PointerEvent) => this.resize(e, c),
      ondblclick: () => this.setWidth(c, 160),
    });
    cell.append(label, grip);
    return cell;
  }

  private headKey(e: KeyboardEvent, c: Column, i: number): void {
    const by = e.key === "ArrowLeft" ? -1 : e.key === "ArrowRight" ? 1 : 0;
    if (by && e.altKey) this.reorder(c.name, i + by);
    else if (by && e.shiftKey) this.setWidth(c, c.width + by * 16);
    else if (e.key === "Delete") this.toggle(c.name);
    else return;
    e.preventDefault();
    e.stopPropagation();
    const at = this.cols.findIndex((x) => x.name === c.name);
    this.head.children[at]?.querySelector<HTMLElement>("button")?.focus();
  }

  private reorder(name: string, to: number): void {
    const names = this.names;
    const from = names.indexOf(name);
    if (from < 0 || to < 0 || to >= names.length) return;
    names.splice(from, 1);
    names.splice(to, 0, name);
    this.choose(names);
  }

  /** A name that is pulled aside goes where it is let go. */
  private drag(e: PointerEvent, c: Column): void {
    if (e.button !== 0) return;
    const over = new AbortController(), { signal } = over;
    let to = -1;
    addEventListener("pointermove", (m) => {
      if (to < 0 && Math.abs(m.clientX - e.clientX) < PULL) return;
      const cells = [...this.head.children];
      to = cells.findIndex((x) => m.clientX < x.getBoundingClientRect().right);
      cells.forEach((x, i) => x.classList.toggle("into", i === to));
    }, { signal });
    addEventListener("pointercancel", () => over.abort(), { signal });
    addEventListener("pointerup", () => {
      over.abort();
      if (to < 0) return;
      // It was no click, which would sort.
      const stop = (x: Event): void => x.stopPropagation();
      this.head.addEventListener("click", stop, { capture: true });
      setTimeout(() => this.head.removeEventListener("click", stop, { capture: true }));
      for (const x of this.head.children) x.classList.remove("into");
      this.reorder(c.name, to);
    }, { signal });
  }

  private setWidth(c: Column, width: number): void {
    c.width = Math.max(40, Math.min(2000, width));
    this.widths[c.name] = c.width;
    this.measure();
    this.hooks.changed();
  }

  get columnWidths(): Record<string, number> {
    return this.widths;
  }

  private resize(e: PointerEvent, c: Column): void {
    e.preventDefault();
    const grip = e.currentTarget as HTMLElement;
    const start = e.clientX, width = grip.parentElement!.offsetWidth;
    grip.setPointerCapture(e.pointerId);
    const moved = (m: PointerEvent): void => {
      c.width = Math.max(40, width + m.clientX - start);
      this.measure();
    };
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("pointerup", () => {
      grip.removeEventListener("pointermove", moved);
      this.setWidth(c, c.width);
    }, { once: true });
  }

  make(): HTMLElement {
    return h("div", { role: "row", class: "tr" });
  }

  fill(el: HTMLElement, entry: Entry): void {
    if (isGap(entry)) return this.fillGap(el, entry);
    const v = this.value(entry);
    const marked = this.marker?.test(entry) ?? false;
    el.className = marked ? "tr marked" : "tr";
    while (el.children.length > this.cols.length) el.lastChild!.remove();
    while (el.children.length < this.cols.length)
      el.append(h("div", { role: "gridcell" }));
    this.cols.forEach((c, i) => {
      const cell = el.children[i] as HTMLElement;
      if (c.path) this.fillCell(cell, find(v, c.path), c);
      else this.fillWhole(cell, v, entry);
    });
  }

  private value(row: string): Value | undefined {
    return tryParse(row);
  }

  private fillGap(el: HTMLElement, gap: Exclude<Entry, string>): void {
    el.className = "tr gap";
    const what = gap.count === null ? "rows are missing here, nobody knows how many"
      : gap.count === 1 ? "1 row is missing here" : `${count(gap.count)} rows are missing here`;
    el.replaceChildren(h("div", { role: "gridcell" }, `${what}: ${gap.why}`,
      h("time", {}, new Date(gap.at).toLocaleTimeString("en-GB"))));
  }

  private fillCell(cell: HTMLElement, v: Value | undefined, c: Column): void {
    const s = plain(v);
    cell.className = kind(v);
    cell.title = s.length > c.width / 8 ? s.slice(0, 1000) : "";
    if (this.marker) cell.replaceChildren(...this.marks(s.slice(0, 4000)));
    else cell.textContent = s.slice(0, 4000);
  }

  private fillWhole(cell: HTMLElement, v: Value | undefined, raw: string): void {
    cell.className = "whole";
    if (!(v instanceof Map)) {
      cell.replaceChildren(...this.marks(raw.slice(0, 4000)));
      return;
    }
    const out: Node[] = [];
    let i = 0;
    for (const [k, x] of v) {
      if (i++ === PAIRS) break;
      if (x === null) continue;
      const s = typeof x === "string" ? x : text(x);
      const value = h("span", { class: kind(x), "data-key": k },
        ...this.marks(s.length > PAIR ? s.slice(0, PAIR) + "…" : s));
      out.push(h("b", {}, k), value);
    }
    if (v.size > PAIRS) out.push(h("b", {}, `+${v.size - PAIRS} fields`));
    cell.replaceChildren(...out);
  }

  /** The place in the row of what is at an element of it. */
  pathAt(el: Element): Path | null {
    const cell = el.closest("[role=gridcell]");
    const col = cell && this.cols[[...cell.parentElement!.children].indexOf(cell)];
    if (!col) return null;
    const key = el.closest<HTMLElement>("[data-key]")?.dataset["key"];
    return col.path ?? (key === undefined ? null : [key]);
  }

  private marks(s: string): (Node | string)[] {
    if (!this.marker) return [s];
    const out: (Node | string)[] = [];
    let from = 0;
    const re = new RegExp(this.marker.source, this.marker.flags + "g");
    for (const m of s.matchAll(re)) {
      if (!m[0]) break;
      out.push(s.slice(from, m.index), h("mark", {}, m[0]));
      from = m.index + m[0].length;
    }
    out.push(s.slice(from));
    return out;
  }
}

function kind(v: Value | undefined): string {
  if (v === undefined || v === null) return "none";
  if (v instanceof Num) return "num";
  if (typeof v === "boolean") return "bool";
  return typeof v === "string" ? "str" : "json";
}

/** Text is looked for as it is; /.../ or /.../i is a regular expression. */
export function marker(s: string): RegExp | null {
  if (!s) return null;
  const m = /^\/(.+)\/(i?)$/s.exec(s);
  try {
    return m ? new RegExp(m[1]!, m[2]) : new RegExp(s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  } catch {
    return null;
  }
}
