// Paths as MQL writes them: a.b.c, a['key with spaces'], a[0], a[-1].
import { isKeyword } from "./tokens";
import type { Obj, Value } from "./exact";

export type Step = string | number;
export type Path = Step[];

// mql/word.h: parts of letters, digits, _ and $ with dots between them.
const LETTER = "A-Za-z_$\\u{c0}-\\u{1fff}\\u{2080}-\\u{2fff}\\u{3040}-\\u{10ffff}";
const PLAIN = new RegExp(`^[${LETTER}][${LETTER}\\d]*(\\.[${LETTER}\\d]+)*$`, "u");
const PART = new RegExp(`^[${LETTER}\\d]+$`, "u");

/** 'text' as MQL has it: a doubled quote is a quote, nothing else is special. */
export function quote(s: string): string {
  return `'${s.replaceAll("'", "''")}'`;
}

/** Can it be written without brackets, as a field? */
export function isPlain(name: string): boolean {
  return PLAIN.test(name) && name !== "e" && !isKeyword(name);
}

export function printPath(path: Path): string {
  let out = "";
  path.forEach((step, i) => {
    if (typeof step === "number") out += `[${step}]`;
    else if (i === 0) out = head(step);
    else out += dots(out, step) ? `.${step}` : `[${quote(step)}]`;
  });
  return out;
}

function head(name: string): string {
  if (name.startsWith("@")) return name;
  return isPlain(name) ? name : `e[${quote(name)}]`;
}

/** May the step follow with a dot? Behind a bracket no digit may. */
function dots(before: string, step: string): boolean {
  return PART.test(step) && !(before.endsWith("]") && /^\d/.test(step));
}

/** The steps of a path, or undefined when the text is none. The first step is
 * a name with its dots: find() tries it as one key first. */
export function parsePath(text: string): Path | undefined {
  const steps: Path = [];
  let rest = text.trim();
  let m: RegExpExecArray | null;
  if ((m = /^@?[^.[\]'"\s]+(\.[^.[\]'"\s]+)*/u.exec(rest))) {
    rest = rest.slice(m[0].length);
    if (m[0] !== "e" || !/^\[\s*['"]/.test(rest)) steps.push(m[0]);
  }
  while (rest) {
    if ((m = /^\.([^.[\]'"\s]+)/u.exec(rest))) steps.push(m[1]!);
    else if ((m = /^\[\s*(-?\d+)\s*\]/.exec(rest))) steps.push(Number(m[1]));
    else if ((m = /^\[\s*'((?:[^']|'')*)'\s*\]/.exec(rest)))
      steps.push(m[1]!.replaceAll("''", "'"));
    else if ((m = /^\[\s*("(?:[^"\\]|\\.)*")\s*\]/.exec(rest))) {
      try {
        steps.push(JSON.parse(m[1]!) as string);
      } catch {
        return undefined;
      }
    } else return undefined;
    rest = rest.slice(m[0].length);
  }
  return steps.length ? steps : undefined;
}

/** What the path leads to. A dotted first step is a key of that spelling, else
 * one key after the other. */
export function find(row: Value | undefined, path: Path): Value | undefined {
  const [first, ...rest] = path;
  if (!(row instanceof Map) || typeof first !== "string") return undefined;
  if (row.has(first)) return walk(row.get(first), rest);
  return walk(row, [...first.split("."), ...rest]);
}

function walk(v: Value | undefined, steps: Path): Value | undefined {
  for (const step of steps) {
    if (typeof step === "number") {
      if (!Array.isArray(v)) return undefined;
      v = v[step < 0 ? v.length + step : step];
    } else {
      if (!(v instanceof Map)) return undefined;
      v = (v as Obj).get(step);
    }
  }
  return v;
}
