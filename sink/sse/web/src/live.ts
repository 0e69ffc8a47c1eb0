// The live tail: knows all its parts and tells each what happened. Rows go
// into the buffer at once; what is drawn is drawn at most twelve times a
// second, which is as much as a person can see.
import { $, copy, count, duration, setText, short } from "./dom";
import * as api from "./api";
import { Books, type Meta } from "./books";
import { RateChart } from "./chart";
import { Detail } from "./detail";
import { Editor } from "./editor";
import { compare, plain, text, tryParse, typeName, type Value } from "./exact";
import { FieldBar } from "./fieldbar";
import { Groups, type WindowEvent } from "./groups";
import { Past } from "./keep";
import { List } from "./list";
import * as menus from "./menus";
import { find, printPath, type Path } from "./path";
import * as query from "./query";
import { drawExamples, drawStrip } from "./strip";
import { Store, isGap, type Frozen, type Gap, type Rows } from "./store";
import { Stream, type State, type Wrong } from "./stream";
import { Table, marker } from "./table";
import type { UrlState } from "./url";

const DRAW = 80; // ms between two drawings
const CONTROL = 250; // ms of rest before a query is checked

export class Live {
  readonly store = new Store();
  readonly books = new Books();
  readonly past = new Past();
  readonly stream: Stream;
  readonly editor: Editor;
  readonly table: Table;
  readonly list: List;
  readonly detail: Detail;
  readonly fields: FieldBar;
  readonly groups: Groups;
  private readonly rate: RateChart;
  private picture: Frozen | null = null; // what is shown while paused
  private pausedAt = 0; // store.next then
  private asked = ""; // the query that runs or ran
  private shape = query.shape("");
  private asGroups = false;
  private streams: string[] = [];
  private fns: api.Fn[] = [];
  private drawnAt = 0;
  private waiting = false;
  private checkTimer: ReturnType<typeof setTimeout> | undefined;
  private planned = "";
  private started = 0;
  firstRow = 0; // ms from the question to its first row

