// Server-sent events from pieces of text that end anywhere. Fields as WHATWG
// HTML 9.2 has them; the `data:` lines stay apart, since each is one row.

export interface Message {
  event: string; // "" is a message of rows
  id: string | null; // null: none in this message
  data: string[];
}

export class SseParser {
  retry: number | null = null;
  private rest = "";
  private event = "";
  private id: string | null = null;
  private data: string[] = [];
  private begun = false;

  constructor(private readonly give: (m: Message) => void) {}

  feed(piece: string): void {
    let text = this.rest + piece;
    if (!this.begun && text) {
      this.begun = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    let from = 0;
    for (;;) {
      const end = text.indexOf("\n", from);
      if (end < 0) break;
      const cr = end > from && text.charCodeAt(end - 1) === 13 ? 1 : 0;
      this.line(text.slice(from, end - cr));
      from = end + 1;
    }
    this.rest = text.slice(from);
  }

  private line(line: string): void {
    if (line === "") return this.dispatch();
    if (line.startsWith("data:")) {
      this.data.push(line.slice(line.charCodeAt(5) === 32 ? 6 : 5));
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: the heartbeat
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "id") this.id = value;
    else if (field === "data") this.data.push(value);
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }

  private dispatch(): void {
    const m = { event: this.event, id: this.id, data: this.data };
    this.event = "";
    this.id = null;
    this.data = [];
    if (m.data.length || m.id !== null) this.give(m);
  }
}
