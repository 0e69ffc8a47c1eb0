// What opens from a button: one popover, filled for each, and the help.
import { $, h, copy, count, icon, popup } from "./dom";
import { base, getToken, setToken } from "./api";
import type { Books } from "./books";
import { csv, curlCommand, mqlCommand, ndjson, rowsOf, save } from "./export";
import { saved, setTheme, theme, type Past, type Theme } from "./keep";
import type { Key } from "./keys";
import type { Rows } from "./store";
import type { Table } from "./table";

type Item = Node | null;

function open(button: HTMLElement, ...items: Item[]): void {
  const menu = $("menu");
  menu.replaceChildren(...items.filter((i): i is Node => i !== null));
  menu.setAttribute("aria-label", button.textContent ?? "menu");
  popup(menu, button);
}

function close(): void {
  $("menu").hidePopover();
}

function item(label: string, run: () => void, sub?: string): HTMLElement {
  return h("button", { class: "item", onclick: () => { close(); run(); } },
    label, sub ? h("code", {}, sub) : null);
}

const title = (text: string): HTMLElement => h("h2", {}, text);

export function savedMenu(button: HTMLElement, q: string, past: Past, pick: (q: string) => void): void {
  const name = h("input", { placeholder: "name", "aria-label": "name of this query", required: true, maxlength: 80 });
  const form = h("form", { onsubmit: (e: Event) => {
    e.preventDefault();
    saved.add({ name: name.value.trim(), q });
    close();
  } }, name, h("button", {}, "Save this query"));
  const list = saved.all().map((s) => h("div", { class: "line" },
    item(s.name, () => pick(s.q), s.q),
    h("button", { class: "act", "aria-label": `forget ${s.name}`, title: "forget",
      onclick: () => { saved.remove(s.name); close(); } }, icon("close"))));
  const old = past.all.slice(0, 12).map((x) => h("button", {
    class: "item", onclick: () => { close(); pick(x); },
  }, h("code", {}, x)));
  open(button, q.trim() ? form : null,
    ...(list.length ? [title("Saved"), ...list] : []),
    ...(old.length ? [title("History (Alt+↑ in the editor)"), ...old] : []),
    list.length + old.length || q.trim() ? null : h("p", {}, "Nothing saved, nothing asked yet."));
}

export function exportMenu(button: HTMLElement, rows: Rows, q: string, cols: string[]): void {
  let n = 0;
  for (const _ of rowsOf(rows)) n++;
  const at = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
  open(button,
    title(n === 1 ? "The row in the buffer" : `The ${count(n)} rows in the buffer`),
    item("Download as NDJSON", () => save(`mql-${at}.ndjson`, "application/x-ndjson", ndjson(rows))),
    item("Download as CSV", () => save(`mql-${at}.csv`, "text/csv", csv(rows, cols))),
    title("The same query elsewhere"),
    item("Copy as mql command", () => void copy(mqlCommand(q), "command"), mqlCommand(q)),
    item("Copy as curl command", () => void copy(curlCommand(q, base, !!getToken()), "command"), "curl -sN …/api/v1/stream"),
    item("Copy link to this view", () => void copy(location.href, "link")));
}

export interface CellHooks {
  filter(out: boolean): void;
  group(): void;
  mark(): void;
  column(): void;
}

/** What can be done with the value at the pointer. */
export function cellMenu(at: { x: number; y: number }, path: string, value: string, row: string, hooks: CellHooks): void {
  const menu = $("menu");
  menu.setAttribute("aria-label", path);
  menu.replaceChildren(title(`${path}: ${value.length > 60 ? value.slice(0, 60) + "…" : value}`),
    item("Filter for this value", () => hooks.filter(false)),
    item("Filter out this value", () => hooks.filter(true)),
    item("Group by this field", () => hooks.group()),
    item("Highlight this value", () => hooks.mark()),
    item("Show or hide as a column", () => hooks.column()),
    title("Copy"),
    item("Cell", () => void copy(value, "cell")),
    item("Path", () => void copy(path, "path")),
    item("Row", () => void copy(row, "row")));
  menu.showPopover();
  menu.style.left = `${Math.max(8, Math.min(at.x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - menu.offsetHeight - 8))}px`;
}

export function stopMenu(
  button: HTMLElement, limit: number, seconds: number, set: (limit: number, seconds: number) => void,
): void {
  const rows = h("input", { type: "number", min: "0", value: limit || "", placeholder: "never", "aria-label": "rows" });
  const time = h("input", { type: "number", min: "0", value: seconds || "", placeholder: "never", "aria-label": "seconds" });
  open(button, title("Stop the query after"), h("form", { onsubmit: (e: Event) => {
    e.preventDefault();
    close();
    set(Math.max(0, Number(rows.value) || 0), Math.max(0, Number(time.value) || 0));
  } }, rows, "rows", time, "seconds", h("button", {}, "Set")));
}

