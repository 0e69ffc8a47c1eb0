// A virtual list: draws the rows that are in sight, and no other. It follows
// the newest row, or stands still: while it is paused it shows a picture of
// the buffer (store.ts: Frozen) in which nothing moves, whatever arrives.
//
// Rows are of one height, or with `wrap` of any: those are measured when they
// are drawn, and the row at the top keeps its place on the screen.
import type { Entry, Rows } from "./store";

export interface Drawer {
  make(): HTMLElement;
  fill(el: HTMLElement, entry: Entry, n: number): void;
}

export const ROW = 24; // px; app.css: --row

export class List {
  following = true;
  cursor = -1; // the row that the keyboard is at
  wrap = false;
  private pool: { el: HTMLElement; n: number; entry: Entry | null }[] = [];
  private heights = new Map<number, number>();
  private tops: number[] = [];
  private pressed = -1; // the row under the pointer when it went down
  private expected = 0; // where we put scrollTop
  private bodyHeight = 0;
  private readonly body: HTMLElement;

  constructor(
    readonly host: HTMLElement,
    private readonly head: HTMLElement,
    private rows: Rows,
    private readonly drawer: Drawer,
    private readonly onFollow: (following: boolean) => void,
    private readonly onCursor: (n: number, opened: boolean) => void,
  ) {
    this.body = document.createElement("div");
    this.body.className = "rows";
    this.body.setAttribute("role", "rowgroup");
    host.append(this.body);
    host.addEventListener("scroll", () => this.scrolled(), { passive: true });
    host.addEventListener("wheel", (e) => this.wheel(e), { passive: true });
    this.body.addEventListener("pointerdown", (e) => this.press(e));
    // Not `click`, which does not come when what was pressed is drawn anew;
    // but those that no pointer made, such as a screen reader's.
    this.body.addEventListener("pointerup", (e) => this.open(e));
    this.body.addEventListener("click", (e) => {
      if (e.detail !== 0) return;
      this.press(e);
      this.open(e);
    });
    new ResizeObserver(() => this.draw()).observe(host);
  }

  /** What is drawn already stays, unless the rows have another order. */
  show(rows: Rows, reordered = false): void {
    this.rows = rows;
    if (reordered) this.heights.clear();
    this.draw();
  }

  /** Draw again whatever is in sight. */
  refill(): void {
    for (const p of this.pool) p.entry = null;
    this.draw();
  }

  setWrap(on: boolean): void {
    this.wrap = on;
    this.host.classList.toggle("wrap", on);
    this.heights.clear();
    this.refill();
  }

  follow(on: boolean): void {
    if (on === this.following) return;
    this.following = on;
    if (on) this.cursor = -1;
    this.onFollow(on);
    this.draw();
  }

  move(by: number): void {
    this.follow(false);
    const from = this.cursor < 0 ? this.rows.next : this.cursor;
    this.moveTo(from + by);
  }

  moveTo(n: number): void {
    if (this.rows.next === this.rows.first) return;
    this.follow(false);
    this.cursor = Math.max(this.rows.first, Math.min(this.rows.next - 1, n));
    this.reveal(this.cursor);
    this.refill();
    this.onCursor(this.cursor, false);
  }

  get page(): number {
    return Math.max(1, Math.floor(this.view() / ROW) - 1);
  }

  get ends(): [number, number] {
    return [this.rows.first, this.rows.next - 1];
  }

  entry(n: number): Entry | undefined {
    return this.rows.get(n);
  }

  private view(): number {
    return this.host.clientHeight - this.head.offsetHeight;
  }

  private wheel(e: WheelEvent): void {
    const atEnd = this.host.scrollTop + this.host.clientHeight >=
      this.host.scrollHeight - 2;
    if (e.deltaY < 0 && this.following && this.bodyHeight > this.view())
      this.follow(false);
    else if (e.deltaY > 0 && !this.following && atEnd) this.follow(true);
  }

  private scrolled(): void {
    if (this.following && this.host.scrollTop < this.expected - ROW / 2)
      this.follow(false);
    else if (!this.following) this.draw();
  }

  /** What is pressed must not move away under the pointer. */
  private press(e: Event): void {
    this.pressed = rowOf(e);
    this.follow(false);
  }

  private open(e: Event): void {
    const n = rowOf(e);
    if (n < 0 || n !== this.pressed || getSelection()?.toString()) return;
    this.cursor = n;
    this.refill();
    this.onCursor(n, true);
  }

