// The state and its changes.

import assert from "node:assert/strict";
import test from "node:test";
import { entries } from "../../src/dashboard/assets/model/queue.js";
import { EMPTY, reduce } from "../../src/dashboard/assets/model/state.js";

const unit = (chunk, members = {}) => ({ chunk, unit_id: chunk.charCodeAt(0), status: "READY", phase: "PLAN", attention_reason: null, ...members });
const after = (...actions) => actions.reduce(reduce, EMPTY);

test("a snapshot is the state, and a change counts at once", () => {
  const first = after({ type: "snapshot", seq: 4, units: [unit("a", { activity: "setup" }), unit("b")] });
  assert.deepEqual([...first.units.keys()], ["a", "b"]);
  const next = reduce(first, { type: "changed", seq: 5, update: { chunk: "a", status: "RUNNING", phase: "PLAN", attention_reason: null } });
  assert.equal(next.units.get("a").status, "RUNNING");
  assert.equal(next.units.get("a").activity, null, "what it did before is over");
  assert.equal(next.seq, 5);
  assert.equal(next.units.get("b"), first.units.get("b"), "what did not change is the same object");
});

test("what is repeated after a reconnect changes nothing", () => {
  const state = after({ type: "snapshot", seq: 9, units: [unit("a", { status: "DONE" })] });
  assert.equal(reduce(state, { type: "changed", seq: 7, update: { chunk: "a", status: "RUNNING", phase: "PLAN", attention_reason: null } }), state);
});

test("a deleted unit is gone", () => {
  const state = after({ type: "snapshot", seq: 1, units: [unit("a")] }, { type: "changed", seq: 2, update: { chunk: "a", status: "DELETED" } });
  assert.equal(state.units.size, 0);
});

test("a list that says the same draws nothing anew", () => {
  const state = after({ type: "snapshot", seq: 1, units: [unit("a"), unit("b")] });
  assert.equal(reduce(state, { type: "units", units: [unit("a"), unit("b")] }).units, state.units);
  const other = reduce(state, { type: "units", units: [unit("a"), unit("b", { priority: 2 })] });
  assert.equal(other.units.get("a"), state.units.get("a"));
  assert.notEqual(other.units.get("b"), state.units.get("b"));
});

test("an entry of the queue stays the same while nothing about it changes", () => {
  const item = (chunk, since) => ({ id: `unit ${chunk}`, attention: { since, questions: [] } });
  const state = after({ type: "attention", items: [item("a", 1), item("b", 1)] });
  const next = reduce(state, { type: "attention", items: [item("b", 2), item("a", 1)] });
  assert.equal(next.attention[1], state.attention[0]);
  assert.notEqual(next.attention[0], state.attention[1]);
  assert.equal(reduce(next, { type: "attention", items: [item("b", 2), item("a", 1)] }), next);
});

test("the queue is one list of units and of what is no unit's", () => {
  const items = [
    { chunk: null, phase: null, kind: "conflict", pair: ["a", "b"], since: "x", reason: "", verbs: ["resolve"], questions: [], blocks: ["b"], blocks_count: 1, chain: 1, time_waiting: 3, goal_summary: null },
    { chunk: "a", phase: "PLAN", kind: "question", since: "y", reason: "r", verbs: ["answer"], questions: [], blocks: [], blocks_count: 0, chain: 0, time_waiting: 1, goal_summary: "g" },
  ];
  const [pair, unit] = entries({ items, attention_items: [{ chunk: "a", unit_id: 7 }] });
  assert.deepEqual([pair.id, pair.title, pair.attention.kind], ["conflict a b", "a · b", "conflict"]);
  assert.deepEqual([unit.id, unit.title, unit.attention.reason], ["unit 7", "a", "r"]);
  const later = entries({ items: items.map((item) => ({ ...item, time_waiting: 99 })), attention_items: [{ chunk: "a", unit_id: 7 }] });
  assert.deepEqual(later, [pair, unit], "that time passes changes nothing");
});

test("what is unknown is a mistake", () => {
  assert.throws(() => reduce(EMPTY, { type: "nonsense" }));
});
