// The daemon as this page knows it: a snapshot, and what every message changes in it. Pure.

import { deep } from "../lib/equal.js";

/** Nothing is known yet. */
export const EMPTY = {
  /** `connecting`, `live`, `waiting` (for the next try) or `signed out`. */
  link: { state: "connecting", since: 0, retryAt: null, why: null },
  /** The last event that is contained; null before the first snapshot. */
  seq: null,
  /** Units by chunk, in the order of their age. */
  units: new Map(),
  /** The operator's queue in the daemon's order; null until it was read. */
  attention: null,
  /** What `GET /status` says. */
  status: null,
  /** Attempts that live, by chunk. */
  live: new Map(),
  /** Dollars by chunk. */
  costs: new Map(),
  /** Chunks of the project that are no units yet. */
  backlog: [],
  /** Answers on their way, the oldest first. */
  outbox: [],
  /** Short messages to the operator. */
  toasts: [],
};

/** The state after an action. What did not change stays the same object, so that nothing is drawn twice. */
export function reduce(state, action) {
  switch (action.type) {
    case "link":
      return { ...state, link: { ...state.link, ...action.link } };
    case "snapshot": {
      const units = merged(state.units, action.units);
      return { ...state, seq: action.seq, units };
    }
    case "changed":
      return changed(state, action);
    case "units":
      return { ...state, units: merged(state.units, action.units) };
    case "unit":
      return { ...state, units: withUnit(state.units, action.unit) };
    case "gone":
      return { ...state, units: without(state.units, action.chunk) };
    case "attention": {
      return deep(state.attention, action.items) ? state : { ...state, attention: kept(state.attention, action.items) };
    }
    case "live":
      return { ...state, live: byChunk(state.live, action.attempts) };
    case "costs":
      return { ...state, costs: new Map(action.units.filter((unit) => !unit.deleted).map((unit) => [unit.chunk, unit.cost_usd])) };
    case "status":
    case "backlog":
    case "outbox":
      return deep(state[action.type], action.value) ? state : { ...state, [action.type]: action.value };
    case "toast":
      return { ...state, toasts: [...state.toasts.slice(-3), action.toast] };
    case "untoast":
      return { ...state, toasts: state.toasts.filter((toast) => toast.id !== action.id) };
    default:
      throw new Error(`unknown action ${action.type}`);
  }
}

/** A message of the feed: what it says about a unit counts at once; the rest is asked for. Older ones are repetitions. */
function changed(state, { seq, update }) {
  if (state.seq !== null && seq < state.seq) return state;
  const known = state.units.get(update.chunk);
  if (update.status === "DELETED") return { ...state, seq, units: without(state.units, update.chunk) };
  if (!known) return { ...state, seq };
  const { status, phase, attention_reason } = update;
  const same = known.status === status && known.phase === phase && known.attention_reason === attention_reason;
  // What it does is asked for; what it did is over.
  const activity = status === known.status ? known.activity : null;
  const units = same ? state.units : withUnit(state.units, { ...known, status, phase, attention_reason, activity });
  return { ...state, seq, units };
}

function merged(old, list) {
  const units = new Map();
  let same = old.size === list.length;
  for (const unit of list) {
    const known = old.get(unit.chunk);
    const keep = known && deep(known, unit);
    same &&= Boolean(keep);
    units.set(unit.chunk, keep ? known : unit);
  }
  return same ? old : units;
}

function withUnit(units, unit) {
  if (deep(units.get(unit.chunk), unit)) return units;
  return new Map(units).set(unit.chunk, unit);
}

function without(units, chunk) {
  if (!units.has(chunk)) return units;
  const left = new Map(units);
  left.delete(chunk);
  return left;
}

/** The new queue with those entries of the old one that did not change. */
function kept(old, items) {
  return items.map((item) => {
    const known = old?.find((other) => other.id === item.id);
    return known && deep(known, item) ? known : item;
  });
}

function byChunk(old, attempts) {
  const live = new Map();
  for (const attempt of attempts) live.set(attempt.chunk, attempt);
  const same = live.size === old.size && [...live].every(([chunk, attempt]) => deep(old.get(chunk), attempt));
  return same ? old : live;
}
