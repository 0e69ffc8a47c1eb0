// The live tail: one question and its stream, and who is told what of it. Rows
// go into the buffer at once; what is drawn is drawn at most twelve times a
// second, which is as much as a person can see.
import { $, count, duration, setText, short, some } from "./dom";
import * as api from "./api";
import { Ask } from "./ask";
import { Books, type Meta } from "./books";
import { RateChart } from "./chart";
import { Groups, type WindowEvent } from "./groups";
import * as menus from "./menus";
import * as query from "./query";
import { RowsView } from "./rows";
import { drawExamples, drawStrip } from "./strip";
import type { Gap } from "./store";
import { Stream, type State, type Wrong } from "./stream";
import { marker } from "./table";
import type { UrlState } from "./url";

const DRAW = 80; // ms between two drawings
const GLANCE = 10_000; // ms of rows that a key chooses

const clock = (ms: number): string => new Date(ms).toLocaleTimeString("en-GB");

export class Live {
  readonly books = new Books();
  readonly stream: Stream;
  readonly ask: Ask;
  readonly view: RowsView;
  readonly groups: Groups;
  private readonly rate: RateChart;
  private asked = ""; // the query that runs or ran
  private shape = query.shape("");
  private asGroups = false;
  private drawnAt = 0;
  private waiting = false;
  private started = 0;
  firstRow = 0; // ms from the question to its first row

  constructor(readonly url: UrlState, private readonly changed: (push?: boolean) => void) {
    this.stream = new Stream({
      state: (s) => this.onState(s),
      rows: (rows) => this.onRows(rows),
      event: (name, data) => this.onEvent(name, data),
      wrong: (w) => this.onWrong(w),
    }, api.getToken);
    this.view = new RowsView(url, {
      open: (q) => this.open(q),
      asked: () => this.asked,
      followed: (on) => this.onFollow(on),
      changed,
    });
    const groups = $("groups");
    this.groups = new Groups(groups.querySelector("thead")!, groups.querySelector("tbody")!,
      $("g-say"), $("g-plot"), $("g-legend"), { open: (row) => this.view.openGroup(row) });
    // The chart has the daemon's clock, the rows have ours.
    this.rate = new RateChart($("rate"), (from, to) =>
      this.view.choose({ from: from + this.books.skew, to: to + this.books.skew }));
    this.ask = new Ask({
      run: () => this.run(),
      edited: (q) => this.onEdited(q),
      seen: () => this.view.fields.fields,
      told: () => this.onTold(),
      pending: (q) => this.stream.running && q !== this.asked,
    });
    this.wire();
    setInterval(() => this.everySecond(), 1000);
    void this.ask.learn().then(() => this.drawExamples());
  }

  // --- from the outside ------------------------------------------------------

  /** The state of the address has been read: be like that. */
  restore(): void {
    const u = this.url;
    this.ask.text = u.q;
    this.view.shape(u.q);
    $<HTMLInputElement>("mark").value = u.mark;
    this.view.table.marker = marker(u.mark);
    this.view.setWrap(u.wrap);
    this.press("wrap", u.wrap);
    // A phone has no room for both.
    const fields = u.fields && !matchMedia("(max-width: 760px)").matches;
    $("fields").hidden = !fields;
    this.press("fields-open", fields);
    this.ask.showPlan(u.plan);
    if (u.run && u.q) this.run(true);
    else this.showStage();
  }

  restyle(): void {
    this.rate.restyle();
    this.groups.restyle();
  }

  run(keepColumns = false): void {
    const q = this.ask.text.trim();
    if (!q) return this.ask.editor.focus();
    const u = this.url;
    if (!keepColumns && query.body(q, "select") !== query.body(this.asked, "select")) u.cols = [];
    this.asked = u.q = q;
    u.run = true;
    this.ask.past.add(q);
    this.firstRow = 0;
    this.started = performance.now();
    this.books.reset();
    this.view.reset();
    this.view.unsort();
    this.shape = query.shape(q);
    this.asGroups = this.shape.grouped;
    this.groups.reset(this.shape);
    this.view.shape(q);
    this.ask.editor.point(undefined);
    this.changed(true);
    this.stream.start(`${api.base}/api/v1/stream`, api.streamParams(q, u.limit, u.seconds));
    this.drawBooks();
    this.drawHeld();
    this.showStage();
    this.ask.check();
  }

  stop(): void {
    this.stream.stop();
    this.url.run = false;
    this.changed();
  }

  open(q: string): void {
    this.ask.text = q;
    this.run();
  }

  pause(on = this.view.list.following): void {
    this.view.list.follow(!on);
  }

