// Building and finding elements in a line each.

type Child = Node | string | null | undefined | false;
type Attrs = Record<string, string | number | boolean | ((e: never) => void) | undefined>;

/** An element: `on...` are listeners, the rest attributes (false: none). */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attrs: Attrs = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, v] of Object.entries(attrs)) {
    if (typeof v === "function")
      el.addEventListener(name.slice(2).toLowerCase(), v as (e: Event) => void);
    else if (v !== undefined && v !== false)
      el.setAttribute(name, v === true ? "" : String(v));
  }
  el.append(...children.filter((c): c is Node | string => c instanceof Node || !!c));
  return el;
}

const ICONS = {
  plus: "M8 3v10M3 8h10", minus: "M3 8h10", close: "M4 4l8 8M12 4l-8 8",
  group: "M3 3h10M3 8h7M3 13h4", column: "M3 3h10v10H3zM8 3v10",
  copy: "M6 6h7v7H6zM3 10V3h7", path: "M6 4l4 4-4 4", up: "M8 13V3M4 7l4-4 4 4", down: "M8 3v10M4 9l4 4 4-4",
};
export type Icon = keyof typeof ICONS;

/** A drawing, so that no font has to have it. */
export function icon(name: Icon): SVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function $<T extends HTMLElement = HTMLElement>(id: string): T {
  const el = document.getElementById(id);
  if (!el) throw new Error(`no #${id}`);
  return el as T;
}

/** Say a thing without touching the page when it is said already. */
export function setText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

const grouped = new Intl.NumberFormat("en");

/** 12,345 */
export function count(n: number): string {
  return grouped.format(n);
}

/** 1 agent, 12,345 agents */
export function some(n: number, what: string): string {
  return `${count(n)} ${n === 1 ? what : what.replace(/y$/, "ie") + "s"}`;
}

/** 0.4, 7.5, 120, 12.3k, 1.2M: four characters or so. */
export function short(n: number): string {
  if (!isFinite(n)) return "–";
  const a = Math.abs(n);
  if (a >= 1e9) return digits(n / 1e9) + "G";
  if (a >= 1e6) return digits(n / 1e6) + "M";
  if (a >= 1e4) return digits(n / 1e3) + "k";
  return a >= 1000 ? count(Math.round(n)) : digits(n);
}

function digits(n: number): string {
  const a = Math.abs(n);
  return a >= 100 || Number.isInteger(n) ? String(Math.round(n))
    : n.toFixed(a >= 10 ? 1 : a >= 1 ? 1 : 2);
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/** Show a popover below its button, within the window. */
export function popup(menu: HTMLElement, button: HTMLElement): void {
  menu.showPopover();
  const b = button.getBoundingClientRect();
  const w = menu.offsetWidth, tall = menu.offsetHeight;
  menu.style.left = `${Math.max(8, Math.min(b.left, innerWidth - w - 8))}px`;
  menu.style.top = `${b.bottom + 4 + tall > innerHeight
    ? Math.max(8, b.top - tall - 4) : b.bottom + 4}px`;
}

/** A word to the person, for screen readers too. */
let toastTimer: ReturnType<typeof setTimeout> | undefined;
export function toast(text: string): void {
  const el = $("toast");
  el.textContent = text;
  el.classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => el.classList.remove("on"), 2500);
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast("the browser refused to copy");
  }
}
