// One row as a tree. Every leaf can become a filter, a group or a column.
import { h, copy, icon, type Icon } from "./dom";
import { Num, plain, text, tryParse, type Value } from "./exact";
import { printPath, type Path } from "./path";
import { literal } from "./query";

export interface DetailHooks {
  filter(path: Path, v: Value, out: boolean): void;
  group(path: Path): void;
  column(path: Path): void;
  close(): void;
}

const CHILDREN = 500;

export class Detail {
  private raw = "";

  constructor(
    private readonly panel: HTMLElement,
    private readonly title: HTMLElement,
    private readonly tree: HTMLElement,
    private readonly hooks: DetailHooks,
  ) {}

  get open(): boolean {
    return !this.panel.hidden;
  }

  show(raw: string, title: string): void {
    const v = tryParse(raw);
    this.raw = raw;
    this.panel.hidden = false;
    this.title.textContent = title;
    this.tree.scrollTop = 0;
    if (v instanceof Map) {
      this.tree.replaceChildren(...[...v].slice(0, CHILDREN)
        .map(([k, x]) => this.node(k, x, [k], 0)));
    } else this.tree.textContent = raw;
  }

  hide(): void {
    this.panel.hidden = true;
  }

  copyRow(pretty: boolean): void {
    const v = tryParse(this.raw);
    void copy(pretty && v !== undefined ? text(v, 2) : this.raw, "row");
  }

  private node(key: string, v: Value, path: Path, depth: number): HTMLElement {
    const name = h("span", { class: "key" }, key);
    if (v instanceof Map || Array.isArray(v)) {
      const many = v instanceof Map ? v.size : v.length;
      const note = v instanceof Map ? `{${many}}` : `[${many}]`;
      const box = h("details", { open: depth < 2 && many <= 40 },
        h("summary", {}, name, h("span", { class: "dim" }, note)));
      const fill = (): void => {
        if (box.childElementCount > 1) return;
        const list: [string, Value, string | number][] = v instanceof Map
          ? [...v].map(([k, x]) => [k, x, k]) : v.map((x, i) => [String(i), x, i]);
        box.append(...list.slice(0, CHILDREN)
          .map(([k, x, step]) => this.node(k, x, [...path, step], depth + 1)));
      };
      if (box.open) fill();
      box.addEventListener("toggle", fill, { once: true });
      return h("div", { class: "branch" }, box, this.actions(path, v));
    }
    return h("div", { class: "leaf" }, name,
      h("span", { class: `value ${typeof v === "string" ? "str" : v instanceof Num ? "num" : "word"}` },
        typeof v === "string" ? v : text(v)),
      this.actions(path, v));
  }

  private actions(path: Path, v: Value): HTMLElement {
    const where = printPath(path);
    const act = (name: Icon, label: string, run: () => void): HTMLElement =>
      h("button", { class: "act", title: label, "aria-label": `${label}: ${where}`,
        onclick: (e: Event) => { e.preventDefault(); run(); } }, icon(name));
    const leaf = literal(v) !== undefined;
    const inList = path.some((s) => typeof s === "number");
    return h("span", { class: "acts" },
      leaf && act("plus", "filter for", () => this.hooks.filter(path, v, false)),
      leaf && act("minus", "filter out", () => this.hooks.filter(path, v, true)),
      leaf && !inList && act("group", "group by this", () => this.hooks.group(path)),
      act("column", "show as a column", () => this.hooks.column(path)),
      act("copy", "copy value", () => void copy(plain(v), "value")),
      act("path", "copy path", () => void copy(where, "path")));
  }
}
