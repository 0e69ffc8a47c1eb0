// What this browser remembers: saved queries and the history. Storage may be
// full or forbidden; then nothing is remembered, and nothing breaks.

export interface Saved { name: string; q: string }

function get<T>(key: string, none: T): T {
  try {
    const v = JSON.parse(localStorage.getItem(`mql.${key}`) ?? "null") as T | null;
    return Array.isArray(none) && !Array.isArray(v) ? none : v ?? none;
  } catch {
    return none;
  }
}

function put(key: string, v: unknown): void {
  try {
    localStorage.setItem(`mql.${key}`, JSON.stringify(v));
  } catch {
    return;
  }
}

export const saved = {
  all: (): Saved[] => get<Saved[]>("saved", []),
  add(s: Saved): void {
    put("saved", [s, ...saved.all().filter((x) => x.name !== s.name)].slice(0, 100));
  },
  remove: (name: string): void => put("saved", saved.all().filter((x) => x.name !== name)),
};

/** Queries that ran, newest first; older() and newer() walk through them. */
export class Past {
  private at = -1;

  get all(): string[] {
    return get<string[]>("history", []);
  }

  add(q: string): void {
    put("history", [q, ...this.all.filter((x) => x !== q)].slice(0, 100));
    this.at = 0;
  }

  older(): string | undefined {
    this.at = Math.min(this.at + 1, this.all.length - 1);
    return this.all[this.at];
  }

  newer(): string | undefined {
    this.at = Math.max(this.at - 1, 0);
    return this.all[this.at];
  }
}

export type Theme = "auto" | "light" | "dark";

export function theme(): Theme {
  const t = get<string>("theme", "auto");
  return t === "light" || t === "dark" ? t : "auto";
}

export function setTheme(t: Theme): void {
  put("theme", t);
  applyTheme();
}

export function applyTheme(): void {
  const t = theme();
  if (t === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = t;
}
