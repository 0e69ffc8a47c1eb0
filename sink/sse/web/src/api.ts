// The daemon's doors besides the stream (docs/sse.md).
import { Num, plain, tryParse, type Obj, type TypeName, type Value } from "./exact";
import type { Field } from "./fields";
import { parsePath } from "./path";
import { asWrong, type Wrong } from "./stream";

export interface Fn {
  name: string; args: string; result: string; group: string; about: string;
  example: string; gives: string; aggregate: boolean;
}
export interface Plan { ok: boolean; canonical?: string; text?: string; error?: Wrong }
export type Item = Record<string, unknown>;

/** Where the daemon is: the page may stand behind a proxy's prefix. */
export const base = new URL(".", location.href).href.replace(/\/$/, "");

let token = sessionStorage.getItem("mql.token") ?? "";

export function getToken(): string {
  return token;
}

/** Kept for this tab only. */
export function setToken(t: string): void {
  token = t;
  sessionStorage.setItem("mql.token", t);
}

async function ask(path: string, body?: string): Promise<unknown> {
  return JSON.parse(await text(path, body));
}

async function text(path: string, body?: string): Promise<string> {
  const headers: Record<string, string> = {};
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/x-www-form-urlencoded";
  const answer = await fetch(`${base}/api/v1/${path}`, {
    headers, body, method: body === undefined ? "GET" : "POST", cache: "no-store",
  });
  const said = await answer.text();
  if (!answer.ok)
    throw new Error(asWrong(said)?.text ?? `the daemon answered ${answer.status}`);
  return said;
}

export const list = (what: "agents" | "queries" | "streams"): Promise<Item[]> =>
  ask(what) as Promise<Item[]>;

export const functions = (): Promise<Fn[]> => ask("functions") as Promise<Fn[]>;

export const explain = (q: string): Promise<Plan> =>
  ask("explain", new URLSearchParams({ q }).toString()) as Promise<Plan>;

/** What the fleet says a stream is made of. */
export interface StreamFields { events: number; live: number; targeted: number; left: boolean; fields: Field[] }

export async function fields(stream: string): Promise<StreamFields> {
  return readFields(await text(`fields?stream=${encodeURIComponent(stream)}`));
}

/** Values keep all their digits. */
export function readFields(json: string): StreamFields {
  const o = tryParse(json);
  if (!(o instanceof Map)) throw new Error("the daemon answered something else");
  const list = o.get("fields");
  return {
    events: int(o, "events"), live: int(o, "live"), targeted: int(o, "targeted"), left: o.get("left") === true,
    fields: Array.isArray(list) ? list.filter((f): f is Obj => f instanceof Map).map(field) : [],
  };
}

function field(f: Obj): Field {
  const path = plain(f.get("path"));
  const tops = f.get("top"), types = f.get("types");
  return {
    // Of a list a place stands for any.
    path, steps: parsePath(path.replaceAll("[*]", "[0]")) ?? [path],
    rows: int(f, "rows"), distinct: int(f, "distinct"), more: f.get("more") === true,
    types: (Array.isArray(types) ? types : []).map((t) => plain(t) as TypeName),
    top: (Array.isArray(tops) ? tops : []).filter((t): t is Obj => t instanceof Map)
      .map((t) => ({ value: t.get("value") ?? null, text: plain(t.get("value")), count: int(t, "n") })),
    min: f.get("min"), max: f.get("max"),
  };
}

function int(o: Obj, key: string): number {
  const v: Value | undefined = o.get(key);
  return v instanceof Num ? Number(v.text) : 0;
}

export function streamParams(q: string, limit: number, seconds: number): string {
  const p = new URLSearchParams({ q });
  if (limit) p.set("limit", String(limit));
  if (seconds) p.set("for", `${seconds}s`);
  return p.toString();
}
