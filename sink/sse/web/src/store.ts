// The buffer: a ring of the newest entries, as raw text. Rows are numbered
// from 0 in the order of their arrival. Bounded by entries and by characters;
// what falls out at the old end is counted.
import { tryParse, type Value } from "./exact";

/** A place in the stream where rows are missing, and why. */
export interface Gap {
  readonly count: number | null; // null: nobody knows
  readonly why: string;
  readonly at: number; // ms since the epoch
}
export type Entry = string | Gap;

export const isGap = (e: Entry | undefined): e is Gap => typeof e === "object";

/** What can be drawn: the live buffer, or a picture of it that holds still. */
export interface Rows {
  readonly first: number; // number of the oldest entry
  readonly next: number; // one past the newest
  get(n: number): Entry | undefined;
}

export class Store implements Rows {
  first = 0;
  next = 0;
  chars = 0;
  held = 0; // rows
  gone = 0; // rows that fell out at the old end
  private ring: (Entry | undefined)[];
  private readonly came: Float64Array; // when: ms since the epoch

  constructor(
    readonly capacity = 10_000,
    readonly maxChars = 32 * 1024 * 1024,
  ) {
    this.ring = new Array<Entry | undefined>(capacity);
    this.came = new Float64Array(capacity);
  }

  get(n: number): Entry | undefined {
    return n < this.first || n >= this.next
      ? undefined : this.ring[n % this.capacity];
  }

  push(e: Entry, at = Date.now()): void {
    if (this.next - this.first === this.capacity) this.drop();
    this.came[this.next % this.capacity] = at;
    this.ring[this.next++ % this.capacity] = e;
    if (isGap(e)) return;
    this.held++;
    this.chars += e.length;
    while (this.chars > this.maxChars && this.first + 1 < this.next) this.drop();
  }

  clear(): void {
    this.ring.fill(undefined);
    this.first = this.next;
    this.chars = 0;
    this.held = 0;
    this.gone = 0;
  }

  /** The buffer as it is now, for as long as it is held. */
  freeze(): Frozen {
    const list: Entry[] = [], came: number[] = [];
    for (let n = this.first; n < this.next; n++) {
      list.push(this.get(n)!);
      came.push(this.came[n % this.capacity]!);
    }
    return new Frozen(list, this.first, came);
  }

  private drop(): void {
    const at = this.first++ % this.capacity;
    const e = this.ring[at];
    this.ring[at] = undefined;
    if (typeof e !== "string") return;
    this.chars -= e.length;
    this.held--;
    this.gone++;
  }
}

export type Order = (a: Value | undefined, b: Value | undefined) => number;

export class Frozen implements Rows {
  readonly next: number;

  constructor(private readonly list: Entry[], readonly first: number, private readonly came: number[] = []) {
    this.next = first + list.length;
  }

  get(n: number): Entry | undefined {
    return this.list[n - this.first];
  }

  /** What came then, gaps included: from exclusive, as a bar of the rate is. */
  within(from: number, to: number): Frozen {
    const is = (i: number): boolean => this.came[i]! > from && this.came[i]! <= to;
    return new Frozen(this.list.filter((_, i) => is(i)), this.first, this.came.filter((_, i) => is(i)));
  }

  /** The rows in another order than that of arrival, in which gaps have no
   * place. Equal rows stay as they came. */
  sorted(order: Order): Frozen {
    const rows = this.list.filter((e): e is string => !isGap(e))
      .map((text) => ({ text, value: tryParse(text) }));
    rows.sort((a, b) => order(a.value, b.value));
    return new Frozen(rows.map((r) => r.text), this.first);
  }
}
