// The truth about completeness: what `meta` says, as rates and as sums. Rates
// are differences between two tellings; a counter that went back belongs to
// another subscription, and only begins again.

export interface Meta {
  query?: string;
  kind?: "rows" | "windows" | "total";
  link?: "up" | "down" | "connecting";
  why?: string | null;
  targeted: number; live: number; refused: number; lost_agents: number; left: number;
  refusals?: { why: string; agents: number }[];
  agent: Record<string, number>;
  source: Record<string, number>;
  received: number;
  balanced: boolean;
  viewers: number;
  since: number;
  at: number;
  viewer: { sent: number; waiting: number; dropped: number };
}

export interface Rates {
  matched: number; shown: number; dropped: number; seen: number;
}

export interface Point { at: number; matched: number; dropped: number }

// What a drop is called, and where it happened (mql/client.h).
const CAUSES: [("agent" | "source" | "viewer"), string, string][] = [
  ["agent", "drop_ring", "agent ring full"],
  ["agent", "drop_budget", "agent over budget"],
  ["agent", "drop_rate", "rate cap"],
  ["agent", "drop_link", "link down"],
  ["agent", "drop_large", "row too large"],
  ["source", "drop_slow", "sink slow"],
  ["source", "lost", "lost on the link"],
  ["source", "late", "too late for its window"],
  ["source", "untimed", "no time for a window"],
  ["source", "overflow", "no memory for groups"],
  ["viewer", "dropped", "this page slow"],
];

export interface Cause { text: string; count: number }

const HISTORY = 600; // points of the rate: ten minutes

export class Books {
  meta: Meta | null = null;
  rates: Rates | null = null;
  points: Point[] = [];
  shown = 0; // rows that this page was given
  private last: { at: number; matched: number; dropped: number; shown: number; seen: number; since: number } | null = null;

  reset(): void {
    this.meta = this.rates = this.last = null;
    this.points = [];
    this.shown = 0;
  }

  take(m: Meta): void {
    this.meta = m;
    const now = {
      at: m.at, since: m.since, shown: this.shown, seen: num(m.agent, "seen"),
      matched: num(m.agent, "matched"), dropped: this.dropped,
    };
    const was = this.last;
    if (!was || was.since !== now.since || now.at < was.at) {
      this.last = now;
      return;
    }
    const s = (now.at - was.at) / 1000;
    if (s < 0.5) return; // told early because something changed
    const rate = (k: "matched" | "dropped" | "shown" | "seen"): number =>
      Math.max(0, now[k] - was[k]) / s;
    this.rates = {
      matched: rate("matched"), dropped: rate("dropped"),
      shown: rate("shown"), seen: rate("seen"),
    };
    this.points.push({ at: now.at, matched: this.rates.matched, dropped: this.rates.dropped });
    if (this.points.length > HISTORY) this.points.shift();
    this.last = now;
  }

  get causes(): Cause[] {
    const m = this.meta;
    if (!m) return [];
    return CAUSES
      .map(([where, key, text]) => ({ text, count: num(m[where] as Record<string, number>, key) }))
      .filter((c) => c.count > 0);
  }

  get dropped(): number {
    return this.causes.reduce((n, c) => n + c.count, 0);
  }

  /** One row of so many is kept; 1 when nothing is sampled. */
  get oneIn(): number {
    const m = this.meta;
    if (!m) return 1;
    const matched = num(m.agent, "matched"), out = num(m.agent, "sampled");
    return out > 0 && matched > out ? matched / (matched - out) : 1;
  }
}

export function num(o: Record<string, number> | undefined, key: string): number {
  const v = o?.[key];
  return typeof v === "number" ? v : 0;
}