  constructor(readonly url: UrlState, private readonly changed: (push?: boolean) => void) {
    this.stream = new Stream({
      state: (s) => this.onState(s),
      rows: (rows) => this.onRows(rows),
      event: (name, data) => this.onEvent(name, data),
      wrong: (w) => this.onWrong(w),
    }, api.getToken);
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
      column: (path) => this.column(printPath(path)),
      close: () => this.closeDetail(),
    });
    this.fields = new FieldBar($("field-list"), $("field-n"), $<HTMLInputElement>("field-find"), {
      newest: (n) => this.newest(n),
      hasColumn: (p) => this.table.has(p),
      column: (p) => this.column(p),
      filter: (steps, v, out) => this.filter(steps, v, out),
      group: (steps) => this.group(steps),
    });
    const groups = $("groups");
    this.groups = new Groups(groups.querySelector("thead")!, groups.querySelector("tbody")!,
      $("g-say"), $("g-plot"), $("g-legend"), {
        open: (row) => this.detail.show(text(row), "Group"),
      });
    this.rate = new RateChart($("rate"));
    this.editor = new Editor($("editor"), {
      streams: () => this.streams,
      fields: () => this.fields.fields,
      functions: () => this.fns,
    }, {
      run: () => this.run(),
      changed: () => this.edited(),
      older: () => this.past.older(),
      newer: () => this.past.newer(),
    });
    this.wire();
    setInterval(() => this.everySecond(), 1000);
    void this.learn();
  }

  // --- from the outside ------------------------------------------------------

  /** The state of the address has been read: be like that. */
  restore(): void {
    const u = this.url;
    this.editor.text = u.q;
    this.table.reset(this.selected(u.q), u.cols, u.widths);
    $<HTMLInputElement>("mark").value = u.mark;
    this.table.marker = marker(u.mark);
    this.list.setWrap(u.wrap);
    this.press("wrap", u.wrap);
    // A phone has no room for both.
    const fields = u.fields && !matchMedia("(max-width: 760px)").matches;
    $("fields").hidden = !fields;
    this.press("fields-open", fields);
    this.showPlan(u.plan);
    if (u.run && u.q) this.run(true);
    else this.showStage();
  }

  restyle(): void {
    this.rate.restyle();
    this.groups.restyle();
  }

  run(keepColumns = false): void {
    const q = this.editor.text.trim();
    if (!q) return this.editor.focus();
    const u = this.url;
    if (!keepColumns && query.body(q, "select") !== query.body(this.asked, "select")) u.cols = [];
    this.asked = u.q = q;
    u.run = true;
    this.past.add(q);
    this.firstRow = 0;
    this.started = performance.now();
    this.reset();
    this.shape = query.shape(q);
    this.asGroups = this.shape.grouped;
    this.groups.reset(this.shape.groups, this.shape.values, this.shape.windowed);
    this.table.sort = null;
    this.table.reset(this.selected(q), u.cols, u.widths);
    this.editor.point(undefined);
    this.changed(true);
    this.stream.start(`${api.base}/api/v1/stream`, api.streamParams(q, u.limit, u.seconds));
    this.showStage();
    this.check();
  }

  stop(): void {
    this.stream.stop();
    this.url.run = false;
    this.changed();
  }

  open(q: string): void {
    this.editor.text = q;
    this.run();
  }

  pause(on = this.list.following): void {
    this.list.follow(!on);
  }

  /** What is on the screen: the buffer, or the picture of it. */
  get rows(): Rows {
    return this.picture ?? this.store;
  }

  // --- the stream -------------------------------------------------------------

  private onRows(rows: string[]): void {
    if (!this.firstRow) {
      this.firstRow = performance.now() - this.started;
      document.documentElement.dataset["firstRow"] = this.firstRow.toFixed(1);
    }
    for (const row of rows) this.store.push(row);
    if (this.books.shown === 0) this.table.fit();
    if (this.shape.grouped) for (const row of rows) this.groups.row(row);
    else if (this.books.shown < 1000) for (const row of rows.slice(0, 5)) this.table.meet(row);
    this.books.shown += rows.length;
    this.schedule();
  }

  private onEvent(name: string, data: unknown): void {
    if (!data || typeof data !== "object") return;
    if (name === "meta" || name === "end") {
      if ("agent" in data) this.books.take(data as Meta);
      this.drawBooks();
      if (name === "end" && this.shape.grouped && this.list.following) this.groups.draw(true);
    } else if (name === "window") this.groups.window(data as WindowEvent);
    else if (name === "gap") {
      const g = data as { rows: number | null; why: string; ms: number | null };
      const away = g.ms ? `, for ${duration(g.ms)}` : "";
      this.store.push({ count: g.rows, why: g.why + away, at: Date.now() } satisfies Gap);
    }
    this.schedule();
  }

  private onWrong(w: Wrong): void {
    this.editor.point(this.editor.text.trim() === this.asked ? w : undefined);
    this.sayWrong(w);
    this.table.reset(null, [], {});
    this.showStage();
    this.url.run = false;
    this.changed();
  }

  private onState(s: State): void {
    const el = $("link");
    el.className = s.status;
    const names: Record<string, string> = {
      idle: "idle", connecting: "connecting", live: "live", waiting: "reconnecting",
      ended: "ended", refused: "not running",
    };
    setText(el.querySelector("b")!, names[s.status]!);
    el.querySelector("span")!.textContent = s.status === "refused" ? "" : s.why;
    $("retry").hidden = s.status !== "waiting";
    const run = $("run");
    setText(run, this.stream.running ? "Stop" : "Run");
    run.classList.toggle("running", this.stream.running);
    if (s.status === "ended") {
      this.url.run = false;
      this.changed();
    }
    this.showStage();
  }

  // --- drawing ----------------------------------------------------------------

  private schedule(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((t) => this.frame(t));
  }

  private frame(t: number): void {
    if (t - this.drawnAt < DRAW) return void requestAnimationFrame((n) => this.frame(n));
    this.waiting = false;
    this.drawnAt = t;
    if (this.list.following) {
      if (this.asGroups) this.groups.draw();
      else this.list.draw();
    }
    this.drawPill();
    this.drawBuffer();
    this.drawRows();
    this.showStage();
  }

  private drawPill(): void {
    const n = this.store.next - this.pausedAt;
    const pill = $("pill");
    pill.hidden = this.list.following || this.asGroups || !(n > 0 || this.stream.running);
    setText(pill, n > 0 ? `${count(n)} new ↓` : "paused ↓");
  }

  private drawBuffer(): void {
    const s = this.store;
    const held = s.next - s.first;
    setText($("buffer"), held === 0 ? "" : s.gone === 0
      ? `${count(held)} rows held`
      : `newest ${count(held)} of ${count(this.books.shown)} rows held`);
  }

  private drawBooks(): void {
    const { meta: m, points } = this.books;
    drawStrip(this.books);
    this.drawRows();
    this.rate.draw(points);
    if (m && m.link !== "up" && this.stream.state.status === "live") {
      $("link").className = "waiting";
      setText($("link").querySelector("b")!, "no source-job");
      $("link").querySelector("span")!.textContent = m.why ?? "";
    } else if (this.stream.state.status === "live" && $("link").className !== "live")
      this.onState(this.stream.state);
  }

  private drawRows(): void {
    const { shown } = this.books;
    // Books are a second old; a row that is here has been seen.
    const seen = Math.max(this.books.total("seen"), this.shape.grouped ? 0 : shown);
    setText($("b-rows"), short(shown));
    setText($("b-of"), this.books.meta ? `of ${short(seen)} seen` : "");
    $("b-rows").title = count(shown);
  }

  private showStage(): void {
    const any = this.store.next > this.store.first;
    const running = this.stream.running;
    $("empty").hidden = any || running || this.asked !== "";
    $("groups").hidden = !this.asGroups;
    $("list").hidden = this.asGroups;
    $("as-groups").hidden = !this.shape.grouped;
    this.press("as-groups", this.asGroups);
    const m = this.books.meta;
    const w = $("waiting");
    w.hidden = any || this.asked === "" || this.asGroups && running && m === null;
    if (!w.hidden) setText(w, this.noRows(running, m));
    this.press("pause", !this.list.following);
    setText($("pause"), this.list.following ? "Pause" : "Follow");
  }

  /** Nothing is an answer, too: from whom, and out of how much. */
  private noRows(running: boolean, m: Meta | null): string {
    if (!m) return running ? "asking…" : "";
    const from = `${count(m.live)} of ${count(m.targeted)} agents`;
    const seen = `${count(this.books.total("seen"))} events seen, ${count(this.books.total("matched"))} matched`;
    if (!running) return `No rows from ${from}: ${seen}.`;
    return m.targeted === 0 ? "No agent is connected: the query waits for the first."
      : `Live on ${from}: ${seen}.`;
  }

  private everySecond(): void {
    if (!$("live").hidden && !$("fields").hidden && this.list.following && this.stream.running)
      this.fields.refresh();
    const s = this.stream.state;
    if (s.status === "waiting" && s.retryAt)
      $("link").querySelector("span")!.textContent =
        `${s.why}; again in ${Math.max(0, Math.ceil((s.retryAt - Date.now()) / 1000))} s`;
  }

  private reset(): void {
    this.picture = null;
    this.store.clear();
    this.books.reset();
    const sort = this.url.sort;
    this.list.follow(true);
    this.url.sort = sort;
    this.list.show(this.store);
    this.fields.reset();
    this.drawBooks();
    this.drawBuffer();
    this.drawPill();
    this.closeDetail();
  }

  // --- rows -------------------------------------------------------------------

  private onFollow(on: boolean): void {
    if (on) {
      const sorted = this.table.sort !== null;
      this.picture = null;
      this.table.sort = this.url.sort = null;
      this.table.headAgain();
      this.list.show(this.store, sorted);
      if (this.asGroups) this.groups.draw(true);
      this.schedule();
    } else {
      this.picture = this.store.freeze();
      this.pausedAt = this.store.next;
      this.list.show(this.picture);
      this.fields.refresh();
      this.table.sort = this.url.sort; // of a link that was followed
      if (this.table.sort) this.showSorted();
      this.table.headAgain();
    }
    this.drawPill();
    this.showStage();
  }

  private sortBy(col: string): void {
    this.list.follow(false);
    const was = this.table.sort;
    this.table.sort = was?.col !== col ? { col, desc: false } : was.desc ? null : { col, desc: true };
    this.url.sort = this.table.sort;
    this.table.headAgain();
    this.showSorted();
    this.changed();
    const at = this.table.cols.findIndex((c) => c.name === col);
    $("thead").children[at]?.querySelector<HTMLElement>("button")?.focus();
  }

  private showSorted(): void {
    if (!this.picture) return;
    const s = this.table.sort;
    const path = s && this.table.cols.find((c) => c.name === s.col)?.path;
    this.list.cursor = -1;
    if (!s || !path) return this.list.show(this.picture, true);
    const way = s.desc ? -1 : 1;
    this.list.show(this.picture.sorted((a, b) => way * compare(find(a, path), find(b, path))), true);
    this.list.host.scrollTop = 0;
  }

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

  private newest(n: number): string[] {
    const rows = this.rows, out: string[] = [];
    for (let i = rows.next - 1; i >= rows.first && out.length < n; i--) {
      const e = rows.get(i);
      if (e !== undefined && !isGap(e)) out.push(e);
    }
    return out;
  }

  // --- columns ----------------------------------------------------------------

  private selected(q: string): string[] | null {
    const cols = query.columns(q);
    if (cols) return cols.map((c) => c.name);
    return /e\s*\[\s*\^/.test(query.body(q, "select")) ? [] : null;
  }

  private column(name: string): void {
    this.table.toggle(name);
  }

  private columnsChanged(): void {
    this.url.cols = this.table.isChosen ? this.table.names : [];
    this.url.widths = this.table.columnWidths;
    this.list?.refill();
    this.fields?.draw();
    this.changed();
  }

  // --- editing the query --------------------------------------------------------

  private filter(path: Path, v: Value, out: boolean): void {
    const t = typeName(v);
    if (t !== "array" && t !== "object") this.open(query.filterAt(this.asked, path, v, out));
  }

  private group(path: Path): void {
    this.open(query.groupAt(this.asked, path));
  }

  private edited(): void {
    this.url.q = this.editor.text;
    clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => this.check(), CONTROL);
  }

  /** Ask for the plan: it says what is wrong, or what would run where. */
  private check(): void {
    clearTimeout(this.checkTimer);
    const q = this.editor.text;
    this.changed();
    if (!q.trim()) {
      this.editor.point(undefined);
      return this.say("", false);
    }
    api.explain(q).then((plan) => {
      if (this.editor.text !== q) return;
      this.editor.point(plan.ok ? undefined : plan.error);
      if (!plan.ok) return this.sayWrong(plan.error ?? { text: "the query is wrong" });
      this.planned = plan.text ?? "";
      $("plan").textContent = this.planned;
      this.say(this.brief(q), false);
    }).catch((e: Error) => {
      if (this.editor.text === q) this.say(e.message, false);
    });
  }

  /** The plan in a line. */
  private brief(q: string): string {
    const line = (name: string): string =>
      new RegExp(`^${name}\\s+(.*)$`, "m").exec(this.planned)?.[1] ?? "";
    const parts = [`agent: ${line("agent")}`, `index: ${line("index")}`, line("cost"), line("warning")];
    const edited = this.stream.running && q.trim() !== this.asked ? "edited: Enter runs it  ·  " : "";
    return edited + parts.filter((p) => p && !p.endsWith(": ")).join("  ·  ");
  }

  private say(text: string, wrong: boolean): void {
    const el = $("say");
    setText(el, text);
    el.title = text;
    el.classList.toggle("wrong", wrong);
  }

  private sayWrong(w: Wrong): void {
    this.say(w.line !== undefined ? `${w.line}:${w.col}  ${w.text}` : w.text, true);
  }

  showPlan(on: boolean): void {
    this.url.plan = on;
    $("plan").hidden = !on;
    $("plan-open").setAttribute("aria-expanded", String(on));
    this.changed();
  }

  // --- buttons ----------------------------------------------------------------

  private press(id: string, on: boolean): void {
    $(id).setAttribute("aria-pressed", String(on));
  }

  toggleWrap(): void {
    this.url.wrap = !this.url.wrap;
    this.list.setWrap(this.url.wrap);
    this.press("wrap", this.url.wrap);
    this.changed();
  }

  toggleFields(): void {
    const on = $("fields").hidden;
    this.url.fields = on;
    $("fields").hidden = !on;
    this.press("fields-open", on);
    if (on) this.fields.refresh();
    this.changed();
  }

  toggleGroups(): void {
    if (!this.shape.grouped) return;
    this.asGroups = !this.asGroups;
    this.showStage();
    if (this.asGroups) this.groups.draw(true);
    else this.list.refill();
  }

  clear(): void {
    this.store.clear();
    this.list.follow(true);
    this.list.show(this.store);
    this.drawBuffer();
    this.showStage();
  }

  exportMenu(): void {
    menus.exportMenu($("export-open"), this.rows, this.editor.text.trim(),
      query.columns(this.asked) || this.table.isChosen ? this.table.names : []);
  }

  private wire(): void {
    const on = (id: string, run: () => void): void => $(id).addEventListener("click", run);
    on("run", () => (this.stream.running && this.editor.text.trim() === this.asked ? this.stop() : this.run()));
    on("retry", () => this.stream.retryNow());
    on("pause", () => this.pause());
    on("pill", () => this.list.follow(true));
    on("wrap", () => this.toggleWrap());
    on("fields-open", () => this.toggleFields());
    on("as-groups", () => this.toggleGroups());
    on("plan-open", () => this.showPlan($("plan").hidden));
    on("clear", () => this.clear());
    on("export-open", () => this.exportMenu());
    on("books-open", () => menus.booksMenu($("books-open"), this.books));
    on("cols-open", () => menus.columnsMenu($("cols-open"), this.table, this.fields.fields.map((f) => f.path)));
    on("stop-open", () => menus.stopMenu($("stop-open"), this.url.limit, this.url.seconds, (limit, seconds) => {
      Object.assign(this.url, { limit, seconds });
      if (this.stream.running) this.run(true);
      else this.changed();
    }));
    on("saved-open", () => menus.savedMenu($("saved-open"), this.editor.text, this.past, (q) => this.open(q)));
    on("d-close", () => this.closeDetail());
    on("d-prev", () => this.list.move(-1));
    on("d-next", () => this.list.move(1));
    on("d-copy", () => this.detail.copyRow(false));
    $("mark").addEventListener("input", (e) => this.mark((e.target as HTMLInputElement).value));
    this.list.host.addEventListener("contextmenu", (e) => this.cellMenu(e));
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
      column: () => this.column(printPath(path)),
      mark: () => this.mark(plain(v)),
    });
  }

  private mark(text: string): void {
    $<HTMLInputElement>("mark").value = this.url.mark = text;
    this.table.marker = marker(text);
    this.list.refill();
    this.changed();
  }

  // --- what can be asked ----------------------------------------------------------

  private async learn(): Promise<void> {
    const got = await Promise.allSettled([api.list("streams"), api.functions()]);
    if (got[0].status === "fulfilled") this.streams = got[0].value.map((s) => String(s["name"]));
    if (got[1].status === "fulfilled") this.fns = got[1].value;
    drawExamples(this.streams[0], (q) => this.open(q));
  }
}
