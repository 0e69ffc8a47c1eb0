// The side bar of fields. It samples the newest rows once a second in slices
// of a few milliseconds, and updates in place: what is open stays open.
import { h, count, icon, setText, some, type Icon } from "./dom";
import { plain, tryParse, type Value } from "./exact";
import type { StreamFields } from "./api";
import { Sample, type Field } from "./fields";
import type { Path } from "./path";

export interface FieldHooks {
  newest(n: number): string[];
  name(f: Field): string; // as which it is a column
  hasColumn(path: string): boolean;
  column(path: string): void;
  filter(steps: Path, v: Value, out: boolean): void;
  group(steps: Path): void;
}

const ROWS = 1000, SLICE = 3; // ms
const ICON: Record<string, string> = {
  string: "a", integer: "1", float: "1", boolean: "t", array: "[]", object: "{}", null: "–",
};

export class FieldBar {
  fields: Field[] = []; // of the rows
  private n = 0;
  private told: StreamFields | null = null; // of the fleet, before there are rows
  private readonly items = new Map<string, HTMLElement>();
  private working = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly said: HTMLElement,
    private readonly search: HTMLInputElement,
    private readonly hooks: FieldHooks,
  ) {
    search.addEventListener("input", () => this.draw());
  }

  reset(): void {
    this.fields = [];
    this.n = 0;
    this.empty();
    this.draw();
  }

  /** What there is to ask for, while no row is here. */
  tell(told: StreamFields | null): void {
    if (told === this.told) return;
    this.told = told;
    if (this.n) return;
    this.empty();
    this.draw();
  }

  private empty(): void {
    this.items.clear();
    this.host.replaceChildren();
  }

  /** Of how many rows or events the numbers are. */
  private get all(): number {
    return this.n || (this.told?.events ?? 0);
  }

  private get list(): Field[] {
    return this.n ? this.fields : this.told?.fields ?? [];
  }

  /** What a column may be. */
  get paths(): string[] {
    const all = [...this.fields, ...this.told?.fields ?? []].map((f) => f.path);
    return [...new Set(all.filter((p) => !p.includes("[*]")))].sort();
  }

  private note(shown: number): string {
    const t = this.told;
    const fields = some(shown, "field");
    if (this.n) return `${fields} of the last ${some(this.n, "row")}`;
    return !t ? "no rows yet"
      : `${fields} of ${some(t.events, "event")}, asked from ${count(t.live)} of ${some(t.targeted, "agent")}`;
  }

  /** Look at the newest rows; the answer comes a little later. */
  refresh(): void {
    if (this.working) return;
    const rows = this.hooks.newest(ROWS);
    const sample = new Sample();
    let i = 0;
    this.working = true;
    const slice = (): void => {
      const until = performance.now() + SLICE;
      while (i < rows.length && performance.now() < until) sample.add(tryParse(rows[i++]!));
      if (i < rows.length) return void setTimeout(slice, 8);
      this.working = false;
      if (!this.n && sample.rows) this.empty();
      this.fields = sample.fields;
      this.n = sample.rows;
      this.forget();
      this.draw();
    };
    slice();
  }

  private forget(): void {
    if (!this.n) return;
    const there = new Set(this.fields.map((f) => f.path));
    for (const [path, el] of this.items) {
      if (there.has(path)) continue;
      el.remove();
      this.items.delete(path);
    }
  }

  draw(): void {
    const want = this.search.value.toLowerCase();
    const list = this.list.filter((f) => f.path.toLowerCase().includes(want));
    setText(this.said, this.note(list.length));
    const there = new Set(list.map((f) => f.path));
    for (const [path, el] of this.items) el.hidden = !there.has(path);
    let before: Element | null = null;
    for (const f of list) {
      const el = this.item(f);
      const place: Element | null = before ? before.nextElementSibling : this.host.firstElementChild;
      if (place !== el) this.host.insertBefore(el, place);
      before = el;
      this.update(el, f);
    }
  }

  private item(f: Field): HTMLElement {
    const known = this.items.get(f.path);
    if (known) return known;
    const name = this.hooks.name(f);
    const facts = h("div", { class: "facts", hidden: true });
    const toggle = h("button", { class: "toggle", "aria-expanded": "false", onclick: () => {
      facts.hidden = !facts.hidden;
      toggle.setAttribute("aria-expanded", String(!facts.hidden));
      this.draw();
    } }, h("span", { class: "type" }), h("span", { class: "name", title: name }, name),
      h("span", { class: "share" }));
    const el = h("div", { class: "field" }, h("div", { class: "line" }, toggle,
      !f.path.includes("[*]") && h("button", { class: "col", title: "show as a column", "aria-label": `column ${name}`,
        onclick: () => this.hooks.column(name) }, icon("column"))), facts);
    this.items.set(f.path, el);
    return el;
  }

  private update(el: HTMLElement, f: Field): void {
    const [type, , share] = el.querySelectorAll(".toggle > *");
    setText(type!, ICON[f.types[0] ?? "null"]!);
    type!.setAttribute("title", f.types.join(", "));
    setText(share!, percent(f.rows, this.all));
    el.querySelector(".col")?.setAttribute("aria-pressed", String(this.hooks.hasColumn(this.hooks.name(f))));
    const facts = el.querySelector<HTMLElement>(".facts")!;
    if (!facts.hidden) this.facts(facts, f);
  }

  private facts(host: Element, f: Field): void {
    if (host.contains(document.activeElement) || host.matches(":hover") && host.childElementCount) return;
    const most = f.top[0]?.count ?? 1;
    const tops = f.top.map((t) => {
      const bar = h("i", { class: "bar", "aria-hidden": "true" });
      bar.style.width = `${(100 * t.count) / most}%`;
      return h("div", { class: "top" }, bar,
        h("span", { class: "text", title: t.text }, t.text || "(empty)"),
        h("span", { class: "share" }, percent(t.count, f.rows)),
        h("span", { class: "acts" },
          this.act("plus", `filter for ${t.text}`, () => this.hooks.filter(f.steps, t.value, false)),
          this.act("minus", `filter out ${t.text}`, () => this.hooks.filter(f.steps, t.value, true))));
    });
    const many = f.more ? `more than ${f.distinct}` : String(f.distinct);
    host.replaceChildren(
      h("div", { class: "range" }, `${f.types.join(", ")} · in ${percent(f.rows, this.all)} of ${count(this.all)} ${this.n ? "rows" : "events"}`),
      ...(f.distinct ? [h("div", { class: "range" }, `${many} different`)] : []),
      ...(f.min !== undefined ? [h("div", { class: "range" }, `${cut(plain(f.min))} … ${cut(plain(f.max))}`)] : []),
      ...tops,
      ...(f.path.includes("[*]") ? []
        : [h("button", { class: "link", onclick: () => this.hooks.group(f.steps) }, "Group by this")]));
  }

  private act(name: Icon, label: string, run: () => void): HTMLElement {
    return h("button", { class: "act", title: label, "aria-label": label, onclick: run }, icon(name));
  }
}

function cut(s: string): string {
  return s.length > 60 ? s.slice(0, 60) + "…" : s;
}

function percent(a: number, n: number): string {
  if (!n) return "";
  const p = (100 * a) / n;
  return p === 100 ? "100%" : p >= 10 ? `${Math.round(p)}%` : p >= 1 ? `${p.toFixed(0)}%` : "<1%";
}
