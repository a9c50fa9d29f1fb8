// Units as columns, and what dropping a card somewhere means. Pure.

/** The columns from left to right: what has not begun, what is under way, what has ended. */
export const COLUMNS = [
  { id: "backlog", title: "Backlog", empty: "No chunk of the project is FUTURE." },
  { id: "held", title: "Held", statuses: ["PENDING"], empty: "Drop a card here to hold it." },
  { id: "ready", title: "Ready", statuses: ["READY"], empty: "Nothing waits for a slot." },
  { id: "blocked", title: "Blocked", statuses: ["BLOCKED"], empty: "Nothing waits for other chunks." },
  { id: "running", title: "Running", statuses: ["ASSIGNED", "RUNNING"], empty: "No agent is at work." },
  { id: "attention", title: "Attention", statuses: ["NEEDS_ATTENTION"], empty: "Nothing waits for you." },
  { id: "done", title: "Ended", statuses: ["DONE", "FAILED", "CANCELED"], empty: "Nothing has ended yet." },
];

/** The column of a status. */
export function columnOf(status) {
  return COLUMNS.find((column) => column.statuses?.includes(status))?.id ?? "done";
}

/** Whether a card is found by what was typed: every word must be in its name, phase, status, agent or reason. */
export function matches(card, text) {
  const all = [card.chunk, card.phase, card.status, card.agent, card.activity, card.waiting, card.attention_reason]
    .filter(Boolean).join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/** Cards by column. Ready ones by what starts first, ended ones by what ended last, all others by age. A chunk that has become a unit has left
 * the backlog, also one that was read before. */
export function columns(units, backlog, filter) {
  const injected = new Set(units.map((unit) => unit.chunk));
  const cards = Object.fromEntries(COLUMNS.map((column) => [column.id, []]));
  for (const unit of units) if (matches(unit, filter)) cards[columnOf(unit.status)].push(unit);
  for (const chunk of backlog) if (!injected.has(chunk.chunk) && matches(chunk, filter)) cards.backlog.push(chunk);
  cards.ready.sort((a, b) => b.priority - a.priority || a.unit_id - b.unit_id);
  cards.done.sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  return cards;
}

/** What dropping a card on a column asks for: a verb, or why it cannot be. */
export function dropOn(card, column) {
  const from = card.status ? columnOf(card.status) : "backlog";
  if (from === column) return column === "ready" ? { verb: "prioritize" } : {};
  if (from === "backlog") {
    return column === "ready" ? { verb: "inject" } : { refused: "A chunk of the backlog can only be made ready." };
  }
  if (column === "held") {
    return from === "done" ? { refused: "What is over cannot be held." } : { verb: "hold" };
  }
  if (column === "ready") {
    if (from === "held") return { verb: "release" };
    if (from === "attention") return { verb: "retry" };
    if (from === "done" && card.status !== "DONE") return { verb: "retry" };
    if (from === "blocked") return { refused: "It waits for other chunks; see its page for which." };
    return { refused: "It is past being ready." };
  }
  if (column === "done") {
    return from === "done" ? {} : { verb: "cancel" };
  }
  return { refused: `Only the daemon moves a unit to ${COLUMNS.find(({ id }) => id === column).title}.` };
}

/** The priority that puts a card before `next` in the order of `cards`, or behind all of them when there is no next. */
export function priorityBefore(cards, next) {
  if (cards.length === 0) return 0;
  return next ? next.priority + 1 : cards[cards.length - 1].priority - 1;
}

/** The verbs that a unit's status allows, for its menu; what the daemon refuses all the same, it explains. */
export function verbs(unit) {
  return unit.retractable ? ["retract", ...usual(unit)] : usual(unit);
}

function usual(unit) {
  switch (unit.status) {
    case "PENDING": return unit.attention ? ["approve", "cancel", "delete"] : ["release", "cancel", "delete"];
    case "READY": return ["hold", "prioritize", "cancel", "delete"];
    case "BLOCKED": return ["hold", "prioritize", "cancel", "delete"];
    case "ASSIGNED":
    case "RUNNING": return ["interrupt", unit.hold ? "release" : "hold", "prioritize", "cancel"];
    case "NEEDS_ATTENTION": return [...unit.attention?.verbs.filter((verb) => verb !== "answer") ?? [], "delete"];
    case "FAILED":
    case "CANCELED": return ["retry", "delete"];
    default: return ["delete"];
  }
}
