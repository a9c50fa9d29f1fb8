// The end of a transcript in a few lines. Pure.

import { point, summary } from "./log.js";

const MOST = 6;
/** Characters of what an agent said. */
const LONG = 400;

/** What the last entries say, as `{look, name, text}`: what was said, done and decided. Questions stand elsewhere, and so does how it ended. */
export function excerpt(entries) {
  const failed = new Set(entries.filter((entry) => entry.kind === "tool_result" && entry.failed).map((entry) => entry.id));
  const shown = entries.flatMap((entry) => {
    switch (entry.kind) {
      case "text": return entry.text.trim() ? [{ look: "text", text: shortened(entry.text.trim()) }] : [];
      case "tool_call": return [{ look: failed.has(entry.id) ? "call failed" : "call", name: entry.name, text: summary(entry) }];
      case "review": return [`${entry.decision}: ${entry.summary}`, ...entry.issues.map(point)].map((text) => ({ look: "text", text }));
      case "progress": return [{ look: "text", text: `${entry.percent} % ${entry.text}` }];
      default: return [];
    }
  });
  return shown.slice(-MOST);
}

function shortened(text) {
  return text.length > LONG ? `…${text.slice(-LONG)}` : text;
}
