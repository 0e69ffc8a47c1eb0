// JSON read without loss. A number keeps the digits it came with and is never
// a JavaScript number, which would round what is beyond 2^53; an object keeps
// the order of its keys, and the first of duplicate keys counts.

/** A number as it was written. */
export class Num {
  constructor(readonly text: string) {}
  get integer(): boolean { return /^-?\d+$/.test(this.text); }
}

export type Value = null | boolean | string | Num | Value[] | Obj;
export type Obj = Map<string, Value>;

export type TypeName =
  "null" | "boolean" | "integer" | "float" | "string" | "array" | "object";

const MAX_DEPTH = 512;

/** The value of a JSON text; throws SyntaxError when it is none. */
export function parse(text: string): Value {
  const r = new Reader(text);
  const v = r.value(0);
  if (!r.atEnd()) r.fail();
  return v;
}

/** The same, or undefined. */
export function tryParse(text: string): Value | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

class Reader {
  private at = 0;
  constructor(private readonly s: string) {}

  fail(): never {
    throw new SyntaxError(`not JSON at character ${this.at}`);
  }

  atEnd(): boolean {
    this.skip();
    return this.at === this.s.length;
  }

  value(depth: number): Value {
    if (depth > MAX_DEPTH) this.fail();
    this.skip();
    switch (this.s.charCodeAt(this.at)) {
      case 0x22: return this.string();
      case 0x7b: return this.object(depth);
      case 0x5b: return this.array(depth);
      case 0x74: return this.word("true", true);
      case 0x66: return this.word("false", false);
      case 0x6e: return this.word("null", null);
      default: return this.number();
    }
  }

  private skip(): void {
    for (;;) {
      const c = this.s.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at++;
    }
  }

  private word<T>(word: string, v: T): T {
    if (!this.s.startsWith(word, this.at)) this.fail();
    this.at += word.length;
    return v;
  }

  private number(): Num {
    NUMBER.lastIndex = this.at;
    const m = NUMBER.exec(this.s);
    if (!m) this.fail();
    this.at += m[0].length;
    return new Num(m[0]);
  }

  private string(): string {
    const from = this.at + 1;
    let end = this.s.indexOf('"', from);
    let plain = true;
    while (end >= 0 && this.escaped(end, from)) {
      plain = false;
      end = this.s.indexOf('"', end + 1);
    }
    if (end < 0) this.fail();
    this.at = end + 1;
    const inner = this.s.slice(from, end);
    if (plain && !inner.includes("\\")) return inner;
    return JSON.parse(`"${inner}"`) as string;
  }

  /** Is the character at i behind an odd number of backslashes? */
  private escaped(i: number, from: number): boolean {
    let n = 0;
    while (i - n > from && this.s.charCodeAt(i - n - 1) === 0x5c) n++;
    return n % 2 === 1;
  }

  private array(depth: number): Value[] {
    const out: Value[] = [];
    this.at++;
    if (this.closes(0x5d)) return out;
    do out.push(this.value(depth + 1)); while (this.comma(0x5d));
    return out;
  }

  private object(depth: number): Obj {
    const out: Obj = new Map();
    this.at++;
    if (this.closes(0x7d)) return out;
    do {
      this.skip();
      if (this.s.charCodeAt(this.at) !== 0x22) this.fail();
      const key = this.string();
      this.skip();
      if (this.s.charCodeAt(this.at) !== 0x3a) this.fail();
      this.at++;
      const v = this.value(depth + 1);
      if (!out.has(key)) out.set(key, v);
    } while (this.comma(0x7d));
    return out;
  }

  private closes(c: number): boolean {
    this.skip();
    if (this.s.charCodeAt(this.at) !== c) return false;
    this.at++;
    return true;
  }

  /** True after a comma, false after the closing bracket. */
  private comma(close: number): boolean {
    if (this.closes(close)) return false;
    if (this.s.charCodeAt(this.at) !== 0x2c) this.fail();
    this.at++;
    return true;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** The value as JSON; with an indent on several lines. */
export function text(v: Value, indent = 0, depth = 0): string {
  if (v === null || typeof v === "boolean") return String(v);
  if (typeof v === "string") return JSON.stringify(v);
  if (v instanceof Num) return v.text;
  const parts = Array.isArray(v)
    ? v.map((x) => text(x, indent, depth + 1))
    : [...v].map(([k, x]) =>
        `${JSON.stringify(k)}:${indent ? " " : ""}${text(x, indent, depth + 1)}`);
  const [open, close] = Array.isArray(v) ? "[]" : "{}";
  if (!indent || parts.length === 0) return open + parts.join(",") + close;
  const pad = "\n" + " ".repeat(indent * (depth + 1));
  return open + pad + parts.join("," + pad) +
    "\n" + " ".repeat(indent * depth) + close;
}

/** What a cell shows: a string as it is, the rest as JSON. */
export function plain(v: Value | undefined): string {
  if (v === undefined || v === null) return "";
  return typeof v === "string" ? v : text(v);
}

export function typeName(v: Value): TypeName {
  if (v === null) return "null";
  if (typeof v === "boolean") return "boolean";
  if (typeof v === "string") return "string";
  if (v instanceof Num) return v.integer ? "integer" : "float";
  return Array.isArray(v) ? "array" : "object";
}

function rank(v: Value | undefined): number {
  if (v === undefined || v === null) return 0;
  if (typeof v === "boolean") return 1;
  if (v instanceof Num) return 2;
  return typeof v === "string" ? 3 : 4;
}

/** MQL's order: null, booleans, numbers, strings; the rest by its text. */
export function compare(a: Value | undefined, b: Value | undefined): number {
  const by = rank(a) - rank(b);
  if (by !== 0) return by;
  if (a instanceof Num && b instanceof Num) return compareNum(a, b);
  const x = plain(a), y = plain(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareNum(a: Num, b: Num): number {
  if (a.integer && b.integer && (a.text.length > 15 || b.text.length > 15)) {
    const x = BigInt(a.text), y = BigInt(b.text);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return approx(a) - approx(b);
}

/** For drawing and for statistics only: the nearest JavaScript number. */
export function approx(v: Num): number {
  return Number(v.text);
}
