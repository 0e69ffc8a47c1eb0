// The keyboard: one table, from which the help is made, too.

export interface Key {
  keys: string[]; // as KeyboardEvent.key has them
  show: string;
  about: string;
  run(e: KeyboardEvent): void;
}

/** A key counts where nobody types, and without a modifier. */
export function listen(table: Key[]): void {
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    // What is open on top has the keyboard; Escape closes it.
    if (document.querySelector("dialog[open], :popover-open")) return;
    const at = e.composedPath()[0] as HTMLElement;
    if (typing(at)) return;
    if ((e.key === " " || e.key === "Enter") && at.closest?.("button,a,summary,[role=button],tr")) return;
    const key = table.find((k) => k.keys.includes(e.key));
    if (!key) return;
    e.preventDefault();
    key.run(e);
  });
}

function typing(el: HTMLElement): boolean {
  return el.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(el.tagName);
}
