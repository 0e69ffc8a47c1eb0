// The editor of the query: CodeMirror with our grammar. It lives in a shadow
// root, where its styles are adopted sheets: the page's policy forbids inline
// ones.
import {
  autocompletion, completionKeymap, closeBrackets, closeBracketsKeymap,
  startCompletion, acceptCompletion, selectedCompletion, closeCompletion,
  moveCompletionSelection, completionStatus,
  type Completion, type CompletionContext, type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import {
  HighlightStyle, LRLanguage, LanguageSupport, bracketMatching, syntaxHighlighting,
} from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder, drawSelection } from "@codemirror/view";
import { styleTags, tags as t } from "@lezer/highlight";
import { parser } from "./mql.grammar";
import { clauseWords, keywordWords } from "./tokens";
import { charOffset } from "./query";
import { quote } from "./path";
import type { Fn } from "./api";
import type { Field } from "./fields";
import type { Wrong } from "./stream";

export interface Knowledge {
  streams(): string[];
  fields(): Field[];
  functions(): Fn[];
}

export interface EditorHooks {
  run(): void;
  changed(text: string): void;
  older(): string | undefined; // from the history
  newer(): string | undefined;
}

const language = LRLanguage.define({
  parser: parser.configure({
    props: [styleTags({
      "Select From Where GroupBy OrderBy Window Having Limit Sample At Since Keyword": t.keyword,
      LogicOperator: t.operatorKeyword,
      "Boolean Null": t.atom,
      "Call/Word": t.function(t.variableName),
      "Word DotKey": t.variableName,
      Meta: t.special(t.variableName),
      "Number Duration": t.number,
      String: t.string,
      Regex: t.regexp,
      "Operator MatchOperator Bar": t.operator,
      "LineComment BlockComment": t.comment,
    })],
  }),
  languageData: {
    closeBrackets: { brackets: ["(", "[", "{", "'", '"'] },
    commentTokens: { line: "--" },
  },
});

