// One query's connection: opens it, keeps it, says in what state it is and
// why. A broken connection is opened again from the last id that was read, so
// that no row comes twice; what the daemon no longer has it says as a gap.
//
//   idle -- start --> connecting -- 200 --> live -- `end` --> ended
//                       ^   |                |
//                       |   `- 4xx, `error` -+---> refused
//                       `-- waiting <- broken, silent, 5xx
import { SseParser, type Message } from "./sse";

export type Status =
  "idle" | "connecting" | "live" | "waiting" | "ended" | "refused";

export interface State {
  status: Status;
  why: string; // a sentence, may be empty
  since: number; // ms since the epoch
  retryAt?: number;
}

/** A wrong query: where and what. Offsets are bytes of its UTF-8. */
export interface Wrong {
  text: string;
  line?: number;
  col?: number;
  beg?: number;
  end?: number;
}

export interface Handlers {
  state(s: State): void;
  rows(rows: string[]): void;
  event(name: string, data: unknown): void;
  wrong(w: Wrong): void;
}

const SILENCE = 40_000; // the daemon says something every 15 s at least
const RETRY = [250, 500, 1000, 2000, 4000, 5000];

export class Stream {
  state: State = { status: "idle", why: "", since: Date.now() };
  bytes = 0;
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private lastId: string | null = null;
  private url = "";
  private params = "";

  constructor(
    private readonly handlers: Handlers,
    private readonly token: () => string,
  ) {}

  /** params: `q=...`, form-encoded. */
  start(url: string, params: string): void {
    this.close();
    this.url = url;
    this.params = params;
    this.lastId = null;
    this.tries = 0;
    void this.connect();
  }

  /** The person's wish; rows stay. */
  stop(why = "stopped by you"): void {
    if (!this.running) return;
    this.close();
    this.to("ended", why);
  }

  /** Do not wait for the next try. */
  retryNow(): void {
    if (this.state.status !== "waiting") return;
    clearTimeout(this.timer);
    void this.connect();
  }

  get running(): boolean {
    return ["connecting", "live", "waiting"].includes(this.state.status);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
  }

  private to(status: Status, why = "", retryAt?: number): void {
    this.state = { status, why, since: Date.now(), retryAt };
    this.handlers.state(this.state);
  }

  private async connect(): Promise<void> {
    const abort = (this.abort = new AbortController());
    this.to("connecting", this.tries ? `try ${this.tries + 1}` : "");
    try {
      const answer = await this.ask(abort.signal);
      if (answer.status === 204) return this.finished("the query has ended");
      if (!answer.ok || !answer.body) return await this.refused(answer, abort);
      await this.read(answer.body, abort);
      this.broken(abort, "the daemon closed the connection");
    } catch (e) {
      this.broken(abort, reason(e, this.tries));
    }
  }

  /** A request line has its limits: a long query is posted. */
  private ask(signal: AbortSignal): Promise<Response> {
    const long = this.params.length > 4000;
    return fetch(long ? this.url : `${this.url}?${this.params}`, {
      headers: this.headers(), signal, cache: "no-store",
      ...(long && { method: "POST", body: new URLSearchParams(this.params) }),
    });
  }

  private headers(): Record<string, string> {
    const h: Record<string, string> = { Accept: "text/event-stream" };
    if (this.lastId !== null) h["Last-Event-ID"] = this.lastId;
    if (this.token()) h["Authorization"] = `Bearer ${this.token()}`;
    return h;
  }

  private async refused(answer: Response, abort: AbortController): Promise<void> {
    const body = await answer.text();
    if (abort.signal.aborted) return;
    if (answer.status >= 500 && answer.status !== 501)
      return this.broken(abort, said(body) ?? `the daemon answered ${answer.status}`);
    this.abort = null;
    const wrong = asWrong(body) ?? { text: `the daemon answered ${answer.status}` };
    if (answer.status === 401)
      wrong.text = "this daemon wants a token: set it under Help (?)";
    this.to("refused", wrong.text);
    this.handlers.wrong(wrong);
  }

  private async read(
    body: ReadableStream<Uint8Array>, abort: AbortController,
  ): Promise<void> {
    const parser = new SseParser((m) => {
      if (!abort.signal.aborted) this.message(m);
    });
    const utf8 = new TextDecoder();
    const reader = body.getReader();
    let heard = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - heard < SILENCE) return;
      void reader.cancel();
      this.broken(abort, `nothing heard for ${SILENCE / 1000} s`);
    }, 1000);
    this.to("live");
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || abort.signal.aborted) return;
        heard = Date.now();
        this.bytes += value.length;
        parser.feed(utf8.decode(value, { stream: true }));
      }
    } finally {
      clearInterval(watch);
    }
  }

  private finished(why: string): void {
    this.close();
    this.to("ended", why);
  }

  private message(m: Message): void {
    this.tries = 0;
    if (m.id !== null) this.lastId = m.id;
    if (m.event === "" || m.event === "message") {
      if (m.data.length) this.handlers.rows(m.data);
      return;
    }
    const data = json(m.data.join("\n"));
    if (m.event === "error") {
      const wrong = asWrong(m.data.join("\n")) ?? { text: "the query failed" };
      this.close();
      this.to("refused", wrong.text);
      this.handlers.wrong(wrong);
    } else if (m.event === "end") {
      const end = data as { why?: string; failed?: boolean } | undefined;
      this.handlers.event("end", data);
      this.finished(END[end?.why ?? ""] ?? end?.why ?? "the query has ended");
    } else {
      this.handlers.event(m.event, data);
    }
  }

  /** Try again, later each time; once for each connection. */
  private broken(abort: AbortController, why: string): void {
    if (this.abort !== abort || abort.signal.aborted) return;
    abort.abort();
    this.abort = null;
    const base = RETRY[Math.min(this.tries++, RETRY.length - 1)]!;
    const wait = base * (0.8 + 0.4 * Math.random());
    this.to("waiting", why, Date.now() + wait);
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

// What the daemon says in a word.
const END: Record<string, string> = {
  "": "the query has ended", limit: "its limit of rows is reached", for: "its time is over",
};

function reason(e: unknown, tries: number): string {
  if (!(e instanceof Error)) return "the connection broke";
  if (e instanceof TypeError)
    return tries ? "nobody answers at this address" : "the connection broke";
  return e.message;
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function said(body: string): string | undefined {
  return asWrong(body)?.text;
}

/** {"error":{...}} of an answer, and what is in it of an `error` event. */
export function asWrong(body: string): Wrong | undefined {
  const v = json(body) as Record<string, unknown> | undefined;
  if (!v || typeof v !== "object") return undefined;
  const inner = typeof v["error"] === "object" && v["error"]
    ? (v["error"] as Record<string, unknown>) : v;
  const text = inner["text"];
  if (typeof text !== "string") return undefined;
  const n = (k: string): number | undefined =>
    typeof inner[k] === "number" ? (inner[k] as number) : undefined;
  return {
    text, line: n("line"), col: n("col"), beg: n("beg"), end: n("end"),
  };
}