  // --- the stream -------------------------------------------------------------

  private onRows(rows: string[]): void {
    if (!this.firstRow) {
      this.firstRow = performance.now() - this.started;
      document.documentElement.dataset["firstRow"] = this.firstRow.toFixed(1);
    }
    const { table } = this.view;
    for (const row of rows) this.view.push(row);
    if (this.books.shown === 0) table.fit();
    if (this.shape.grouped) for (const row of rows) this.groups.row(row);
    else if (this.books.shown < 1000) for (const row of rows.slice(0, 5)) table.meet(row);
    this.books.shown += rows.length;
    this.schedule();
  }

  private onEvent(name: string, data: unknown): void {
    if (!data || typeof data !== "object") return;
    if (name === "meta" || name === "end") {
      if ("agent" in data) this.books.take(data as Meta);
      this.drawBooks();
      if (name === "end" && this.shape.grouped && this.view.list.following) this.groups.draw(true);
    } else if (name === "window") this.groups.window(data as WindowEvent);
    else if (name === "gap") {
      const g = data as { rows: number | null; why: string; ms: number | null };
      const away = g.ms ? `, for ${duration(g.ms)}` : "";
      this.view.push({ count: g.rows, why: g.why + away, at: Date.now() } satisfies Gap);
    }
    this.schedule();
  }

  /** The address is of what is shown: a text that was never asked is in it
   * only before the first question, and Back leads from one to another. */
  private onEdited(q: string): void {
    if (this.asked) return;
    this.url.q = q;
    this.changed();
  }

  /** What there is to ask for. */
  private onTold(): void {
    this.view.fields.tell(this.ask.told ?? null);
    this.drawExamples();
  }

  private drawExamples(): void {
    drawExamples(this.ask.stream, this.ask.told?.fields ?? [], (q) => this.open(q));
  }

  private onWrong(w: Wrong): void {
    this.ask.wrong(w, this.asked);
    this.view.shape(null);
    this.showStage();
    this.url.run = false;
    this.changed();
  }

  private onState(s: State): void {
    const names: Record<string, string> = {
      idle: "idle", connecting: "connecting", live: "live", waiting: "reconnecting",
      ended: "ended", refused: "not running",
    };
    this.drawLink(s.status, names[s.status]!, s.status === "refused" ? "" : s.why);
    $("retry").hidden = s.status !== "waiting";
    const run = $("run");
    setText(run, this.stream.running ? "Stop" : "Run");
    run.classList.toggle("running", this.stream.running);
    if (s.status === "ended") {
      this.url.run = false;
      this.view.fields.refresh();
      this.changed();
    }
    this.showStage();
  }

  private onFollow(on: boolean): void {
    if (on) {
      if (this.asGroups) this.groups.draw(true);
      this.schedule();
    }
    this.rate.draw(this.books.points, this.chosen);
    this.drawHeld();
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
    if (this.view.list.following) {
      if (this.asGroups) this.groups.draw();
      else this.view.list.draw();
    }
    this.drawHeld();
    this.drawRows();
    this.showStage();
  }

  /** How many rows are held, how many came since, and of which time. */
  private drawHeld(): void {
    const { store, fresh, range, list } = this.view;
    const { held } = store;
    const pill = $("pill"), chip = $("range");
    pill.hidden = list.following || this.asGroups || !(fresh > 0 || this.stream.running);
    setText(pill, fresh > 0 ? `${count(fresh)} new ↓` : "paused ↓");
    setText($("buffer"), held === 0 ? "" : store.gone === 0
      ? `${some(held, "row")} held`
      : `newest ${count(held)} of ${count(this.books.shown)} rows held`);
    chip.hidden = range === null;
    if (range) setText(chip, `of ${clock(range.from)} – ${clock(range.to)} ×`);
  }

  /** The chosen time by the daemon's clock. */
  private get chosen(): { from: number; to: number } | null {
    const r = this.view.range, by = this.books.skew;
    return r && { from: r.from - by, to: r.to - by };
  }

  private drawBooks(): void {
    const { meta: m, points } = this.books;
    drawStrip(this.books);
    this.drawRows();
    this.rate.draw(points, this.chosen);
    if (this.stream.state.status !== "live") return;
    if (m && m.link !== "up") this.drawLink("waiting", "no source-job", m.link_why ?? "");
    else if ($("link").className !== "live") this.onState(this.stream.state);
  }

