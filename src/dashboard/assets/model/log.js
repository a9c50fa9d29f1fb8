// The transcript of an attempt as rows of one line each, so that any number of them can be scrolled. Pure.

import { wrap } from "../lib/wrap.js";

/** A moment's characters up to its second: `2026-11-29T14:05:09`. */
const SECONDS = 19;

/** Tools' input in one line: what a reader wants of it. */
export function summary(entry) {
  const input = parsed(entry.input);
  const text = input?.command ?? input?.file_path ?? input?.pattern ?? input?.path ?? input?.url ?? input?.query;
  const said = entry.description && entry.description !== text ? entry.description : null;
  return String(text ?? said ?? "").split("\n")[0];
}

/** Input as a reader wants it: JSON with line breaks, a lone command as it is. */
export function input(entry) {
  const value = parsed(entry.input);
  if (value === null || typeof value !== "object") return entry.input;
  const members = Object.entries(value);
  return members
    .map(([name, member]) => {
      const text = typeof member === "string" ? member : JSON.stringify(member, null, 2);
      return text.includes("\n") ? `${name}:\n${text}` : `${name}: ${text}`;
    })
    .join("\n");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One point of a review: where, what is wrong, and what would be right. */
export function point({ location, concern, suggestion }) {
  return `• ${location ? `${location}: ` : ""}${concern}${suggestion ? ` → ${suggestion}` : ""}`;
}

/** The lines of a transcript with what is folded, as rows. Rows are made only for what is new, unless the width or a fold changes. */
export class Log {
  entries = [];
  rows = [];
  /** Entries whose details are shown, by index. */
  open = new Set();
  #columns;
  /** Where a tool's call is, by its id. */
  #calls = new Map();
  /** The first row of each entry. */
  #starts = [];

  constructor(columns) {
    this.#columns = columns;
  }

  /** Adds entries. A result becomes part of its call: where that is folded, one row changes; else all is laid out anew. */
  push(entries) {
    let moved = false;
    for (const entry of entries) {
      const at = entry.kind === "tool_result" ? this.#calls.get(entry.id) : undefined;
      if (at !== undefined) {
        this.entries[at] = { ...this.entries[at], result: entry };
        if (this.open.has(at)) moved = true;
        else if (!moved) [this.rows[this.#starts[at]]] = this.#rowsOf(at);
        continue;
      }
      if (entry.kind === "tool_call" && entry.id) this.#calls.set(entry.id, this.entries.length);
      this.entries.push(entry);
      if (!moved) this.#append(this.entries.length - 1);
    }
    if (moved) this.#lay();
  }

  /** Shows or hides the details of an entry. */
  toggle(at) {
    if (!this.open.delete(at)) this.open.add(at);
    this.#lay();
  }

  /** Lays all out anew for another width. */
  resize(columns) {
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#lay();
  }

  #lay() {
    this.rows = [];
    this.#starts = [];
    for (let at = 0; at < this.entries.length; at += 1) this.#append(at);
  }

  #append(at) {
    this.#starts[at] = this.rows.length;
    // One entry may have more rows than a call takes arguments.
    for (const row of this.#rowsOf(at)) this.rows.push(row);
  }

  /** The rows of an entry; the first says when, where that is another second than before. */
  #rowsOf(at) {
    const rows = this.#textOf(at);
    const [when, before] = [this.entries[at].at, this.entries[at - 1]?.at];
    if (when && rows.length > 0 && when.slice(0, SECONDS) !== before?.slice(0, SECONDS)) rows[0].when = when;
    return rows;
  }

  /** An error without those last lines of it that stand right above as what was printed; nothing of one that was told as it happened. */
  #unsaid(at, error) {
    const said = (error ?? "").split("\n");
    for (let before = at - 1; said.length > 0 && this.entries[before]?.kind === "text" && this.entries[before].text === said.at(-1); before -= 1) said.pop();
    const rest = said.join("\n");
    return this.entries.some((entry) => entry.kind === "error" && entry.message === rest) ? "" : rest;
  }

  #textOf(at) {
    const entry = this.entries[at];
    const lines = (text, look) => wrap(text.trimEnd(), this.#columns).map((line) => ({ at, look, text: line }));
    switch (entry.kind) {
      case "header":
        return [{ at, look: "header", text: `${entry.phase} · attempt ${entry.number} · ${entry.agent ?? entry.role}` }];
      case "text":
        return lines(entry.text, "text");
      case "tool_call": {
        const failed = entry.result?.failed ? " failed" : "";
        const look = `call${failed}${entry.result ? "" : " open"}`;
        const head = { at, look, text: summary(entry), name: entry.name, folds: true, isOpen: this.open.has(at) };
        if (!head.isOpen) return [head];
        const result = entry.result ? lines(entry.result.text || "(no output)", `result${failed}`) : [];
        return [head, ...lines(input(entry), "input"), ...result];
      }
      case "tool_result":
        return lines(entry.text, entry.failed ? "result failed" : "result");
      case "question":
        return entry.questions.flatMap((item) => [
          ...lines(`? ${item.header ? `${item.header}: ` : ""}${item.question}`, "question"),
          ...item.options.flatMap((option, number) =>
            lines(`  ${number + 1}. ${option.label}${option.description ? ` – ${option.description}` : ""}`, "question")),
        ]);
      case "review":
        return [`Review: ${entry.decision} – ${entry.summary}`, ...entry.issues.map(point)].flatMap((text) => lines(text, `review review-${entry.decision.toLowerCase()}`));
      case "progress":
        return lines(`${entry.percent} % ${entry.text}`, "progress");
      case "error":
        return lines(`Error: ${entry.message}`, "error");
      case "result": {
        const error = this.#unsaid(at, entry.error);
        const cost = entry.cost_usd ? ` · $${entry.cost_usd.toFixed(2)}` : "";
        const text = `${entry.outcome} after ${(entry.duration_ms / 1000).toFixed(1)} s${cost}`;
        return lines(error ? `${text} · ${error}` : text, entry.outcome === "finished" ? "end" : "end failed");
      }
      default:
        return lines(JSON.stringify(entry), "text");
    }
  }
}