  private top(n: number): number {
    const i = n - this.rows.first;
    return this.wrap ? (this.tops[i] ?? this.bodyHeight) : i * ROW;
  }

  private layout(): void {
    const total = this.rows.next - this.rows.first;
    if (!this.wrap) {
      this.bodyHeight = total * ROW;
    } else {
      let y = 0;
      this.tops.length = total;
      for (let i = 0; i < total; i++) {
        this.tops[i] = y;
        y += this.heights.get(this.rows.first + i) ?? ROW;
      }
      this.bodyHeight = y;
      if (this.heights.size > 4 * total + 1000) this.heights.clear();
    }
    this.body.style.height = `${this.bodyHeight}px`;
  }

  /** The row that is at y, px from the first one. */
  private at(y: number): number {
    if (!this.wrap) return this.rows.first + Math.max(0, Math.floor(y / ROW));
    let lo = 0, hi = this.tops.length;
    while (lo + 1 < hi) {
      const mid = (lo + hi) >> 1;
      if (this.tops[mid]! <= y) lo = mid; else hi = mid;
    }
    return this.rows.first + lo;
  }

  private reveal(n: number): void {
    this.layout();
    const y = this.top(n), tall = this.heights.get(n) ?? ROW;
    if (y < this.host.scrollTop) this.scrollTo(y);
    else if (y + tall > this.host.scrollTop + this.view())
      this.scrollTo(y + tall - this.view());
  }

  private scrollTo(y: number): void {
    this.expected = Math.max(0, y);
    this.host.scrollTop = this.expected;
  }

  draw(): void {
    this.layout();
    if (this.following) this.scrollTo(this.bodyHeight - this.view());
    this.place();
    if (this.wrap && this.measure()) {
      this.place();
      this.measure();
    }
  }

  private place(): void {
    const y = this.following
      ? Math.max(0, this.bodyHeight - this.view()) : this.host.scrollTop;
    const from = Math.max(this.rows.first, this.at(y) - 2);
    const to = Math.min(this.rows.next, this.at(y + this.view()) + 3);
    const least = Math.ceil(this.view() / ROW) + 6;
    while (this.pool.length < Math.max(least, to - from)) this.grow();
    const size = this.pool.length;
    const used = new Set<number>();
    for (let n = from; n < to; n++) {
      used.add(n % size);
      this.fill(this.pool[n % size]!, n);
    }
    for (let i = 0; i < size; i++)
      if (!used.has(i)) this.pool[i]!.el.hidden = true;
    if (this.cursor >= from && this.cursor < to)
      this.host.setAttribute("aria-activedescendant", `row-${this.cursor}`);
    else this.host.removeAttribute("aria-activedescendant");
  }

  private grow(): void {
    const el = this.drawer.make();
    el.hidden = true;
    this.body.append(el);
    // A slot is a row's number modulo the pool: a new size moves them all.
    for (const p of this.pool) p.entry = null;
    this.pool.push({ el, n: -1, entry: null });
  }

  private fill(p: { el: HTMLElement; n: number; entry: Entry | null }, n: number): void {
    const entry = this.rows.get(n)!;
    if (p.entry !== entry || p.n !== n) {
      p.el.dataset["n"] = String(n);
      p.el.id = `row-${n}`;
      p.el.setAttribute("aria-rowindex", String(n - this.rows.first + 2));
      p.el.setAttribute("aria-selected", String(n === this.cursor));
      this.drawer.fill(p.el, entry, n);
      p.n = n;
      p.entry = entry;
    }
    p.el.hidden = false;
    p.el.style.transform = `translateY(${this.top(n)}px)`;
  }

  /** True when a row is not as high as was thought. */
  private measure(): boolean {
    const anchor = this.at(this.host.scrollTop);
    const off = this.host.scrollTop - this.top(anchor);
    let changed = false;
    for (const p of this.pool) {
      if (p.el.hidden) continue;
      const tall = p.el.offsetHeight;
      if (tall === (this.heights.get(p.n) ?? ROW)) continue;
      this.heights.set(p.n, tall);
      changed = true;
    }
    if (!changed) return false;
    this.layout();
    this.scrollTo(this.following
      ? this.bodyHeight - this.view() : this.top(anchor) + off);
    return true;
  }
}

/** The number of the row in which it happened, or -1. */
function rowOf(e: Event): number {
  const el = (e.target as HTMLElement).closest<HTMLElement>("[data-n]");
  return el ? Number(el.dataset["n"]) : -1;
}
