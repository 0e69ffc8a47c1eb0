// The rows: the buffer and its picture while they hold still, the table, the
// one row that is open, and what can be done with a value.
import { $, copy, count } from "./dom";
import { Detail } from "./detail";
import { compare, plain, text, tryParse, typeName, type Obj, type Value } from "./exact";
import { FieldBar } from "./fieldbar";
import type { Field } from "./fields";
import { List } from "./list";
import * as menus from "./menus";
import { find, printPath, type Path } from "./path";
import * as query from "./query";
import { Store, isGap, type Entry, type Frozen, type Rows } from "./store";
import { Table, marker } from "./table";
import type { UrlState } from "./url";

export interface RowsHooks {
  open(q: string): void; // another query
  asked(): string;
  followed(on: boolean): void;
  changed(): void; // of the address
}

export interface Range { from: number; to: number } // ms since the epoch

export class RowsView {
  readonly store = new Store();
  readonly table: Table;
  readonly list: List;
  readonly detail: Detail;
  readonly fields: FieldBar;
  range: Range | null = null; // only rows of then are shown, while paused
  private picture: Frozen | null = null; // what is shown while paused
  private pausedAt = 0; // store.next then

  constructor(private readonly url: UrlState, private readonly hooks: RowsHooks) {
    this.table = new Table($("thead"), $("list"), {
      newest: (n) => this.newest(n),
      changed: () => this.columnsChanged(),
      sort: (col) => this.sortBy(col),
    });
    this.list = new List($("list"), $("list").querySelector<HTMLElement>(".head")!, this.store,
      this.table, (on) => this.onFollow(on), (n, opened) => this.onCursor(n, opened));
    this.detail = new Detail($("detail"), $("d-title"), $("d-tree"), {
      filter: (path, v, out) => this.filter(path, v, out),
      group: (path) => this.group(path),
      column: (path) => this.table.toggle(printPath(path)),
      close: () => this.closeDetail(),
    });
    this.fields = new FieldBar($("field-list"), $("field-n"), $<HTMLInputElement>("field-find"), {
      newest: (n) => this.newest(n),
      name: (f) => this.columnName(f),
      hasColumn: (p) => this.table.has(p),
      column: (p) => this.table.toggle(p),
      filter: (steps, v, out) => this.filter(steps, v, out),
      group: (steps) => this.group(steps),
    });
    this.list.host.addEventListener("contextmenu", (e) => this.cellMenu(e));
  }

  /** What is on the screen: the buffer, or the picture of it. */
  get rows(): Rows {
    return this.picture ?? this.store;
  }

  get any(): boolean {
    return this.store.next > this.store.first;
  }

  /** Rows that came since they hold still. */
  get fresh(): number {
    return this.store.next - this.pausedAt;
  }

  push(e: Entry): void {
    this.store.push(e);
  }

  /** Columns and widths of a query, and what the address says of them. */
  shape(q: string | null): void {
    this.table.reset(q === null ? null : selected(q), q === null ? [] : this.url.cols,
      q === null ? {} : this.url.widths);
  }

  reset(): void {
    this.picture = this.range = null;
    this.store.clear();
    const sort = this.url.sort; // of a link that was followed
    this.list.follow(true);
    this.url.sort = sort;
    this.list.show(this.store);
    this.fields.reset();
    this.closeDetail();
  }

  /** A new question has an order of its own. */
  unsort(): void {
    this.table.sort = null;
  }

  clear(): void {
    this.store.clear();
    this.list.follow(true);
    this.list.show(this.store);
  }

  setWrap(on: boolean): void {
    this.list.setWrap(on);
  }

  // --- follow, pause, order ----------------------------------------------------

  private onFollow(on: boolean): void {
    if (on) {
      const other = this.table.sort !== null || this.range !== null;
      this.picture = this.range = null;
      this.table.sort = this.url.sort = null;
      this.table.headAgain();
      this.list.show(this.store, other);
    } else {
      this.picture = this.store.freeze();
      this.pausedAt = this.store.next;
      this.list.show(this.picture);
      this.fields.refresh();
      this.table.sort = this.url.sort; // of a link that was followed
      if (this.table.sort) this.showPicture();
      this.table.headAgain();
    }
    this.hooks.followed(on);
  }

  private sortBy(col: string): void {
    this.list.follow(false);
    const was = this.table.sort;
    this.table.sort = was?.col !== col ? { col, desc: false } : was.desc ? null : { col, desc: true };
    this.url.sort = this.table.sort;
    this.table.headAgain();
    this.showPicture();
    this.hooks.changed();
    const at = this.table.cols.findIndex((c) => c.name === col);
    $("thead").children[at]?.querySelector<HTMLElement>("button")?.focus();
  }