  private drawLink(status: string, name: string, why: string): void {
    const el = $("link");
    el.className = status;
    setText(el.querySelector("b")!, name);
    setText(el.querySelector("span")!, why);
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
    const { any, list } = this.view, running = this.stream.running;
    $("empty").hidden = any || running || this.asked !== "";
    $("groups").hidden = !this.asGroups;
    $("list").hidden = this.asGroups;
    $("as-groups").hidden = !this.shape.grouped;
    this.press("as-groups", this.asGroups);
    const m = this.books.meta;
    const w = $("waiting");
    w.hidden = any || this.asked === "" || this.asGroups && running && m === null;
    if (!w.hidden) setText(w, this.noRows(running, m));
    this.press("pause", !list.following);
    setText($("pause"), list.following ? "Pause" : "Follow");
  }

  /** Nothing is an answer, too: from whom, and out of how much. */
  private noRows(running: boolean, m: Meta | null): string {
    if (!m) return running ? "asking…" : "";
    const from = `${count(m.live)} of ${some(m.targeted, "agent")}`;
    const seen = `${some(this.books.total("seen"), "event")} seen, ${count(this.books.total("matched"))} matched`;
    if (!running) return `No rows from ${from}: ${seen}.`;
    return m.targeted === 0 ? "No agent is connected: the query waits for the first."
      : `Live on ${from}: ${seen}.`;
  }

  private everySecond(): void {
    if (!$("live").hidden && !$("fields").hidden && this.view.list.following && this.stream.running)
      this.view.fields.refresh();
    const s = this.stream.state;
    if (s.status === "waiting" && s.retryAt)
      setText($("link").querySelector("span")!,
        `${s.why}; again in ${Math.max(0, Math.ceil((s.retryAt - Date.now()) / 1000))} s`);
  }

  // --- buttons and keys ---------------------------------------------------------

  private press(id: string, on: boolean): void {
    $(id).setAttribute("aria-pressed", String(on));
  }

  showPlan(on = $("plan").hidden): void {
    this.url.plan = on;
    this.ask.showPlan(on);
    this.changed();
  }

  toggleWrap(): void {
    this.url.wrap = !this.url.wrap;
    this.view.setWrap(this.url.wrap);
    this.press("wrap", this.url.wrap);
    this.changed();
  }

  toggleFields(): void {
    const on = $("fields").hidden;
    this.url.fields = on;
    $("fields").hidden = !on;
    this.press("fields-open", on);
    if (on) this.view.fields.refresh();
    this.changed();
  }

  toggleGroups(): void {
    if (!this.shape.grouped) return;
    this.asGroups = !this.asGroups;
    this.showStage();
    if (this.asGroups) this.groups.draw(true);
    else this.view.list.refill();
  }

  /** Only the rows of the last seconds; again: of those before. */
  glance(back: boolean): void {
    const r = this.view.range, step = back ? -GLANCE : GLANCE;
    const to = r ? r.to + step : Date.now();
    if (r || back) this.view.choose(to > Date.now() ? null : { from: to - GLANCE, to });
  }

  clear(): void {
    this.view.clear();
    this.drawHeld();
    this.showStage();
  }

  exportMenu(): void {
    this.view.exportMenu(this.ask.text.trim());
  }

  private stopMenu(): void {
    menus.stopMenu($("stop-open"), this.url.limit, this.url.seconds, (limit, seconds) => {
      Object.assign(this.url, { limit, seconds });
      if (this.stream.running) this.run(true);
      else this.changed();
    });
  }

  private wire(): void {
    const { table, list, fields, detail } = this.view;
    const on = (id: string, run: () => void): void => $(id).addEventListener("click", run);
    on("run", () => (this.stream.running && this.ask.text.trim() === this.asked ? this.stop() : this.run()));
    on("retry", () => this.stream.retryNow());
    on("pause", () => this.pause());
    on("pill", () => list.follow(true));
    on("range", () => this.view.choose(null));
    on("wrap", () => this.toggleWrap());
    on("fields-open", () => this.toggleFields());
    on("as-groups", () => this.toggleGroups());
    on("plan-open", () => this.showPlan());
    on("clear", () => this.clear());
    on("export-open", () => this.exportMenu());
    on("books-open", () => menus.booksMenu($("books-open"), this.books));
    on("cols-open", () => menus.columnsMenu($("cols-open"), table, fields.paths));
    on("stop-open", () => this.stopMenu());
    on("saved-open", () => menus.savedMenu($("saved-open"), this.ask.text, this.ask.past, (q) => this.open(q)));
    on("d-close", () => this.view.closeDetail());
    on("d-prev", () => list.move(-1));
    on("d-next", () => list.move(1));
    on("d-copy", () => detail.copyRow(false));
    $("mark").addEventListener("input", (e) => this.view.mark((e.target as HTMLInputElement).value));
  }
}
