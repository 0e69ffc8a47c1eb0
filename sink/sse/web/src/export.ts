// The buffer as a file, and the same query for a terminal.
import { plain, tryParse, type Obj } from "./exact";
import { find, parsePath } from "./path";
import { isGap, type Rows } from "./store";

export function* rowsOf(rows: Rows): Generator<string> {
  for (let n = rows.first; n < rows.next; n++) {
    const e = rows.get(n);
    if (e !== undefined && !isGap(e)) yield e;
  }
}

/** The rows as they came: byte for byte what the daemon sent. */
export function ndjson(rows: Rows): string {
  let out = "";
  for (const row of rowsOf(rows)) out += row + "\n";
  return out;
}

/** RFC 4180 with LF; columns as asked for, or all keys that occur. */
export function csv(rows: Rows, cols: string[]): string {
  const names = cols.length ? cols : keys(rows);
  const paths = names.map((n) => parsePath(n) ?? [n]);
  let out = names.map(cell).join(",") + "\n";
  for (const row of rowsOf(rows)) {
    const v = tryParse(row);
    out += paths.map((p) => cell(plain(find(v, p)))).join(",") + "\n";
  }
  return out;
}

function keys(rows: Rows): string[] {
  const out = new Set<string>();
  for (const row of rowsOf(rows)) {
    const v = tryParse(row);
    if (v instanceof Map) for (const k of (v as Obj).keys()) out.add(k);
  }
  return [...out];
}

export function cell(s: string): string {
  return /[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
}

/** A word for a POSIX shell. */
export function shell(s: string): string {
  return `'${s.replaceAll("'", "'\\''")}'`;
}

export function mqlCommand(q: string): string {
  return `mql ${shell(q)}`;
}

export function curlCommand(q: string, base: string, token: boolean): string {
  const auth = token ? ` -H "Authorization: Bearer $MQL_TOKEN"` : "";
  return `curl -sN${auth} ${shell(`${base}/api/v1/stream?q=${encodeURIComponent(q)}`)}` +
    ` | sed -n ${shell("/^event:/{:a;n;/^$/!ba};s/^data: //p")}`;
}

export function save(name: string, type: string, text: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}