  /** Hold still, and show only what came then; null: all that is held. */
  choose(range: Range | null): void {
    if (this.list.following && !range) return;
    this.list.follow(false);
    this.range = range;
    this.showPicture();
    this.hooks.followed(false);
  }

  /** The picture in the order, and of the time, that was chosen. */
  private showPicture(): void {
    if (!this.picture) return;
    const s = this.table.sort;
    const path = s && this.table.cols.find((c) => c.name === s.col)?.path;
    const some = this.range ? this.picture.within(this.range.from, this.range.to) : this.picture;
    this.list.cursor = -1;
    if (!s || !path) return this.list.show(some, true);
    const way = s.desc ? -1 : 1;
    this.list.show(some.sorted((a, b) => way * compare(find(a, path), find(b, path))), true);
    this.list.host.scrollTop = 0;
  }

  // --- one row -------------------------------------------------------------------

  private onCursor(n: number, opened: boolean): void {
    const e = this.list.entry(n);
    if (typeof e !== "string" || !(opened || this.detail.open)) return;
    const [first] = this.list.ends;
    this.detail.show(e, `Row ${count(n - first + 1)}`);
  }

  openCursor(): void {
    if (this.list.cursor < 0) this.list.move(-1);
    this.onCursor(this.list.cursor, true);
  }

  openGroup(row: Obj): void {
    this.detail.show(text(row), "Group");
  }

  copyCursor(): void {
    const e = this.list.entry(this.list.cursor);
    if (typeof e === "string") void copy(e, "row");
  }

  closeDetail(): void {
    if (!this.detail.open) return;
    const inside = $("detail").contains(document.activeElement);
    this.detail.hide();
    if (inside) this.list.host.focus();
  }

  newest(n: number): string[] {
    const rows = this.rows, out: string[] = [];
    for (let i = rows.next - 1; i >= rows.first && out.length < n; i--) {
      const e = rows.get(i);
      if (e !== undefined && !isGap(e)) out.push(e);
    }
    return out;
  }

  // --- columns and values ----------------------------------------------------------

  private columnsChanged(): void {
    this.url.cols = this.table.isChosen ? this.table.names : [];
    this.url.widths = this.table.columnWidths;
    this.list?.refill();
    this.fields?.draw();
    this.hooks.changed();
  }

  /** What the query calls it: a column of its own is not a path in events. */
  private columnName(f: Field): string {
    const [key] = f.steps;
    return f.steps.length === 1 && query.columns(this.hooks.asked())?.some((c) => c.name === key)
      ? String(key) : f.path;
  }

  private filter(path: Path, v: Value, out: boolean): void {
    const t = typeName(v);
    if (t !== "array" && t !== "object") this.hooks.open(query.filterAt(this.hooks.asked(), path, v, out));
  }

  private group(path: Path): void {
    this.hooks.open(query.groupAt(this.hooks.asked(), path));
  }

  /** The value at the pointer: by a right click, or a long touch. */
  private cellMenu(e: MouseEvent): void {
    const el = e.target as HTMLElement;
    const row = el.closest<HTMLElement>("[data-n]");
    const path = this.table.pathAt(el);
    const entry = row && this.list.entry(Number(row.dataset["n"]));
    if (!path || typeof entry !== "string") return;
    const v = find(tryParse(entry), path) ?? null;
    e.preventDefault();
    menus.cellMenu({ x: e.clientX, y: e.clientY }, printPath(path), plain(v), entry, {
      filter: (out) => this.filter(path, v, out),
      group: () => this.group(path),
      column: () => this.table.toggle(printPath(path)),
      mark: () => this.mark(plain(v)),
    });
  }

  mark(text: string): void {
    $<HTMLInputElement>("mark").value = this.url.mark = text;
    this.table.marker = marker(text);
    this.list.refill();
    this.hooks.changed();
  }

  exportMenu(q: string): void {
    menus.exportMenu($("export-open"), this.rows, q,
      query.columns(this.hooks.asked()) || this.table.isChosen ? this.table.names : []);
  }
}

/** The columns of a query; null: whole rows. */
function selected(q: string): string[] | null {
  const cols = query.columns(q);
  if (cols) return cols.map((c) => c.name);
  return /e\s*\[\s*\^/.test(query.body(q, "select")) ? [] : null;
}