const colours = HighlightStyle.define([
  { tag: t.keyword, color: "var(--syn-key)", fontWeight: "600" },
  { tag: t.operatorKeyword, color: "var(--syn-key)" },
  { tag: t.atom, color: "var(--syn-num)" },
  { tag: t.number, color: "var(--syn-num)" },
  { tag: t.string, color: "var(--syn-str)" },
  { tag: t.regexp, color: "var(--syn-str)" },
  { tag: t.function(t.variableName), color: "var(--syn-fn)" },
  { tag: t.special(t.variableName), color: "var(--syn-fn)" },
  { tag: t.comment, color: "var(--dim)", fontStyle: "italic" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", fontSize: "14px", maxHeight: "160px", background: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "22px", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-placeholder": { color: "var(--dim)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { background: "var(--select)" },
  "&.cm-focused .cm-matchingBracket": { background: "var(--select)", outline: "none" },
  ".cm-tooltip": {
    background: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line-strong)",
    borderRadius: "6px", boxShadow: "var(--shadow)", overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "260px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", lineHeight: "18px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]":
    { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo": { padding: "6px 10px", maxWidth: "340px", fontFamily: "var(--sans)", fontSize: "12px" },
  ".cm-diagnostic": { padding: "4px 10px", fontFamily: "var(--sans)", fontSize: "12px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none", textDecoration: "underline wavy var(--bad)",
    textDecorationSkipInk: "none", textUnderlineOffset: "3px",
  },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--bad)" },
});

/** What is typed over a selection. Left to itself, a browser would dress the
 * new text like the old, by inline styles, which the page's policy forbids. */
function replaced(e: InputEvent, view: EditorView): boolean {
  const { from, to, empty } = view.state.selection.main;
  const text = e.data;
  if (empty || !text || e.inputType !== "insertText" || e.isComposing) return false;
  const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type" });
  e.preventDefault();
  if (!view.state.facet(EditorView.inputHandler).some((h) => h(view, from, to, text, insert)))
    view.dispatch(insert());
  return true;
}

export class Editor {
  readonly view: EditorView;

  constructor(host: HTMLElement, private readonly know: Knowledge, private readonly hooks: EditorHooks) {
    const root = host.attachShadow({ mode: "open" });
    this.view = new EditorView({
      parent: root, root,
      state: EditorState.create({ extensions: this.extensions() }),
    });
  }

  private extensions() {
    const run = (): boolean => {
      closeCompletion(this.view);
      this.hooks.run();
      return true;
    };
    return [
      Prec.highest(keymap.of([
        { key: "Mod-Enter", run },
        { key: "Enter", run: (v) => !selectedCompletion(v.state) && run() },
        { key: "Tab", run: (v) => this.accept(v) },
        { key: "Alt-ArrowUp", run: () => this.recall(this.hooks.older()) },
        { key: "Alt-ArrowDown", run: () => this.recall(this.hooks.newer()) },
      ])),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap,
        { key: "Shift-Enter", run: (v) => {
          v.dispatch(v.state.replaceSelection("\n"));
          return true;
        } },
        ...defaultKeymap.filter((k) => k.key !== "Mod-/")]),
      history(), drawSelection(), bracketMatching(), closeBrackets(),
      autocompletion({ override: [(c) => this.complete(c)], icons: false, selectOnOpen: false, interactionDelay: 0, activateOnTypingDelay: 50 }),
      new LanguageSupport(language), syntaxHighlighting(colours), theme,
      EditorView.lineWrapping,
      EditorView.domEventHandlers({ beforeinput: (e, v) => replaced(e, v) }),
      placeholder("select * where …"),
      EditorView.contentAttributes.of({
        "aria-label": "query in MQL", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
      }),
      EditorView.updateListener.of((u) => {
        if (u.docChanged) this.hooks.changed(this.text);
      }),
    ];
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  set text(s: string) {
    if (s === this.text) return;
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: s },
      selection: { anchor: s.length },
    });
  }

  focus(): void {
    this.view.focus();
  }

  /** The wavy line under the characters that are wrong; undefined: none. */
  point(w: Wrong | undefined): void {
    const list = [];
    if (w && w.beg !== undefined) {
      const len = this.view.state.doc.length;
      const from = Math.min(charOffset(this.text, w.beg), Math.max(0, len - 1));
      const to = Math.min(len, Math.max(from + 1, charOffset(this.text, w.end ?? w.beg + 1)));
      list.push({ from, to, severity: "error" as const, message: w.text });
    }
    this.view.dispatch(setDiagnostics(this.view.state, list));
  }

  private recall(s: string | undefined): boolean {
    if (s !== undefined) this.text = s;
    return true;
  }

  private complete(c: CompletionContext): CompletionResult | null {
    const before = c.state.sliceDoc(Math.max(0, c.pos - 400), c.pos);
    const value = /(@?[\w$.]+(?:\[[^\]]*\])*)\s*(==|=|!=|<>|in\s*\((?:[^()]*,)?)\s*('(?:[^']|'')*|[\w.+-]*)$/i.exec(before);
    if (value) return this.values(c, value[1]!, value[3]!);
    if (/\bfrom\s+(?:[\w$.-]+\s*,\s*)*'?[\w$.-]*$/i.test(before)) return this.streams(c);
    const word = c.matchBefore(/[@\w$][\w$.]*$/);
    if (!word && !c.explicit) return null;
    if (/'[^']*$/.test(before.replace(/'[^']*'/g, ""))) return null;
    return { from: word?.from ?? c.pos, options: this.words(), validFor: /^[@\w$.]*$/ };
  }

  private values(c: CompletionContext, path: string, typed: string): CompletionResult | null {
    const f = this.know.fields().find((x) => x.path === path);
    if (!f) return null;
    return {
      from: c.pos - typed.length,
      options: f.top.map((v, i) => ({
        label: typeof v.value === "string" ? quote(v.value) : v.text,
        detail: `${Math.round((100 * v.count) / f.rows)}%`, boost: -i,
      })),
      validFor: /^('(?:[^']|'')*'?|[\w.+-]*)$/,
    };
  }

  private streams(c: CompletionContext): CompletionResult {
    const word = c.matchBefore(/'?[\w$.-]*$/);
    return {
      from: word?.from ?? c.pos,
      options: this.know.streams().map((s) => ({
        label: /^[A-Za-z_$][\w$]*$/.test(s) ? s : quote(s), detail: "stream",
      })),
    };
  }

  private words(): Completion[] {
    const meta = ["@ts", "@app", "@host", "@zone", "@version", "@agent", "@stream", "@seq"];
    return [
      ...this.know.fields().map((f) => ({
        label: f.path, detail: f.types.join(", "), boost: 2,
        info: f.top.length ? "seen: " + f.top.slice(0, 5).map((v) => v.text).join(", ") : undefined,
      })),
      ...clauseWords.map((w) => ({ label: w, detail: "clause", boost: 1, apply: w + " " })),
      ...keywordWords.map((w) => ({ label: w })),
      ...meta.map((m) => ({ label: m, detail: "meta field" })),
      ...this.know.functions().map((f) => ({
        label: f.name, detail: `(${f.args})`, info: f.about, boost: f.aggregate ? 0.5 : 0,
        apply: (view: EditorView, _: Completion, from: number, to: number) => view.dispatch({
          changes: { from, to, insert: `${f.name}()` },
          selection: { anchor: from + f.name.length + (f.args ? 1 : 2) },
        }),
      })),
    ];
  }

  /** The list opens with nothing selected, so that Enter runs; Tab takes the
   * first. */
  private accept(v: EditorView): boolean {
    if (completionStatus(v.state) === "pending") return true; // and stay here
    if (completionStatus(v.state) !== "active") return false;
    if (!selectedCompletion(v.state)) moveCompletionSelection(true)(v);
    return acceptCompletion(v);
  }

  suggest(): void {
    this.focus();
    startCompletion(this.view);
  }
}
