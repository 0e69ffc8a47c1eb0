// What the newest rows are made of: for each path its types, in how many rows
// it is, its most frequent values, and its least and greatest. Computed in
// small steps, so that no frame is missed; n is always said.
import { Num, compare, plain, text, typeName, type TypeName, type Value } from "./exact";
import { printPath, type Path } from "./path";

export interface Top { value: Value; text: string; count: number }

export interface Field {
  path: string; // as MQL writes it
  steps: Path;
  rows: number; // in which it is, and not null
  types: TypeName[]; // most frequent first
  top: Top[];
  distinct: number;
  more: boolean; // more different values than were counted
  min: Value | undefined;
  max: Value | undefined;
}

const DEPTH = 4, FIELDS = 400, VALUES = 200, LONG = 200;

class Tally {
  rows = 0;
  types = new Map<TypeName, number>();
  values = new Map<string, { value: Value; count: number }>();
  more = false;
  min: Value | undefined;
  max: Value | undefined;

  constructor(readonly steps: Path) {}

  add(v: Value): void {
    this.rows++;
    const type = typeName(v);
    this.types.set(type, (this.types.get(type) ?? 0) + 1);
    if (type === "array" || type === "object") return;
    const key = text(v);
    const known = this.values.get(key);
    if (known) known.count++;
    else if (this.values.size < VALUES && key.length <= LONG)
      this.values.set(key, { value: v, count: 1 });
    else this.more = true;
    if (!(v instanceof Num) && type !== "string") return;
    if (this.min === undefined || compare(v, this.min) < 0) this.min = v;
    if (this.max === undefined || compare(v, this.max) > 0) this.max = v;
  }

  field(path: string): Field {
    const top = [...this.values.values()]
      .sort((a, b) => b.count - a.count)
      .map((t) => ({ value: t.value, text: plain(t.value), count: t.count }));
    return {
      path, steps: this.steps, rows: this.rows, top: top.slice(0, 10),
      types: [...this.types].sort((a, b) => b[1] - a[1]).map(([t]) => t),
      distinct: this.values.size, more: this.more, min: this.min, max: this.max,
    };
  }
}

/** Statistics over the rows that were added. */
export class Sample {
  rows = 0;
  private tallies = new Map<string, Tally>();

  add(row: Value | undefined): void {
    if (!(row instanceof Map)) return;
    this.rows++;
    this.walk(row, []);
  }

  private walk(v: Value, steps: Path): void {
    if (v === null) return;
    if (steps.length) this.tally(steps, v);
    if (!(v instanceof Map) || steps.length >= DEPTH) return;
    for (const [k, x] of v) this.walk(x, [...steps, k]);
  }

  private tally(steps: Path, v: Value): void {
    const key = printPath(steps);
    let t = this.tallies.get(key);
    if (!t) {
      if (this.tallies.size >= FIELDS) return;
      this.tallies.set(key, (t = new Tally(steps)));
    }
    // Containers are listed by what is in them, unless they are arrays.
    t.add(v);
  }

  get fields(): Field[] {
    return [...this.tallies].map(([p, t]) => t.field(p))
      .filter((f) => f.types.some((t) => t !== "object"))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
