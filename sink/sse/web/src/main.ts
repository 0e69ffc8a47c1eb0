// The page: its views, its address, its keyboard.
import "uplot/dist/uPlot.min.css";
import "./app.css";
import { $ } from "./dom";
import { applyTheme } from "./keep";
import { listen, type Key } from "./keys";
import { Live } from "./live";
import { help, themeButton } from "./menus";
import { Page } from "./pages";
import { read, write, type View } from "./url";

applyTheme();

const url = read(location.hash);
let ready = false; // before that the address is read, not written

function changed(push = false): void {
  if (!ready) return;
  const hash = write(url);
  if (hash === (location.hash || "#")) return;
  document.title = url.q ? `${url.q.replace(/\s+/g, " ").slice(0, 60)} · mql` : "mql";
  if (push) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

const live = new Live(url, changed);
const pages: Record<"agents" | "queries", Page> = {
  agents: new Page("agents", $("agents")),
  queries: new Page("queries", $("queries"), (q) => {
    show("live");
    live.open(q);
  }),
};

function show(view: View): void {
  url.view = view;
  for (const v of ["live", "agents", "queries"] as const) {
    $(v).hidden = v !== view;
    const button = document.querySelector(`[data-view="${v}"]`)!;
    if (v === view) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
    if (v !== "live") pages[v][v === view ? "enter" : "leave"]();
  }
  $("skip").hidden = view !== "live";
  changed();
}

for (const b of document.querySelectorAll<HTMLElement>("[data-view]"))
  b.addEventListener("click", () => show(b.dataset["view"] as View));

const nextTheme = themeButton($("theme"), () => live.restyle());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => live.restyle());

const list = live.view.list;
const keys: Key[] = [
  { keys: ["/"], show: "/", about: "edit the query", run: () => live.ask.editor.focus() },
  { keys: [" ", "f"], show: "Space f", about: "pause, or follow the newest", run: () => live.pause() },
  { keys: ["j", "ArrowDown"], show: "j ↓", about: "next row", run: () => list.move(1) },
  { keys: ["k", "ArrowUp"], show: "k ↑", about: "row before", run: () => list.move(-1) },
  { keys: ["PageDown"], show: "PgDn", about: "a page down", run: () => list.move(list.page) },
  { keys: ["PageUp"], show: "PgUp", about: "a page up", run: () => list.move(-list.page) },
  { keys: ["g", "Home"], show: "g Home", about: "oldest row", run: () => list.moveTo(list.ends[0]) },
  { keys: ["G", "End"], show: "G End", about: "follow the newest", run: () => list.follow(true) },
  { keys: ["["], show: "[", about: "only rows of the last 10 s; again: those before", run: () => live.glance(true) },
  { keys: ["]"], show: "]", about: "of the 10 s after", run: () => live.glance(false) },
  { keys: ["Enter", "o"], show: "Enter o", about: "open the row", run: () => live.view.openCursor() },
  { keys: ["y"], show: "y", about: "copy the row", run: () => live.view.copyCursor() },
  { keys: ["Escape"], show: "Esc", about: "close what is open", run: () => live.view.closeDetail() },
  { keys: ["r"], show: "r", about: "run the query", run: () => live.run() },
  { keys: ["s"], show: "s", about: "stop the query", run: () => live.stop() },
  { keys: ["e"], show: "e", about: "fields", run: () => live.toggleFields() },
  { keys: ["v"], show: "v", about: "groups or rows", run: () => live.toggleGroups() },
  { keys: ["p"], show: "p", about: "plan", run: () => live.showPlan() },
  { keys: ["w"], show: "w", about: "wrap", run: () => live.toggleWrap() },
  { keys: ["h"], show: "h", about: "highlight", run: () => $("mark").focus() },
  { keys: ["x"], show: "x", about: "export", run: () => live.exportMenu() },
  { keys: ["c"], show: "c", about: "clear the buffer", run: () => live.clear() },
  { keys: ["t"], show: "t", about: "light, dark, auto", run: () => nextTheme() },
  { keys: ["1"], show: "1", about: "live tail", run: () => show("live") },
  { keys: ["2"], show: "2", about: "agents", run: () => show("agents") },
  { keys: ["3"], show: "3", about: "queries", run: () => show("queries") },
  { keys: ["?"], show: "?", about: "this help", run: () => help(keys) },
];
listen(keys);
$("help-open").addEventListener("click", () => help(keys));

function restore(): void {
  ready = false;
  show(url.view);
  live.restore();
  ready = true;
  changed();
}

addEventListener("popstate", () => {
  Object.assign(url, read(location.hash));
  restore();
});
restore();
if (!url.run && url.view === "live") live.ask.editor.focus();