export function columnsMenu(button: HTMLElement, table: Table, known: string[]): void {
  const path = h("input", { placeholder: "a.b['c'][0]", "aria-label": "path of a column", required: true, list: "paths" });
  const add = h("form", { onsubmit: (e: Event) => {
    e.preventDefault();
    const p = path.value.trim();
    if (p && !table.has(p)) table.toggle(p);
    columnsMenu(button, table, known);
  } }, path, h("button", {}, "Add"));
  const options = h("datalist", { id: "paths" }, ...known.map((k) => h("option", { value: k })));
  const list = table.names.map((n) => h("div", { class: "line" },
    h("span", { class: "item mono" }, n),
    h("button", { class: "act", "aria-label": `remove ${n}`, title: "remove",
      onclick: () => { table.toggle(n); columnsMenu(button, table, known); } }, icon("close"))));
  open(button, title("Columns, by path"), add, options, ...list,
    table.isChosen ? item("As the query has them", () => table.choose([])) : null);
}

export function booksMenu(button: HTMLElement, b: Books): void {
  const m = b.meta;
  if (!m) return open(button, h("p", {}, "No books yet: run a query."));
  const row = (name: string, v: number, alarm = false): HTMLElement =>
    h("tr", { class: alarm && v ? "alarm" : "" }, h("td", {}, name), h("td", {}, count(v)));
  const part = (name: string, o: Record<string, number>): Node[] => [title(name), h("table", {}, h("tbody", {},
    ...Object.entries(o).map(([k, v]) => row(k.replace("drop_", "dropped: ").replaceAll("_", " "), v, /drop|lost|late|overflow|untimed/.test(k)))))];
  const refusals = (m.refusals ?? []).map((r) => h("p", {}, `${count(r.agents)} refused: ${r.why}`));
  open(button,
    h("p", {}, m.balanced ? "The books balance." : "The books do not balance yet: numbers are on their way."),
    ...part("At the agents", m.agent), ...part("At the source-job", m.source), ...part("This page", m.viewer),
    title("Agents"), h("table", {}, h("tbody", {}, row("targeted", m.targeted), row("live", m.live),
      row("refused", m.refused, true), row("gone without a word", m.lost_agents, true), row("left", m.left))),
    ...refusals, h("p", { class: "note" }, `since ${new Date(m.since).toLocaleTimeString()} · ${count(m.viewers)} viewers share it`));
}

export function help(keys: Key[]): void {
  const dialog = $<HTMLDialogElement>("help");
  const token = h("input", { type: "password", value: getToken(), autocomplete: "off", "aria-label": "bearer token" });
  const line = (k: string, about: string): HTMLElement =>
    h("div", {}, h("dt", {}, ...k.split(" ").map((x) => h("kbd", {}, x))), h("dd", {}, about));
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", {}, ...keys.map((k) => line(k.show, k.about))),
    h("h3", {}, "In the editor"),
    h("dl", {}, line("Enter", "run (Ctrl+Enter, too)"), line("Shift+Enter", "new line"), line("Tab", "complete"),
      line("Ctrl+Space", "suggest"), line("Alt+↑", "older query"), line("Escape Tab", "leave the editor")),
    h("h3", {}, "On a value"),
    h("p", { class: "note" }, "A right click, or a long touch, filters by it, groups by it, marks it or copies it."),
    h("h3", {}, "On a column's name"),
    h("dl", {}, line("Enter", "sort"), line("Alt+→", "move"), line("Shift+→", "widen"), line("Delete", "remove")),
    h("h3", {}, "Token"),
    h("p", { class: "note" }, "For a daemon that wants one; kept for this tab only."),
    h("form", { method: "dialog", onsubmit: () => setToken(token.value.trim()) }, token, h("button", {}, "Use it")),
    h("p", { class: "note" }, h("a", { href: "assets/licenses.txt" }, "Licences of what this page is made of")),
    h("form", { method: "dialog", class: "foot" }, h("button", { class: "main", autofocus: true }, "Close")));
  dialog.showModal();
}

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const NAME: Record<Theme, string> = { auto: "Auto", light: "Light", dark: "Dark" };

export function themeButton(button: HTMLElement, changed: () => void): () => void {
  const show = (): void => {
    button.textContent = NAME[theme()];
    button.setAttribute("aria-label", `theme: ${NAME[theme()]}`);
  };
  const next = (): void => {
    setTheme(NEXT[theme()]);
    show();
    changed();
  };
  show();
  button.addEventListener("click", next);
  return next;
}
