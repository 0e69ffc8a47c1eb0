// The agents, and the queries that run with what they cost and lose.
import { h, count, duration, short, some } from "./dom";
import { explain, list, type Item } from "./api";

interface Col {
  key: string;
  name: string;
  num?: boolean;
  rare?: boolean; // not there while it is 0 everywhere
  show?(v: unknown, item: Item): string;
}

const AGENTS: Col[] = [
  { key: "app", name: "app" }, { key: "host", name: "host" }, { key: "zone", name: "zone" },
  { key: "version", name: "version" }, { key: "state", name: "state" },
  { key: "streams", name: "streams", show: (v) => (Array.isArray(v) ? v.join(", ") : String(v ?? "")) },
  { key: "queries", name: "queries", num: true },
  { key: "rows", name: "rows", num: true },
  { key: "cpu_us_per_s", name: "CPU", num: true, show: (v) => `${(Number(v) / 1e4).toFixed(2)}%` },
  { key: "memory", name: "memory", num: true, show: (v) => `${short(Number(v))}B` },
  { key: "heard_ms", name: "heard", num: true, show: (v) => `${duration(Number(v))} ago` },
  { key: "agent", name: "id" },
];

const QUERIES: Col[] = [
  { key: "id", name: "id", num: true }, { key: "query", name: "query" },
  { key: "live", name: "agents", num: true,
    show: (_, q) => `${count(Number(q["live"] ?? 0))} / ${count(Number(q["targeted"] ?? 0))}` },
  { key: "refused", name: "refused", num: true, rare: true },
  { key: "rows_per_s", name: "rows/s", num: true, show: (v) => short(Number(v)) },
  { key: "rate", name: "rate cap", num: true, rare: true, show: (v) => short(Number(v)) },
  { key: "seen", name: "seen", num: true, show: (v) => short(Number(v)) },
  { key: "matched", name: "matched", num: true, show: (v) => short(Number(v)) },
  { key: "dropped", name: "dropped", num: true },
  { key: "skipped", name: "over budget", num: true, rare: true },
  { key: "cost", name: "cost an event" },
  { key: "refusals", name: "refused for", show: (v) => (Array.isArray(v)
    ? v.map((r: Item) => `${String(r["why"])} (${String(r["agents"])})`).join(", ") : "") },
  { key: "age_ms", name: "age", num: true, show: (v) => duration(Number(v)) },
  { key: "subscribers", name: "asked by", show: (v) => (Array.isArray(v) ? v.join(", ") : String(v ?? "")) },
];

const PLANS = 200; // that are remembered

/** The worst that an event may cost, as the plan of each query says. */
class Costs {
  private readonly known = new Map<string, string>();

  /** Into each item, once it is known. */
  put(items: Item[]): void {
    for (const item of items) {
      const q = String(item["query"]);
      const cost = this.known.get(q);
      if (cost === undefined) this.learn(q);
      item["cost"] = cost ?? "";
    }
  }

  private learn(q: string): void {
    if (this.known.size === PLANS) this.known.clear();
    this.known.set(q, "");
    explain(q).then((plan) => {
      const line = /^cost\s+(?:at most )?(.*?)(?: an event)?$/m.exec(plan.text ?? "")?.[1];
      if (line) this.known.set(q, line);
    }, () => this.known.delete(q));
  }
}

export class Page {
  private readonly costs = new Costs();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private active = false;

  constructor(
    private readonly what: "agents" | "queries",
    private readonly host: HTMLElement,
    private readonly run?: (q: string) => void,
  ) {}

  enter(): void {
    this.active = true;
    clearTimeout(this.timer);
    void this.refresh();
  }

  leave(): void {
    this.active = false;
    clearTimeout(this.timer);
  }

  private async refresh(): Promise<void> {
    try {
      const items = await list(this.what);
      if (this.what === "queries") this.costs.put(items);
      this.draw(items);
    } catch (e) {
      this.say(e instanceof Error ? e.message : "no answer");
    }
    if (this.active) this.timer = setTimeout(() => void this.refresh(), 2000);
  }

  private say(text: string): void {
    const note = this.host.querySelector(".note");
    if (note) note.textContent = text;
  }

  private draw(items: Item[]): void {
    const known = this.what === "agents" ? AGENTS : QUERIES;
    const keys = new Set(items.flatMap((i) => Object.keys(i)));
    const cols = known.filter((c) => (keys.has(c.key) || items.length === 0) &&
      !(c.rare && items.every((i) => !i[c.key])));
    const named = new Set([...known.map((c) => c.key), "targeted", "wire"]);
    // What a newer source-job tells besides, such as costs and drops.
    for (const k of keys)
      if (!named.has(k)) cols.push({ key: k, name: k.replaceAll("_", " "), num: typeof items[0]?.[k] === "number" });
    const head = h("tr", {}, ...cols.map((c) => h("th", { scope: "col", class: c.num ? "num" : "" }, c.name)));
    const rows = items.map((item) => h("tr", {}, ...cols.map((c) => this.cell(c, item))));
    this.host.querySelector("thead")!.replaceChildren(head);
    this.host.querySelector("tbody")!.replaceChildren(...rows);
    this.say(items.length === 0
      ? this.what === "agents" ? "No agent is connected. Start one: mql tap --app NAME FILE"
        : "No query is running: the fleet is at rest."
      : `${some(items.length, this.what === "agents" ? "agent" : "query")}, refreshed every 2 s`);
  }

  private cell(c: Col, item: Item): HTMLElement {
    const v = item[c.key];
    const text = c.show ? c.show(v, item) : show(v);
    if (c.key === "query" && this.run)
      return h("td", { class: "mono" }, h("button", {
        class: "link", title: "open this query", onclick: () => this.run!(String(v)),
      }, text));
    const alarm = ["dropped", "skipped", "refused"].includes(c.key) && Number(v) > 0 ? " alarm" : "";
    return h("td", { class: (c.num ? "num " : "") + (c.key === "state" ? `state ${text}` : "") + alarm }, text);
  }
}

function show(v: unknown): string {
  if (v === undefined || v === null) return "";
  if (typeof v === "number") return count(v);
  return typeof v === "object" ? JSON.stringify(v) : String(v);
}
