// The question: the editor, its history, what is wrong with the text or what
// would run where, and all that completion knows.
import { $, setText } from "./dom";
import * as api from "./api";
import { Editor } from "./editor";
import type { Field } from "./fields";
import { Past } from "./keep";
import { streams } from "./query";
import type { Wrong } from "./stream";

const CONTROL = 250; // ms of rest before a query is checked

export interface AskHooks {
  run(): void;
  edited(text: string): void;
  seen(): Field[]; // of the rows that are here
  told(): void; // what the fleet says of a stream's fields has come
  pending(text: string): boolean; // does another query than this one run?
}

export class Ask {
  readonly past = new Past();
  readonly editor: Editor;
  streams: string[] = [];
  private fns: api.Fn[] = [];
  private readonly known = new Map<string, api.StreamFields | null>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private planned = "";

  constructor(private readonly hooks: AskHooks) {
    this.editor = new Editor($("editor"), {
      streams: () => this.streams,
      fields: () => this.fields(),
      functions: () => this.fns,
    }, {
      run: () => hooks.run(),
      changed: () => this.edited(),
      older: () => this.past.older(),
      newer: () => this.past.newer(),
    });
  }

  get text(): string {
    return this.editor.text;
  }

  set text(q: string) {
    this.editor.text = q;
  }

  /** What can be asked. */
  async learn(): Promise<void> {
    const got = await Promise.allSettled([api.list("streams"), api.functions()]);
    if (got[0].status === "fulfilled") this.streams = got[0].value.map((s) => String(s["name"]));
    if (got[1].status === "fulfilled") this.fns = got[1].value;
    this.meet();
  }

  /** The stream that is meant: the first that is named, else the first. */
  get stream(): string | undefined {
    return streams(this.text)[0] ?? this.streams[0];
  }

  /** What the fleet says of it, once it was asked. */
  get told(): api.StreamFields | undefined {
    return this.known.get(this.stream ?? "") ?? undefined;
  }

  /** Ask the fleet what the stream is made of: once, and not for a word that
   * is being typed. */
  private meet(): void {
    const stream = this.stream;
    if (!stream || !this.streams.includes(stream) || this.known.has(stream)) return;
    this.known.set(stream, null);
    api.fields(stream).then((f) => {
      this.known.set(stream, f);
      this.hooks.told();
    }, () => this.known.delete(stream));
  }

  /** Those of the rows that are here, then what the fleet has besides. */
  private fields(): Field[] {
    const seen = this.hooks.seen(), told = this.told?.fields ?? [];
    const there = new Set(seen.map((f) => f.path));
    return [...seen, ...told.filter((f) => !there.has(f.path))];
  }

  private edited(): void {
    this.hooks.edited(this.text);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CONTROL);
  }

  /** Ask for the plan: it says what is wrong, or what would run where. */
  check(): void {
    clearTimeout(this.timer);
    const q = this.text;
    this.meet();
    if (!q.trim()) {
      this.editor.point(undefined);
      return this.say("", false);
    }
    api.explain(q).then((plan) => {
      if (this.text !== q) return;
      this.editor.point(plan.ok ? undefined : plan.error);
      if (!plan.ok) return this.sayWrong(plan.error ?? { text: "the query is wrong" });
      this.planned = plan.text ?? "";
      $("plan").textContent = this.planned;
      this.say(this.brief(q), false);
    }).catch((e: Error) => {
      if (this.text === q) this.say(e.message, false);
    });
  }

  /** The daemon did not take the query that was asked. */
  wrong(w: Wrong, asked: string): void {
    this.editor.point(this.text.trim() === asked ? w : undefined);
    this.sayWrong(w);
  }

  /** The plan in a line. */
  private brief(q: string): string {
    const line = (name: string): string =>
      new RegExp(`^${name}\\s+(.*)$`, "m").exec(this.planned)?.[1] ?? "";
    const parts = [`agent: ${line("agent")}`, `index: ${line("index")}`, line("cost"), line("warning")];
    const edited = this.hooks.pending(q.trim()) ? "edited: Enter runs it  ·  " : "";
    return edited + parts.filter((p) => p && !p.endsWith(": ")).join("  ·  ");
  }

  private say(text: string, wrong: boolean): void {
    const el = $("say");
    setText(el, text);
    el.title = text;
    el.classList.toggle("wrong", wrong);
  }

  private sayWrong(w: Wrong): void {
    this.say(w.line !== undefined ? `${w.line}:${w.col}  ${w.text}` : w.text, true);
  }

  showPlan(on: boolean): void {
    $("plan").hidden = !on;
    $("plan-open").setAttribute("aria-expanded", String(on));
  }
}
