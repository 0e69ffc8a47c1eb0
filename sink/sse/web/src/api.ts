// The daemon's doors besides the stream (docs/sse.md).
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
  const headers: Record<string, string> = {};
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/x-www-form-urlencoded";
  const answer = await fetch(`${base}/api/v1/${path}`, {
    headers, body, method: body === undefined ? "GET" : "POST", cache: "no-store",
  });
  const text = await answer.text();
  if (!answer.ok)
    throw new Error(asWrong(text)?.text ?? `the daemon answered ${answer.status}`);
  return JSON.parse(text);
}

export const list = (what: "agents" | "queries" | "streams"): Promise<Item[]> =>
  ask(what) as Promise<Item[]>;

export const functions = (): Promise<Fn[]> => ask("functions") as Promise<Fn[]>;

export const explain = (q: string): Promise<Plan> =>
  ask("explain", new URLSearchParams({ q }).toString()) as Promise<Plan>;

export const fields = (stream: string): Promise<unknown> =>
  ask(`fields?stream=${encodeURIComponent(stream)}`);

export function streamParams(q: string, limit: number, seconds: number): string {
  const p = new URLSearchParams({ q });
  if (limit) p.set("limit", String(limit));
  if (seconds) p.set("for", `${seconds}s`);
  return p.toString();
}
