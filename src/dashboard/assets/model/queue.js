// The operator's queue as one list: units, and what concerns several of them or none. Pure.

/** The entries in the daemon's order, each with an `id` that stays the same as long as it waits for the same thing. */
export function entries({ items, attention_items }) {
  const units = new Map(attention_items.map((unit) => [unit.chunk, unit]));
  return items.map((item) => {
    const { chunk, phase, blocks, blocks_count, goal_summary, chain, time_waiting, ...attention } = item;
    const unit = chunk ? units.get(chunk) : null;
    const id = unit ? idOf(unit) : [attention.kind, ...(attention.pair ?? []), attention.account ?? ""].join(" ").trim();
    return { id, chunk, phase, title: chunk ?? title(attention), blocks, blocks_count, goal_summary, attention };
  });
}

/** The id of the entry of a unit. */
export function idOf(unit) {
  return `unit ${unit.unit_id}`;
}

/** What an entry without a unit is called. */
function title({ kind, pair, account }) {
  switch (kind) {
    case "conflict": return pair.join(" · ");
    case "limit": return `Allowance of ${account}`;
    case "login": return `Login of ${account}`;
    case "configuration": return "Configuration";
    case "trust": return "Trust";
    case "push": return "Push";
    case "worktrees": return "Worktrees";
    default: return kind;
  }
}
