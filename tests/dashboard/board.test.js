// Columns, drops and priorities.

import assert from "node:assert/strict";
import test from "node:test";
import { COLUMNS, columnOf, columns, dropOn, matches, priorityBefore, verbs } from "../../src/dashboard/assets/model/board.js";

const STATUSES = ["PENDING", "READY", "ASSIGNED", "RUNNING", "BLOCKED", "NEEDS_ATTENTION", "DONE", "FAILED", "CANCELED"];
const unit = (chunk, status, members = {}) => ({ chunk, status, phase: "PLAN", priority: 0, unit_id: 1, updated_at: "", ...members });

test("every status has one column", () => {
  for (const status of STATUSES) assert.equal(COLUMNS.filter((column) => column.statuses?.includes(status)).length, 1, status);
});

test("every drop is a verb, nothing, or says why not", () => {
  for (const status of [undefined, ...STATUSES]) {
    for (const { id } of COLUMNS) {
      const { verb, refused } = dropOn({ chunk: "a", status }, id);
      const isHome = status ? columnOf(status) === id : id === "backlog";
      assert.ok(isHome ? !refused : Boolean(verb) !== Boolean(refused), `${status} on ${id}`);
    }
  }
  for (const status of ["READY", "BLOCKED", "ASSIGNED", "RUNNING", "NEEDS_ATTENTION"]) {
    assert.deepEqual(dropOn(unit("a", status), "held"), { verb: "hold" }, status);
  }
  assert.deepEqual(dropOn({ chunk: "a" }, "ready"), { verb: "inject" });
});

test("a priority puts a card where it was dropped", () => {
  const cards = [unit("a", "READY", { priority: 5 }), unit("b", "READY", { priority: 2 })];
  assert.equal(priorityBefore(cards, cards[1]), 3);
  assert.equal(priorityBefore(cards, null), 1);
  assert.equal(priorityBefore([], null), 0);
});

test("all words must be found, somewhere", () => {
  const card = unit("login_form", "RUNNING", { agent: "claude" });
  assert.ok(matches(card, "LOGIN claude") && matches(card, "") && !matches(card, "login codex"));
});

test("columns are in the order in which one reads them", () => {
  const units = [unit("a", "READY", { unit_id: 2 }), unit("b", "READY", { priority: 1, unit_id: 3 }), unit("c", "DONE", { updated_at: "1" }), unit("d", "DONE", { updated_at: "2" })];
  const { ready, done, backlog } = columns(units, [{ chunk: "a" }, { chunk: "z" }], "");
  assert.deepEqual([ready, done, backlog].map((cards) => cards.map((card) => card.chunk)), [["b", "a"], ["d", "c"], ["z"]]);
});

test("every status has verbs", () => {
  for (const status of STATUSES) assert.ok(verbs(unit("a", status)).length > 0, status);
});
