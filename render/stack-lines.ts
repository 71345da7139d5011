import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from "js-yaml";

/** Where the keys of a stack file are, by the names that mistakes have for them: `stateful:databases.orders.zones[1]`. */
export class StackLines {
  private readonly lines = new Map<string, number>();
  /** Where anchors are, by their names. */
  private readonly anchors = new Map<string, string>();
  private readonly events: Event[];
  private next = 0;

  /** @param text of a stack file that can be read */
  constructor(private readonly text: string) {
    this.events = parseEvents(text, {});
    while (this.events[this.next]?.type === EVENT_ID.DOCUMENT) this.next++;
    this.value("");
  }

  /** The line of a key or, where it is missing, of what it would stand in; the first line is 1. */
  lineOf(key: string): number | undefined {
    // Up to `:`, a dot is none between two keys.
    for (let path = `config.${key}`; path !== "config"; path = path.replace(/(\.[^.[]*|\[\d+\])$/, "")) {
      const line = this.lines.get(path);
      if (line !== undefined || !/[.[]/.test(path)) return line;
    }
    return this.lines.get("config");
  }

  /** The line of the first unquoted text that is this one. */
  lineOfText(text: string): number | undefined {
    for (const event of this.events) {
      if (event.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN) continue;
      if (getScalarValue(this.text, event) === text) return this.lineAt(event.valueStart);
    }
    return undefined;
  }

  private value(path: string): void {
    const event = this.events[this.next++];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return;
    if (event.type === EVENT_ID.ALIAS) {
      this.takeOver(this.anchors.get(this.text.slice(event.anchorStart, event.anchorEnd)), path);
      return;
    }
    if (event.anchorStart >= 0) this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), path);
    if (event.type === EVENT_ID.MAPPING) this.entries(path);
    else if (event.type === EVENT_ID.SEQUENCE) this.items(path);
  }

  private entries(path: string): void {
    for (let key = this.peek(); key !== undefined; key = this.peek()) {
      if (key.type !== EVENT_ID.SCALAR) {
        // No stack file has such a key; whoever reads it says so.
        this.value(path);
        this.value(path);
        continue;
      }
      this.next++;
      const name = getScalarValue(this.text, key);
      if (name === "<<") {
        this.value(path);
        continue;
      }
      const here = path === "" ? name : `${path}.${name}`;
      this.lines.set(here, this.lineAt(key.valueStart));
      this.value(here);
    }
    this.next++;
  }

  private items(path: string): void {
    for (let index = 0; this.peek() !== undefined; index++) {
      const event = this.peek();
      const start = event === undefined ? -1 : startOf(event);
      if (start >= 0) this.lines.set(`${path}[${index}]`, this.lineAt(start));
      this.value(`${path}[${index}]`);
    }
    this.next++;
  }

  /** The next event; nothing at the end of what is open. */
  private peek(): Event | undefined {
    const event = this.events[this.next];
    return event?.type === EVENT_ID.POP ? undefined : event;
  }

  /** What is written elsewhere counts here too; a key of its own goes before it. */
  private takeOver(from: string | undefined, to: string): void {
    if (from === undefined) return;
    for (const [path, line] of [...this.lines]) {
      const moved = path.startsWith(from) ? to + path.slice(from.length) : undefined;
      if (moved !== undefined && !this.lines.has(moved)) this.lines.set(moved, line);
    }
  }

  private lineAt(offset: number): number {
    return this.text.slice(0, offset).split("\n").length;
  }
}

function startOf(event: Event): number {
  if ("valueStart" in event) return event.valueStart;
  if ("start" in event) return event.start;
  return "anchorStart" in event ? event.anchorStart : -1;
}
