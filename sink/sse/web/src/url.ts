// All that a link has to carry to show the same view to somebody else. It
// stands behind `#`, so that it never reaches a server's log, and only what
// differs from the default is written.

export type View = "live" | "agents" | "queries";

export interface UrlState {
  view: View;
  q: string;
  run: boolean;
  cols: string[]; // empty: the query's own
  widths: Record<string, number>;
  sort: { col: string; desc: boolean } | null; // while paused
  wrap: boolean;
  mark: string; // highlight: text, or /regex/
  fields: boolean; // the side bar
  plan: boolean;
  limit: number; // stop after so many rows; 0: never
  seconds: number; // stop after so long; 0: never
}

export const DEFAULTS: UrlState = {
  view: "live", q: "", run: false, cols: [], widths: {}, sort: null,
  wrap: false, mark: "", fields: true, plan: false, limit: 0, seconds: 0,
};

export function write(s: UrlState): string {
  const p = new URLSearchParams();
  if (s.view !== "live") p.set("view", s.view);
  if (s.q) p.set("q", s.q);
  if (s.run) p.set("run", "1");
  for (const c of s.cols) p.append("col", c);
  for (const [c, w] of Object.entries(s.widths)) p.append("w", `${Math.round(w)}:${c}`);
  if (s.sort) p.set("sort", (s.sort.desc ? "-" : "+") + s.sort.col);
  if (s.wrap) p.set("wrap", "1");
  if (s.mark) p.set("mark", s.mark);
  if (!s.fields) p.set("fields", "0");
  if (s.plan) p.set("plan", "1");
  if (s.limit) p.set("limit", String(s.limit));
  if (s.seconds) p.set("for", String(s.seconds));
  const text = p.toString();
  return text ? "#" + text : "#";
}

/** Whatever the text is, the state is valid. */
export function read(hash: string): UrlState {
  const p = new URLSearchParams(hash.replace(/^#/, ""));
  const view = p.get("view");
  const sort = p.get("sort");
  return {
    view: view === "agents" || view === "queries" ? view : "live",
    q: p.get("q") ?? "",
    run: p.get("run") === "1",
    cols: p.getAll("col").slice(0, 64),
    widths: widths(p.getAll("w")),
    sort: sort && sort.length > 1 ? { col: sort.slice(1), desc: sort[0] === "-" } : null,
    wrap: p.get("wrap") === "1",
    mark: p.get("mark") ?? "",
    fields: p.get("fields") !== "0",
    plan: p.get("plan") === "1",
    limit: count(p.get("limit")),
    seconds: count(p.get("for")),
  };
}

function widths(list: string[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const item of list.slice(0, 64)) {
    const m = /^(\d{1,4}):(.+)$/s.exec(item);
    if (m) out[m[2]!] = Math.max(40, Number(m[1]));
  }
  return out;
}

function count(s: string | null): number {
  return s && /^\d{1,12}$/.test(s) ? Number(s) : 0;
}
