// The truth about completeness: what `meta` says, as rates and as sums. The
// counters are those of a subscription, which others may share, and which is a
// new one after a restart: so all is made of differences between two tellings.

export interface Meta {
  query?: string;
  kind?: "rows" | "windows" | "total";
  link?: "up" | "down" | "connecting";
  link_why?: string | null;
  targeted: number; live: number; refused: number; lost_agents: number; left: number;
  limited?: string | null; // where the query costs too much: a sentence
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

// A subscription that began so shortly before its first books is ours from
// its beginning; else others had it before, and we count from now on.
const FRESH = 3000; // ms

export class Books {
  meta: Meta | null = null;
  rates: Rates | null = null;
  points: Point[] = [];
  shown = 0; // rows that this page was given
  skew = 0; // ms that this clock is ahead of the daemon's
  private totals = new Map<string, number>();
  private was: Map<string, number> = new Map();
  private last: { at: number; rates: Rates } | null = null;

  reset(): void {
    this.meta = this.rates = this.last = null;
    this.points = [];
    this.shown = 0;
    this.totals.clear();
    this.was.clear();
  }

  take(m: Meta): void {
    const now = counters(m);
    if (this.meta?.since !== m.since) {
      this.was = m.at - m.since < FRESH ? new Map() : now;
      this.last = null;
    }
    for (const [key, n] of now)
      this.totals.set(key, this.total(key) + Math.max(0, n - (this.was.get(key) ?? 0)));
    this.was = now;
    this.meta = m;
    this.skew = Date.now() - m.at;
    this.measure(m.at);
  }

  private measure(at: number): void {
    const sums = {
      matched: this.total("matched"), dropped: this.dropped,
      shown: this.shown, seen: this.total("seen"),
    };
    const last = this.last;
    if (!last) {
      this.last = { at, rates: sums };
      return;
    }
    const s = (at - last.at) / 1000;
    if (s < 0.9) return; // told early because something changed
    const rate = (k: keyof Rates): number => Math.max(0, sums[k] - last.rates[k]) / s;
    this.rates = {
      matched: rate("matched"), dropped: rate("dropped"), shown: rate("shown"), seen: rate("seen"),
    };
    this.points.push({ at, matched: this.rates.matched, dropped: this.rates.dropped });
    if (this.points.length > HISTORY) this.points.shift();
    this.last = { at, rates: sums };
  }

  /** Of a counter, over all subscriptions that this query has had here. */
  total(key: string): number {
    return this.totals.get(key) ?? 0;
  }

  get causes(): Cause[] {
    return CAUSES.map(([, key, text]) => ({ text, count: this.total(key) }))
      .filter((c) => c.count > 0);
  }

  get dropped(): number {
    return this.causes.reduce((n, c) => n + c.count, 0);
  }

  /** One row of so many is kept; 1 when nothing is sampled. */
  get oneIn(): number {
    const matched = this.total("matched"), out = this.total("sampled");
    return out > 0 && matched > out ? matched / (matched - out) : 1;
  }
}

function counters(m: Meta): Map<string, number> {
  const out = new Map<string, number>();
  for (const key of ["seen", "matched", "sampled", "skipped"]) out.set(key, num(m.agent, key));
  for (const [where, key] of CAUSES) out.set(key, num(m[where] as Record<string, number>, key));
  return out;
}

function num(o: Record<string, number> | undefined, key: string): number {
  const v = o?.[key];
  return typeof v === "number" ? v : 0;
}
